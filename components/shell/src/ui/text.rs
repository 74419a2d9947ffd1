//! Lines of text, with progress bars below them if there is a terminal.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Instant;

use bgfetch::traits::background_fetch::{BackgroundFetchDisplay, BackgroundFetchResult};
use bgfetch::traits::ids::BackgroundFetchId;
use crossterm::style::Stylize as _;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::lines::{Line, Tone, of_display, of_engine, of_shell};
use super::output::{Output, ShellEvent, Shown};
use super::rate::RateMeter;
use super::terminal::Keyboard;
use super::view::view;

const WITH_TOTAL: &str = "{prefix}\n  [{bar:36}] {percent:>3}%  {msg}";
const WITHOUT_TOTAL: &str = "{prefix}\n  {spinner}  {msg}";
const BAR: &str = "=> ";

/// Lines on a writer that is no terminal.
pub struct PlainOutput<W> {
    writer: W,
    shown: BTreeMap<BackgroundFetchId, Milestone>,
}

/// What has to change before a background fetch gets another line.
type Milestone = (u64, bool, bool, BackgroundFetchResult, String);

fn milestone(display: &BackgroundFetchDisplay) -> Milestone {
    let tenths = display.downloaded.saturating_mul(10).checked_div(display.download_total).unwrap_or(0);
    (tenths, display.paused, display.waiting_for_network, display.result, display.title.clone())
}

impl<W: Write> PlainOutput<W> {
    /// Writes to `writer`.
    pub fn new(writer: W) -> Self {
        Self { writer, shown: BTreeMap::new() }
    }

    fn line(&mut self, line: Option<Line>) -> io::Result<()> {
        if let Some(line) = line {
            writeln!(self.writer, "{}", line.text)?;
            self.writer.flush()?;
        }
        Ok(())
    }
}

impl<W: Write> Output for PlainOutput<W> {
    fn show(&mut self, shown: &Shown<'_>) -> io::Result<()> {
        let line = match shown {
            Shown::Engine(event) => of_engine(event),
            Shown::Shell(
                ShellEvent::BackgroundFetchShown(display) | ShellEvent::BackgroundFetchUpdated(display),
            ) => {
                let now = milestone(display);
                let before = self.shown.insert(display.fetch, now.clone());
                (before != Some(now)).then(|| of_display(display))
            }
            Shown::Shell(event) => of_shell(event),
        };
        self.line(line)
    }

    fn close(&mut self) {}
}

/// Lines and progress bars in a terminal.
pub struct TerminalOutput {
    screen: MultiProgress,
    colour: bool,
    start: Instant,
    bars: BTreeMap<BackgroundFetchId, Bar>,
    keyboard: Option<Keyboard>,
}

struct Bar {
    bar: ProgressBar,
    meter: RateMeter,
    has_total: bool,
    status: String,
}

impl Bar {
    /// Stays as it is, without the keys that no longer work.
    fn leave(self) {
        self.bar.set_message(self.status);
        self.bar.abandon();
    }
}

impl TerminalOutput {
    /// Draws on `screen`. `keyboard` is kept until the end, and decides whether keys are offered.
    #[must_use]
    pub fn new(screen: MultiProgress, colour: bool, keyboard: Option<Keyboard>) -> Self {
        Self { screen, colour, start: Instant::now(), bars: BTreeMap::new(), keyboard }
    }

    fn line(&self, line: Option<Line>) -> io::Result<()> {
        let Some(Line { tone, text }) = line else { return Ok(()) };
        let text = match tone {
            _ if !self.colour => text,
            Tone::Normal => text,
            Tone::Quiet => text.dim().to_string(),
            Tone::Good => text.green().to_string(),
            Tone::Warning => text.yellow().to_string(),
            Tone::Error => text.red().to_string(),
        };
        self.screen.println(text)
    }

    fn draw(&mut self, display: &BackgroundFetchDisplay) {
        let has_total = display.download_total > 0;
        let bar = self.bars.entry(display.fetch).or_insert_with(|| Bar {
            bar: self.screen.add(ProgressBar::no_length()),
            meter: RateMeter::default(),
            // Differs, so that the style is set below.
            has_total: !has_total,
            status: String::new(),
        });
        if bar.has_total != has_total {
            bar.has_total = has_total;
            bar.bar.set_style(style(has_total));
        }
        if display.paused || display.waiting_for_network {
            bar.meter.reset();
        } else {
            bar.meter.update(self.start.elapsed(), display.downloaded);
        }
        let view = view(display, bar.meter.rate());
        if let Some(length) = view.length {
            bar.bar.set_length(length);
        }
        bar.bar.set_position(view.position);
        bar.bar.set_prefix(view.heading);
        let keys = if self.keyboard.is_some() { view.keys.as_str() } else { "" };
        let message =
            if keys.is_empty() { view.status.clone() } else { format!("{}\n  {keys}", view.status) };
        bar.status = view.status;
        bar.bar.set_message(message);
    }
}

fn style(has_total: bool) -> ProgressStyle {
    let template = if has_total { WITH_TOTAL } else { WITHOUT_TOTAL };
    // The templates are constants, which a test reads.
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars(BAR)
}

impl Output for TerminalOutput {
    fn show(&mut self, shown: &Shown<'_>) -> io::Result<()> {
        match shown {
            Shown::Engine(event) => self.line(of_engine(event)),
            Shown::Shell(
                ShellEvent::BackgroundFetchShown(display) | ShellEvent::BackgroundFetchUpdated(display),
            ) => {
                self.draw(display);
                Ok(())
            }
            Shown::Shell(ShellEvent::BackgroundFetchHidden { fetch }) => {
                if let Some(bar) = self.bars.remove(fetch) {
                    bar.leave();
                }
                Ok(())
            }
            Shown::Shell(event) => self.line(of_shell(event)),
        }
    }

    fn close(&mut self) {
        std::mem::take(&mut self.bars).into_values().for_each(Bar::leave);
        self.keyboard = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::view::tests::display;
    use indicatif::{InMemoryTerm, ProgressDrawTarget};

    #[test]
    fn the_templates_are_understood() {
        for template in [WITH_TOTAL, WITHOUT_TOTAL] {
            ProgressStyle::with_template(template).unwrap();
        }
    }

    #[test]
    fn a_terminal_shows_lines_above_a_bar_that_stays_when_it_is_done() {
        let terminal = InMemoryTerm::new(20, 100);
        let screen =
            MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(terminal.clone())));
        let mut output = TerminalOutput::new(screen, false, None);
        let active = display();
        output.show(&Shown::Shell(ShellEvent::BackgroundFetchShown(&active))).unwrap();
        output.show(&Shown::Shell(ShellEvent::Clicked { selector: "#go" })).unwrap();
        let done = BackgroundFetchDisplay {
            result: BackgroundFetchResult::Success,
            downloaded: active.download_total,
            title: "Ready".into(),
            ..active
        };
        output.show(&Shown::Shell(ShellEvent::BackgroundFetchUpdated(&done))).unwrap();
        output.show(&Shown::Shell(ShellEvent::BackgroundFetchHidden { fetch: done.fetch })).unwrap();
        output.close();
        assert_eq!(
            terminal.contents(),
            "clicked #go\nhttps://localhost:40123  Ready\n  [====================================] 100%  done, 64.0 MiB"
        );
    }

    #[test]
    fn without_a_terminal_a_line_is_written_for_each_tenth_and_each_change() {
        let mut output = PlainOutput::new(Vec::new());
        let mut display = display();
        for downloaded in [0, 1, 2, 7 << 20, 7 << 20] {
            display.downloaded = downloaded;
            output.show(&Shown::Shell(ShellEvent::BackgroundFetchUpdated(&display))).unwrap();
        }
        display.paused = true;
        output.show(&Shown::Shell(ShellEvent::BackgroundFetchUpdated(&display))).unwrap();
        let text = String::from_utf8(output.writer).unwrap();
        assert_eq!(
            text,
            "https://localhost:40123  Episode 5: 0 B of 64.0 MiB\n\
             https://localhost:40123  Episode 5: 7.0 MiB of 64.0 MiB\n\
             https://localhost:40123  Episode 5: paused at 7.0 MiB of 64.0 MiB\n"
        );
    }
}

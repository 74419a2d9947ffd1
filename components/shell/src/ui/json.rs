//! One JSON object a line for each event.

use std::io::{self, Write};
use std::time::Instant;

use serde::Serialize;

use super::output::{Output, Shown};

/// Writes each event as one line of JSON: `ms`, milliseconds since the start, `event`, its name, and its fields.
#[derive(Debug)]
pub struct JsonOutput<W> {
    writer: W,
    start: Instant,
}

#[derive(Serialize)]
struct Line<T> {
    ms: u64,
    #[serde(flatten)]
    event: T,
}

impl<W: Write> JsonOutput<W> {
    /// Writes to `writer`.
    pub fn new(writer: W) -> Self {
        Self { writer, start: Instant::now() }
    }

    fn line(&mut self, event: impl Serialize) -> io::Result<()> {
        let ms = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut line = serde_json::to_vec(&Line { ms, event })?;
        line.push(b'\n');
        self.writer.write_all(&line)?;
        self.writer.flush()
    }
}

impl<W: Write> Output for JsonOutput<W> {
    fn show(&mut self, shown: &Shown<'_>) -> io::Result<()> {
        match shown {
            Shown::Engine(event) => self.line(event),
            Shown::Shell(event) => self.line(event),
        }
    }

    fn close(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;
    use crate::ui::output::ShellEvent;
    use crate::ui::view::tests::display;
    use bgfetch::EngineEvent;
    use serde_json::Value;

    fn written(shown: &[Shown<'_>]) -> Vec<Value> {
        let mut output = JsonOutput::new(Vec::new());
        for event in shown {
            output.show(event).unwrap();
        }
        let text = String::from_utf8(output.writer).unwrap();
        assert!(text.ends_with('\n'));
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn every_event_is_one_flat_line_with_time_and_name() {
        let display = display();
        let loaded = EngineEvent::Connectivity { online: false };
        let lines = written(&[
            Shown::Engine(&loaded),
            Shown::Shell(ShellEvent::BackgroundFetchUpdated(&display)),
            Shown::Shell(ShellEvent::outcome(&Ok(()))),
            Shown::Shell(ShellEvent::outcome(&Err(Failure::Quit(None)))),
        ]);
        assert_eq!((&lines[0]["event"], &lines[0]["online"]), (&"connectivity".into(), &false.into()));
        assert_eq!(lines[1]["event"], "background-fetch-updated");
        assert_eq!(lines[1]["origin"], "https://localhost:40123");
        assert_eq!((&lines[1]["downloaded"], &lines[1]["result"]), (&(16 << 20).into(), &"".into()));
        assert_eq!((&lines[2]["outcome"], &lines[2]["exit_code"]), (&"success".into(), &0.into()));
        assert_eq!((&lines[3]["outcome"], &lines[3]["exit_code"]), (&"quit".into(), &130.into()));
        assert!(lines.iter().all(|line| line["ms"].is_u64()));
    }

    #[test]
    fn line_ends_in_text_do_not_end_the_line() {
        let lines =
            written(&[Shown::Shell(ShellEvent::Evaluated { script: "a\nb", value: "\"c\u{2028}\"" })]);
        assert_eq!(lines[0]["script"], "a\nb");
    }
}

//! Events as lines of text.

use bgfetch::EngineEvent;
use bgfetch::traits::background_fetch::BackgroundFetchDisplay;
use bgfetch::traits::coordinator::{ConsoleLevel, ConsoleMessage};
use bgfetch::traits::service_worker::ServiceWorkerState;

use super::numbers::{grouped, harmless};
use super::output::{ShellEvent, Verified};
use super::view::view;
use crate::demo::request_log::{Ended, LogEntry};
use crate::demo::resume::Resumed;

/// How a line is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Like everything else.
    Normal,
    /// Less.
    Quiet,
    /// Good news.
    Good,
    /// A warning.
    Warning,
    /// An error.
    Error,
}

/// One or more lines without the last line end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How it is to be seen.
    pub tone: Tone,
    /// The text, harmless to a terminal.
    pub text: String,
}

impl Line {
    fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

/// An event of the engine; `None` if it is no news to a person.
#[must_use]
pub fn of_engine(event: &EngineEvent) -> Option<Line> {
    Some(match event {
        EngineEvent::Console { message, .. } => console(message),
        EngineEvent::PageLoaded { url, status, .. } => {
            let tone = if *status < 400 { Tone::Quiet } else { Tone::Warning };
            Line::new(tone, format!("loaded {url} ({status})"))
        }
        EngineEvent::PageFailed { url, error, .. } => {
            let reason = harmless(&error.message, false);
            Line::new(Tone::Error, format!("{url} could not be loaded: {reason}"))
        }
        EngineEvent::WorkerState { script_url, state, .. } => match state {
            ServiceWorkerState::Activated | ServiceWorkerState::Redundant => {
                Line::new(Tone::Quiet, format!("worker {script_url} is {state}"))
            }
            _ => return None,
        },
        EngineEvent::WorkerFailed { script_url, message, .. } => {
            Line::new(Tone::Error, format!("worker {script_url} failed: {}", harmless(message, true)))
        }
        EngineEvent::FunctionalEvent { name, error: Some(error), .. } => {
            Line::new(Tone::Error, format!("{name} failed in the worker: {}", harmless(error, true)))
        }
        EngineEvent::FunctionalEvent { name, error: None, .. } if name.starts_with("backgroundfetch") => {
            Line::new(Tone::Quiet, format!("{name} was handled by the worker"))
        }
        EngineEvent::BackgroundFetchRestored { origin, id, records, .. } => {
            let stored = records.iter().map(|record| record.stored).sum();
            let (id, stored) = (harmless(id, false), grouped(stored));
            Line::new(Tone::Normal, format!("found in the profile: {id} of {origin}, {stored} bytes stored"))
        }
        EngineEvent::Connectivity { online } => {
            Line::new(Tone::Warning, if *online { "online" } else { "offline" })
        }
        EngineEvent::StorageTrouble { message, .. } => {
            Line::new(Tone::Error, format!("storage failed: {}", harmless(message, false)))
        }
        _ => return None,
    })
}

fn console(message: &ConsoleMessage) -> Line {
    let (tone, level) = match message.level {
        ConsoleLevel::Debug => (Tone::Quiet, "debug"),
        ConsoleLevel::Log => (Tone::Normal, "log"),
        ConsoleLevel::Info => (Tone::Normal, "info"),
        ConsoleLevel::Warn => (Tone::Warning, "warn"),
        ConsoleLevel::Error => (Tone::Error, "error"),
        ConsoleLevel::UncaughtError => (Tone::Error, "uncaught"),
        ConsoleLevel::UnhandledRejection => (Tone::Error, "unhandled rejection"),
    };
    let place = place(message);
    Line::new(tone, format!("{level}: {}{place}", harmless(&message.text, true)))
}

/// File and line of a console message, as ` (https://a.test/page.js:12)`, or nothing if it has none.
#[must_use]
pub fn place(message: &ConsoleMessage) -> String {
    let file = harmless(&message.file, false);
    match (file.is_empty(), message.line) {
        (true, _) => String::new(),
        (false, 0) => format!(" ({file})"),
        (false, line) => format!(" ({file}:{line})"),
    }
}

/// An event of the shell; `None` if it is shown in another way, or is no news to a person.
#[must_use]
pub fn of_shell(event: &ShellEvent<'_>) -> Option<Line> {
    Some(match event {
        ShellEvent::ServerStarted { origin, ca_certificate, run, alone } => {
            let mut text = format!("serving {origin}/");
            if *run > 1 {
                text += &format!(" (run {run} of this profile)");
            }
            if *alone {
                text += &format!("\n  curl --cacert {} {origin}/", ca_certificate.display());
            }
            Line::new(Tone::Normal, text)
        }
        ShellEvent::Permission { request, state } => Line::new(
            Tone::Quiet,
            format!("permission to fetch {:?} in the background for {}: {state}", request.id, request.origin),
        ),
        ShellEvent::Clicked { selector } => Line::new(Tone::Quiet, format!("clicked {selector}")),
        ShellEvent::Evaluated { value, .. } => Line::new(Tone::Normal, harmless(value, true)),
        ShellEvent::ActionRefused { message } => Line::new(Tone::Warning, harmless(message, false)),
        ShellEvent::Killing { downloaded } => Line::new(
            Tone::Warning,
            format!(
                "killing this process at {} bytes; run again with the same --profile",
                grouped(*downloaded)
            ),
        ),
        ShellEvent::Verified(verified) => of_verified(verified),
        ShellEvent::Resumed(resumed) => of_resumed(resumed),
        ShellEvent::Served(entry) => Line::new(Tone::Normal, of_request(entry)),
        ShellEvent::ServerLog { requests } => Line::new(Tone::Normal, of_log(requests)),
        ShellEvent::BackgroundFetchShown(_)
        | ShellEvent::BackgroundFetchUpdated(_)
        | ShellEvent::BackgroundFetchHidden { .. }
        | ShellEvent::Request(_)
        | ShellEvent::Outcome { .. } => return None,
    })
}

fn of_verified(verified: &Verified) -> Line {
    let (path, bytes) = (verified.url.path(), grouped(verified.bytes));
    let (stored, served) = (verified.stored_sha256, verified.served_sha256);
    if verified.is_same() {
        Line::new(Tone::Good, format!("{path}: {bytes} bytes in the cache, SHA-256 {stored}, as served"))
    } else {
        let text = format!("{path}: {bytes} bytes in the cache, SHA-256 {stored}, but {served} was served");
        Line::new(Tone::Error, text)
    }
}

fn of_resumed(resumed: &Resumed) -> Line {
    let Resumed { path, stored, asked_from, stored_bytes_sent_again: again, lost_under_way } = resumed;
    let asked = match asked_from {
        Some(first) => format!("the server was asked from byte {}", grouped(*first)),
        None => "the server was not asked for more".to_owned(),
    };
    let mut text = format!("{path}: {} bytes were stored before, and {asked}; ", grouped(*stored));
    let tone = if *again == 0 {
        text += "no stored byte was sent twice";
        Tone::Good
    } else {
        text += &format!("{} stored bytes were sent twice", grouped(*again));
        Tone::Error
    };
    if *lost_under_way > 0 {
        let lost = grouped(*lost_under_way);
        text += &format!(" ({lost} bytes that were under way when the process ended were)");
    }
    Line::new(tone, text)
}

fn of_log(requests: &[LogEntry]) -> String {
    let mut text = String::from("the server's log:");
    for entry in requests {
        text += &format!("\n  {}", of_request(entry));
    }
    text
}

fn of_request(entry: &LogEntry) -> String {
    let head = &entry.head;
    let sent = entry.sent_range();
    let bytes = match entry.sent {
        0 => "nothing".to_owned(),
        _ => format!("bytes {}-{}", grouped(sent.start), grouped(sent.end - 1)),
    };
    let ended = match entry.ended {
        Ended::Complete => "",
        Ended::Cut => ", then the connection broke",
        Ended::Not => ", then the process ended",
    };
    let asked = head.range.as_ref().map_or_else(String::new, |range| format!(" {range}"));
    let request = harmless(&format!("{} {}{asked}", head.method, head.path), false);
    format!("run {}  {request}  {}  sent {bytes}{ended}", head.run, head.status)
}

/// A background fetch as one line, for where no bar can be drawn.
#[must_use]
pub fn of_display(display: &BackgroundFetchDisplay) -> Line {
    let view = view(display, None);
    Line::new(Tone::Normal, format!("{}: {}", view.heading, view.status))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::content::Content;
    use crate::demo::request_log::RequestHead;
    use bgfetch::traits::ids::ClientId;

    fn message(level: ConsoleLevel) -> EngineEvent {
        let message = ConsoleMessage {
            level,
            text: "x is not defined".into(),
            file: "https://a.test/page.js".into(),
            line: 12,
            column: 3,
            global: "window".into(),
        };
        EngineEvent::Console { client: ClientId::new(), message }
    }

    #[test]
    fn a_console_line_has_level_file_and_line() {
        let line = of_engine(&message(ConsoleLevel::Warn)).unwrap();
        assert_eq!(line.text, "warn: x is not defined (https://a.test/page.js:12)");
        let line = of_engine(&message(ConsoleLevel::UncaughtError)).unwrap();
        assert_eq!((line.tone, &line.text[..9]), (Tone::Error, "uncaught:"));
    }

    #[test]
    fn a_sum_that_differs_is_an_error_that_shows_both() {
        let sum = |bytes: &'static [u8]| Content::Bytes(bytes.into()).sha256();
        let mut verified = Verified {
            url: "https://a.test/ep".parse().unwrap(),
            bytes: 1,
            stored_sha256: sum(b"a"),
            served_sha256: sum(b"a"),
        };
        assert_eq!(of_verified(&verified).tone, Tone::Good);
        verified.served_sha256 = sum(b"b");
        let line = of_verified(&verified);
        assert!(line.tone == Tone::Error && line.text.contains(&sum(b"b").to_string()), "{line:?}");
    }

    #[test]
    fn the_log_shows_runs_ranges_and_how_each_answer_ended() {
        let head = RequestHead {
            run: 2,
            method: "GET".into(),
            path: "/ep".into(),
            range: Some("bytes=400-".into()),
            if_range: None,
            destination: None,
            status: 206,
            promised: 400..1000,
        };
        let text = of_log(&[
            LogEntry { head: head.clone(), sent: 600, ended: Ended::Complete },
            LogEntry { head, sent: 0, ended: Ended::Cut },
        ]);
        let lines: Vec<_> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "  run 2  GET /ep bytes=400-  206  sent bytes 400-999",
                "  run 2  GET /ep bytes=400-  206  sent nothing, then the connection broke",
            ]
        );
    }

    #[test]
    fn stored_bytes_that_came_twice_are_an_error() {
        let mut resumed = Resumed {
            path: "/ep".into(),
            stored: 350,
            asked_from: Some(350),
            stored_bytes_sent_again: 0,
            lost_under_way: 50,
        };
        let line = of_resumed(&resumed);
        assert!(line.tone == Tone::Good && line.text.contains("no stored byte was sent twice (50 bytes"));
        resumed.stored_bytes_sent_again = 7;
        assert_eq!(of_resumed(&resumed).tone, Tone::Error);
    }
}

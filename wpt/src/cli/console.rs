//! What the user sees: results on standard output, remarks on standard error.

use std::io::{self, IsTerminal, Write};

/// Writes whole lines, from any thread.
#[derive(Debug)]
pub(super) struct Console {
    colour: bool,
}

/// How a word is set off, where the terminal has colours.
#[derive(Clone, Copy, Debug)]
pub(super) enum Colour {
    Green,
    Red,
    Yellow,
    Grey,
}

impl Console {
    pub(super) fn new() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { colour: wanted && io::stdout().is_terminal() }
    }

    /// A line of results. A reader that has gone away is no reason to stop: the report is still to be written.
    pub(super) fn print(&self, line: &str) {
        let _ = writeln!(io::stdout().lock(), "{line}");
    }

    /// A remark.
    pub(super) fn say(&self, line: &str) {
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    pub(super) fn paint(&self, colour: Colour, text: &str) -> String {
        if !self.colour {
            return text.to_owned();
        }
        let code = match colour {
            Colour::Green => "32",
            Colour::Red => "31;1",
            Colour::Yellow => "33",
            Colour::Grey => "90",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

//! The command line of the WebIDL compiler.
#![forbid(unsafe_code)]

mod cli;

use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

use self::cli::{Cli, Failure};

/// Prints; that nobody reads any more, as after `| head`, is no error.
fn out(text: &str) {
    drop(std::io::stdout().write_all(text.as_bytes()));
}

/// Prints to standard error.
fn err(text: &str) {
    drop(std::io::stderr().write_all(text.as_bytes()));
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let trouble = cli.trouble();
    match cli.run() {
        Ok(answer) => {
            out(&answer.text);
            ExitCode::from(answer.status)
        }
        Err(Failure::Diagnostics { problems, short }) => {
            err(&if short { problems.render_short() } else { problems.render() });
            let count = problems.len();
            err(&format!("{count} problem{}\n", if count == 1 { "" } else { "s" }));
            ExitCode::from(trouble)
        }
        Err(Failure::Message(message)) => {
            err(&format!("bindings-gen: {message}\n"));
            ExitCode::from(trouble)
        }
    }
}

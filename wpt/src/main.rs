//! The command line of the runner.
#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    wpt_runner::cli::main()
}

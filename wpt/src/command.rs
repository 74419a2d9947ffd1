//! Commands that are run to their end.

use std::io::{self, Read};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded};

use crate::guard;

/// How often somebody who waits is told that it goes on.
const TELL: Duration = Duration::from_secs(5);

/// Why a command that is run to its end did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The program is not there, or may not be run.
    #[error("`{program}` could not be started: {source}")]
    Start {
        /// Its name.
        program: String,
        /// What the system said.
        source: io::Error,
    },
    /// It ended with another status than 0.
    #[error("`{command}` failed ({status}): {output}")]
    Failed {
        /// The whole command line.
        command: String,
        /// How it ended.
        status: String,
        /// The end of what it wrote.
        output: String,
    },
    /// It did not end in time.
    #[error("`{command}` did not end within {seconds} s")]
    TooLong {
        /// The whole command line.
        command: String,
        /// The limit.
        seconds: u64,
    },
}

/// Runs a command to its end, at most `limit`, and returns what it wrote to standard output.
///
/// # Errors
/// If it cannot be started, fails, or takes too long.
pub fn output(command: &Command, limit: Duration) -> Result<String, CommandError> {
    let (status, stdout, stderr) = run(command, limit)?;
    if status.success() {
        return Ok(stdout);
    }
    let said = if stderr.trim().is_empty() { stdout } else { stderr };
    Err(CommandError::Failed { command: line(command), status: status.to_string(), output: tail(&said) })
}

/// Runs a command to its end, at most `limit`, and returns how it ended and what it wrote.
///
/// # Errors
/// If it cannot be started or takes too long.
pub fn run(command: &Command, limit: Duration) -> Result<(ExitStatus, String, String), CommandError> {
    run_and_tell(command, limit, &mut || ())
}

/// As [`run`]; `tell` is called every few seconds while it runs.
///
/// # Errors
/// If it cannot be started or takes too long.
pub fn run_and_tell(
    command: &Command,
    limit: Duration,
    tell: &mut dyn FnMut(),
) -> Result<(ExitStatus, String, String), CommandError> {
    let start = |source| CommandError::Start { program: command_name(command), source };
    let mut group = guard::spawn(command).map_err(start)?;
    let stdout = reader(group.child().stdout.take());
    let stderr = reader(group.child().stderr.take());
    let deadline = Instant::now() + limit;
    let status = loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if let Some(status) = group.wait(left.min(TELL)).map_err(start)? {
            break status;
        }
        if left.is_zero() {
            group.end(Duration::ZERO);
            return Err(CommandError::TooLong { command: line(command), seconds: limit.as_secs() });
        }
        tell();
    };
    if status.code() == Some(guard::NOT_FOUND) {
        return Err(start(io::ErrorKind::NotFound.into()));
    }
    // A process that has left the group may hold the pipes still.
    let said = |pipe: Receiver<String>| pipe.recv_timeout(Duration::from_secs(5)).unwrap_or_default();
    Ok((status, said(stdout), said(stderr)))
}

fn reader(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = bounded(1);
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What came before an error is still worth showing.
            let _ = pipe.read_to_end(&mut bytes);
        }
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

fn command_name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// The command line, for messages.
#[must_use]
pub fn line(command: &Command) -> String {
    let mut line = command_name(command);
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        line.push(' ');
        if argument.is_empty()
            || argument.contains(|c: char| !c.is_ascii_alphanumeric() && !"-_=./:,+%@".contains(c))
        {
            line.push('\'');
            line.push_str(&argument.replace('\'', "'\\''"));
            line.push('\'');
        } else {
            line.push_str(&argument);
        }
    }
    line
}

/// The last lines of a long text.
#[must_use]
pub fn tail(text: &str) -> String {
    const LINES: usize = 12;
    let lines: Vec<_> = text.trim().lines().collect();
    lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_is_what_it_wrote() {
        assert_eq!(output(&shell("echo yes"), Duration::from_secs(20)).ok().as_deref(), Some("yes\n"));
    }

    #[test]
    fn a_failure_says_what_the_command_said() {
        let error = output(&shell("echo no >&2; exit 3"), Duration::from_secs(20)).expect_err("it failed");
        assert!(error.to_string().contains("exit status: 3): no"), "{error}");
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_its_children() {
        let error =
            output(&shell("sleep 100 & echo $!; wait"), Duration::from_millis(200)).expect_err("it hung");
        assert!(matches!(error, CommandError::TooLong { .. }), "{error}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = output(&Command::new("no-such-program"), Duration::from_secs(1)).expect_err("not there");
        assert!(error.to_string().contains("`no-such-program` could not be started"), "{error}");
    }
}

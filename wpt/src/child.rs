//! Child processes that never outlive the runner's interest in them.
//!
//! A child leads a process group of its own, so that what it starts in turn ends with it. It stays unreaped until
//! its owner has seen it end: its id is never signalled after it may have been given to somebody else.

use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid};

/// A child process and its process group.
#[derive(Debug)]
pub struct Group {
    child: Child,
    ended: Receiver<()>,
    status: Option<ExitStatus>,
}

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

impl Group {
    /// Starts a command as the leader of its own process group.
    ///
    /// # Errors
    /// What the system says, for example that the program is not there.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let (sender, ended) = bounded(1);
        let pid = pid_of(&child);
        std::thread::Builder::new().name(format!("wait-{}", child.id())).spawn(move || {
            if let Some(pid) = pid {
                // It is only looked at, not reaped: that is its owner's.
                while let Err(rustix::io::Errno::INTR) =
                    waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
                {}
            }
            // Nobody listens if the owner has already reaped it.
            let _ = sender.send(());
        })?;
        Ok(Self { child, ended, status: None })
    }

    /// The process id of the leader, which is that of the group.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The child's own handle, for its pipes.
    pub const fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The pipe to its standard input, if it has one; closing it tells a child that watches it to stop.
    pub const fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits for the leader's end for at most `limit`; `None` if it still runs.
    ///
    /// # Errors
    /// What the system says.
    pub fn wait(&mut self, limit: Duration) -> io::Result<Option<ExitStatus>> {
        if self.status.is_some() {
            return Ok(self.status);
        }
        match self.ended.recv_timeout(limit) {
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => {
                // What the leader has left behind ends before its id is free.
                self.kill_group();
                let status = self.child.wait()?;
                self.status = Some(status);
                Ok(self.status)
            }
        }
    }

    /// Asks the leader to end, gives it `grace`, then kills what is left of the group. Returns how it ended.
    pub fn end(&mut self, grace: Duration) -> Option<ExitStatus> {
        if self.status.is_some() {
            return self.status;
        }
        drop(self.take_stdin());
        if !grace.is_zero() {
            if let Some(pid) = pid_of(&self.child) {
                // It may have ended in this moment; then there is nobody to tell.
                let _ = kill_process(pid, Signal::TERM);
            }
            if let Ok(Some(status)) = self.wait(grace) {
                return Some(status);
            }
        }
        self.kill_group();
        self.status = self.child.wait().ok();
        self.status
    }

    fn kill_group(&self) {
        if let Some(pid) = pid_of(&self.child) {
            // There may be nobody left in it.
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

fn pid_of(child: &Child) -> Option<Pid> {
    i32::try_from(child.id()).ok().and_then(Pid::from_raw)
}

/// Runs a command to its end, at most `limit`, and returns what it wrote to standard output.
///
/// # Errors
/// If it cannot be started, fails, or takes too long.
pub fn output(command: &mut Command, limit: Duration) -> Result<String, CommandError> {
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
pub fn run(command: &mut Command, limit: Duration) -> Result<(ExitStatus, String, String), CommandError> {
    let program = command_name(command);
    let start = |source| CommandError::Start { program: program.clone(), source };
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut group = Group::spawn(command).map_err(start)?;
    let stdout = reader(group.child().stdout.take());
    let stderr = reader(group.child().stderr.take());
    let ended = group.wait(limit).map_err(start)?;
    let Some(status) = ended else {
        group.end(Duration::ZERO);
        return Err(CommandError::TooLong { command: line(command), seconds: limit.as_secs() });
    };
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
        assert_eq!(output(&mut shell("echo yes"), Duration::from_secs(20)).ok().as_deref(), Some("yes\n"));
    }

    #[test]
    fn a_failure_says_what_the_command_said() {
        let error =
            output(&mut shell("echo no >&2; exit 3"), Duration::from_secs(20)).expect_err("it failed");
        assert!(error.to_string().contains("exit status: 3): no"), "{error}");
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_its_children() {
        let error =
            output(&mut shell("sleep 100 & echo $!; wait"), Duration::from_millis(200)).expect_err("it hung");
        assert!(matches!(error, CommandError::TooLong { .. }), "{error}");
    }

    #[test]
    fn children_of_a_leader_that_ended_are_ended() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let script = format!("sleep 100 & echo $! > {}; exit 0", file.path().display());
        let mut group = Group::spawn(&mut shell(&script)).expect("sh is there");
        assert!(group.wait(Duration::from_secs(20)).expect("waited").is_some());
        let id = std::fs::read_to_string(file.path()).expect("it wrote").trim().parse().expect("an id");
        let state = || std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        let pid = Pid::from_raw(id).expect("positive");
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        // Killed, it is gone or waits to be reaped by whoever adopted it.
        while rustix::process::test_kill_process(pid).is_ok() && !state().contains(" Z ") {
            assert!(std::time::Instant::now() < deadline, "still there");
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error =
            output(&mut Command::new("no-such-program"), Duration::from_secs(1)).expect_err("not there");
        assert!(error.to_string().contains("`no-such-program` could not be started"), "{error}");
    }
}

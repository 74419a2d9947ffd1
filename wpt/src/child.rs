//! Child processes that never outlive the runner's interest in them.
//!
//! A child leads a process group of its own, so that what it starts in turn ends with it. It stays unreaped until
//! its owner has seen it end: its id is never signalled after it may have been given to somebody else.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus};
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_of_a_leader_that_ended_are_ended() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let script = format!("sleep 100 & echo $! > {}; exit 0", file.path().display());
        let mut shell = Command::new("sh");
        let mut group = Group::spawn(shell.args(["-c", &script])).expect("sh is there");
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
}

//! Starts programs such that they end with the runner, however the runner ends.

use std::io;
use std::process::{Command, Stdio};

use crate::child::Group;

/// Runs its arguments, and asks them to end when its standard input closes: the runner holds the other end.
const SCRIPT: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ cat <&3 >/dev/null; kill "$child" 2>/dev/null; } >/dev/null 2>&1 &
exec 3<&- >/dev/null 2>&1
wait "$child"
"#;

/// The status of a program that is not there.
pub(crate) const NOT_FOUND: i32 = 127;

/// Starts a command under guard, with pipes from its standard output and error.
pub(crate) fn spawn(command: &Command) -> io::Result<Group> {
    let mut guarded = Command::new("sh");
    guarded.args(["-c", SCRIPT, "sh"]).arg(command.get_program()).args(command.get_args());
    guarded.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = command.get_current_dir() {
        guarded.current_dir(folder);
    }
    Group::spawn(guarded.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()))
}

/// The signal that ended a guarded command, of which the guard's own status tells.
pub(crate) fn signal(status: std::process::ExitStatus) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    status.signal().or_else(|| status.code().filter(|code| (129..=192).contains(code)).map(|code| code - 128))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn the_status_is_that_of_the_guarded() {
        let mut group = spawn(&shell("exit 7")).expect("sh is there");
        let status = group.wait(Duration::from_secs(20)).expect("waited").expect("ended");
        assert_eq!((status.code(), signal(status)), (Some(7), None));
        let mut group = spawn(&shell("kill -SEGV $$")).expect("sh is there");
        let status = group.wait(Duration::from_secs(20)).expect("waited").expect("ended");
        assert_eq!(signal(status), Some(11));
    }

    #[test]
    fn it_ends_when_its_input_closes() {
        let mut group = spawn(&shell("exec sleep 100")).expect("sh is there");
        assert_eq!(group.wait(Duration::from_millis(100)).expect("waited"), None);
        drop(group.take_stdin());
        let status = group.wait(Duration::from_secs(20)).expect("waited").expect("ended");
        assert_eq!(signal(status), Some(15));
    }
}

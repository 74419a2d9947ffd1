//! This very test binary as another process, to be killed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

const VARIABLE: &str = "BGFETCH_STORAGE_TEST_PROFILE";

/// A process that runs one of the tests in `children`.
pub(crate) struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

/// Starts the test `name` of `children` on `profile`.
pub(crate) fn start(name: &str, profile: &Path) -> Process {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([&format!("children::{name}"), "--exact", "--nocapture"])
        .env(VARIABLE, profile)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    Process { child, output }
}

/// In the other process: the profile. `None` in an ordinary test run, in which children have nothing to do.
pub(crate) fn profile() -> Option<std::path::PathBuf> {
    let profile = std::env::var_os(VARIABLE)?;
    // Nothing is ever written there: it ends with the parent, and then so does this process.
    std::thread::spawn(|| {
        let _end = std::io::stdin().read_line(&mut String::new());
        std::process::exit(1);
    });
    Some(profile.into())
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that the process printed with [`tell`], without its mark.
    pub(crate) fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the process ended");
            if let Some(told) = line.split("#told ").nth(1) {
                return told.trim_end().to_owned();
            }
        }
    }

    /// Reads until the process said `text`.
    pub(crate) fn wait_for(&mut self, text: &str) {
        while self.line() != text {}
    }

    /// As abruptly as it can be done.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Tells the parent something.
#[expect(clippy::print_stdout, reason = "the way to the parent process")]
pub(crate) fn tell(text: &str) {
    println!("#told {text}");
}

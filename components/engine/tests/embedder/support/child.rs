//! This very test binary as another process, to be killed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use url::Url;

const PROFILE: &str = "BGFETCH_ENGINE_TEST_PROFILE";
const SITE: &str = "BGFETCH_ENGINE_TEST_SITE";

/// A process that runs one of the tests in `children`.
pub(crate) struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
}

/// Starts the test `name` of `children` on `profile`, with a server to fetch from.
pub(crate) fn start(name: &str, profile: &Path, site: &Url) -> Process {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([&format!("children::{name}"), "--exact", "--nocapture"])
        .env(PROFILE, profile)
        .env(SITE, site.as_str())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    Process { child, output }
}

/// What a child is given.
pub(crate) struct Given {
    pub(crate) profile: PathBuf,
    pub(crate) site: Url,
}

/// In the other process: what it was given. `None` in an ordinary test run, in which children have nothing to do.
pub(crate) fn given() -> Option<Given> {
    let profile = std::env::var_os(PROFILE)?.into();
    let site = std::env::var(SITE).unwrap().parse().unwrap();
    Some(Given { profile, site })
}

impl Process {
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
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// Tells the parent something.
#[expect(clippy::print_stdout, reason = "the way to the parent process")]
pub(crate) fn tell(text: &str) {
    println!("#told {text}");
}

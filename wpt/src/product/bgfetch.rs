//! bgfetch's own shell: one process a test, with a profile of its own.
//!
//! The shell prints JSON lines; the report of a test is among its console messages.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdout, Command, ExitStatus};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use parking_lot::Mutex;

use super::report::{Line, Pieces};
use super::{Job, LogSink, Product, ProductError, Session, granted};
use crate::child::Group;
use crate::command;
use crate::guard;
use crate::outcome::{Outcome, Status};
use crate::server::{CLOSED_HOSTS, Server, SupportConfig, hosts};

/// How long a shell that has closed its output may take to end.
const ENDING: Duration = Duration::from_secs(5);

/// How long building it may take.
const BUILD: Duration = Duration::from_secs(60 * 60);

/// The shell.
#[derive(Debug)]
pub struct Bgfetch {
    binary: PathBuf,
    /// For `RUST_LOG`, when its log is wanted.
    filter: Option<String>,
}

impl Bgfetch {
    /// The shell at `binary`; without one, `BGFETCH_SHELL` names it, or else it is built from this workspace, in
    /// the profile that the runner itself was built in.
    ///
    /// # Errors
    /// If it cannot be built.
    pub fn new(
        binary: Option<PathBuf>,
        filter: Option<String>,
        say: &dyn Fn(&str),
    ) -> Result<Self, ProductError> {
        let named = binary.or_else(|| std::env::var_os("BGFETCH_SHELL").map(PathBuf::from));
        let binary = match named {
            Some(binary) if binary.is_file() => binary,
            Some(binary) => {
                return Err(ProductError::Missing {
                    what: binary.display().to_string(),
                    how: "build it with `cargo build -p bgfetch-shell`".to_owned(),
                });
            }
            None => build(say)?,
        };
        Ok(Self { binary, filter })
    }
}

/// Builds the shell and asks cargo where it is.
fn build(say: &dyn Fn(&str)) -> Result<PathBuf, ProductError> {
    say("building bgfetch-shell");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."));
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace).args(["build", "--package=bgfetch-shell", "--message-format=json"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let failed = |reason: String| ProductError::Missing {
        what: "bgfetch-shell".to_owned(),
        how: format!("building it failed; name a built one with BGFETCH_SHELL.\n{reason}"),
    };
    let said = command::output(&cargo, BUILD).map_err(|error| failed(error.to_string()))?;
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let ours = message.pointer("/target/name")?.as_str()? == "bgfetch-shell";
        message.get("executable")?.as_str().filter(|_| ours).map(PathBuf::from)
    };
    said.lines().find_map(executable).ok_or_else(|| failed("cargo did not say where it put it".to_owned()))
}

impl Product for Bgfetch {
    fn name(&self) -> &'static str {
        "bgfetch"
    }

    fn version(&self) -> String {
        let said = command::output(Command::new(&self.binary).arg("--version"), Duration::from_secs(10));
        said.unwrap_or_default().split_whitespace().last().unwrap_or("unknown").to_owned()
    }

    fn support(&self, timeout_multiplier: f64) -> SupportConfig {
        SupportConfig { driver: "console", timeout_multiplier, permissions: granted() }
    }

    fn session(&self, server: Arc<Server>, log: Option<LogSink>) -> Result<Box<dyn Session>, ProductError> {
        Ok(Box::new(Shell { binary: self.binary.clone(), filter: self.filter.clone(), server, log }))
    }
}

struct Shell {
    binary: PathBuf,
    filter: Option<String>,
    server: Arc<Server>,
    log: Option<LogSink>,
}

impl Session for Shell {
    fn run(&mut self, job: &Job) -> Outcome {
        let started = Instant::now();
        let failed = |message: String| Outcome::without_results(Status::Error, message, started.elapsed());
        let profile = match tempfile::Builder::new().prefix("profile-").tempdir_in(self.server.folder()) {
            Ok(profile) => profile,
            Err(error) => return failed(format!("no profile folder: {error}")),
        };
        let command = self.command(job, profile.path());
        if let Some(log) = &self.log {
            log(&format!("$ {}", command::line(&command)));
        }
        let mut process = match guard::spawn(&command) {
            Ok(process) => process,
            Err(error) => return failed(format!("{}: {error}", self.binary.display())),
        };
        let outcome = self.wait(job, &mut process, started);
        process.end(Duration::ZERO);
        outcome
    }
}

impl Shell {
    fn command(&self, job: &Job, profile: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(["run", &job.url, "--json"]).arg("--profile").arg(profile);
        // The runner's own limit comes first; this one ends a shell that nobody watches any more.
        command.arg("--timeout").arg((job.limit.as_secs() + 10).to_string());
        add_network(&mut command, &self.server);
        if let Some(filter) = &self.filter {
            command.env("RUST_LOG", filter);
        }
        command
    }

    fn wait(&self, job: &Job, process: &mut Group, started: Instant) -> Outcome {
        let recent = Recent::default();
        let output = output(process.child().stdout.take());
        let errors_end = errors(process.child().stderr.take(), recent.clone(), self.log.clone());
        let mut pieces = Pieces::new(&job.url);
        let deadline = started + job.limit;
        // A shell that never stops talking hangs too.
        while Instant::now() < deadline {
            match output.recv_deadline(deadline) {
                Ok(line) => match pieces.take(&line) {
                    Line::Whole(report) => {
                        return Outcome::from_report(&report, started.elapsed()).unwrap_or_else(|message| {
                            Outcome::without_results(Status::Error, message, started.elapsed())
                        });
                    }
                    Line::Piece => {}
                    Line::Other => {
                        if let Some(log) = &self.log {
                            log(&line);
                        }
                        recent.add(&line);
                    }
                },
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => {
                    let status = process.wait(ENDING).ok().flatten();
                    // What it said at the very end is there when its standard error closes.
                    let _ = errors_end.recv_timeout(ENDING);
                    return ended(status, &recent, started);
                }
            }
        }
        let mut outcome = Outcome::hung(job.limit);
        if let Some(message) = &mut outcome.message {
            recent.append_to(message);
        }
        outcome
    }
}

/// A shell that has ended without a report: a signal or a panic is a crash, anything else an error.
fn ended(status: Option<ExitStatus>, recent: &Recent, started: Instant) -> Outcome {
    const PANIC: i32 = 101;
    let (kind, mut message) = match status {
        None => (Status::Error, "the shell closed its output".to_owned()),
        Some(status) => match (guard::signal(status), status.code()) {
            (Some(signal), _) => (Status::Crash, format!("the shell crashed (signal {signal})")),
            (None, Some(PANIC)) => (Status::Crash, "the shell crashed (panic)".to_owned()),
            _ => (Status::Error, format!("the shell ended without a result ({status})")),
        },
    };
    recent.append_to(&mut message);
    Outcome::without_results(kind, message, started.elapsed())
}

/// The last lines that a shell said.
#[derive(Clone, Debug, Default)]
struct Recent(Arc<Mutex<VecDeque<String>>>);

impl Recent {
    fn add(&self, line: &str) {
        const LINES: usize = 12;
        const CHARACTERS: usize = 400;
        let mut lines = self.0.lock();
        lines.push_back(line.chars().take(CHARACTERS).collect());
        if lines.len() > LINES {
            lines.pop_front();
        }
    }

    fn append_to(&self, message: &mut String) {
        for line in self.0.lock().iter() {
            message.push('\n');
            message.push_str(line);
        }
    }
}

/// Lines of standard output, read on a thread of their own so that waiting for them can end.
fn output(pipe: Option<ChildStdout>) -> Receiver<String> {
    const AHEAD: usize = 1024;
    let (sender, receiver) = bounded(AHEAD);
    std::thread::spawn(move || each_line(pipe, |line| sender.send(line).is_ok()));
    receiver
}

/// Takes the lines of standard error, and says something when they have ended.
fn errors(pipe: Option<ChildStderr>, recent: Recent, log: Option<LogSink>) -> Receiver<()> {
    let (sender, receiver) = bounded(1);
    std::thread::spawn(move || {
        each_line(pipe, |line| {
            if let Some(log) = &log {
                log(&line);
            }
            recent.add(&line);
            true
        });
        // Nobody waits if the report came.
        let _ = sender.send(());
    });
    receiver
}

fn each_line(pipe: Option<impl Read>, mut take: impl FnMut(String) -> bool) {
    let Some(pipe) = pipe else { return };
    let mut reader = BufReader::new(pipe);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        bytes.clear();
        if !take(line) {
            return;
        }
    }
}

/// Tells a shell of the test domains, whom to trust, and what it may do.
fn add_network(command: &mut Command, server: &Server) {
    command.arg("--closed-network").arg("--ca-cert").arg(&server.authority);
    for (name, state) in granted() {
        command.arg("--permission").arg(format!("{name}={state}"));
    }
    for rule in resolve_rules(server) {
        command.arg("--resolve").arg(rule);
    }
}

/// The arguments that a shell needs to open a test, as one would type them.
pub(super) fn arguments(server: &Server) -> String {
    let mut command = Command::new("");
    add_network(&mut command, server);
    command::line(&command).trim_start().to_owned()
}

/// `HOST:PORT:ADDRESS[:PORT]` for the test domains and the closed network.
fn resolve_rules(server: &Server) -> Vec<String> {
    let mut rules: Vec<_> = hosts::patterns().iter().map(|host| format!("{host}:*:127.0.0.1")).collect();
    for host in CLOSED_HOSTS {
        rules.push(format!("{host}:443:{}", server.closed.https));
        rules.push(format!("{host}:80:{}", server.closed.http));
    }
    rules
}

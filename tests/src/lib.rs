//! Starts shells and engines for the end-to-end tests.
#![forbid(unsafe_code)]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use bgfetch::traits::background_fetch::BackgroundFetchDisplay;
use bgfetch::traits::coordinator::PermissionState;
use bgfetch::traits::reply::Reply;
use bgfetch::{Delegate, Engine, EngineBuilder, EngineEvent, PermissionRequest, Window};
use bgfetch_shell::demo::identity::Identity;
use bgfetch_shell::demo::request_log::RequestLog;
use bgfetch_shell::demo::server::Server;
use bgfetch_shell::demo::site::{Resource, Site};
use crossbeam_channel::{Receiver, Sender, unbounded};
use serde_json::Value;
use url::Url;

/// How long anything may take; only a hang needs so long.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The shell's program, built if it is not up to date.
///
/// # Panics
/// If it cannot be built.
#[must_use]
pub fn shell_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args([
                "build",
                "--package",
                "bgfetch-shell",
                "--bin",
                "bgfetch-shell",
                "--message-format",
                "json",
            ])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(Stdio::inherit())
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "the shell was not built");
        let messages = output.stdout.split(|byte| *byte == b'\n');
        let built = messages.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
        let binary =
            built.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back();
        binary.expect("cargo tells where the shell is")
    })
}

/// A running shell, whose standard output is read as JSON events.
pub struct Shell {
    child: Child,
    events: Receiver<Value>,
    /// What came so far.
    pub seen: Vec<Value>,
    errors: Option<thread::JoinHandle<String>>,
}

/// How a shell ended.
#[derive(Debug)]
pub struct Ended {
    /// Exit status; `None` if a signal ended it.
    pub status: Option<i32>,
    /// All events.
    pub events: Vec<Value>,
    /// Standard error.
    pub errors: String,
}

impl Ended {
    /// The last event of that name.
    #[must_use]
    pub fn last(&self, name: &str) -> Option<&Value> {
        self.events.iter().rev().find(|event| event["event"] == name)
    }
}

impl Shell {
    /// Starts `bgfetch-shell` with these arguments.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Self {
        Self::spawn(Command::new(shell_binary()).args(arguments))
    }

    /// Starts `bgfetch-shell` with these arguments where no file can grow above so many bytes, as on a disk that
    /// takes no more.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    #[cfg(unix)]
    #[must_use]
    pub fn start_with_file_limit(bytes: u64, arguments: &[&str]) -> Self {
        // Without the trap the system would end the process instead of failing the write.
        const LIMITED: &str = r#"trap "" XFSZ; ulimit -f "$0"; exec "$@""#;
        /// What `ulimit -f` of a POSIX shell counts in, in bytes.
        const BLOCK: u64 = 512;
        Self::spawn(
            Command::new("sh")
                .args(["-c", LIMITED, &(bytes / BLOCK).to_string()])
                .arg(shell_binary())
                .args(arguments),
        )
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the shell starts");
        let (sender, events) = unbounded();
        let stdout = child.stdout.take().expect("standard output is piped");
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let event = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}"));
                if sender.send(event).is_err() {
                    return;
                }
            }
        });
        let mut stderr = child.stderr.take().expect("standard error is piped");
        let errors = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text).unwrap_or_default()
        });
        Self { child, events, seen: Vec::new(), errors: Some(errors) }
    }

    /// Runs a shell to its end.
    #[must_use]
    pub fn run(arguments: &[&str]) -> Ended {
        Self::start(arguments).wait()
    }

    /// The process.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next event for which `wanted` holds.
    ///
    /// # Panics
    /// If it does not come.
    pub fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.events.recv_deadline(deadline) {
                Ok(event) => {
                    self.seen.push(event.clone());
                    if wanted(&event) {
                        return event;
                    }
                }
                Err(error) => panic!("the event did not come ({error}); seen: {:#?}", self.seen),
            }
        }
    }

    /// Waits for its end.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn wait(mut self) -> Ended {
        let deadline = Instant::now() + PATIENCE;
        // The events end when the process does.
        loop {
            match self.events.recv_deadline(deadline) {
                Ok(event) => self.seen.push(event),
                Err(_) if Instant::now() < deadline => break,
                Err(_) => panic!("the shell did not end; seen: {:#?}", self.seen),
            }
        }
        let status = self.child.wait().expect("the shell is our child");
        let errors = self.errors.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        Ended { status: status.code(), events: std::mem::take(&mut self.seen), errors }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // A test that failed leaves no process behind; one that has ended cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an engine told its delegate.
#[derive(Clone, Debug)]
pub enum Told {
    /// A background fetch is shown.
    Shown(BackgroundFetchDisplay),
    /// What is shown of it changed.
    Updated(BackgroundFetchDisplay),
    /// Anything else.
    Event(EngineEvent),
}

struct Listener {
    told: Sender<Told>,
    permission: PermissionState,
}

impl Delegate for Listener {
    fn background_fetch_permission(&self, _: PermissionRequest, reply: Reply<PermissionState>) {
        reply.send(self.permission);
    }

    fn show_background_fetch(&self, display: &BackgroundFetchDisplay) {
        let _ = self.told.send(Told::Shown(display.clone()));
    }

    fn update_background_fetch(&self, display: &BackgroundFetchDisplay) {
        let _ = self.told.send(Told::Updated(display.clone()));
    }

    fn event(&self, event: EngineEvent) {
        let _ = self.told.send(Told::Event(event));
    }
}

/// A site over HTTPS, and engines that trust it.
pub struct World {
    /// The site.
    pub server: Server,
    identity: Identity,
}

impl World {
    /// Serves a page and a service worker at `/` and `/sw.js`, and whatever `more` adds.
    ///
    /// # Panics
    /// If the server cannot be started.
    #[must_use]
    pub fn new(page: &str, worker: &str, more: impl FnOnce(&mut Site)) -> Self {
        let identity = Identity::generate().expect("a certificate is made");
        let mut site = Site::new();
        let page = format!("<!DOCTYPE html><title>test</title><script>{page}</script>");
        site.insert("/", Resource::bytes("text/html; charset=utf-8", page));
        site.insert("/sw.js", Resource::bytes("text/javascript", worker.to_owned()));
        more(&mut site);
        let server = Server::start(0, &identity, site, RequestLog::new()).expect("the server starts");
        Self { server, identity }
    }

    /// The page's URL.
    ///
    /// # Panics
    /// Never: an origin is a URL.
    #[must_use]
    pub fn url(&self, path: &str) -> Url {
        Url::parse(&self.server.origin())
            .and_then(|origin| origin.join(path))
            .expect("an origin and a path are a URL")
    }

    /// The certificate of the authority that the site's certificate is from, in PEM.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.identity.ca_pem()
    }

    /// Starts an engine on a profile.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn engine(&self, profile: &Path) -> Running {
        self.engine_with(profile, PermissionState::Granted, |builder| builder)
    }

    /// Starts an engine whose user answers questions for permission so.
    ///
    /// # Panics
    /// If it does not start.
    #[must_use]
    pub fn engine_with(
        &self,
        profile: &Path,
        permission: PermissionState,
        change: impl FnOnce(EngineBuilder) -> EngineBuilder,
    ) -> Running {
        let (told, receiver) = unbounded();
        let builder = Engine::builder(profile)
            .delegate(Arc::new(Listener { told, permission }))
            .ca_certificate("the test's authority", self.identity.ca_pem())
            .closed_network(true)
            .resolve("localhost:*:127.0.0.1".parse().expect("an override"));
        let engine = change(builder).build().expect("the engine starts");
        Running { engine, told: receiver, log: Vec::new() }
    }
}

/// A running engine and what it told.
pub struct Running {
    /// The engine.
    pub engine: Engine,
    told: Receiver<Told>,
    log: Vec<Told>,
}

impl Running {
    /// Opens a window and waits for its page.
    ///
    /// # Panics
    /// If the page does not load.
    #[must_use]
    pub fn open(&self, url: &Url) -> Window {
        self.engine.open_window(url).wait_timeout(PATIENCE).expect("the page loads")
    }

    /// Waits until something is told for which `wanted` gives a value.
    ///
    /// # Panics
    /// If it is not told.
    pub fn until<T>(&mut self, wanted: impl Fn(&Told) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.told.recv_deadline(deadline) {
                Ok(told) => {
                    let found = wanted(&told);
                    self.log.push(told);
                    if let Some(found) = found {
                        return found;
                    }
                }
                Err(error) => panic!("it was not told ({error}); before: {:#?}", self.log),
            }
        }
    }

    /// Waits for a state of what is shown.
    ///
    /// # Panics
    /// If it does not come.
    pub fn until_shown(
        &mut self,
        wanted: impl Fn(&BackgroundFetchDisplay) -> bool,
    ) -> BackgroundFetchDisplay {
        self.until(|told| match told {
            Told::Shown(display) | Told::Updated(display) => Some(display.clone()).filter(&wanted),
            Told::Event(_) => None,
        })
    }

    /// Waits for the end of a functional event's dispatch.
    ///
    /// # Panics
    /// If it does not come.
    pub fn until_event(&mut self, event: &str) {
        self.until(|told| match told {
            Told::Event(EngineEvent::FunctionalEvent { name, .. }) if *name == event => Some(()),
            _ => None,
        });
    }

    /// Runs a script in a page and gives its value as JSON.
    ///
    /// # Panics
    /// If it throws.
    #[must_use]
    pub fn evaluate(&self, window: &Window, script: &str) -> Value {
        let text = window.evaluate(script).wait_timeout(PATIENCE).expect("the script runs");
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// Ends the engine, waiting for its threads.
    ///
    /// # Panics
    /// If it does not end.
    pub fn shut_down(self) {
        self.engine.shutdown().wait_timeout(PATIENCE).expect("the engine ends");
    }
}

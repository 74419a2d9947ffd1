//! Chromium, driven by chromedriver: a browser with a persistent profile a session, a window a test.
//!
//! Incognito contexts have no Background Fetch, hence the profile.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::webdriver::{DriverError, WebDriver};
use super::{Job, LogSink, Product, ProductError, Session};
use crate::child::Group;
use crate::command;
use crate::guard;
use crate::outcome::{Outcome, Status};
use crate::server::{CLOSED_HOSTS, Server, SupportConfig, hosts};

/// How long the browser may take to start.
const START: Duration = Duration::from_secs(60);

/// How long a command that does not wait for a page may take.
const COMMAND: Duration = Duration::from_secs(20);

/// How long the driver is given to end its browser.
const GRACE: Duration = Duration::from_secs(5);

/// Waits in the page for a report or a request, and answers the previous request.
const WAIT: &str = r#"
const [done, callback] = arguments;
let answered = false;
(function look() {
  const runner = window.__wpt_runner;
  if (!runner) { setTimeout(look, 20); return; }
  if (done && !answered) { answered = true; runner.done(done[0], done[1]); }
  if (runner.actions.length > 0) { callback({ action: runner.actions.shift() }); return; }
  if (runner.report !== null) { callback({ report: runner.report }); return; }
  runner.wake = look;
})();
"#;

/// Without them the browser talks to the network of its own accord, or slows down windows that nobody looks at.
const FLAGS: [&str; 18] = [
    // The browser ends when the driver's end of the pipe closes: also when the driver is killed.
    "--remote-debugging-pipe",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-popup-blocking",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--ignore-certificate-errors",
    "--autoplay-policy=no-user-gesture-required",
];

/// Chromium.
#[derive(Debug)]
pub struct Chromium {
    binary: PathBuf,
    driver: PathBuf,
}

impl Chromium {
    /// Chromium at `binary` or, without one, the system's; and the system's chromedriver.
    ///
    /// # Errors
    /// If one of the two is not installed.
    pub fn new(binary: Option<PathBuf>) -> Result<Self, ProductError> {
        let missing = |what: &str| ProductError::Missing {
            what: what.to_owned(),
            how: "install Debian's packages chromium and chromium-driver, or name a browser with --binary"
                .to_owned(),
        };
        let driver = find("chromedriver").ok_or_else(|| missing("chromedriver"))?;
        let binary = match binary {
            Some(binary) if binary.is_file() => binary,
            Some(binary) => return Err(missing(&binary.display().to_string())),
            None => ["chromium", "chromium-browser", "google-chrome"]
                .iter()
                .find_map(|name| find(name))
                .ok_or_else(|| missing("chromium"))?,
        };
        Ok(Self { binary, driver })
    }
}

fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

impl Product for Chromium {
    fn name(&self) -> &'static str {
        "chromium"
    }

    fn version(&self) -> String {
        let said = command::output(Command::new(&self.binary).arg("--version"), COMMAND).unwrap_or_default();
        let version = said.split_whitespace().find(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        version.unwrap_or("unknown").to_owned()
    }

    fn support(&self, timeout_multiplier: f64) -> SupportConfig {
        SupportConfig {
            driver: "webdriver",
            timeout_multiplier,
            permissions: std::collections::BTreeMap::new(),
        }
    }

    fn session(&self, server: Arc<Server>, log: Option<LogSink>) -> Result<Box<dyn Session>, ProductError> {
        let mut window =
            Windows { binary: self.binary.clone(), driver: self.driver.clone(), server, log, browser: None };
        // A browser that does not start at all is told once, not for every test.
        window.browser()?;
        Ok(Box::new(window))
    }
}

/// A driver with its browser.
struct Browser {
    driver: WebDriver,
    /// The window that stays, so that the browser does.
    base: String,
    process: Group,
    _profile: TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver ends the browser, also one that hangs; a driver that is gone took it along.
        let _ = self.driver.delete("", GRACE);
        self.process.end(GRACE);
    }
}

/// A browser in which each test gets a window.
struct Windows {
    binary: PathBuf,
    driver: PathBuf,
    server: Arc<Server>,
    log: Option<LogSink>,
    browser: Option<Browser>,
}

impl Session for Windows {
    fn run(&mut self, job: &Job) -> Outcome {
        let started = Instant::now();
        let log = self.log.clone();
        let origins = origins(&self.server);
        let browser = match self.browser() {
            Ok(browser) => browser,
            Err(error) => {
                return Outcome::without_results(Status::Error, error.to_string(), started.elapsed());
            }
        };
        let outcome = match browser.run(job, started) {
            Ok(report) => Outcome::from_report(&report, started.elapsed()),
            Err(error) if error.is_crash() => {
                Ok(Outcome::without_results(Status::Crash, error.to_string(), started.elapsed()))
            }
            Err(error) if error.is_timeout() => Ok(Outcome::hung(job.limit)),
            Err(error) => Err(error.to_string()),
        };
        let outcome = outcome
            .unwrap_or_else(|message| Outcome::without_results(Status::Error, message, started.elapsed()));
        if let Some(log) = log {
            browser.console(&log);
        }
        let broken = outcome.hung || outcome.status == Status::Crash;
        if broken || browser.close_windows().and_then(|()| browser.forget(&origins)).is_err() {
            // The next test gets a new one.
            self.browser = None;
        }
        outcome
    }
}

impl Windows {
    fn browser(&mut self) -> Result<&mut Browser, ProductError> {
        let browser = match self.browser.take() {
            Some(browser) => browser,
            None => self.start()?,
        };
        Ok(self.browser.insert(browser))
    }

    fn start(&self) -> Result<Browser, ProductError> {
        let folder = self.server.folder();
        let profile = tempfile::Builder::new()
            .prefix("profile-")
            .tempdir_in(folder)
            .map_err(|source| ProductError::File { path: folder.to_owned(), source })?;
        let failed =
            |what: &PathBuf, reason: String| ProductError::Start { what: what.display().to_string(), reason };
        let mut command = Command::new(&self.driver);
        command.arg("--port=0");
        let mut process = guard::spawn(&command).map_err(|error| failed(&self.driver, error.to_string()))?;
        let port = driver_port(&mut process).map_err(|reason| failed(&self.driver, reason))?;
        let mut driver = WebDriver::new(port).map_err(|error| failed(&self.driver, error.to_string()))?;
        let capabilities = self.capabilities(&profile);
        let opened = driver.new_session(&capabilities, START).and_then(|_| driver.get("/window", COMMAND));
        let base = opened.map_err(|error| failed(&self.binary, error.to_string()))?;
        let base = base.as_str().unwrap_or_default().to_owned();
        Ok(Browser { driver, base, process, _profile: profile })
    }

    fn capabilities(&self, profile: &TempDir) -> Value {
        let mut arguments: Vec<_> = FLAGS.iter().map(|flag| (*flag).to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        arguments.push(format!("--host-resolver-rules={}", resolver_rules(&self.server)));
        json!({
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "pageLoadStrategy": "eager",
            "unhandledPromptBehavior": "dismiss",
            "goog:chromeOptions": {
                "binary": self.binary,
                "args": arguments,
                // After the first background fetch of a page it would ask the user about the next.
                "prefs": { "profile.default_content_setting_values.automatic_downloads": 1 },
            },
            "goog:loggingPrefs": { "browser": "ALL" },
        })
    }
}

impl Browser {
    /// Opens the test in a window of its own and returns its report.
    fn run(&self, job: &Job, started: Instant) -> Result<String, DriverError> {
        let left = || (started + job.limit).saturating_duration_since(Instant::now());
        let window = self.driver.post("/window/new", &json!({ "type": "tab" }), COMMAND)?;
        let handle = window.get("handle").cloned().unwrap_or_default();
        self.driver.post("/window", &json!({ "handle": handle }), COMMAND)?;
        // Windows run side by side, and only one of a screen has the focus: each page is told that it has.
        self.devtools("Emulation.setFocusEmulationEnabled", &json!({ "enabled": true }))?;
        let limit = u64::try_from(job.limit.as_millis()).unwrap_or(u64::MAX);
        self.driver.post("/timeouts", &json!({ "script": limit, "pageLoad": limit }), COMMAND)?;
        self.driver.post("/url", &json!({ "url": job.url }), left())?;
        let mut done = Value::Null;
        loop {
            if left().is_zero() {
                return Err(DriverError::Silent(job.limit));
            }
            let script = json!({ "script": WAIT, "args": [done] });
            let answer = match self.driver.post("/execute/async", &script, left()) {
                Ok(answer) => answer,
                // The page has navigated: the script waits in the next one.
                Err(DriverError::Refused { code, message }) if navigated(&code, &message) => continue,
                Err(error) => return Err(error),
            };
            if let Some(report) = answer.get("report").and_then(Value::as_str) {
                return Ok(report.to_owned());
            }
            let action = answer.get("action").unwrap_or(&Value::Null);
            let error = self.act(action).err().map(|error| error.to_string());
            done = json!([action.get("id"), error]);
        }
    }

    /// Does what the test asks of testdriver.js.
    fn act(&self, action: &Value) -> Result<(), DriverError> {
        match action.get("name").and_then(Value::as_str) {
            Some("set_permission") => {
                let body = json!({ "descriptor": action.get("descriptor"), "state": action.get("state") });
                self.driver.post("/permissions", &body, COMMAND)?;
            }
            Some("click") => {
                let id = action.get("element").and_then(Value::as_str).unwrap_or_default();
                let mut selector = String::from("#");
                for c in id.chars() {
                    // Writing into a string does not fail.
                    let _ = write!(selector, "\\{:x} ", u32::from(c));
                }
                let query = json!({ "using": "css selector", "value": selector });
                let found = self.driver.post("/element", &query, COMMAND)?;
                let element =
                    found.as_object().and_then(|found| found.values().next()).and_then(Value::as_str);
                let path = format!("/element/{}/click", element.unwrap_or_default());
                self.driver.post(&path, &json!({}), COMMAND)?;
            }
            Some("delete_all_cookies") => {
                self.driver.delete("/cookie", COMMAND)?;
            }
            _ => return Err(DriverError::Gone(format!("the page asks for something unknown: {action}"))),
        }
        Ok(())
    }

    /// Closes every window but the one that stays.
    fn close_windows(&self) -> Result<(), DriverError> {
        let handles = self.driver.get("/window/handles", COMMAND)?;
        for handle in handles.as_array().into_iter().flatten() {
            if handle.as_str() != Some(&self.base) {
                self.driver.post("/window", &json!({ "handle": handle }), COMMAND)?;
                self.driver.delete("/window", COMMAND)?;
            }
        }
        self.driver.post("/window", &json!({ "handle": self.base }), COMMAND)?;
        Ok(())
    }

    /// Forgets what the test has stored: registrations of service workers above all, which the next test would meet.
    fn forget(&self, origins: &[String]) -> Result<(), DriverError> {
        for origin in origins {
            let what = json!({ "origin": origin, "storageTypes": "service_workers,cache_storage" });
            self.devtools("Storage.clearDataForOrigin", &what)?;
        }
        self.devtools("Network.clearBrowserCookies", &json!({}))
    }

    fn devtools(&self, command: &str, parameters: &Value) -> Result<(), DriverError> {
        let body = json!({ "cmd": command, "params": parameters });
        self.driver.post("/goog/cdp/execute", &body, COMMAND)?;
        Ok(())
    }

    fn console(&self, log: &LogSink) {
        let Ok(entries) = self.driver.post("/se/log", &json!({ "type": "browser" }), COMMAND) else { return };
        for entry in entries.as_array().into_iter().flatten() {
            let text = |name: &str| entry.get(name).and_then(Value::as_str).unwrap_or_default();
            log(&format!("[{}] {}", text("level"), text("message")));
        }
    }
}

/// Where tests store something that outlives their windows.
fn origins(server: &Server) -> Vec<String> {
    let [port, ..] = server.ports.https;
    hosts::storing().into_iter().map(|host| format!("https://{host}:{port}")).collect()
}

fn navigated(code: &str, message: &str) -> bool {
    (code == "javascript error" && message.contains("document unloaded"))
        || (code == "unknown error" && (message.contains("execution context") || message.contains("navigat")))
}

/// Reads the port that the driver has chosen: `... was started successfully on port 12345.`
fn driver_port(process: &mut Group) -> Result<u16, String> {
    let output = process.child().stdout.take().ok_or("it has no output")?;
    let (sender, receiver) = crossbeam_channel::unbounded();
    std::thread::spawn(move || {
        // The pipe is read to its end: a driver that cannot write would stop.
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            tracing::trace!(line, "chromedriver");
            if let Some((_, rest)) = line.split_once("successfully on port ") {
                let port: Option<u16> = rest.trim_end_matches('.').parse().ok();
                // Nobody listens to a second one.
                let _ = sender.send(port);
            }
        }
    });
    let errors = process.child().stderr.take();
    std::thread::spawn(move || {
        for line in errors.map(BufReader::new).into_iter().flat_map(BufRead::lines).map_while(Result::ok) {
            tracing::trace!(line, "chromedriver");
        }
    });
    match receiver.recv_timeout(START) {
        Ok(Some(port)) => Ok(port),
        Ok(None) => Err("it did not say on which port it listens".to_owned()),
        Err(_) => Err("it ended, or did not say within a minute that it is ready".to_owned()),
    }
}

/// The test domains and the closed network; nothing else resolves.
fn resolver_rules(server: &Server) -> String {
    let mut rules: Vec<_> = hosts::patterns().iter().map(|host| format!("MAP {host} 127.0.0.1")).collect();
    for host in CLOSED_HOSTS {
        rules.push(format!("MAP {host}:443 {}", server.closed.https));
        rules.push(format!("MAP {host}:80 {}", server.closed.http));
    }
    rules.push("MAP * ^NOTFOUND".to_owned());
    rules.push("EXCLUDE 127.0.0.1".to_owned());
    rules.push("EXCLUDE localhost".to_owned());
    rules.join(", ")
}

//! What the tests are loaded from: their own server, started from the checkout, and the closed network.

mod certificates;
mod closed;
pub mod hosts;
mod ports;

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;
use tempfile::TempDir;

pub use certificates::{CLOSED_HOSTS, Certificates};
pub use closed::ClosedNetwork;
pub use ports::Ports;

use crate::child::Group;
use crate::command;
use crate::manifest::{Scheme, Test};
use crate::setup::{Checkout, tools};

const LAUNCHER: &str = include_str!("../../serve.py");
const REPORT: &str = include_str!("../../support/testharnessreport.js");
const VENDOR: &str = include_str!("../../support/testdriver-vendor.js");

/// What the runner replaces in the support files.
const CONFIG_MARK: &str = "\"%config%\"";

/// How long the server may take to listen on all of its ports; usually it is two seconds.
const READY: Duration = Duration::from_secs(60);

/// How long it is given to end; after that, its process group is killed.
const GRACE: Duration = Duration::from_secs(10);

/// How often starting is tried: another process may take a port in the moment in which it is free.
const ATTEMPTS: usize = 4;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A file of the run's folder.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates.
    #[error("the certificates could not be made: {0}")]
    Certificates(String),
    /// Python.
    #[error("python3, which the tests' server needs, could not be started: {0}")]
    Python(io::Error),
    /// It has ended, or does not listen.
    #[error("the tests' server did not start: {reason}\n{log}")]
    NotReady {
        /// What was seen.
        reason: String,
        /// The end of its log.
        log: String,
    },
    /// The closed network.
    #[error("the server of the closed network did not start: {0}")]
    ClosedNetwork(String),
}

/// What the support files are told about the browser.
#[derive(Clone, Debug, serde::Serialize)]
pub struct SupportConfig {
    /// How a page answers: `console` or `webdriver`.
    pub driver: &'static str,
    /// For testharness.js's own time limits.
    pub timeout_multiplier: f64,
    /// The permissions that the browser is started with.
    pub permissions: std::collections::BTreeMap<String, String>,
}

/// The running servers of one run; they end when this is dropped.
#[derive(Debug)]
pub struct Server {
    /// Where the tests' server listens.
    pub ports: Ports,
    /// The authority to trust, as a PEM file.
    pub authority: PathBuf,
    /// What stands for the rest of the Internet.
    pub closed: ClosedNetwork,
    process: Group,
    folder: TempDir,
}

impl Server {
    /// Starts everything and waits until every port accepts.
    ///
    /// # Errors
    /// If something does not start; the message has the end of the server's own log.
    pub fn start(checkout: &Checkout, support: &SupportConfig) -> Result<Self, ServerError> {
        let folder = tempfile::Builder::new()
            .prefix("wpt-runner-")
            .tempdir()
            .map_err(|source| ServerError::File { path: std::env::temp_dir(), source })?;
        let certificates = Certificates::make(folder.path())?;
        write(folder.path(), "serve.py", LAUNCHER)?;
        let config = serde_json::to_string(support).unwrap_or_default();
        write(folder.path(), "testharnessreport.js", &REPORT.replace(CONFIG_MARK, &config))?;
        write(folder.path(), "testdriver-vendor.js", &VENDOR.replace(CONFIG_MARK, &config))?;
        let (mut process, ports) = start_process(checkout, folder.path(), &certificates)?;
        let closed = match ClosedNetwork::start(certificates.closed) {
            Ok(closed) => closed,
            Err(error) => {
                process.end(GRACE);
                return Err(error);
            }
        };
        Ok(Self { ports, authority: certificates.authority, closed, process, folder })
    }

    /// The full URL of a test.
    #[must_use]
    pub fn url(&self, test: &Test) -> String {
        let (scheme, port) = match test.scheme {
            Scheme::Http => ("http", self.ports.http[0]),
            Scheme::Https => ("https", self.ports.https[0]),
            Scheme::H2 => ("https", self.ports.h2[0]),
        };
        let www = if test.www { "www." } else { "" };
        format!("{scheme}://{www}{}:{port}{}", hosts::HOST, test.url)
    }

    /// The end of the server's log.
    #[must_use]
    pub fn log(&self) -> String {
        log_tail(self.folder.path())
    }

    /// A folder that lives as long as the servers.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.end(GRACE);
    }
}

fn start_process(
    checkout: &Checkout,
    folder: &Path,
    certificates: &Certificates,
) -> Result<(Group, Ports), ServerError> {
    // Held until the ports are taken: what is free for one runner is free for another that starts at the same moment.
    let _choosing = ports::choosing();
    let mut attempt = 0;
    loop {
        attempt += 1;
        let ports = Ports::free(attempt == 1).map_err(|source| ServerError::NotReady {
            reason: format!("no free port: {source}"),
            log: String::new(),
        })?;
        let config = configuration(folder, certificates, &ports);
        write(folder, "config.json", &config.to_string())?;
        let mut process = spawn(checkout, folder)?;
        match wait_until_ready(&mut process, &ports) {
            Ok(()) => return Ok((process, ports)),
            Err(reason) => {
                let log = log_tail(folder);
                process.end(GRACE);
                if attempt == ATTEMPTS || !log.contains("in use") {
                    return Err(ServerError::NotReady { reason, log });
                }
                tracing::debug!(reason, "a port was taken; trying others");
            }
        }
    }
}

fn configuration(folder: &Path, certificates: &Certificates, ports: &Ports) -> serde_json::Value {
    let alias = |name: &str| json!({ "url-path": format!("/resources/{name}"), "local-dir": folder });
    json!({
        "server_host": "127.0.0.1",
        "check_subdomains": false,
        "browser_host": hosts::HOST,
        "alternate_hosts": { "alt": hosts::OTHER_HOST },
        "ports": ports,
        "ssl": {
            "type": "pregenerated",
            "pregenerated": {
                "host_key_path": certificates.host_key,
                "host_cert_path": certificates.host_certificate,
                "ca_cert_path": certificates.authority,
            },
        },
        "aliases": [alias("testharnessreport.js"), alias("testdriver-vendor.js")],
        "logging": { "level": "info" },
    })
}

fn spawn(checkout: &Checkout, folder: &Path) -> Result<Group, ServerError> {
    let path = folder.join("server.log");
    let file_error = |source| ServerError::File { path: path.clone(), source };
    let log = File::create(&path).map_err(file_error)?;
    let mut python = tools::command("python3");
    python
        .args(["-I", "-S", "-B"])
        .arg(folder.join("serve.py"))
        .arg(&checkout.tests)
        .arg(folder.join("config.json"));
    // When this process ends, however it ends, the pipe closes and the launcher stops the servers.
    python.stdin(Stdio::piped());
    python.stdout(log.try_clone().map_err(file_error)?).stderr(log);
    Group::spawn(&mut python).map_err(ServerError::Python)
}

fn wait_until_ready(process: &mut Group, ports: &Ports) -> Result<(), String> {
    let deadline = Instant::now() + READY;
    let accepts = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    while !ports.all().into_iter().all(accepts) {
        if let Some(status) = process.wait(Duration::from_millis(30)).map_err(|error| error.to_string())? {
            return Err(format!("it has ended ({status})"));
        }
        if Instant::now() > deadline {
            return Err(format!("it does not listen on all of its ports after {} s", READY.as_secs()));
        }
    }
    Ok(())
}

fn write(folder: &Path, name: &str, text: &str) -> Result<(), ServerError> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|source| ServerError::File { path, source })
}

fn log_tail(folder: &Path) -> String {
    const BYTES: u64 = 64 * 1024;
    let read = || -> io::Result<String> {
        let mut file = File::open(folder.join("server.log"))?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(BYTES)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    command::tail(&read().unwrap_or_default())
}

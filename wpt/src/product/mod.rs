//! The browsers that the tests are run in.

mod bgfetch;
mod chromium;
mod report;
mod webdriver;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use bgfetch::Bgfetch;
pub use chromium::Chromium;

use crate::outcome::Outcome;
use crate::server::{Server, SupportConfig};

/// Takes lines of a browser's log.
pub type LogSink = Arc<dyn Fn(&str) + Send + Sync>;

/// Why a browser cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ProductError {
    /// It is not there.
    #[error("{what} is not there: {how}")]
    Missing {
        /// What was looked for.
        what: String,
        /// How to get it.
        how: String,
    },
    /// It is there and does not start.
    #[error("{what} does not start: {reason}")]
    Start {
        /// What was started.
        what: String,
        /// What was seen.
        reason: String,
    },
    /// A folder for its profile.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What a browser is asked to run.
#[derive(Clone, Debug)]
pub struct Job {
    /// The full URL of the test.
    pub url: String,
    /// How long to wait for its result: the harness's own limit and some seconds.
    pub limit: Duration,
}

/// A browser.
pub trait Product: Send + Sync {
    /// Its name, as in `--product` and as the property `product` of expectations.
    fn name(&self) -> &'static str;

    /// Its version, for reports.
    fn version(&self) -> String;

    /// What the support files are told about it.
    fn support(&self, timeout_multiplier: f64) -> SupportConfig;

    /// A place to run tests in, one after the other. Several of them run at the same time.
    ///
    /// # Errors
    /// If it cannot be started.
    fn session(&self, server: Arc<Server>, log: Option<LogSink>) -> Result<Box<dyn Session>, ProductError>;
}

/// A place to run tests in.
pub trait Session: Send {
    /// Runs one test in a window of its own. A crash or a hang is an outcome, and the next test runs all the same.
    fn run(&mut self, job: &Job) -> Outcome;
}

/// The permissions that a browser without WebDriver is started with.
fn granted() -> BTreeMap<String, String> {
    BTreeMap::from([("background-fetch".to_owned(), "granted".to_owned())])
}

/// What the support files are told when the tests are served for a shell that somebody starts by hand, and the
/// arguments that such a shell needs.
#[must_use]
pub fn serve_instructions() -> (SupportConfig, fn(&Server) -> String) {
    let support = SupportConfig { driver: "console", timeout_multiplier: 1.0, permissions: granted() };
    (support, bgfetch::arguments)
}

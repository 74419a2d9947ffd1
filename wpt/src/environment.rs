//! What a run needs before it can start: the tests, which of them, and where expectations are.

use std::path::{Path, PathBuf};

use crate::expect::ExpectError;
use crate::include::{Include, IncludeError};
use crate::manifest::{self, ManifestError, Test};
use crate::pool::PoolError;
use crate::product::ProductError;
use crate::report::ReportError;
use crate::server::ServerError;
use crate::setup::{self, Checkout, SetupError};

/// Why a run could not be done.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The tests.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// Their list.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Which of them.
    #[error(transparent)]
    Include(#[from] IncludeError),
    /// What is expected.
    #[error(transparent)]
    Expect(#[from] ExpectError),
    /// What they are loaded from.
    #[error(transparent)]
    Server(#[from] ServerError),
    /// The browser.
    #[error(transparent)]
    Product(#[from] ProductError),
    /// Its windows.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// A report.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A file of the user.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// The tests that were selected.
#[derive(Debug)]
pub struct Selection {
    /// Where they are from.
    pub checkout: Checkout,
    /// Which.
    pub tests: Vec<Test>,
}

/// What is selected by.
#[derive(Clone, Debug)]
pub struct Selector {
    /// The list of what is run.
    pub include: PathBuf,
    /// Only what lies here, if anything is named.
    pub paths: Vec<String>,
    /// Only what every run in CI takes.
    pub ci: bool,
}

impl Default for Selector {
    fn default() -> Self {
        Self { include: folder().join("include.ini"), paths: Vec::new(), ci: false }
    }
}

impl Selector {
    /// Finds the tests, fetching them if they are not there, and selects.
    ///
    /// # Errors
    /// If they cannot be had or listed, or a path names none.
    pub fn select(&self, say: &dyn Fn(&str)) -> Result<Selection, RunError> {
        let include = Include::load(&self.include)?;
        let checkout = setup::ensure(say)?;
        if let Some(remark) = checkout.revision_remark() {
            say(&remark);
        }
        let tests = manifest::tests(&checkout, say)?;
        let tests = include.select(tests, &self.paths, self.ci)?;
        Ok(Selection { checkout, tests })
    }
}

/// The folder of this crate, with what belongs to the runs of this workspace.
#[must_use]
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The expectations of bgfetch.
#[must_use]
pub fn metadata() -> PathBuf {
    folder().join("metadata")
}

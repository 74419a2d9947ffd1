//! Where the tests come from.
//!
//! In this order: the checkout that `WPT_ROOT` names; what an earlier run has fetched; a sparse checkout of
//! upstream's repository at [`REVISION`]; and, without a way to that repository, Debian's source package of
//! Firefox ESR, which holds the same files at the same revision.

mod cache;
mod debian;
mod folders;
mod git;
pub mod tools;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use self::tools::Tool;
use crate::command::{self, CommandError};

/// The revision of web-platform-tests that the expectations were recorded with.
pub const REVISION: &str = "faf875d9b84f4319ac950cd51ef03a3dcf466a7f";

/// The version of Firefox ESR whose copy of the tests is of [`REVISION`].
const FIREFOX: &str = "140.12.0esr";

/// Upstream's repository.
const REPOSITORY: &str = "https://github.com/web-platform-tests/wpt.git";

/// Why the tests could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// `WPT_ROOT` names something else.
    #[error("WPT_ROOT is {path}, which is not a checkout of web-platform-tests: {missing} is not in it")]
    NotACheckout {
        /// What it names.
        path: PathBuf,
        /// What every checkout has.
        missing: &'static str,
    },
    /// Neither source answered.
    #[error(
        "the web-platform-tests could not be fetched.\n  \
         from git: {git}\n  from Debian: {debian}\n\
         Point to a checkout that you have with WPT_ROOT=/path/to/wpt, or get one:\n  \
         git clone --depth 1 {REPOSITORY}"
    )]
    NoSource {
        /// Why not from upstream's repository.
        git: String,
        /// Why not from Debian.
        debian: String,
    },
    /// A program that the tests need is not there, and could not be fetched.
    #[error(
        "{program}, which the web-platform-tests need, is not on the PATH and could not be fetched from Debian: {why}\n\
         Install it (on Debian: apt-get install {package}), and run this again."
    )]
    NoTool {
        /// Its name.
        program: &'static str,
        /// The package that has it.
        package: &'static str,
        /// Why it could not be fetched.
        why: String,
    },
    /// Neither `XDG_CACHE_HOME` nor `HOME` is set.
    #[error(
        "there is no folder to keep the tests in: set HOME or XDG_CACHE_HOME, or point to a checkout with WPT_ROOT"
    )]
    NoCache,
    /// A file or folder of the cache.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A command that was needed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A source that has answered, with something that cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl SetupError {
    /// What a command said at last, without its command line, which would bury it.
    fn short(&self) -> String {
        match self {
            Self::Command(CommandError::Failed { output, .. }) if !output.is_empty() => {
                output.lines().last().unwrap_or_default().to_owned()
            }
            other => other.to_string(),
        }
    }

    fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// How a checkout was come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// `WPT_ROOT`.
    Given,
    /// Upstream's repository.
    Git,
    /// Debian's source package of Firefox ESR.
    FirefoxEsr,
}

/// The tests, as files.
#[derive(Clone, Debug)]
pub struct Checkout {
    /// The root of the tests.
    pub tests: PathBuf,
    /// How it was come by.
    pub origin: Origin,
    /// Upstream's revision, if it could be found out.
    pub revision: Option<String>,
    /// Where what is derived from it is kept: a folder that is the runner's own.
    pub derived: PathBuf,
}

impl Checkout {
    /// Whether these are the tests that the expectations were recorded with.
    #[must_use]
    pub fn is_expected_revision(&self) -> bool {
        self.revision.as_deref() == Some(REVISION)
    }

    /// A remark for reports if these are other tests than the expected ones.
    #[must_use]
    pub fn revision_remark(&self) -> Option<String> {
        match &self.revision {
            Some(revision) if revision == REVISION => None,
            Some(revision) => Some(format!(
                "the tests are of revision {revision}; the expectations were recorded with {REVISION}"
            )),
            None => Some(format!(
                "the revision of the tests is not known; the expectations were recorded with {REVISION}"
            )),
        }
    }
}

/// Finds the tests, and fetches them if they are not there. `say` is told what takes time.
///
/// # Errors
/// If they cannot be had; the message says how to point to a checkout. If Python cannot be had.
pub fn ensure(say: &dyn Fn(&str)) -> Result<Checkout, SetupError> {
    let cache = cache::Cache::open()?;
    if !tools::is_there(&cache, Tool::Python) {
        let _lock = cache.lock(say)?;
        tools::ensure(&cache, Tool::Python, say)?;
    }
    if let Some(root) = std::env::var_os("WPT_ROOT").filter(|root| !root.is_empty()) {
        return given(PathBuf::from(root));
    }
    if let Some(checkout) = cache.find() {
        return Ok(checkout);
    }
    // Somebody else may be fetching them: then wait, and take what came.
    let _lock = cache.lock(say)?;
    if let Some(checkout) = cache.find() {
        return Ok(checkout);
    }
    say("the web-platform-tests are not here yet; fetching them once");
    let git = match git::fetch(&cache, REPOSITORY, REVISION, say) {
        Ok(checkout) => return Ok(checkout),
        Err(error) => error.short(),
    };
    say(&format!("not from there: {git}"));
    debian::fetch(&cache, FIREFOX, say).map_err(|error| SetupError::NoSource { git, debian: error.short() })
}

/// Uses the checkout that a user has.
fn given(root: PathBuf) -> Result<Checkout, SetupError> {
    for missing in ["resources/testharness.js", "tools/serve/serve.py", "tools/manifest/update.py"] {
        if !root.join(missing).is_file() {
            return Err(SetupError::NotACheckout { path: root, missing });
        }
    }
    let tests = fs::canonicalize(&root).map_err(SetupError::file(&root))?;
    let mut head = Command::new("git");
    head.arg("-C").arg(&tests).args(["rev-parse", "--show-prefix", "HEAD"]);
    // Only if it is the top of a repository: the tests may also lie within somebody else's.
    let revision = command::output(&head, Duration::from_secs(10)).ok();
    let revision = revision.and_then(|said| said.strip_prefix('\n').map(|head| head.trim().to_owned()));
    // In a checkout of Firefox, a file beside the tests has it.
    let revision = revision.or_else(|| debian::synced_revision(tests.parent()?));
    let derived = cache::Cache::open()?.derived_for(&tests)?;
    Ok(Checkout { tests, origin: Origin::Given, revision, derived })
}

//! A sparse checkout of upstream's repository: one revision, the needed folders, no history.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::cache::{Cache, Source};
use super::folders::{fingerprint, sparse_patterns};
use super::{Checkout, Origin, SetupError};
use crate::child;

/// How long the repository may take to answer at all: without a network this is what a user waits.
const ANSWER: Duration = Duration::from_secs(12);

/// How long fetching may take. Git itself gives up earlier when nothing comes.
const FETCH: Duration = Duration::from_secs(30 * 60);

pub(super) fn fetch(
    cache: &Cache,
    repository: &str,
    revision: &str,
    say: &dyn Fn(&str),
) -> Result<Checkout, SetupError> {
    say(&format!("asking {repository}"));
    child::output(git(None).args(["ls-remote", "--quiet", repository, "HEAD"]), ANSWER)?;
    say(&format!("fetching revision {revision}, only the folders that are needed"));
    let scratch = cache.scratch()?;
    let tests = scratch.path().join("tests");
    fs::create_dir(&tests).map_err(SetupError::file(&tests))?;
    let run = |arguments: &[&str], limit| child::output(git(Some(&tests)).args(arguments), limit);
    run(&["init", "--quiet"], ANSWER)?;
    run(&["remote", "add", "origin", repository], ANSWER)?;
    run(&["config", "core.sparseCheckout", "true"], ANSWER)?;
    let patterns = tests.join(".git/info/sparse-checkout");
    if let Some(folder) = patterns.parent() {
        fs::create_dir_all(folder).map_err(SetupError::file(folder))?;
    }
    fs::write(&patterns, sparse_patterns()).map_err(SetupError::file(&patterns))?;
    run(&["fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", revision], FETCH)?;
    run(&["checkout", "--quiet", "--detach", "FETCH_HEAD"], FETCH)?;
    let source = Source {
        origin: Origin::Git,
        version: revision.to_owned(),
        revision: Some(revision.to_owned()),
        folders: fingerprint(),
    };
    cache.keep(scratch, &source)
}

fn git(folder: Option<&Path>) -> Command {
    let mut git = Command::new("git");
    // It never asks for a password, and gives up when less than a kilobyte a second comes for 20 s.
    git.env("GIT_TERMINAL_PROMPT", "0");
    git.args([
        "-c",
        "http.lowSpeedLimit=1000",
        "-c",
        "http.lowSpeedTime=20",
        "-c",
        "advice.detachedHead=false",
    ]);
    if let Some(folder) = folder {
        git.arg("-C").arg(folder);
    }
    git
}

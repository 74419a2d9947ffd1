//! A sparse checkout of upstream's repository: one revision, the needed folders, no history.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::cache::{Cache, Source};
use super::folders::{fingerprint, sparse_patterns};
use super::{Checkout, Origin, SetupError};
use crate::command;

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
    command::output(git(None).args(["ls-remote", "--quiet", repository, "HEAD"]), ANSWER)?;
    say(&format!("fetching revision {revision}, only the folders that are needed"));
    let scratch = cache.scratch()?;
    let tests = scratch.path().join("tests");
    fs::create_dir(&tests).map_err(SetupError::file(&tests))?;
    let run = |arguments: &[&str], limit| command::output(git(Some(&tests)).args(arguments), limit);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn run(folder: &Path, arguments: &[&str]) -> String {
        command::output(git(Some(folder)).args(arguments), ANSWER).unwrap_or_else(|error| panic!("{error}"))
    }

    /// A repository with files that are needed, files that are not, and a later revision.
    fn upstream(folder: &Path) -> String {
        run(folder, &["init", "--quiet"]);
        run(folder, &["config", "uploadpack.allowFilter", "true"]);
        run(folder, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        for name in
            ["resources/testharness.js", "background-fetch/a.js", "svg/b.svg", "dom/a.html", "dom/xslt/c.xsl"]
        {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("it has one")).expect("created");
            fs::write(path, name).expect("written");
        }
        let commit =
            ["-c", "user.name=a", "-c", "user.email=a@b.example", "commit", "--quiet", "--message=x"];
        run(folder, &["add", "--all"]);
        run(folder, &commit);
        let revision = run(folder, &["rev-parse", "HEAD"]).trim().to_owned();
        fs::write(folder.join("dom/a.html"), "later").expect("written");
        run(folder, &["add", "--all"]);
        run(folder, &commit);
        revision
    }

    #[test]
    fn only_the_needed_folders_of_the_wanted_revision_come() {
        let folder = tempfile::tempdir().expect("a folder");
        let revision = upstream(folder.path());
        let cache_folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(cache_folder.path().to_owned()).expect("a cache");
        let url = format!("file://{}", folder.path().display());
        let checkout = fetch(&cache, &url, &revision, &|_| ()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(checkout.revision, Some(revision));
        let text = |name: &str| fs::read_to_string(checkout.tests.join(name)).ok();
        assert_eq!(text("background-fetch/a.js").as_deref(), Some("background-fetch/a.js"));
        assert_eq!(text("dom/a.html").as_deref(), Some("dom/a.html"));
        assert_eq!((text("svg/b.svg"), text("dom/xslt/c.xsl")), (None, None));
        assert!(cache.find().is_some());
    }

    #[test]
    fn a_repository_that_is_not_there_is_told_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().to_owned()).expect("a cache");
        let url = format!("file://{}/none", folder.path().display());
        let error = fetch(&cache, &url, "0", &|_| ()).expect_err("there is none");
        assert!(error.to_string().contains("ls-remote"), "{error}");
        assert!(cache.find().is_none());
    }
}

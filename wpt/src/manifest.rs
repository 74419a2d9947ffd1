//! Which test URLs there are: read from the list that the tests' own manifest tool makes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::command::{self, CommandError};
use crate::setup::{Checkout, Origin, tools};

/// The tool, started by a script that needs no virtual environment.
const SCRIPT: &str = include_str!("../manifest.py");

/// How long the tool may take: it reads every file of the checkout.
const LIMIT: Duration = Duration::from_secs(600);

/// How deep folders may nest.
const MAX_DEPTH: usize = 64;

/// Why the tests could not be listed.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The tests' own tool failed.
    #[error("the tests' manifest tool failed: {0}")]
    Tool(#[from] CommandError),
    /// A file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The list is not what it should be.
    #[error("{path} is not a manifest of web-platform-tests: {reason}")]
    Malformed {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// How a test is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `http:`
    Http,
    /// `https:`: `.https.` in the name, `wpt_flags=https` in the query, or a service worker.
    Https,
    /// `https:` from the server that speaks HTTP/2: `.h2.` in the name, or `wpt_flags=h2` in the query.
    H2,
}

/// One test: a URL that is opened in a window of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Path and query, such as `/background-fetch/idlharness.https.any.worker.html`: the name of the test.
    pub url: String,
    /// The file it is made of, from the root of the tests, such as `background-fetch/idlharness.https.any.js`.
    pub source: String,
    /// Whether it says `timeout=long`.
    pub long_timeout: bool,
    /// How it is loaded.
    pub scheme: Scheme,
    /// Whether it is loaded from the `www` subdomain.
    pub www: bool,
}

impl Test {
    /// How long it may take, by the rules of the harness: 10 s, or 60 s if it says so.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_secs(if self.long_timeout { 60 } else { 10 })
    }

    /// Its name within its folder, such as `idlharness.https.any.worker.html`: the name of its section in an
    /// expectation file.
    #[must_use]
    pub fn section(&self) -> &str {
        // The URL is of the file's own folder.
        let folder = self.source.rsplit_once('/').map_or(0, |(folder, _)| folder.len() + 1);
        self.url.trim_start_matches('/').get(folder..).unwrap_or(&self.url)
    }

    fn new(source: &str, url: &str, extras: &Value) -> Self {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let name = path.rsplit('/').next().unwrap_or(path);
        let query = url.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or(query));
        let flag = |flag: &str| {
            let in_query = url::form_urlencoded::parse(query.as_bytes())
                .any(|(name, value)| name == "wpt_flags" && value == flag);
            in_query || name.split('.').skip(1).any(|part| part == flag)
        };
        let scheme = if flag("h2") {
            Scheme::H2
        } else if flag("https") || flag("serviceworker") || flag("serviceworker-module") {
            Scheme::Https
        } else {
            Scheme::Http
        };
        Self {
            url: format!("/{}", url.trim_start_matches('/')),
            source: source.to_owned(),
            long_timeout: extras.get("timeout").and_then(Value::as_str) == Some("long"),
            scheme,
            www: flag("www"),
        }
    }
}

/// All test URLs of a checkout that a browser can run, in the order of their names.
///
/// # Errors
/// If the tests' own tool cannot be run, or has made something else.
pub fn tests(checkout: &Checkout, say: &dyn Fn(&str)) -> Result<Vec<Test>, ManifestError> {
    let path = checkout.derived.join("MANIFEST.json");
    // Fetched files do not change; those of a user may.
    if checkout.origin == Origin::Given || !path.is_file() {
        say("listing the tests");
        build(checkout, &path)?;
    }
    let text = fs::read(&path).map_err(|source| ManifestError::File { path: path.clone(), source })?;
    read(&text).map_err(|reason| ManifestError::Malformed { path, reason })
}

fn build(checkout: &Checkout, path: &Path) -> Result<(), ManifestError> {
    let file_error = |source| ManifestError::File { path: path.to_owned(), source };
    // Several runners may do this at once: each makes its own, and the last one that is ready stays.
    let scratch = tempfile::tempdir_in(&checkout.derived).map_err(file_error)?;
    let made = scratch.path().join("MANIFEST.json");
    let mut python = tools::command("python3");
    python.args(["-I", "-S", "-B", "-c", SCRIPT]).arg(&checkout.tests).arg(&made).arg(scratch.path());
    command::output(&python, LIMIT)?;
    fs::rename(&made, path).map_err(file_error)
}

fn read(text: &[u8]) -> Result<Vec<Test>, String> {
    let manifest: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let items = manifest.get("items").and_then(|items| items.get("testharness"));
    let mut tests = Vec::new();
    walk(items.ok_or("there are no testharness items")?, &mut String::new(), 0, &mut tests)?;
    tests.sort_by(|a, b| a.url.cmp(&b.url));
    Ok(tests)
}

/// A folder is an object; a file is `[hash, [url or null, extras]...]`.
fn walk(node: &Value, path: &mut String, depth: usize, tests: &mut Vec<Test>) -> Result<(), String> {
    match node {
        Value::Object(entries) if depth < MAX_DEPTH => {
            for (name, child) in entries {
                let length = path.len();
                if !path.is_empty() {
                    path.push('/');
                }
                path.push_str(name);
                walk(child, path, depth + 1, tests)?;
                path.truncate(length);
            }
            Ok(())
        }
        Value::Array(entries) => {
            for entry in entries.iter().skip(1) {
                let url = entry.get(0).ok_or_else(|| format!("{path} has an item without a URL"))?;
                let test =
                    Test::new(path, url.as_str().unwrap_or(path), entry.get(1).unwrap_or(&Value::Null));
                if runs_in_a_window(&test.url) {
                    tests.push(test);
                }
            }
            Ok(())
        }
        _ => Err(format!("{path} is neither a folder nor a file")),
    }
}

/// ShadowRealm is in no browser, and its variants are most of some suites; those of a bare JavaScript shell are
/// scripts without a page.
fn runs_in_a_window(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    !path.contains(".shadowrealm") && !path.ends_with(".js")
}

#[cfg(test)]
mod unit {
    use super::*;

    const EXAMPLE: &str = r#"{"version": 9, "url_base": "/", "items": {"support": {}, "testharness": {
        "fetch": {"api": {
            "a.any.js": ["00", ["fetch/api/a.any.html", {}], ["fetch/api/a.any.serviceworker.html", {"timeout": "long"}],
                ["fetch/api/a.any.shadowrealm-in-window.html", {}], ["fetch/api/a.any.js", {"jsshell": true}]],
            "b.sub.https.html": ["11", [null, {}], ["fetch/api/b.sub.https.html?x=1", {}]],
            "d.html": ["33", ["fetch/api/d.html?wss&wpt_flags=https", {}], ["fetch/api/d.html?wpt_flags=h2", {}]]
        }},
        "c.h2.www.html": ["22", [null, {}]]
    }}}"#;

    #[test]
    fn urls_come_with_what_their_names_say() {
        let tests = read(EXAMPLE.as_bytes()).expect("well formed");
        let short: Vec<_> =
            tests.iter().map(|test| (test.url.as_str(), test.scheme, test.section())).collect();
        assert_eq!(
            short,
            [
                ("/c.h2.www.html", Scheme::H2, "c.h2.www.html"),
                ("/fetch/api/a.any.html", Scheme::Http, "a.any.html"),
                ("/fetch/api/a.any.serviceworker.html", Scheme::Https, "a.any.serviceworker.html"),
                ("/fetch/api/b.sub.https.html", Scheme::Https, "b.sub.https.html"),
                ("/fetch/api/b.sub.https.html?x=1", Scheme::Https, "b.sub.https.html?x=1"),
                ("/fetch/api/d.html?wpt_flags=h2", Scheme::H2, "d.html?wpt_flags=h2"),
                ("/fetch/api/d.html?wss&wpt_flags=https", Scheme::Https, "d.html?wss&wpt_flags=https"),
            ]
        );
        assert!(tests[0].www);
        assert_eq!(tests[1].timeout(), Duration::from_secs(10));
        assert_eq!(tests[2].timeout(), Duration::from_secs(60));
        assert_eq!(tests[2].source, "fetch/api/a.any.js");
    }

    #[test]
    fn other_files_are_refused() {
        for bad in ["", "[]", "{\"items\": {\"testharness\": {\"a\": 1}}}", "{\"items\": {}}"] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}

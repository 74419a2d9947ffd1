//! Which tests are run: `include.ini`, in upstream's format.
//!
//! Sections are folders and files, nested; `skip: true` leaves out what lies below, `skip: false` takes it in again.
//! Two keys are our own: `ci: true` marks what every run in CI takes, and `reason:` says why something is left out.

use std::path::{Path, PathBuf};

use crate::ini::{self, IniError, RunInfo, Section};
use crate::manifest::Test;

/// Why the list could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IncludeError {
    /// The file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What is in it.
    #[error("{path}: {source}")]
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where and what.
        source: IniError,
    },
    /// A path that names no test.
    #[error(
        "no test lies at {0}; paths are from the root of the tests, such as background-fetch/fetch.https.window.js"
    )]
    NoTest(String),
}

/// The list.
#[derive(Debug)]
pub struct Include {
    root: Section,
}

/// What the list says of one test.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// Whether it is left out.
    pub skip: bool,
    /// Whether it belongs to what CI runs.
    pub ci: bool,
    /// Why it is left out.
    pub reason: Option<String>,
}

impl Include {
    /// Reads the list.
    ///
    /// # Errors
    /// If it is not there or not well formed.
    pub fn load(path: &Path) -> Result<Self, IncludeError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| IncludeError::File { path: path.to_owned(), source })?;
        let root =
            ini::parse(&text).map_err(|source| IncludeError::Syntax { path: path.to_owned(), source })?;
        Ok(Self { root })
    }

    /// What the list says of a test: the deepest section that says something decides.
    #[must_use]
    pub fn decide(&self, test: &Test) -> Decision {
        let mut decision = Decision::default();
        apply(&self.root, &mut decision);
        let (path, query) = test.url.split_once('?').map_or((test.url.as_str(), None), |(a, b)| (a, Some(b)));
        let url: Vec<_> = path.split('/').filter(|part| !part.is_empty()).collect();
        // A file may be named as the file or as one of the URLs that it stands for.
        let file = test.source.rsplit('/').next();
        let mut node = &self.root;
        for (index, part) in url.iter().enumerate() {
            let last = index + 1 == url.len();
            if let Some(section) = file.filter(|_| last).and_then(|file| node.section(file)) {
                apply(section, &mut decision);
            }
            let Some(next) = node.section(part) else { return decision };
            apply(next, &mut decision);
            node = next;
        }
        if let Some(section) = query.and_then(|query| node.section(&format!("?{query}"))) {
            apply(section, &mut decision);
        }
        decision
    }

    /// The tests to run: what the list takes in, of that only what lies at one of `paths` if any are given, and
    /// only what CI runs if `ci` says so. A file or URL that is named in full is run even if the list leaves it out.
    ///
    /// # Errors
    /// If a path names no test at all.
    pub fn select(&self, tests: Vec<Test>, paths: &[String], ci: bool) -> Result<Vec<Test>, IncludeError> {
        let paths: Vec<_> =
            paths.iter().map(|path| path.trim_start_matches("./").trim_matches('/')).collect();
        for path in &paths {
            if !tests.iter().any(|test| lies_at(test, path) != Fit::Not) {
                return Err(IncludeError::NoTest((*path).to_owned()));
            }
        }
        let wanted = |test: &Test| {
            let fit = paths.iter().map(|path| lies_at(test, path)).max();
            let decision = self.decide(test);
            match fit {
                Some(Fit::Not) => false,
                Some(Fit::Exactly) => true,
                Some(Fit::Below) | None => !decision.skip && (decision.ci || !ci),
            }
        };
        Ok(tests.into_iter().filter(wanted).collect())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Not,
    Below,
    Exactly,
}

fn lies_at(test: &Test, path: &str) -> Fit {
    let url = test.url.trim_start_matches('/');
    if url == path || test.source == path {
        return Fit::Exactly;
    }
    let below = path.is_empty() || url.strip_prefix(path).is_some_and(|rest| rest.starts_with(['/', '?']));
    if below { Fit::Below } else { Fit::Not }
}

fn apply(section: &Section, decision: &mut Decision) {
    let info = RunInfo::new();
    if let Some(value) = section.get("skip", &info) {
        decision.skip = value.is_true();
        decision.reason = None;
    }
    if let Some(value) = section.get("ci", &info) {
        decision.ci = value.is_true();
    }
    if let Some(value) = section.get("reason", &info) {
        decision.reason = Some(value.words().join(", "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Scheme;

    fn test(url: &str, source: &str) -> Test {
        Test {
            url: url.to_owned(),
            source: source.to_owned(),
            long_timeout: false,
            scheme: Scheme::Http,
            www: false,
        }
    }

    fn example() -> Include {
        let text = "skip: true\n[fetch]\n  skip: false\n  ci: true\n  [api]\n    [a.any.js]\n      skip: true\n      \
                    reason: no window\n    [b.html]\n      ci: false\n      [?x]\n        skip: true\n";
        Include { root: ini::parse(text).expect("well formed") }
    }

    fn all() -> Vec<Test> {
        vec![
            test("/fetch/api/a.any.html", "fetch/api/a.any.js"),
            test("/fetch/api/a.any.worker.html", "fetch/api/a.any.js"),
            test("/fetch/api/b.html", "fetch/api/b.html"),
            test("/fetch/api/b.html?x", "fetch/api/b.html"),
            test("/fetch/c.html", "fetch/c.html"),
            test("/url/d.html", "url/d.html"),
        ]
    }

    fn selected(paths: &[&str], ci: bool) -> Vec<String> {
        let paths: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        let tests = example().select(all(), &paths, ci).expect("all paths name tests");
        tests.into_iter().map(|test| test.url).collect()
    }

    #[test]
    fn the_deepest_section_decides() {
        assert_eq!(selected(&[], false), ["/fetch/api/b.html", "/fetch/c.html"]);
        assert_eq!(selected(&[], true), ["/fetch/c.html"]);
        let decision = example().decide(&all()[1]);
        assert_eq!((decision.skip, decision.reason.as_deref()), (true, Some("no window")));
    }

    #[test]
    fn paths_narrow_and_full_names_overrule() {
        assert_eq!(selected(&["/fetch/api/"], false), ["/fetch/api/b.html"]);
        assert_eq!(selected(&["fetch/api/a.any.js"], false).len(), 2);
        assert_eq!(selected(&["fetch/api/b.html"], false), ["/fetch/api/b.html", "/fetch/api/b.html?x"]);
        assert_eq!(selected(&["url/d.html", "fetch/c.html"], true), ["/fetch/c.html", "/url/d.html"]);
        assert!(selected(&["url"], false).is_empty());
    }

    #[test]
    fn a_path_that_names_nothing_is_an_error() {
        let error = example().select(all(), &["fetch/ap".to_owned()], false).expect_err("no such folder");
        assert!(error.to_string().contains("fetch/ap"), "{error}");
    }
}

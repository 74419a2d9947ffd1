//! `wptreport.json`, in upstream's format, which wpt.fyi and upstream's tools read.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::expect::Expected;
use crate::manifest::Test;
use crate::outcome::{Outcome, Status};

/// Why a report could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What is in it.
    #[error("{path} is no wptreport.json: {source}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// Two reports that do not belong together.
    #[error(
        "results of {later} cannot replace those of {first}: merge reports of the same browser and tests"
    )]
    Different {
        /// Browser and revision of the tests.
        first: String,
        /// Those of the other report.
        later: String,
    },
}

/// The results of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// What was run where.
    pub run_info: BTreeMap<String, Value>,
    /// Milliseconds since 1970.
    pub time_start: u64,
    /// Milliseconds since 1970.
    #[serde(default)]
    pub time_end: u64,
    /// A test each.
    pub results: Vec<TestResult>,
}

/// What came of a test. Statuses are words: reports of other tools may have others.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TestResult {
    /// Path and query.
    pub test: String,
    /// How it ended.
    pub status: String,
    /// Why.
    #[serde(default)]
    pub message: Option<String>,
    /// Milliseconds.
    #[serde(default)]
    pub duration: u64,
    /// Its subtests.
    #[serde(default)]
    pub subtests: Vec<SubtestResult>,
    /// How it should have ended, if it ended otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The other ways in which it may end, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_intermittent: Vec<String>,
}

/// What came of a subtest.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubtestResult {
    /// Its name.
    pub name: String,
    /// How it ended.
    pub status: String,
    /// What the assertion said.
    #[serde(default)]
    pub message: Option<String>,
    /// How it should have ended, if it ended otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// The other ways in which it may end, if there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known_intermittent: Vec<String>,
}

impl Report {
    /// A report that starts now.
    #[must_use]
    pub fn new(run_info: BTreeMap<String, Value>) -> Self {
        Self { run_info, time_start: now(), time_end: 0, results: Vec::new() }
    }

    /// Adds what came of a test.
    pub fn add(&mut self, test: &Test, outcome: &Outcome, expected: &Expected) {
        let subtests = outcome.subtests.iter().map(|subtest| {
            let entry = expected.subtests.get(&subtest.name);
            let statuses = entry.map_or(&[][..], |entry| &entry.statuses);
            SubtestResult {
                name: subtest.name.clone(),
                status: subtest.status.to_string(),
                message: subtest.message.clone(),
                expected: otherwise(statuses, Status::Pass, subtest.status),
                known_intermittent: intermittent(statuses),
            }
        });
        self.results.push(TestResult {
            test: test.url.clone(),
            status: outcome.status.to_string(),
            message: outcome.message.clone(),
            duration: u64::try_from(outcome.duration.as_millis()).unwrap_or(u64::MAX),
            subtests: subtests.collect(),
            expected: otherwise(&expected.statuses, Status::Ok, outcome.status),
            known_intermittent: intermittent(&expected.statuses),
        });
    }

    /// Takes over the results of a later run: those of the same tests are replaced. Returns how many were.
    ///
    /// # Errors
    /// If it is of another browser or of other tests.
    pub fn merge(&mut self, later: Self) -> Result<usize, ReportError> {
        let subject = |report: &Self| {
            let revision = report.run_info.get("revision").and_then(Value::as_str).unwrap_or("unknown");
            format!("{} with tests of revision {revision}", report.title())
        };
        let (first, other) = (subject(self), subject(&later));
        if first != other {
            return Err(ReportError::Different { first, later: other });
        }
        let before = self.results.len();
        let again: BTreeSet<_> = later.results.iter().map(|result| result.test.as_str()).collect();
        self.results.retain(|result| !again.contains(result.test.as_str()));
        let replaced = before - self.results.len();
        self.results.extend(later.results);
        self.time_end = later.time_end;
        Ok(replaced)
    }

    /// Ends it now, if it has not ended, and writes it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&mut self, path: &Path) -> Result<(), ReportError> {
        if self.time_end == 0 {
            self.time_end = now();
        }
        self.results.sort_by(|a, b| a.test.cmp(&b.test));
        let write = || {
            let mut file = BufWriter::new(File::create(path)?);
            serde_json::to_writer(&mut file, self)?;
            file.write_all(b"\n")?;
            file.flush()
        };
        write().map_err(|source| ReportError::File { path: path.to_owned(), source })
    }

    /// Reads one.
    ///
    /// # Errors
    /// If it is not there or is something else.
    pub fn read(path: &Path) -> Result<Self, ReportError> {
        let file = File::open(path).map_err(|source| ReportError::File { path: path.to_owned(), source })?;
        serde_json::from_reader(BufReader::new(file))
            .map_err(|source| ReportError::Malformed { path: path.to_owned(), source })
    }

    /// What it is a report of, such as `chromium 148.0`.
    #[must_use]
    pub fn title(&self) -> String {
        let text = |name: &str| self.run_info.get(name).and_then(Value::as_str);
        let version = text("browser_version").unwrap_or_default();
        format!("{} {version}", text("product").unwrap_or("unknown")).trim_end().to_owned()
    }
}

fn otherwise(statuses: &[Status], usual: Status, status: Status) -> Option<String> {
    let first = statuses.first().copied().unwrap_or(usual);
    (first != status).then(|| first.to_string())
}

fn intermittent(statuses: &[Status]) -> Vec<String> {
    statuses.iter().skip(1).map(ToString::to_string).collect()
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::expect::ExpectedSubtest;
    use crate::manifest::Scheme;
    use crate::outcome::Subtest;

    #[test]
    fn it_has_upstreams_form() {
        let test = Test {
            url: "/a/b.html?c".to_owned(),
            source: "a/b.html".to_owned(),
            long_timeout: false,
            scheme: Scheme::Http,
            www: false,
        };
        let subtest =
            |name: &str, status| Subtest { name: name.to_owned(), status, message: Some("why".to_owned()) };
        let outcome = Outcome {
            status: Status::Ok,
            message: None,
            subtests: vec![subtest("x", Status::Fail), subtest("y", Status::NotRun)],
            duration: Duration::from_millis(1500),
            hung: false,
        };
        let entry =
            ExpectedSubtest { statuses: vec![Status::Fail, Status::Pass], ..ExpectedSubtest::default() };
        let expected = Expected { subtests: [("x".to_owned(), entry)].into(), ..Expected::default() };
        let mut report = Report::new(BTreeMap::from([("product".to_owned(), "bgfetch".into())]));
        report.add(&test, &outcome, &expected);
        let file = tempfile::NamedTempFile::new().expect("a file");
        report.write(file.path()).expect("written");
        let json: Value = serde_json::from_reader(file.reopen().expect("there")).expect("JSON");
        assert_eq!(
            json["results"],
            serde_json::json!([{
                "test": "/a/b.html?c", "status": "OK", "message": null, "duration": 1500,
                "subtests": [
                    { "name": "x", "status": "FAIL", "message": "why", "known_intermittent": ["PASS"] },
                    { "name": "y", "status": "NOTRUN", "message": "why", "expected": "PASS" },
                ],
            }])
        );
        let read = Report::read(file.path()).expect("read back");
        assert_eq!((read.title().as_str(), read.results.len()), ("bgfetch", 1));
        assert!(read.time_end >= read.time_start);
    }

    #[test]
    fn a_later_run_replaces_what_it_ran_again() {
        let report = |version: &str, tests: &[(&str, &str)]| -> Report {
            let results: Vec<_> = tests
                .iter()
                .map(|(test, status)| serde_json::json!({ "test": test, "status": status }))
                .collect();
            let json = serde_json::json!({
                "run_info": { "product": "chromium", "browser_version": version, "revision": "r" },
                "time_start": 1, "time_end": 2, "results": results,
            });
            serde_json::from_value(json).expect("a report")
        };
        let mut whole = report("1", &[("/a.html", "TIMEOUT"), ("/b.html", "OK")]);
        let replaced = whole.merge(report("1", &[("/a.html", "OK"), ("/c.html", "OK")])).expect("the same");
        assert_eq!(replaced, 1);
        let results: Vec<_> =
            whole.results.iter().map(|result| (result.test.as_str(), result.status.as_str())).collect();
        assert_eq!(results, [("/b.html", "OK"), ("/a.html", "OK"), ("/c.html", "OK")]);
        let error = whole.merge(report("2", &[])).expect_err("another version").to_string();
        assert!(error.contains("chromium 2 with tests of revision r"), "{error}");
        assert!(error.contains("chromium 1"), "{error}");
    }
}

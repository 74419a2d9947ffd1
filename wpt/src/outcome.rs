//! What came of a test.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How a test or a subtest ended, in upstream's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Of a subtest: it passed.
    Pass,
    /// Of a test: the harness ran to its end, whatever the subtests say.
    Ok,
    /// Of a subtest: an assertion failed.
    Fail,
    /// It took too long.
    Timeout,
    /// Of a subtest: the test ended before it.
    #[serde(rename = "NOTRUN")]
    NotRun,
    /// Of a test: something went wrong outside the subtests.
    Error,
    /// A feature that is optional is not there.
    PreconditionFailed,
    /// Of a test: the browser ended in its middle.
    Crash,
    /// Of a test: it was not run.
    Skip,
}

impl Status {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Pass, "PASS"),
        (Self::Ok, "OK"),
        (Self::Fail, "FAIL"),
        (Self::Timeout, "TIMEOUT"),
        (Self::NotRun, "NOTRUN"),
        (Self::Error, "ERROR"),
        (Self::PreconditionFailed, "PRECONDITION_FAILED"),
        (Self::Crash, "CRASH"),
        (Self::Skip, "SKIP"),
    ];

    /// Its name in expectations and reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Status {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text);
        found.map(|(status, _)| *status).ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|(_, name)| *name).collect();
            format!("`{text}` is none of {}", names.join(", "))
        })
    }
}

/// How a subtest ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subtest {
    /// Its name, unique within the test.
    pub name: String,
    /// How it ended.
    pub status: Status,
    /// What the assertion said.
    pub message: Option<String>,
}

/// What came of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How the test as a whole ended.
    pub status: Status,
    /// Why, if not well.
    pub message: Option<String>,
    /// How its subtests ended, in the order in which they were made.
    pub subtests: Vec<Subtest>,
    /// From the start of its window to its result.
    pub duration: Duration,
    /// Whether the window gave no answer at all within the limit, as opposed to a harness that said `TIMEOUT`.
    pub hung: bool,
}

impl Outcome {
    /// The outcome of a test that brought no results.
    #[must_use]
    pub fn without_results(status: Status, message: String, duration: Duration) -> Self {
        Self { status, message: Some(message), subtests: Vec::new(), duration, hung: false }
    }

    /// The outcome of a test whose window did not answer within the limit.
    #[must_use]
    pub fn hung(limit: Duration) -> Self {
        let message = format!("the window hung: no result within {:.1} s", limit.as_secs_f64());
        Self { hung: true, ..Self::without_results(Status::Timeout, message, limit) }
    }

    /// Reads what `support/testharnessreport.js` says, which is what testharness.js counts in.
    ///
    /// # Errors
    /// If it is something else.
    pub fn from_report(json: &str, duration: Duration) -> Result<Self, String> {
        let report: Report = serde_json::from_str(json).map_err(|error| format!("the report: {error}"))?;
        let statuses =
            [Status::Pass, Status::Fail, Status::Timeout, Status::NotRun, Status::PreconditionFailed];
        let harness = [Status::Ok, Status::Error, Status::Timeout, Status::PreconditionFailed];
        let of = |list: &[Status], index: usize| {
            list.get(index)
                .copied()
                .ok_or_else(|| format!("the report: testharness.js has no status {index}"))
        };
        let mut subtests = Vec::with_capacity(report.subtests.len());
        for (name, status, message) in report.subtests {
            subtests.push(Subtest { name, status: of(&statuses, status)?, message });
        }
        let status = of(&harness, report.status)?;
        Ok(Self { status, message: report.message, subtests, duration, hung: false })
    }

    /// Replaces text in the names and messages, so that they are the same in every run.
    pub fn replace(&mut self, replacements: &[(String, String)]) {
        let each = |text: &mut String| {
            for (from, to) in replacements {
                if text.contains(from) {
                    *text = text.replace(from, to);
                }
            }
        };
        self.message.iter_mut().for_each(each);
        for subtest in &mut self.subtests {
            each(&mut subtest.name);
            subtest.message.iter_mut().for_each(each);
        }
    }
}

#[derive(Deserialize)]
struct Report {
    status: usize,
    message: Option<String>,
    subtests: Vec<(String, usize, Option<String>)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_upstreams_names() {
        for (status, name) in Status::ALL {
            assert_eq!(name.parse(), Ok(status));
            assert_eq!(serde_json::to_string(&status).ok(), Some(format!("\"{name}\"")));
        }
        assert!("pass".parse::<Status>().expect_err("case matters").contains("PASS"));
    }

    #[test]
    fn a_report_is_read() {
        let json = r#"{"status": 2, "message": null, "subtests": [["a:8123", 0, null], ["b", 3, "no"]]}"#;
        let mut outcome = Outcome::from_report(json, Duration::ZERO).expect("well formed");
        outcome.replace(&[(":8123".to_owned(), ":8000".to_owned())]);
        assert_eq!(outcome.status, Status::Timeout);
        assert_eq!(outcome.subtests[0].name, "a:8000");
        assert_eq!(outcome.subtests[1].status, Status::NotRun);
    }

    #[test]
    fn a_broken_report_is_an_error() {
        for bad in
            ["", "{}", r#"{"status": 9, "subtests": []}"#, r#"{"status": 0, "subtests": [["a", 7, null]]}"#]
        {
            assert!(Outcome::from_report(bad, Duration::ZERO).is_err(), "{bad}");
        }
    }
}

//! The figures at the end of a run, a line a suite.

use std::collections::BTreeMap;

use crate::expect::Judged;
use crate::manifest::Test;
use crate::outcome::{Outcome, Status};

/// Counts of a suite, or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) tests: usize,
    /// Tests that the harness did not bring to an end.
    pub(super) broken: usize,
    pub(super) disabled: usize,
    pub(super) subtests: usize,
    pub(super) passed: usize,
    pub(super) known: usize,
    pub(super) unexpected: usize,
}

impl Counts {
    fn add(&mut self, outcome: &Outcome, judged: &Judged) {
        self.tests += 1;
        self.broken += usize::from(outcome.status != Status::Ok);
        self.subtests += judged.subtests;
        self.passed += judged.passed;
        self.known += judged.known;
        self.unexpected += judged.unexpected.len();
    }

    /// How much of the subtests passed, in per cent, rounded down: 100 means all.
    pub(super) fn percent(&self) -> f64 {
        if self.subtests == 0 {
            return 0.0;
        }
        let thousandth = self.passed.saturating_mul(1000) / self.subtests;
        f64::from(u16::try_from(thousandth).unwrap_or(u16::MAX)) / 10.0
    }
}

/// Counts by suite.
#[derive(Debug, Default)]
pub(super) struct Summary {
    suites: BTreeMap<String, Counts>,
    pub(super) all: Counts,
}

impl Summary {
    pub(super) fn add(&mut self, test: &Test, outcome: &Outcome, judged: &Judged) {
        self.suites.entry(suite(&test.url)).or_default().add(outcome, judged);
        self.all.add(outcome, judged);
    }

    pub(super) fn disabled(&mut self, test: &Test) {
        self.suites.entry(suite(&test.url)).or_default().disabled += 1;
        self.all.disabled += 1;
    }

    /// The table.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{:<44} {:>5} {:>7} {:>9} {:>9} {:>7} {:>10}",
            "", "tests", "broken", "subtests", "passed", "", "unexpected"
        )];
        let total = [("all".to_owned(), self.all)];
        let suites = self.suites.iter().map(|(name, counts)| (name.clone(), *counts));
        for (name, counts) in suites.chain(total) {
            lines.push(format!(
                "{name:<44} {:>5} {:>7} {:>9} {:>9} {:>6.1}% {:>10}",
                counts.tests,
                counts.broken,
                counts.subtests,
                counts.passed,
                counts.percent(),
                counts.unexpected
            ));
        }
        lines
    }
}

/// The suite that a test belongs to: its first two folders, of `html` three.
pub(crate) fn suite(url: &str) -> String {
    let path = url.split('?').next().unwrap_or(url);
    let folders: Vec<_> = path.trim_start_matches('/').split('/').collect();
    let depth = if folders.first() == Some(&"html") { 3 } else { 2 };
    let end = folders.len().saturating_sub(1).min(depth);
    folders.get(..end).unwrap_or_default().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_the_first_folders() {
        assert_eq!(suite("/background-fetch/get.https.window.html"), "background-fetch");
        assert_eq!(suite("/fetch/api/abort/a.any.html?x/y/z"), "fetch/api");
        assert_eq!(suite("/html/webappapis/timers/a.any.html"), "html/webappapis/timers");
        assert_eq!(suite("/a.html"), "");
    }

    #[test]
    fn all_is_only_what_is_all() {
        let counts = Counts { subtests: 10_000, passed: 9_999, ..Counts::default() };
        assert_eq!(format!("{:.1}", counts.percent()), "99.9");
        assert_eq!(Counts::default().percent().to_bits(), 0);
    }
}

//! Two reports side by side.

pub mod html;
pub mod markdown;

use std::collections::BTreeMap;

use crate::cli::suite;
use crate::report::{Report, TestResult};

/// What one report says of something; `None` if it does not have it.
pub type Side = Option<Verdict>;

/// How something ended, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// In upstream's words.
    pub status: String,
    /// Why.
    pub message: Option<String>,
}

impl Verdict {
    /// Whether it is right.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.status == "PASS" || self.status == "OK"
    }
}

/// A subtest, or a test as a whole, in both reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The subtest's name; empty for the test as a whole.
    pub name: String,
    /// What the two say.
    pub sides: [Side; 2],
}

/// Who has something right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Both.
    Both,
    /// Only the first.
    First,
    /// Only the second.
    Second,
    /// None of the two.
    Neither,
}

impl Pair {
    /// Who has it right.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let right = |side: &Side| side.as_ref().is_some_and(Verdict::is_right);
        let [first, second] = &self.sides;
        match (right(first), right(second)) {
            (true, true) => Standing::Both,
            (true, false) => Standing::First,
            (false, true) => Standing::Second,
            (false, false) => Standing::Neither,
        }
    }
}

/// A test in both reports.
#[derive(Clone, Debug)]
pub struct TestPair {
    /// Path and query.
    pub test: String,
    /// The test as a whole.
    pub whole: Pair,
    /// Its subtests, those of the first report first.
    pub subtests: Vec<Pair>,
}

impl TestPair {
    /// Whether both reports have it; if not, the two cannot be compared by it. (A subtest that one of them lacks, of a
    /// test that both have, was not come to there.)
    #[must_use]
    pub fn is_in_both(&self) -> bool {
        self.whole.sides.iter().all(Option::is_some)
    }
}

/// How many subtests who has right, of the tests that both reports have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Both.
    pub both: usize,
    /// Only the first.
    pub first: usize,
    /// Only the second.
    pub second: usize,
    /// None of the two.
    pub neither: usize,
    /// How many are of tests that only one of the reports has; they are in none of the other figures.
    pub not_compared: usize,
}

impl Tally {
    fn of(test: &TestPair) -> Self {
        let mut tally = Self::default();
        for pair in &test.subtests {
            *match pair.standing() {
                _ if !test.is_in_both() => &mut tally.not_compared,
                Standing::Both => &mut tally.both,
                Standing::First => &mut tally.first,
                Standing::Second => &mut tally.second,
                Standing::Neither => &mut tally.neither,
            } += 1;
        }
        tally
    }

    /// All subtests that are compared.
    #[must_use]
    pub const fn all(&self) -> usize {
        self.both + self.first + self.second + self.neither
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.both += other.both;
        self.first += other.first;
        self.second += other.second;
        self.neither += other.neither;
        self.not_compared += other.not_compared;
    }
}

/// Two reports, joined by test and subtest.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// What they are reports of.
    pub titles: [String; 2],
    /// What is remarkable about them.
    pub remarks: Vec<String>,
    /// By suite.
    pub suites: BTreeMap<String, (Tally, Vec<TestPair>)>,
    /// Of all suites.
    pub all: Tally,
}

impl Comparison {
    /// Joins two reports.
    #[must_use]
    pub fn new(first: Report, second: Report) -> Self {
        let titles = [first.title(), second.title()];
        let remarks = remarks(&[&first, &second], &titles);
        let mut tests: BTreeMap<String, [Option<TestResult>; 2]> = BTreeMap::new();
        for result in first.results {
            let [side, _] = tests.entry(result.test.clone()).or_default();
            *side = Some(result);
        }
        for result in second.results {
            let [_, side] = tests.entry(result.test.clone()).or_default();
            *side = Some(result);
        }
        let mut suites: BTreeMap<String, (Tally, Vec<TestPair>)> = BTreeMap::new();
        let mut all = Tally::default();
        for (test, sides) in tests {
            let (tally, list) = suites.entry(suite(&test)).or_default();
            let pair = join(test, &sides);
            *tally += Tally::of(&pair);
            all += Tally::of(&pair);
            list.push(pair);
        }
        Self { titles, remarks, suites, all }
    }

    /// The figures, a line a suite.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let [first, second] = &self.titles;
        let mut lines = self.remarks.clone();
        lines.push(format!(
            "{:<44} {:>8} {:>8}  only {first}  only {second}  neither  not compared",
            "", "subtests", "both"
        ));
        let (width_first, width_second) = (first.chars().count() + 5, second.chars().count() + 5);
        let total = [("all", self.all)];
        let suites = self.suites.iter().map(|(name, (tally, _))| (name.as_str(), *tally));
        for (name, tally) in suites.chain(total) {
            lines.push(format!(
                "{name:<44} {:>8} {:>8}  {:>width_first$}  {:>width_second$}  {:>7}  {:>12}",
                tally.all(),
                tally.both,
                tally.first,
                tally.second,
                tally.neither,
                tally.not_compared
            ));
        }
        lines
    }
}

fn remarks(reports: &[&Report; 2], titles: &[String; 2]) -> Vec<String> {
    let text = |report: &Report, name: &str| {
        report.run_info.get(name).and_then(|value| value.as_str().map(str::to_owned))
    };
    let mut remarks = Vec::new();
    for (report, title) in reports.iter().zip(titles) {
        if let Some(remark) = text(report, "remark") {
            remarks.push(format!("{title}: {remark}"));
        }
    }
    let revisions = reports.map(|report| text(report, "revision"));
    if let [Some(first), Some(second)] = &revisions
        && first != second
    {
        remarks.push(format!("the two were run with tests of different revisions: {first} and {second}"));
    }
    remarks
}

fn join(test: String, sides: &[Option<TestResult>; 2]) -> TestPair {
    let whole = Pair {
        name: String::new(),
        sides: sides.each_ref().map(|side| {
            side.as_ref()
                .map(|result| Verdict { status: result.status.clone(), message: result.message.clone() })
        }),
    };
    let mut subtests: Vec<Pair> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, result) in sides.iter().enumerate() {
        for subtest in result.iter().flat_map(|result| &result.subtests) {
            let place = *places.entry(&subtest.name).or_insert_with(|| {
                subtests.push(Pair { name: subtest.name.clone(), sides: [None, None] });
                subtests.len() - 1
            });
            let verdict = Verdict { status: subtest.status.clone(), message: subtest.message.clone() };
            if let Some(side) = subtests.get_mut(place).and_then(|pair| pair.sides.get_mut(index)) {
                *side = Some(verdict);
            }
        }
    }
    TestPair { test, whole, subtests }
}

#[cfg(test)]
mod tests;

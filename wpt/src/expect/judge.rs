//! What came of a test, against what was expected of it.

use super::Expected;
use crate::outcome::{Outcome, Status};

/// One thing that is not as expected, in whichever direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unexpected {
    /// The subtest; `None` for the test as a whole.
    pub subtest: Option<String>,
    /// How it ended; `None` for a subtest that is expected and does not exist.
    pub status: Option<Status>,
    /// How it should have ended.
    pub expected: Vec<Status>,
    /// What it said.
    pub message: Option<String>,
}

/// A test with what came of it and what was expected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// What is not as expected.
    pub unexpected: Vec<Unexpected>,
    /// Subtests that passed.
    pub passed: usize,
    /// Subtests that did not pass, as expected.
    pub known: usize,
    /// All subtests.
    pub subtests: usize,
}

/// Compares.
#[must_use]
pub fn judge(outcome: &Outcome, expected: &Expected) -> Judged {
    let mut judged = Judged { subtests: outcome.subtests.len(), ..Judged::default() };
    let statuses = or_default(&expected.statuses, Status::Ok);
    if !statuses.contains(&outcome.status) {
        judged.unexpected.push(Unexpected {
            subtest: None,
            status: Some(outcome.status),
            expected: statuses,
            message: outcome.message.clone(),
        });
    }
    for subtest in &outcome.subtests {
        let entry = expected.subtests.get(&subtest.name);
        let passed = subtest.status == Status::Pass;
        judged.passed += usize::from(passed);
        let statuses = or_default(entry.map_or(&[], |entry| &entry.statuses), Status::Pass);
        if statuses.contains(&subtest.status) || entry.is_some_and(|entry| entry.disabled.is_some()) {
            judged.known += usize::from(!passed);
            continue;
        }
        judged.unexpected.push(Unexpected {
            subtest: Some(subtest.name.clone()),
            status: Some(subtest.status),
            expected: statuses,
            message: subtest.message.clone(),
        });
    }
    if outcome.status == Status::Ok {
        judged.unexpected.extend(missing(outcome, expected));
    }
    judged
}

/// Entries for subtests that a test which ran to its end does not have: they hide what they were written for.
fn missing<'a>(outcome: &'a Outcome, expected: &'a Expected) -> impl Iterator<Item = Unexpected> + 'a {
    let there = |name: &str| outcome.subtests.iter().any(|subtest| subtest.name == name);
    let gone = expected.subtests.iter().filter(move |(name, entry)| {
        let optional = entry.statuses.is_empty() || entry.statuses.len() > 1 || entry.disabled.is_some();
        !optional && !there(name)
    });
    gone.map(|(name, entry)| Unexpected {
        subtest: Some(name.clone()),
        status: None,
        expected: entry.statuses.clone(),
        message: Some("there is no subtest of this name".to_owned()),
    })
}

fn or_default(statuses: &[Status], default: Status) -> Vec<Status> {
    if statuses.is_empty() { vec![default] } else { statuses.to_vec() }
}

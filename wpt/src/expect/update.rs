//! Rewrites expectations to what came of a run, keeping what people wrote into them.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::{ExpectError, Metadata, load};
use crate::ini::{self, RunInfo, Scalar, Section, Value};
use crate::manifest::Test;
use crate::outcome::{Outcome, Status};

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It says what it said.
    None,
    /// It was written.
    Written,
    /// Nothing was left to say.
    Removed,
}

/// Writes what came of a test into its file. `reason` is given to entries that are new and have none.
///
/// # Errors
/// If the file cannot be read or written.
pub fn update(
    metadata: &Metadata,
    test: &Test,
    outcome: &Outcome,
    reason: Option<&str>,
) -> Result<Change, ExpectError> {
    let path = metadata.file(test);
    let before = load(&path)?.unwrap_or_default();
    let mut after = before.clone();
    let name = test.section();
    if after.section(name).is_none() {
        after.sections.push(Section::new(name));
    }
    if let Some(section) = after.sections.iter_mut().find(|section| section.name == name) {
        update_test(section, outcome, &metadata.info, reason);
    }
    after.sections.retain(|section| section.name != name || says_something(section));
    if after == before {
        return Ok(Change::None);
    }
    if after.sections.is_empty() && after.keys.iter().all(|key| key.name == "reason") {
        return remove(path);
    }
    let error = |path: PathBuf| move |source| ExpectError::File { path, source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(error(folder.to_owned()))?;
    }
    fs::write(&path, ini::write(&after)).map_err(error(path))?;
    Ok(Change::Written)
}

fn remove(path: PathBuf) -> Result<Change, ExpectError> {
    match fs::remove_file(&path) {
        Ok(()) => Ok(Change::Removed),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Change::None),
        Err(source) => Err(ExpectError::File { path, source }),
    }
}

fn update_test(section: &mut Section, outcome: &Outcome, info: &RunInfo, reason: Option<&str>) {
    set_expected(section, outcome.status, Status::Ok, info, reason);
    for subtest in &outcome.subtests {
        match section.sections.iter_mut().find(|known| known.name == subtest.name) {
            Some(known) => set_expected(known, subtest.status, Status::Pass, info, reason),
            None if subtest.status != Status::Pass => {
                let mut new = Section::new(&subtest.name);
                set_expected(&mut new, subtest.status, Status::Pass, info, reason);
                section.sections.push(new);
            }
            None => {}
        }
    }
    // Only a test that ran to its end tells that a subtest is not there any more.
    let ended = outcome.status == Status::Ok;
    section.sections.retain(|known| {
        let there = outcome.subtests.iter().any(|subtest| subtest.name == known.name);
        says_something(known) && (there || !ended)
    });
}

/// Leaves an entry alone that the status fits; otherwise writes the status, or takes the entry away with its
/// reason if the status is the usual one.
fn set_expected(section: &mut Section, status: Status, usual: Status, info: &RunInfo, reason: Option<&str>) {
    let expected = section.get("expected", info);
    let fits = expected.map_or(status == usual, |value| value.words().contains(&status.as_str()));
    if fits || section.key("disabled").is_some() {
        return;
    }
    if status == usual {
        section.remove("expected");
        section.remove("reason");
        return;
    }
    let conditional = section.key("expected").is_some_and(|key| !key.value.conditions.is_empty());
    if conditional {
        replace_case(section, status, info);
    } else {
        section.set("expected", Value::plain(status.as_str()));
    }
    if let Some(reason) = reason.filter(|_| section.key("reason").is_none()) {
        section.set("reason", Value::plain(reason));
    }
}

/// Changes the one case of a conditional expectation that holds in this run.
fn replace_case(section: &mut Section, status: Status, info: &RunInfo) {
    let Some(key) = section.keys.iter_mut().find(|key| key.name == "expected") else { return };
    let new = Scalar::Text(status.as_str().to_owned());
    match key.value.conditions.iter_mut().find(|(condition, _)| condition.holds(info)) {
        Some((_, value)) => *value = new,
        None => key.value.default = Some(new),
    }
}

/// Whether there is more in it than a heading and remarks about what is no longer so.
fn says_something(section: &Section) -> bool {
    section.keys.iter().any(|key| key.name != "reason") || !section.sections.is_empty()
}

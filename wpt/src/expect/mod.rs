//! What is expected of each test: the files in `metadata/`, in upstream's format.
//!
//! For the tests of `fetch/api/abort.any.js` they are in `metadata/fetch/api/abort.any.js.ini`, a section for each
//! URL, within it a section for each subtest. What no file mentions is expected to be right: `OK`, and `PASS` for
//! each subtest. `expected:` has another status, or a list of those that are possible; `disabled:` says why something
//! is not run, or not looked at; `reason:` is our own key and says why something is not right. A reason may stand
//! beside the subtest, in its test, at the top of the file, or for a whole folder in its `__dir__.ini`.

mod judge;
mod update;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub use judge::{Judged, Unexpected, judge};
pub use update::{Change, update};

use crate::ini::{self, IniError, RunInfo, Scalar, Section};
use crate::manifest::Test;
use crate::outcome::Status;

/// Why expectations cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ExpectError {
    /// A file.
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
    /// A status that is none.
    #[error("{path}: [{section}]: {message}")]
    Status {
        /// Which file.
        path: PathBuf,
        /// Which section of it.
        section: String,
        /// What is wrong.
        message: String,
    },
}

/// What is expected of one subtest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExpectedSubtest {
    /// How it may end; nothing means `PASS`.
    pub statuses: Vec<Status>,
    /// Why it is not looked at.
    pub disabled: Option<String>,
    /// Why it is not right, from wherever the nearest reason stands.
    pub reason: Option<String>,
}

/// What is expected of one test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// How the test as a whole may end; nothing means `OK`.
    pub statuses: Vec<Status>,
    /// Why it is not run.
    pub disabled: Option<String>,
    /// Why it is not right.
    pub reason: Option<String>,
    /// What is said of its subtests, by name.
    pub subtests: BTreeMap<String, ExpectedSubtest>,
}

/// The folder of expectations.
#[derive(Clone, Debug)]
pub struct Metadata {
    folder: PathBuf,
    info: RunInfo,
}

impl Metadata {
    /// The expectations in `folder`, for a run with these properties.
    #[must_use]
    pub const fn new(folder: PathBuf, info: RunInfo) -> Self {
        Self { folder, info }
    }

    /// What is expected of a test.
    ///
    /// # Errors
    /// If a file is there and cannot be read, with the line.
    pub fn expected(&self, test: &Test) -> Result<Expected, ExpectError> {
        let mut expected = Expected::default();
        for path in self.folder_files(test) {
            if let Some(root) = load(&path)? {
                self.inherit(&root, &mut expected);
            }
        }
        let path = self.file(test);
        let Some(root) = load(&path)? else { return Ok(expected) };
        self.inherit(&root, &mut expected);
        let Some(section) = root.section(test.section()) else { return Ok(expected) };
        self.inherit(section, &mut expected);
        expected.statuses = self.statuses(section, &path)?;
        for subtest in &section.sections {
            let mut own = Expected { reason: expected.reason.clone(), ..Expected::default() };
            self.inherit(subtest, &mut own);
            let statuses = self.statuses(subtest, &path)?;
            let entry = ExpectedSubtest { statuses, disabled: own.disabled, reason: own.reason };
            expected.subtests.insert(subtest.name.clone(), entry);
        }
        Ok(expected)
    }

    /// The file of a test.
    #[must_use]
    pub fn file(&self, test: &Test) -> PathBuf {
        self.folder.join(format!("{}.ini", test.source))
    }

    /// The files of the folders that a test lies in, outermost first.
    fn folder_files(&self, test: &Test) -> Vec<PathBuf> {
        let mut files = vec![self.folder.join("__dir__.ini")];
        let mut folder = self.folder.clone();
        let parents = Path::new(&test.source).parent().into_iter().flat_map(Path::components);
        for part in parents {
            folder.push(part);
            files.push(folder.join("__dir__.ini"));
        }
        files
    }

    fn inherit(&self, section: &Section, expected: &mut Expected) {
        match section.get("disabled", &self.info) {
            Some(value) if value.is_false() => expected.disabled = None,
            Some(Scalar::Flag(true)) => expected.disabled = Some("disabled".to_owned()),
            Some(value) => expected.disabled = Some(value.words().join(", ")),
            None => {}
        }
        if let Some(reason) = section.get("reason", &self.info) {
            expected.reason = Some(reason.words().join(", "));
        }
    }

    fn statuses(&self, section: &Section, path: &Path) -> Result<Vec<Status>, ExpectError> {
        let Some(value) = section.get("expected", &self.info) else { return Ok(Vec::new()) };
        let parse = |word: &str| {
            word.parse().map_err(|message| ExpectError::Status {
                path: path.to_owned(),
                section: section.name.clone(),
                message,
            })
        };
        value.words().into_iter().map(parse).collect()
    }
}

/// Reads a file of expectations; `None` if it is not there.
pub(super) fn load(path: &Path) -> Result<Option<Section>, ExpectError> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let root = ini::parse(&text);
            root.map(Some).map_err(|source| ExpectError::Syntax { path: path.to_owned(), source })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(ExpectError::File { path: path.to_owned(), source }),
    }
}

/// Entries without a reason, in all files of the folder: `file: [test] [subtest]`.
///
/// # Errors
/// If a file cannot be read.
pub fn without_reason(folder: &Path) -> Result<Vec<String>, ExpectError> {
    let mut found = Vec::new();
    lint_folder(folder, folder, false, 0, &mut found)?;
    Ok(found)
}

fn lint_folder(
    top: &Path,
    folder: &Path,
    explained: bool,
    depth: usize,
    found: &mut Vec<String>,
) -> Result<(), ExpectError> {
    const MAX_DEPTH: usize = 64;
    let file_error = |source| ExpectError::File { path: folder.to_owned(), source };
    let own = load(&folder.join("__dir__.ini"))?;
    let explained = explained || own.is_some_and(|root| root.key("reason").is_some());
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(file_error)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(file_error)?;
    entries.sort();
    for path in entries {
        if path.is_dir() && depth < MAX_DEPTH {
            lint_folder(top, &path, explained, depth + 1, found)?;
        } else if path.extension().is_some_and(|extension| extension == "ini") {
            let Some(root) = load(&path)? else { continue };
            let name = path.strip_prefix(top).unwrap_or(&path).display().to_string();
            for section in &root.sections {
                lint_section(section, &name, explained || root.key("reason").is_some(), found);
            }
        }
    }
    Ok(())
}

fn lint_section(section: &Section, place: &str, explained: bool, found: &mut Vec<String>) {
    let explained = explained || section.key("reason").is_some() || section.key("disabled").is_some();
    let place = format!("{place}: [{}]", section.name);
    if section.key("expected").is_some() && !explained {
        found.push(place.clone());
    }
    for child in &section.sections {
        lint_section(child, &place, explained, found);
    }
}

#[cfg(test)]
mod tests;

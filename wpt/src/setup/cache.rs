//! The folder in the user's cache where fetched tests are kept, one a revision.
//!
//! ```text
//! <cache>/bgfetch/wpt/<key>/tests/         the files
//! <cache>/bgfetch/wpt/<key>/source.json    where they are from: written before the folder gets its name
//! <cache>/bgfetch/wpt/<key>/derived/       what the runner makes of them
//! <cache>/bgfetch/wpt/given-<hash>/        what the runner makes of a checkout that a user has
//! <cache>/bgfetch/wpt/.tool-<program>/     a program that the system does not have, and its libraries
//! <cache>/bgfetch/wpt/.fetch/              downloads and half-unpacked folders
//! ```
//!
//! A folder gets its name by one rename when all is in it: one that has a name is whole.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::folders::fingerprint;
use super::{Checkout, Origin, REVISION, SetupError};

/// What is written beside the tests.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Source {
    pub(super) origin: Origin,
    pub(super) version: String,
    pub(super) revision: Option<String>,
    pub(super) folders: String,
}

pub(super) struct Cache {
    root: PathBuf,
}

impl Cache {
    pub(super) fn open() -> Result<Self, SetupError> {
        let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
        let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
        Self::at(cache.ok_or(SetupError::NoCache)?.join("bgfetch/wpt"))
    }

    /// The cache in this folder, which is made if it is not there.
    pub(super) fn at(root: PathBuf) -> Result<Self, SetupError> {
        fs::create_dir_all(&root).map_err(SetupError::file(&root))?;
        Ok(Self { root })
    }

    /// Holds others off while the tests are fetched.
    pub(super) fn lock(&self, say: &dyn Fn(&str)) -> Result<File, SetupError> {
        let path = self.root.join(".lock");
        let error = SetupError::file(&path);
        let file = File::create(&path).map_err(SetupError::file(&path))?;
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => say("another process is fetching the tests; waiting for it"),
            Err(TryLockError::Error(source)) => return Err(error(source)),
        }
        file.lock().map_err(error)?;
        Ok(file)
    }

    /// The folder for a program that the system does not have; it is there if the program was fetched.
    pub(super) fn tool(&self, program: &str) -> PathBuf {
        self.root.join(format!(".tool-{program}"))
    }

    /// The folder for downloads, which are kept until they are unpacked.
    pub(super) fn downloads(&self) -> Result<PathBuf, SetupError> {
        let path = self.root.join(".fetch");
        fs::create_dir_all(&path).map_err(SetupError::file(&path))?;
        Ok(path)
    }

    /// A folder to unpack into, which goes away if it is not [kept](Self::keep). What an earlier process that
    /// was killed has left is removed.
    pub(super) fn scratch(&self) -> Result<TempDir, SetupError> {
        const PREFIX: &str = "unpack-";
        let downloads = self.downloads()?;
        for entry in fs::read_dir(&downloads).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                // The lock is held: nobody uses it. If it cannot be removed it only takes space.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        tempfile::Builder::new().prefix(PREFIX).tempdir_in(&downloads).map_err(SetupError::file(&downloads))
    }

    /// Gives what was unpacked its name.
    pub(super) fn keep(&self, scratch: TempDir, source: &Source) -> Result<Checkout, SetupError> {
        let text =
            serde_json::to_string_pretty(source).map_err(|error| SetupError::Unusable(error.to_string()))?;
        let file = scratch.path().join("source.json");
        fs::write(&file, text + "\n").map_err(SetupError::file(&file))?;
        let name = match source.origin {
            Origin::FirefoxEsr => format!("firefox-esr-{}", source.version),
            Origin::Git | Origin::Given => {
                format!("git-{}", source.version.get(..12).unwrap_or(&source.version))
            }
        };
        let path = self.root.join(name);
        if path.exists() {
            // It is of an older list of folders; otherwise it would have been found.
            fs::remove_dir_all(&path).map_err(SetupError::file(&path))?;
        }
        fs::rename(scratch.keep(), &path).map_err(SetupError::file(&path))?;
        read(&path).ok_or_else(|| SetupError::Unusable(format!("{} is not whole", path.display())))
    }

    /// What was fetched before: the expected revision first, then the newest.
    pub(super) fn find(&self) -> Option<Checkout> {
        let entries = fs::read_dir(&self.root).ok()?;
        let mut found: Vec<_> = entries.flatten().filter_map(|entry| read(&entry.path())).collect();
        found.sort_by_key(|checkout| {
            (
                checkout.revision.as_deref() == Some(REVISION),
                checkout.origin == Origin::Git,
                checkout.tests.clone(),
            )
        });
        found.pop()
    }

    /// The folder for what is derived from a checkout that a user has.
    pub(super) fn derived_for(&self, tests: &Path) -> Result<PathBuf, SetupError> {
        let hash = Sha256::digest(tests.as_os_str().as_encoded_bytes());
        let hash: String = hash.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        let path = self.root.join(format!("given-{hash}"));
        fs::create_dir_all(&path).map_err(SetupError::file(&path))?;
        Ok(path)
    }
}

fn read(path: &Path) -> Option<Checkout> {
    let hidden = path.file_name()?.to_string_lossy().starts_with('.');
    if hidden {
        return None;
    }
    let source: Source = serde_json::from_slice(&fs::read(path.join("source.json")).ok()?).ok()?;
    let tests = path.join("tests");
    if source.folders != fingerprint() || !tests.is_dir() {
        return None;
    }
    let derived = path.join("derived");
    fs::create_dir_all(&derived).ok()?;
    Some(Checkout { tests, origin: source.origin, revision: source.revision, derived })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(cache: &Cache, origin: Origin, version: &str, revision: &str, folders: &str) -> Option<Checkout> {
        let scratch = cache.scratch().expect("a folder");
        fs::create_dir(scratch.path().join("tests")).expect("created");
        let (version, folders) = (version.to_owned(), folders.to_owned());
        cache.keep(scratch, &Source { origin, version, revision: Some(revision.to_owned()), folders }).ok()
    }

    #[test]
    fn the_expected_revision_is_found_first_and_what_is_incomplete_never() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().join("wpt")).expect("a cache");
        assert!(cache.find().is_none());
        assert!(keep(&cache, Origin::FirefoxEsr, "140.12.0esr", REVISION, "other folders").is_none());
        assert!(cache.find().is_none(), "of another list of folders");
        assert!(keep(&cache, Origin::FirefoxEsr, "153.0esr", "newer", &fingerprint()).is_some());
        assert!(!cache.find().expect("found").is_expected_revision());
        assert!(keep(&cache, Origin::FirefoxEsr, "140.12.0esr", REVISION, &fingerprint()).is_some());
        let found = cache.find().expect("found");
        assert!(found.is_expected_revision() && found.revision_remark().is_none());
        assert!(found.tests.ends_with("firefox-esr-140.12.0esr/tests"));
    }

    #[test]
    fn a_folder_that_was_not_kept_goes_away() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::at(folder.path().to_owned()).expect("a cache");
        let killed = cache.scratch().expect("a folder").keep();
        let dropped = cache.scratch().expect("a folder").path().to_owned();
        assert!(!killed.exists() && !dropped.exists());
    }
}

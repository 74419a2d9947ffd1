//! What the demo keeps in a profile, so that its site is the same origin, with the same files, at the next run.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use bgfetch::ProfileError;
use serde::{Deserialize, Serialize};

use super::identity::{CA_FILE, Identity, IdentityError};
use super::request_log::RequestLog;

/// The demo's folder in a profile.
const FOLDER: &str = "demo";
const SITE_FILE: &str = "site.json";
const LOG_FILE: &str = "requests.jsonl";
const LOCK_FILE: &str = "lock";

/// Why what the demo keeps cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The profile is in use.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The certificate.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A file could not be read or written, or holds something else.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Another size was asked for than the profile's episode has.
    #[error(
        "the episode of the profile {} has {found} bytes, not {asked}: leave --episode-bytes out, or choose \
         another folder", profile.display()
    )]
    OtherEpisode {
        /// The profile.
        profile: PathBuf,
        /// Bytes of its episode.
        found: u64,
        /// Bytes asked for.
        asked: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SiteFile {
    port: u16,
    episode_bytes: u64,
}

/// What is kept, read but not yet written: whether the profile may be written to is the engine's to say.
#[derive(Debug)]
pub struct State {
    profile: PathBuf,
    site: Option<SiteFile>,
    identity: Identity,
    log: RequestLog,
    lock: Option<File>,
}

impl State {
    /// Reads what the folder `profile` keeps, or makes it new in memory.
    ///
    /// # Errors
    /// As [`StateError`] says.
    pub fn read(profile: &Path) -> Result<Self, StateError> {
        let folder = profile.join(FOLDER);
        // Before the first run is over there is nothing to lock, and `save` does it.
        let lock = if folder.is_dir() { Some(lock(profile, &folder)?) } else { None };
        let site_path = folder.join(SITE_FILE);
        let site = match fs::read_to_string(&site_path) {
            Ok(text) => Some(serde_json::from_str(&text).map_err(|error| file(&site_path, error))?),
            Err(error) if absent(&error) => None,
            Err(error) => return Err(file(&site_path, error)),
        };
        let identity = match Identity::load(&folder)? {
            Some(identity) => identity,
            None => Identity::generate()?,
        };
        let log_path = folder.join(LOG_FILE);
        let log = RequestLog::load(&log_path).map_err(|error| file(&log_path, error))?;
        Ok(Self { profile: profile.to_owned(), site, identity, log, lock })
    }

    /// The port that the site had before, or 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.site.map_or(0, |site| site.port)
    }

    /// Bytes of the episode: those it had before, else `asked`, else `default`.
    ///
    /// # Errors
    /// [`StateError::OtherEpisode`].
    pub fn episode_bytes(&self, asked: Option<u64>, default: u64) -> Result<u64, StateError> {
        match (self.site, asked) {
            (Some(SiteFile { episode_bytes: found, .. }), Some(asked)) if found != asked => {
                Err(StateError::OtherEpisode { profile: self.profile.clone(), found, asked })
            }
            (Some(site), _) => Ok(site.episode_bytes),
            (None, asked) => Ok(asked.unwrap_or(default)),
        }
    }

    /// The server's certificate.
    #[must_use]
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The server's log, of this run and those before.
    #[must_use]
    pub const fn log(&self) -> &RequestLog {
        &self.log
    }

    /// Where the certificate to trust is once [`State::save`] was called.
    #[must_use]
    pub fn ca_path(&self) -> PathBuf {
        self.profile.join(FOLDER).join(CA_FILE)
    }

    /// Writes everything into the profile, and from now on what the server logs.
    ///
    /// # Errors
    /// As [`StateError`] says.
    pub fn save(&mut self, port: u16, episode_bytes: u64) -> Result<(), StateError> {
        let folder = self.profile.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|error| file(&folder, error))?;
        if self.lock.is_none() {
            self.lock = Some(lock(&self.profile, &folder)?);
        }
        self.identity.save(&folder)?;
        let site = SiteFile { port, episode_bytes };
        let path = folder.join(SITE_FILE);
        let text = serde_json::to_string(&site).map_err(|error| file(&path, error))?;
        fs::write(&path, text + "\n").map_err(|error| file(&path, error))?;
        self.site = Some(site);
        let path = folder.join(LOG_FILE);
        self.log.persist_to(&path).map_err(|error| file(&path, error))
    }
}

fn lock(profile: &Path, folder: &Path) -> Result<File, StateError> {
    let path = folder.join(LOCK_FILE);
    let lock = File::options().create(true).truncate(false).write(true).open(&path);
    let lock = lock.map_err(|error| file(&path, error))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(ProfileError::InUse { path: profile.to_owned() }.into()),
        Err(TryLockError::Error(error)) => Err(file(&path, error)),
    }
}

/// Also where the profile itself is not a folder: that is the engine's to refuse.
fn absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn file(path: &Path, error: impl std::fmt::Display) -> StateError {
    StateError::File { path: path.to_owned(), reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_run_has_the_same_origin_files_and_certificate() {
        let profile = tempfile::tempdir().unwrap();
        let mut first = State::read(profile.path()).unwrap();
        assert_eq!((first.port(), first.episode_bytes(None, 7).unwrap()), (0, 7));
        first.save(40_123, 7).unwrap();
        let ca = first.identity().ca_pem().to_owned();
        assert_eq!(fs::read_to_string(first.ca_path()).unwrap(), ca);
        drop(first);

        let second = State::read(profile.path()).unwrap();
        assert_eq!((second.port(), second.episode_bytes(None, 9).unwrap()), (40_123, 7));
        assert_eq!(second.identity().ca_pem(), ca);
        let error = second.episode_bytes(Some(9), 9).unwrap_err();
        assert!(error.to_string().contains("has 7 bytes, not 9"), "{error}");
    }

    #[test]
    fn nothing_is_written_before_it_is_saved() {
        let profile = tempfile::tempdir().unwrap();
        State::read(profile.path()).unwrap();
        assert_eq!(fs::read_dir(profile.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_profile_that_is_in_use_is_named() {
        let profile = tempfile::tempdir().unwrap();
        let mut first = State::read(profile.path()).unwrap();
        first.save(1, 1).unwrap();
        let error = State::read(profile.path()).unwrap_err();
        assert!(
            matches!(&error, StateError::Profile(ProfileError::InUse { path }) if path == profile.path())
        );
    }

    #[test]
    fn a_damaged_file_is_named() {
        let profile = tempfile::tempdir().unwrap();
        fs::create_dir(profile.path().join(FOLDER)).unwrap();
        fs::write(profile.path().join(FOLDER).join(SITE_FILE), "{").unwrap();
        let error = State::read(profile.path()).unwrap_err();
        assert!(error.to_string().contains(SITE_FILE), "{error}");
    }
}

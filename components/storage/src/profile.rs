//! The profile's folder: who may use it, what lies where.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use bgfetch_traits::ids::StorageKey;
use sha2::{Digest, Sha256};
use url::Url;

use crate::error::ProfileError;
use crate::vfs::sync_dir;

/// The version of the layout that this program writes, and the newest it reads.
pub(crate) const FORMAT: u32 = 1;

/// Bytes of the file `reserve`.
const RESERVE: usize = 512 * 1024;

const FORMAT_LINE: &str = "bgfetch profile, format ";
/// What may lie in a folder that a process left before it had written `format`.
const BEFORE_FORMAT: [&str; 2] = ["lock", "format.new"];

/// A profile that this process alone uses, for as long as this lives.
#[derive(Debug)]
pub(crate) struct Profile {
    dir: PathBuf,
    /// Held, not used: the lock ends with the file.
    _lock: File,
}

impl Profile {
    /// Opens the profile in `dir`, and makes it if there is none.
    pub(crate) fn open(dir: &Path) -> Result<Self, ProfileError> {
        fs::create_dir_all(dir).map_err(ProfileError::io(dir))?;
        let dir = &dir.canonicalize().map_err(ProfileError::io(dir))?;
        let existing = read_format(dir)?;
        let lock = lock(dir)?;
        if existing.is_none() {
            // Again, now that nobody else can be at it.
            if read_format(dir)?.is_none() {
                write_whole(&dir.join("format"), &format!("{FORMAT_LINE}{FORMAT}\n"))?;
            }
        }
        for folder in ["partitions", "damaged", "trash"] {
            let folder = dir.join(folder);
            fs::create_dir_all(&folder).map_err(ProfileError::io(&folder))?;
        }
        sync_dir(dir).map_err(ProfileError::io(dir))?;
        let profile = Self { dir: dir.clone(), _lock: lock };
        profile.make_reserve();
        Ok(profile)
    }

    /// Keeps some room for writing down, on a full disk, that it is full, and for deleting.
    fn make_reserve(&self) {
        let path = self.dir.join("reserve");
        if fs::metadata(&path).is_ok_and(|found| found.len() == RESERVE as u64) {
            return;
        }
        // Not zeros, which some file systems do not store.
        let bytes: Vec<u8> = (0..RESERVE).map(|index| (index % 251) as u8 + 1).collect();
        if let Err(error) = fs::write(&path, bytes) {
            tracing::warn!(path = %path.display(), %error, "there is no room for a reserve");
        }
    }

    /// Deletes the reserve: whether there was one, and there is more room now.
    pub(crate) fn give_up_reserve(&self) -> bool {
        fs::remove_file(self.dir.join("reserve")).is_ok()
    }

    /// Where a partition is.
    pub(crate) fn partition(&self, key: &StorageKey) -> PartitionPaths {
        PartitionPaths::new(self.partitions().join(partition_name(key)))
    }

    pub(crate) fn partitions(&self) -> PathBuf {
        self.dir.join("partitions")
    }

    /// Folders whose deletion has begun.
    pub(crate) fn trash(&self) -> PathBuf {
        self.dir.join("trash")
    }

    /// The file that says which ids may have been used.
    pub(crate) fn next_id(&self) -> PathBuf {
        self.dir.join("next-id")
    }

    /// A name in `trash` or `damaged` that is not taken.
    pub(crate) fn free_name(&self, folder: &str, name: &str) -> PathBuf {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let folder = self.dir.join(folder);
        let mut free = folder.join(format!("{name}-{now}"));
        let mut count = 1;
        while free.exists() {
            count += 1;
            free = folder.join(format!("{name}-{now}-{count}"));
        }
        free
    }
}

/// Where the parts of a partition are.
#[derive(Clone, Debug)]
pub(crate) struct PartitionPaths {
    pub(crate) dir: PathBuf,
    pub(crate) origin: PathBuf,
    pub(crate) database: PathBuf,
    pub(crate) bodies: PathBuf,
}

impl PartitionPaths {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self {
            origin: dir.join("origin"),
            database: dir.join("meta.sqlite"),
            bodies: dir.join("bodies"),
            dir,
        }
    }

    pub(crate) fn body(&self, body: bgfetch_traits::ids::BodyId) -> PathBuf {
        self.bodies.join(body.to_string())
    }

    /// The origin that the partition says it is of.
    pub(crate) fn read_origin(&self) -> Option<StorageKey> {
        let text = fs::read_to_string(&self.origin).ok()?;
        let key = StorageKey::of_url(&Url::parse(text.trim_end()).ok()?)?;
        (key.as_str() == text.trim_end()).then_some(key)
    }
}

/// A folder's name for a storage key: its SHA-256, the first 16 bytes, in hexadecimal.
pub(crate) fn partition_name(key: &StorageKey) -> String {
    Sha256::digest(key.as_str()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The format of the profile in `dir`; `None` if there is nothing there yet.
fn read_format(dir: &Path) -> Result<Option<u32>, ProfileError> {
    let path = dir.join("format");
    let mut text = String::new();
    match File::open(&path) {
        Ok(file) => {
            // Anything may be in a file of that name: of a long one, the beginning will do.
            let read = file.take(1024).read_to_string(&mut text);
            let number = text.strip_prefix(FORMAT_LINE).and_then(|rest| rest.lines().next()?.parse().ok());
            match (read, number) {
                (Ok(_), Some(found)) if found > FORMAT => {
                    Err(ProfileError::NewerFormat { path: dir.to_owned(), found, supported: FORMAT })
                }
                (Ok(_), Some(found)) => Ok(Some(found)),
                (Err(error), _) if error.kind() != std::io::ErrorKind::InvalidData => {
                    Err(ProfileError::Io { path, source: error })
                }
                _ => Err(ProfileError::NotAProfile { path: dir.to_owned() }),
            }
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            for entry in fs::read_dir(dir).map_err(ProfileError::io(dir))? {
                let entry = entry.map_err(ProfileError::io(dir))?;
                if !BEFORE_FORMAT.iter().any(|name| entry.file_name() == *name) {
                    return Err(ProfileError::NotAProfile { path: dir.to_owned() });
                }
            }
            Ok(None)
        }
        Err(error) => Err(ProfileError::Io { path, source: error }),
    }
}

fn lock(dir: &Path) -> Result<File, ProfileError> {
    let path = dir.join("lock");
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(ProfileError::io(&path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // What is written there only makes the message better.
            let _unread = file.take(100).read_to_string(&mut holder);
            let holder = match holder.trim() {
                "" => "another process".to_owned(),
                id if id == std::process::id().to_string() => "another engine of this process".to_owned(),
                id => format!("another process (its id is {id})"),
            };
            return Err(ProfileError::InUse { path: dir.to_owned(), holder });
        }
        Err(TryLockError::Error(error)) => return Err(ProfileError::Io { path, source: error }),
    }
    let written = file
        .seek(SeekFrom::Start(0))
        .and_then(|_| file.set_len(0))
        .and_then(|()| writeln!(file, "{}", std::process::id()));
    written.map_err(ProfileError::io(&path))?;
    Ok(file)
}

/// Replaces a small file so that after a crash it is the old one or the new one.
pub(crate) fn write_whole(path: &Path, text: &str) -> Result<(), ProfileError> {
    let new = path.with_extension("new");
    let written = File::create(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    written.map_err(ProfileError::io(&new))?;
    fs::rename(&new, path).map_err(ProfileError::io(path))?;
    let dir = path.parent().unwrap_or(path);
    sync_dir(dir).map_err(ProfileError::io(dir))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reserve_is_given_up_once_and_made_again_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let profile = Profile::open(folder.path()).unwrap();
            assert_eq!(fs::metadata(folder.path().join("reserve")).unwrap().len(), RESERVE as u64);
            assert!(profile.give_up_reserve());
            assert!(!profile.give_up_reserve());
        }
    }
}

//! Which ids of registrations, workers and background fetches may have been used already.

use std::path::PathBuf;

use bgfetch_traits::storage::StorageError;
use parking_lot::Mutex;

use crate::error::{ProfileError, io_error};
use crate::profile::write_whole;

/// Ids are set aside in blocks of this many, so that the file is seldom written.
const BLOCK: u64 = 1024;

/// The profile's file `next-id`: an id that is greater than every id in any partition, also those that were
/// deleted, cleared or damaged. It is durable before an id at or above it is.
#[derive(Debug)]
pub(crate) struct NextId {
    path: PathBuf,
    bound: Mutex<u64>,
}

impl NextId {
    /// Reads the file; without one that can be read, the bound is 1, and rises with [`NextId::cover`].
    pub(crate) fn read(path: PathBuf) -> Self {
        let bound = match std::fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().unwrap_or_else(|_| {
                tracing::warn!(path = %path.display(), "not a number; ids are taken from the partitions");
                1
            }),
            Err(_) => 1,
        };
        Self { path, bound: Mutex::new(bound) }
    }

    /// The first id that was never used.
    pub(crate) fn get(&self) -> u64 {
        *self.bound.lock()
    }

    /// `id` was found in a partition.
    pub(crate) fn cover(&self, id: u64) {
        let mut bound = self.bound.lock();
        *bound = (*bound).max(id.saturating_add(1));
    }

    /// `id` is about to be stored.
    pub(crate) fn reserve(&self, id: u64) -> Result<(), StorageError> {
        let mut bound = self.bound.lock();
        if id < *bound {
            return Ok(());
        }
        let next = id.saturating_add(BLOCK);
        write_whole(&self.path, &format!("{next}\n")).map_err(|error| match error {
            ProfileError::Io { path, source } => io_error(&path, &source),
            other => StorageError::Io { path: self.path.display().to_string(), message: other.to_string() },
        })?;
        *bound = next;
        Ok(())
    }
}

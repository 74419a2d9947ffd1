//! How much a partition uses, and how much it may.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bgfetch_traits::storage::{StorageError, StorageEstimate};

use crate::config::QuotaPolicy;
use crate::vfs::Vfs;

/// A partition's account: bytes are reserved before they are stored, so that no two writers can exceed the quota
/// together, and given back when they are deleted.
#[derive(Debug)]
pub(crate) struct Ledger {
    usage: AtomicU64,
    quota: AtomicU64,
    policy: QuotaPolicy,
    vfs: Arc<dyn Vfs>,
    /// On the disk that counts.
    dir: PathBuf,
}

impl Ledger {
    pub(crate) fn new(policy: QuotaPolicy, vfs: Arc<dyn Vfs>, dir: PathBuf) -> Self {
        let ledger = Self { usage: AtomicU64::new(0), quota: AtomicU64::new(0), policy, vfs, dir };
        ledger.refresh();
        ledger
    }

    /// What a partition that was just opened uses.
    pub(crate) fn set_usage(&self, bytes: u64) {
        self.usage.store(bytes, Ordering::Release);
        self.refresh();
    }

    /// Looks at the disk again, if the quota depends on it.
    fn refresh(&self) -> u64 {
        let quota = match self.policy {
            QuotaPolicy::Bytes(quota) => quota,
            QuotaPolicy::ShareOfDisk(percent) => {
                let usage = self.usage.load(Ordering::Acquire);
                match self.vfs.free_space(&self.dir) {
                    Ok(free) => {
                        let all = u128::from(free) + u128::from(usage);
                        u64::try_from(all * u128::from(percent.min(100)) / 100).unwrap_or(u64::MAX)
                    }
                    Err(error) => {
                        tracing::warn!(dir = %self.dir.display(), %error, "the free space is not known; quota stays");
                        self.quota.load(Ordering::Acquire)
                    }
                }
            }
        };
        self.quota.store(quota, Ordering::Release);
        quota
    }

    /// Takes `bytes`, or says why not.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<(), StorageError> {
        if self.try_reserve(bytes, self.quota.load(Ordering::Acquire)).is_ok() {
            return Ok(());
        }
        let quota = self.refresh();
        match self.try_reserve(bytes, quota) {
            Ok(_) => Ok(()),
            Err(usage) => Err(StorageError::QuotaExceeded { quota, usage, requested: bytes }),
        }
    }

    fn try_reserve(&self, bytes: u64, quota: u64) -> Result<u64, u64> {
        let fits = |usage: u64| usage.checked_add(bytes).filter(|after| bytes == 0 || *after <= quota);
        self.usage.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits)
    }

    /// Takes `bytes` whatever the quota: for changes to what is there already.
    pub(crate) fn take(&self, bytes: u64) {
        self.usage.fetch_add(bytes, Ordering::AcqRel);
    }

    /// Gives `bytes` back.
    pub(crate) fn release(&self, bytes: u64) {
        let less = |usage: u64| Some(usage.saturating_sub(bytes));
        let _always_updates = self.usage.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
    }

    pub(crate) fn estimate(&self) -> StorageEstimate {
        StorageEstimate { usage: self.usage.load(Ordering::Acquire), quota: self.refresh() }
    }
}

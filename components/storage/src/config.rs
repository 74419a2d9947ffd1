//! What an embedder chooses about storage.

use std::path::PathBuf;
use std::time::Duration;

/// How the storage thread is set up.
#[derive(Clone, Debug)]
pub struct StorageConfig {
    /// The profile's folder; made if it is not there.
    pub profile: PathBuf,
    /// How much a partition may store.
    pub quota: QuotaPolicy,
    /// What answered writes survive.
    pub durability: Durability,
    /// Sizes and times that trade memory and speed; the defaults are measured.
    pub tuning: Tuning,
}

impl StorageConfig {
    /// A profile at `profile`, with the default quota and durability.
    pub fn new(profile: impl Into<PathBuf>) -> Self {
        Self {
            profile: profile.into(),
            quota: QuotaPolicy::default(),
            durability: Durability::default(),
            tuning: Tuning::default(),
        }
    }
}

/// How many bytes one partition may store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuotaPolicy {
    /// This many.
    Bytes(u64),
    /// This many per cent of what the partition uses already and the disk has free: does not change while the
    /// partition fills, and shrinks when others fill the disk.
    ShareOfDisk(u8),
}

impl Default for QuotaPolicy {
    /// 60 %, as in browsers.
    fn default() -> Self {
        Self::ShareOfDisk(60)
    }
}

/// What a write that was answered survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Loss of power: files and metadata are synced to the disk before a write is answered.
    #[default]
    PowerLoss,
    /// The end of the process, however sudden: nothing waits for the disk. After a loss of power metadata is
    /// consistent, but may be older than what was answered, and bodies may hold bytes that never reached the disk.
    ProcessCrash,
}

/// Sizes in bytes, and times.
#[derive(Clone, Debug)]
pub struct Tuning {
    /// Threads that write, read and sync.
    pub io_threads: usize,
    /// A body up to this long is kept in the database; a longer one in a file of its own.
    pub inline_limit: usize,
    /// Bytes to wait for before a write, unless the body is slow.
    pub write_size: usize,
    /// Bytes read at once from a stored body.
    pub read_size: usize,
    /// For at most this long arrived bytes wait for more before they are written.
    pub write_delay: Duration,
    /// This many bytes make an append sync and commit what it has.
    pub sync_size: u64,
    /// After this long an append syncs and commits what it has.
    pub sync_delay: Duration,
    /// This many partitions are kept open while nobody uses them.
    pub idle_partitions: usize,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            io_threads: 4,
            inline_limit: 32 * 1024,
            write_size: 128 * 1024,
            read_size: 256 * 1024,
            write_delay: Duration::from_millis(50),
            sync_size: 8 * 1024 * 1024,
            sync_delay: Duration::from_millis(500),
            idle_partitions: 32,
        }
    }
}

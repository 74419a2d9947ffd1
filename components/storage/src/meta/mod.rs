//! A partition's database: one connection, used by one thread at a time, and its writes in groups.

mod batch;
mod bodies;
mod caches;
mod fetches;
mod local_storage;
mod open;
mod registrations;
mod restore;

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bgfetch_traits::ids::{BodyId, StorageKey};
use bgfetch_traits::storage::CacheId;
use parking_lot::Mutex;
use rusqlite::Connection;

use crate::env::Env;
use crate::ledger::Ledger;
use crate::pins::Pins;
use crate::profile::PartitionPaths;

pub(crate) use batch::{BatchReport, Op};
pub(crate) use bodies::BodyRow;
pub(crate) use bodies::not_found;
pub(crate) use caches::{Found, FoundBody, PutBody, PutEntry};
pub(crate) use open::{OpenFailure, Opened};
pub(crate) use restore::{BadRow, RestoredPartition};

/// What belongs to a partition whether its database is open or not.
#[derive(Debug)]
pub(crate) struct PartitionShared {
    pub(crate) key: StorageKey,
    pub(crate) paths: PartitionPaths,
    pub(crate) ledger: Ledger,
    pub(crate) pins: Pins,
    /// How many hold each cache that was opened.
    pub(crate) cache_holders: Mutex<HashMap<CacheId, i64>>,
}

/// An open database.
pub(crate) struct Store {
    conn: Connection,
    env: Arc<Env>,
    shared: Arc<PartitionShared>,
    /// What the operation that runs has changed outside of the database, until it is committed.
    pending: Pending,
    /// Rows that turned out to be unreadable; put aside by an operation of their own.
    bad_rows: RefCell<Vec<BadRow>>,
    /// The first sign that the database is broken.
    damage: Option<String>,
}

/// Effects that wait for the commit, or are undone without one.
#[derive(Debug, Default)]
struct Pending {
    /// Bytes taken from the quota.
    reserved: u64,
    /// Bytes to give back to it.
    freed: u64,
    /// Files to delete.
    files: Vec<BodyId>,
    /// Bodies that lost their last owner and are kept because they are pinned.
    doomed: Vec<BodyId>,
    /// A file is named for the first time: the folder has to be synced before.
    new_files: bool,
    /// Changes of how many hold a cache.
    holders: Vec<(CacheId, i64)>,
}

impl Store {
    /// Takes bytes from the quota for something new.
    fn reserve(&mut self, bytes: u64) -> crate::error::MetaResult<()> {
        self.shared.ledger.reserve(bytes)?;
        self.pending.reserved += bytes;
        Ok(())
    }

    /// Accounts for a row that is there already and changes its size: that never fails for want of quota, because
    /// it is how the end of a fetch that ran into the quota is written down.
    fn resize(&mut self, before: u64, after: u64) {
        if let Some(growth) = after.checked_sub(before) {
            self.shared.ledger.take(growth);
            self.pending.reserved += growth;
        } else {
            self.pending.freed += before - after;
        }
    }
}

/// SQLite's integers are signed; ids and lengths never get near the sign.
fn sql(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Back from SQLite; a negative number is not ours.
fn unsql(number: i64) -> crate::error::MetaResult<u64> {
    u64::try_from(number)
        .map_err(|_| crate::error::MetaError::Damaged(format!("{number} where a count belongs")))
}

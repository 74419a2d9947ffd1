//! Group commit: all operations that are there when the database is free run in one transaction.

use bgfetch_traits::ids::BodyId;
use bgfetch_traits::storage::StorageError;

use super::{BadRow, Pending, Store};
use crate::error::{MetaError, MetaResult};

/// Runs once the fate of the transaction is known.
type Finish = Box<dyn FnOnce(Result<(), StorageError>) + Send>;

/// Runs with the database, or with why it cannot be.
type Run = Box<dyn FnOnce(Result<&mut Store, StorageError>) -> Finish + Send>;

/// One operation on a partition's database.
pub(crate) struct Op {
    writes: bool,
    run: Run,
}

/// What came of a batch, for the partition.
#[derive(Debug, Default)]
pub(crate) struct BatchReport {
    /// The database turned out to be broken.
    pub(crate) damage: Option<String>,
    /// Bodies that are gone from the database, and have a file.
    pub(crate) files: Vec<BodyId>,
    /// Bodies that lost their last owner while somebody reads or writes them.
    pub(crate) doomed: Vec<BodyId>,
    /// Rows that cannot be read, to be put aside.
    pub(crate) bad_rows: Vec<BadRow>,
}

impl Op {
    /// `run` only reads. `then` gets its result, on the thread of the database.
    pub(crate) fn read<T: Send + 'static>(
        run: impl FnOnce(&mut Store) -> MetaResult<T> + Send + 'static,
        then: impl FnOnce(Result<T, StorageError>) + Send + 'static,
    ) -> Self {
        Self::new(false, run, then)
    }

    /// `run` writes; if it fails, nothing of it remains. `then` gets its result once it is committed.
    pub(crate) fn write<T: Send + 'static>(
        run: impl FnOnce(&mut Store) -> MetaResult<T> + Send + 'static,
        then: impl FnOnce(Result<T, StorageError>) + Send + 'static,
    ) -> Self {
        Self::new(true, run, then)
    }

    fn new<T: Send + 'static>(
        writes: bool,
        run: impl FnOnce(&mut Store) -> MetaResult<T> + Send + 'static,
        then: impl FnOnce(Result<T, StorageError>) + Send + 'static,
    ) -> Self {
        let run = move |store: Result<&mut Store, StorageError>| -> Finish {
            let result = store.and_then(|store| store.attempt(writes, run));
            Box::new(move |committed| then(committed.and(result)))
        };
        Self { writes, run: Box::new(run) }
    }

    /// Answers `error` without having run.
    pub(crate) fn fail(self, error: StorageError) {
        (self.run)(Err(error))(Ok(()));
    }
}

impl Store {
    /// Runs all of `ops`; their answers are given after the commit.
    pub(crate) fn run_batch(&mut self, ops: Vec<Op>) -> BatchReport {
        let writes = ops.iter().any(|op| op.writes);
        let mut report = BatchReport::default();
        if writes && let Err(error) = self.begin() {
            report.damage = error.is_damage().then(|| error.to_string());
            let error = error.into_storage(&self.shared.paths.database);
            ops.into_iter().for_each(|op| op.fail(error.clone()));
            return report;
        }
        let mut total = Pending::default();
        let mut lost = None;
        let mut finishes = Vec::with_capacity(ops.len());
        for op in ops {
            let store = match &lost {
                None => Ok(&mut *self),
                Some(error) => Err(StorageError::clone(error)),
            };
            finishes.push((op.run)(store));
            total.add(std::mem::take(&mut self.pending));
            // A full disk makes SQLite end the transaction by itself, and with it what went before.
            if writes && lost.is_none() && self.conn.is_autocommit() {
                lost =
                    Some(StorageError::DiskFull { path: self.shared.paths.database.display().to_string() });
            }
        }
        let committed = match lost {
            Some(error) => Err(error),
            None if writes => self.commit(total.new_files).map_err(|error| {
                report.damage = error.is_damage().then(|| error.to_string());
                error.into_storage(&self.shared.paths.database)
            }),
            None => Ok(()),
        };
        if committed.is_ok() {
            self.shared.ledger.release(total.freed);
            report.files = total.files;
            report.doomed = total.doomed;
        } else {
            self.shared.ledger.release(total.reserved);
        }
        report.bad_rows = self.bad_rows.take();
        if report.damage.is_none() {
            report.damage = self.damage.take();
        }
        tracing::trace!(partition = %self.shared.key, operations = finishes.len(), writes, ok = committed.is_ok(), "batch");
        for finish in finishes {
            finish(committed.clone());
        }
        report
    }

    fn begin(&mut self) -> MetaResult<()> {
        Ok(self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(drop)?)
    }

    fn commit(&mut self, new_files: bool) -> MetaResult<()> {
        let committed = (|| {
            if new_files && self.env.syncs() {
                let bodies = &self.shared.paths.bodies;
                self.env.vfs.sync_dir(bodies).map_err(MetaError::io(bodies))?;
            }
            self.conn.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        })();
        if committed.is_err() && !self.conn.is_autocommit() {
            // The error that is told is the one of the commit.
            let _rolled_back = self.conn.execute_batch("ROLLBACK");
        }
        committed
    }

    /// Runs one operation so that it changes everything or nothing.
    fn attempt<T>(
        &mut self,
        writes: bool,
        run: impl FnOnce(&mut Self) -> MetaResult<T>,
    ) -> Result<T, StorageError> {
        let result = if writes { self.in_savepoint(run) } else { run(self) };
        result.map_err(|error| {
            let undone = std::mem::take(&mut self.pending);
            self.shared.ledger.release(undone.reserved);
            if error.is_damage() {
                tracing::error!(path = %self.shared.paths.database.display(), %error, "the database is damaged");
                self.damage.get_or_insert_with(|| error.to_string());
            }
            error.into_storage(&self.shared.paths.database)
        })
    }

    fn in_savepoint<T>(&mut self, run: impl FnOnce(&mut Self) -> MetaResult<T>) -> MetaResult<T> {
        self.conn.prepare_cached("SAVEPOINT operation")?.execute([])?;
        let result = run(self);
        if self.conn.is_autocommit() {
            // The whole transaction is gone; the batch sees that too.
            return result;
        }
        if result.is_err() {
            self.conn.prepare_cached("ROLLBACK TO operation")?.execute([])?;
        }
        self.conn.prepare_cached("RELEASE operation")?.execute([])?;
        result
    }
}

impl Pending {
    fn add(&mut self, other: Self) {
        self.reserved += other.reserved;
        self.freed += other.freed;
        self.files.extend(other.files);
        self.doomed.extend(other.doomed);
        self.new_files |= other.new_files;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bgfetch_traits::ids::StorageKey;
    use bgfetch_traits::storage::BodyOwner;
    use crossbeam_channel::unbounded;
    use parking_lot::Mutex;

    use super::*;
    use crate::config::{Durability, QuotaPolicy, Tuning};
    use crate::env::Env;
    use crate::ids::NextId;
    use crate::ledger::Ledger;
    use crate::meta::PartitionShared;
    use crate::profile::Profile;
    use crate::vfs::RealVfs;

    fn store(folder: &std::path::Path) -> Box<Store> {
        let profile = Profile::open(folder).unwrap();
        let key = StorageKey::of_url(&"https://example.com/".parse().unwrap()).unwrap();
        let env = Arc::new(Env {
            ids: NextId::read(profile.next_id()),
            vfs: Arc::new(RealVfs),
            quota: QuotaPolicy::Bytes(u64::MAX),
            durability: Durability::PowerLoss,
            tuning: Tuning::default(),
            inbox: unbounded().0,
            profile,
        });
        let shared = Arc::new(PartitionShared {
            paths: env.profile.partition(&key),
            key,
            ledger: Ledger::new(env.quota, Arc::clone(&env.vfs), folder.to_owned()),
            pins: crate::pins::Pins::default(),
            cache_holders: Mutex::default(),
        });
        Store::open(&env, &shared, true).map_err(|failure| failure.error).unwrap().store
    }

    /// An operation that stores a body, and how it ended.
    fn storing(body: u64, size: usize) -> (Op, crossbeam_channel::Receiver<Result<(), StorageError>>) {
        let (tell, told) = unbounded();
        let run = move |store: &mut Store| {
            store.insert_body(BodyId(body), BodyOwner::Pending)?;
            store.reserve(size as u64)?;
            store.put_inline(BodyId(body), &vec![7; size])
        };
        (Op::write(run, move |result| tell.send(result).unwrap()), told)
    }

    /// SQLite rolls all of the transaction back when the disk is full, and goes on in autocommit: what came before
    /// in the batch was answered as done, and what came after was done alone.
    #[test]
    fn a_full_disk_fails_all_of_a_batch_and_nothing_of_it_remains() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        let (first, first_done) = storing(1, 1000);
        store.run_batch(vec![first]);
        assert_eq!(first_done.recv().unwrap(), Ok(()));
        let pages: i64 = store.conn.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
        store.conn.pragma_update_and_check(None, "max_page_count", pages + 20, |_| Ok(())).unwrap();
        let (ops, done): (Vec<Op>, Vec<_>) = [(2, 1000), (3, 30_000), (4, 1_000_000), (5, 1000)]
            .map(|(body, size)| storing(body, size))
            .into_iter()
            .unzip();
        let report = store.run_batch(ops);
        assert_eq!(report.damage, None);
        let results: Vec<_> = done.iter().map(|done| done.recv().unwrap()).collect();
        assert!(matches!(results[2], Err(StorageError::DiskFull { .. })), "{results:?}");
        for (body, result) in (2..).zip(&results) {
            let stored = store.load_body(BodyId(body)).unwrap().is_some();
            assert_eq!(stored, result.is_ok(), "body {body}: {result:?}");
        }
        let stored = 1000
            + [1000, 30_000, 0, 1000]
                .iter()
                .zip(&results)
                .map(|(size, result)| if result.is_ok() { *size } else { 0 })
                .sum::<u64>();
        assert_eq!(store.shared.ledger.estimate().usage, stored);
        let (last, last_done) = storing(6, 1000);
        store.run_batch(vec![last]);
        assert_eq!(last_done.recv().unwrap(), Ok(()));
    }
}

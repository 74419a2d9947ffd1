//! Group commit: all operations that are there when the database is free run in one transaction.

use bgfetch_traits::ids::BodyId;
use bgfetch_traits::storage::StorageError;

use super::{BadRow, Pending, Store};
use crate::error::{MetaError, MetaResult};

/// One operation on a partition's database. It may run more than once: again after a rollback.
pub(crate) struct Op {
    writes: bool,
    essential: bool,
    operation: Box<dyn Operation>,
}

trait Operation: Send {
    fn run(&mut self, store: &mut Store);

    /// Answers: with what the run gave if `fate` is that it was committed.
    fn finish(self: Box<Self>, fate: Result<(), StorageError>);
}

struct Typed<T, R, N> {
    writes: bool,
    run: R,
    then: N,
    result: Option<Result<T, StorageError>>,
}

impl<T, R, N> Operation for Typed<T, R, N>
where
    T: Send,
    R: FnMut(&mut Store) -> MetaResult<T> + Send,
    N: FnOnce(Result<T, StorageError>) + Send,
{
    fn run(&mut self, store: &mut Store) {
        self.result = Some(store.attempt(self.writes, &mut self.run));
    }

    fn finish(self: Box<Self>, fate: Result<(), StorageError>) {
        let not_run = || Err(StorageError::NotFound("the database".into()));
        let result = match fate {
            Ok(()) => self.result.unwrap_or_else(not_run),
            Err(error) => Err(error),
        };
        (self.then)(result);
    }
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
        run: impl FnMut(&mut Store) -> MetaResult<T> + Send + 'static,
        then: impl FnOnce(Result<T, StorageError>) + Send + 'static,
    ) -> Self {
        Self {
            writes: false,
            essential: false,
            operation: Box::new(Typed { writes: false, run, then, result: None }),
        }
    }

    /// `run` writes; if it fails, nothing of it remains. `then` gets its result once it is committed.
    pub(crate) fn write<T: Send + 'static>(
        run: impl FnMut(&mut Store) -> MetaResult<T> + Send + 'static,
        then: impl FnOnce(Result<T, StorageError>) + Send + 'static,
    ) -> Self {
        Self {
            writes: true,
            essential: false,
            operation: Box::new(Typed { writes: true, run, then, result: None }),
        }
    }

    /// [`Op::write`] that adds next to nothing and should not fail on a full disk: it deletes, or says how something
    /// ended.
    pub(crate) fn essential<T: Send + 'static>(
        run: impl FnMut(&mut Store) -> MetaResult<T> + Send + 'static,
        then: impl FnOnce(Result<T, StorageError>) + Send + 'static,
    ) -> Self {
        Self { essential: true, ..Self::write(run, then) }
    }

    /// Answers `error` without having run.
    pub(crate) fn fail(self, error: StorageError) {
        self.operation.finish(Err(error));
    }
}

impl Store {
    /// Runs all of `ops`; their answers are given after the commit. When that fails, each runs in a transaction of
    /// its own, so that one that is too large for a full disk does not take the others along.
    pub(crate) fn run_batch(&mut self, mut ops: Vec<Op>) -> BatchReport {
        let mut report = BatchReport::default();
        let all = self.transact(&mut ops, &mut report);
        let mut fates = Vec::with_capacity(ops.len());
        for op in &mut ops {
            fates.push(match &all {
                Err(_) if report.damage.is_none() => self.transact_alone(op, &mut report),
                all => all.clone(),
            });
        }
        for (op, fate) in ops.into_iter().zip(fates) {
            op.operation.finish(fate);
        }
        report
    }

    /// Runs one operation in a transaction of its own; an essential one gets the room that is kept for it.
    fn transact_alone(&mut self, op: &mut Op, report: &mut BatchReport) -> Result<(), StorageError> {
        match self.transact(std::slice::from_mut(op), report) {
            Err(StorageError::DiskFull { .. }) if op.essential && self.env.profile.give_up_reserve() => {
                self.transact(std::slice::from_mut(op), report)
            }
            done => done,
        }
    }

    /// Runs `ops` in one transaction.
    fn transact(&mut self, ops: &mut [Op], report: &mut BatchReport) -> Result<(), StorageError> {
        let writes = ops.iter().any(|op| op.writes);
        let mut total = Pending::default();
        let done = self.run_all(ops, writes, &mut total);
        report.bad_rows.append(self.bad_rows.get_mut());
        if let Some(damage) = self.damage.take() {
            report.damage.get_or_insert(damage);
        }
        tracing::trace!(partition = %self.shared.key, operations = ops.len(), writes, ok = done.is_ok(), "batch");
        match done {
            Ok(()) => {
                self.shared.ledger.release(total.freed);
                report.files.append(&mut total.files);
                report.doomed.append(&mut total.doomed);
                Ok(())
            }
            Err(error) => {
                self.undo(total);
                if error.is_damage() {
                    report.damage.get_or_insert_with(|| error.to_string());
                }
                Err(error.into_storage(&self.shared.paths.database))
            }
        }
    }

    fn run_all(&mut self, ops: &mut [Op], writes: bool, total: &mut Pending) -> MetaResult<()> {
        if writes {
            self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        }
        for op in ops {
            op.operation.run(self);
            total.add(std::mem::take(&mut self.pending));
            // A full disk makes SQLite end the transaction by itself, and with it what went before.
            if writes && self.conn.is_autocommit() {
                let path = self.shared.paths.database.display().to_string();
                return Err(StorageError::DiskFull { path }.into());
            }
        }
        if writes { self.commit(total.new_files) } else { Ok(()) }
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

    /// Takes back what operations that were rolled back changed outside of the database.
    fn undo(&self, pending: Pending) {
        self.shared.ledger.release(pending.reserved);
        let mut holders = self.shared.cache_holders.lock();
        for (cache, change) in pending.holders {
            *holders.entry(cache).or_default() -= change;
        }
        holders.retain(|_, count| *count > 0);
    }

    /// Runs one operation so that it changes everything or nothing.
    fn attempt<T>(
        &mut self,
        writes: bool,
        run: &mut impl FnMut(&mut Self) -> MetaResult<T>,
    ) -> Result<T, StorageError> {
        let result = if writes { self.in_savepoint(run) } else { run(self) };
        result.map_err(|error| {
            let undone = std::mem::take(&mut self.pending);
            self.undo(undone);
            if error.is_damage() {
                tracing::error!(path = %self.shared.paths.database.display(), %error, "the database is damaged");
                self.damage.get_or_insert_with(|| error.to_string());
            }
            error.into_storage(&self.shared.paths.database)
        })
    }

    fn in_savepoint<T>(&mut self, run: &mut impl FnMut(&mut Self) -> MetaResult<T>) -> MetaResult<T> {
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
        self.holders.extend(other.holders);
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

//! Group commit: all operations that are there when the database is free run in one transaction.

use bgfetch_traits::ids::BodyId;
use bgfetch_traits::storage::StorageError;

use super::{Pending, Store};
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

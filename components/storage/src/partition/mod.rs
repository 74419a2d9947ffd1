//! One partition, as the storage thread sees it: requests in, jobs and operations out.
//!
//! Nothing here blocks. Files are touched by jobs on the pool; the database by one job at a time, which takes all
//! operations that are queued by then as one transaction.

mod append;
mod bodies;
mod cache;
mod lifecycle;
mod local_storage;
mod nothing;
mod reader;
mod turns;

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use bgfetch_traits::ids::{BodyId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{DamagedStorage, PartitionMsg, StorageError};
use parking_lot::Mutex;
use slab::Slab;

use crate::env::Env;
use crate::event::{Event, Note, Report, Task, Token};
use crate::ledger::Ledger;
use crate::meta::{Op, PartitionShared, Store};
use crate::pins::{Pinner, Pins};
use crate::pool::Pool;

use bodies::LiveBody;
use cache::Put;
use lifecycle::Ending;
pub(crate) use lifecycle::refuse;
use local_storage::LocalStorage;
use reader::Reader;
use turns::Turns;

/// A partition that somebody has asked for since the start.
pub(crate) struct Partition {
    env: Arc<Env>,
    pool: Rc<Pool>,
    index: usize,
    shared: Arc<PartitionShared>,
    /// Counts how often all was thrown away.
    epoch: u64,
    database: Database,
    /// Opened by this process before, so that what an earlier one left is cleaned up.
    cleaned: bool,
    /// Operations for the next batch.
    ops: Vec<Op>,
    /// Requests that wait for the database to be opened, or for a clearing to end.
    waiting: Vec<PartitionMsg>,
    ending: Option<Ending>,
    bodies: HashMap<BodyId, LiveBody>,
    readers: Slab<Reader>,
    /// By number, in the order in which they came.
    puts: BTreeMap<usize, Put>,
    next_put: usize,
    turns: Turns,
    local_storage: LocalStorage,
    next_body: u64,
    /// The thread ends: nothing more is appended.
    stopping: bool,
    /// Jobs under way.
    jobs: usize,
    /// Files that appends keep open.
    open_files: usize,
    /// When to poll whom; taken by the thread.
    pub(crate) timers: Vec<(Instant, Token)>,
    /// What was found damaged; taken by the thread.
    pub(crate) damaged: Vec<DamagedStorage>,
}

/// Where the database is.
enum Database {
    Closed,
    Opening,
    Idle(Box<Store>),
    /// A batch runs, or it is being closed.
    Busy,
}

impl Partition {
    pub(crate) fn new(env: Arc<Env>, pool: Rc<Pool>, index: usize, key: StorageKey) -> Self {
        let paths = env.profile.partition(&key);
        let ledger = Ledger::new(env.quota, Arc::clone(&env.vfs), env.profile.partitions());
        let cache_holders = Mutex::new(HashMap::new());
        let shared = Arc::new(PartitionShared { key, paths, ledger, pins: Pins::default(), cache_holders });
        Self {
            env,
            pool,
            index,
            shared,
            epoch: 0,
            database: Database::Closed,
            cleaned: false,
            ops: Vec::new(),
            waiting: Vec::new(),
            ending: None,
            bodies: HashMap::new(),
            readers: Slab::new(),
            puts: BTreeMap::new(),
            next_put: 0,
            turns: Turns::default(),
            local_storage: LocalStorage::default(),
            next_body: 0,
            stopping: false,
            jobs: 0,
            open_files: 0,
            timers: Vec::new(),
            damaged: Vec::new(),
        }
    }

    /// A request from outside.
    pub(crate) fn handle(&mut self, request: PartitionMsg) {
        let request = match (request, self.known_local_storage()) {
            (PartitionMsg::LocalStorage(reply), Some(area)) => return reply.send(Ok(area)),
            (request, _) => request,
        };
        let Some(request) = self.answer_from_nothing(request) else { return };
        if self.ending.is_some() || !matches!(self.database, Database::Idle(_) | Database::Busy) {
            self.waiting.push(request);
            self.open();
            return;
        }
        match request {
            PartitionMsg::Body(request) => self.handle_body(request),
            PartitionMsg::Cache(request) => self.handle_cache(request),
            PartitionMsg::SaveBackgroundFetch(mut fetch, reply) => {
                if let Err(error) = self.check_partition(&fetch.partition) {
                    return reply.send(Err(error));
                }
                self.write(move |store| store.save_fetch(&mut fetch), reply);
            }
            PartitionMsg::SaveBackgroundFetchState(id, state, reply) => {
                self.write_essential(move |store| store.save_fetch_state(id, &state), reply);
            }
            PartitionMsg::SaveRecord(id, record, reply) => {
                self.write_essential(move |store| store.save_record(id, &record), reply);
            }
            PartitionMsg::DeleteBackgroundFetch(id, reply) => {
                self.write_essential(move |store| store.delete_fetch(id), reply);
            }
            PartitionMsg::SaveRegistration(registration, reply) => {
                if let Err(error) = self.check_partition(&registration.partition) {
                    return reply.send(Err(error));
                }
                self.write(move |store| store.save_registration(&registration), reply);
            }
            PartitionMsg::DeleteRegistration(id, reply) => {
                self.write_essential(move |store| store.delete_registration(id), reply);
            }
            PartitionMsg::LocalStorage(reply) => self.open_local_storage(reply),
            PartitionMsg::Estimate(reply) => reply.send(Ok(self.shared.ledger.estimate())),
        }
    }

    /// What is stored here says that it is of this partition, or it would not come back at the next start.
    fn check_partition(&self, key: &StorageKey) -> Result<(), StorageError> {
        if *key == self.shared.key {
            return Ok(());
        }
        let path = self.shared.paths.dir.display().to_string();
        Err(StorageError::Io {
            path,
            message: format!("what is of {key} cannot be stored for {}", self.shared.key),
        })
    }

    /// What this partition gives to the restored profile.
    pub(crate) fn restore(&mut self) {
        let (inbox, key) = (self.env.inbox.clone(), self.shared.key.clone());
        // A thread that has ended needs no answer.
        let op = Op::write(Store::restore, move |restored| drop(inbox.send(Event::Restored(key, restored))));
        self.ops.push(op);
        self.open();
    }

    /// A job has ended.
    pub(crate) fn job_ended(&mut self, report: Report) {
        self.jobs = self.jobs.saturating_sub(1);
        match report {
            Report::Opened(opened, damage) => self.opened(opened, damage),
            Report::Batch(store, report) => self.batch_ended(store, report),
            Report::Closed => self.database = Database::Closed,
            Report::Cleared(result) => self.cleared(result),
            Report::PutAside(result) => self.was_put_aside(result),
            Report::Wrote(body, result) => self.wrote(body, result),
            Report::Synced(body, length, result) => self.synced(body, length, result),
            Report::Cut(body, result) => self.was_cut(body, result),
            Report::Read(reader, position, result) => self.was_read(reader, position, result),
            Report::Done => {}
        }
        self.proceed_with_ending();
    }

    /// An operation was committed, or failed.
    pub(crate) fn noted(&mut self, epoch: u64, note: Note) {
        if epoch != self.epoch {
            return;
        }
        match note {
            Note::Loaded(body, row) => self.loaded(body, row),
            Note::NotCreated(body, error) => self.not_created(body, error),
            Note::Committed(body, length, result) => self.committed(body, length, result),
            Note::Reduced(body, length, result) => self.reduced(body, length, result),
            Note::Sealed(body, error, result) => self.was_sealed(body, error, result.is_ok()),
            Note::Unpin(body) => self.unpin(body),
            Note::Serve(serve) => self.serve(serve),
            Note::LocalStorageRead(items) => self.local_storage_read(items),
            Note::Sharable(put, sharable) => self.put_checked(put, sharable),
            Note::PutEnded { orphans, pinned } => self.put_ended(orphans, pinned),
        }
    }

    /// Polls a task.
    pub(crate) fn poll(&mut self, task: Task) {
        match task {
            Task::Append(body) => self.step_append(body),
            Task::Reader(reader) => self.step_reader(reader),
        }
    }

    /// Starts a batch if there is something to do and the database is free. Called when the inbox is empty, so
    /// that what came together is committed together.
    pub(crate) fn flush(&mut self) {
        self.write_local_storage();
        if self.ops.is_empty() {
            return;
        }
        match std::mem::replace(&mut self.database, Database::Busy) {
            Database::Idle(mut store) => {
                let ops = std::mem::take(&mut self.ops);
                self.job(move || {
                    let report = store.run_batch(ops);
                    Report::Batch(store, report)
                });
            }
            other => {
                self.database = other;
                self.open();
            }
        }
    }

    fn batch_ended(&mut self, store: Box<Store>, report: crate::meta::BatchReport) {
        self.database = Database::Idle(store);
        for body in report.files {
            let (vfs, path) = (Arc::clone(&self.env.vfs), self.shared.paths.body(body));
            self.job(move || {
                if let Err(error) = vfs.remove(&path) {
                    tracing::warn!(path = %path.display(), %error, "a body is left for the next start to delete");
                }
                Report::Done
            });
        }
        for body in report.doomed {
            self.doomed(body);
        }
        if !report.bad_rows.is_empty() {
            let rows = report.bad_rows;
            self.write(move |store| store.put_aside_all(&rows), Reply::ignore());
        }
        if let Some(reason) = report.damage {
            self.end(Ending::PutAside(reason));
        }
        self.retry_held();
    }

    /// Whether operations are queued or run, and bytes may become free by them.
    fn is_writing(&self) -> bool {
        !self.ops.is_empty() || !matches!(self.database, Database::Idle(_))
    }

    /// Whether nothing is going on.
    pub(crate) fn is_idle(&self) -> bool {
        self.jobs == 0
            && self.ops.is_empty()
            && self.waiting.is_empty()
            && self.ending.is_none()
            && self.bodies.is_empty()
            && self.readers.is_empty()
            && self.puts.is_empty()
            && self.local_storage.is_quiet()
            && !matches!(self.database, Database::Opening | Database::Busy)
    }

    /// Whether all that was asked is done, as far as it has an end of its own.
    pub(crate) fn is_quiet(&self) -> bool {
        self.jobs == 0
            && self.ops.is_empty()
            && self.waiting.is_empty()
            && self.ending.is_none()
            && self.puts.is_empty()
            && self.local_storage.is_quiet()
            && self.bodies.values().all(LiveBody::is_quiet)
    }

    /// Whether the database is open.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self.database, Database::Idle(_))
    }

    /// Runs `job` on the pool; its report comes back here.
    fn job(&mut self, job: impl FnOnce() -> Report + Send + 'static) {
        self.jobs += 1;
        let (inbox, index) = (self.env.inbox.clone(), self.index);
        // A thread that has ended needs no report.
        self.pool.run(move || drop(inbox.send(Event::Job(index, job()))));
    }

    /// Queues a write that only answers.
    fn write<T: Send + 'static>(
        &mut self,
        run: impl FnMut(&mut Store) -> crate::error::MetaResult<T> + Send + 'static,
        reply: Reply<Result<T, StorageError>>,
    ) {
        self.ops.push(Op::write(run, move |result| reply.send(result)));
    }

    /// Queues a write that only answers, and should succeed on a full disk too.
    fn write_essential<T: Send + 'static>(
        &mut self,
        run: impl FnMut(&mut Store) -> crate::error::MetaResult<T> + Send + 'static,
        reply: Reply<Result<T, StorageError>>,
    ) {
        self.ops.push(Op::essential(run, move |result| reply.send(result)));
    }

    /// Queues a read that only answers.
    fn read<T: Send + 'static>(
        &mut self,
        run: impl FnMut(&mut Store) -> crate::error::MetaResult<T> + Send + 'static,
        reply: Reply<Result<T, StorageError>>,
    ) {
        self.ops.push(Op::read(run, move |result| reply.send(result)));
    }

    /// What pins bodies of this partition.
    fn pinner(&self) -> Pinner {
        Pinner {
            shared: Arc::clone(&self.shared),
            inbox: self.env.inbox.clone(),
            partition: self.index,
            epoch: self.epoch,
        }
    }

    /// How an operation tells this partition of its end.
    fn notify(&self) -> impl FnOnce(Note) + Send + 'static {
        let (inbox, index, epoch) = (self.env.inbox.clone(), self.index, self.epoch);
        // A thread that has ended needs no note.
        move |note| drop(inbox.send(Event::Note(index, epoch, note)))
    }
}

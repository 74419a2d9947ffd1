//! Appending a stream to a body.
//!
//! Bytes go from the pipe into one write, and only when that is done are more taken: what is in memory is the pipe
//! and one write. A short body stays in memory until it is committed whole with the database. A sync and the
//! commit that follows it run beside the writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::ids::BodyId;
use bgfetch_traits::storage::{StorageError, StoreOutcome, StoreProgress};
use bytes::{Bytes, BytesMut};

use super::Partition;
use super::bodies::{Done, LiveBody, Place};
use crate::env::Env;
use crate::error::io_error;
use crate::event::{Note, Report, Task, TaskWaker, Token};
use crate::meta::Op;
use crate::vfs::BodyFile;

/// An append that is under way.
pub(super) struct Append {
    /// `None` when nothing more is wanted of it.
    source: Option<BodyReader>,
    /// How it ends, once that is known.
    end: Option<Result<(), StorageError>>,
    progress: Option<StoreProgress>,
    done: Done,
    file: Option<Arc<dyn BodyFile>>,
    /// Chunks that exceed the quota, as long as a deletion that was asked for before may make room.
    held: VecDeque<Bytes>,
    /// How many batches they have waited for: what was asked for before is in one of the next two.
    waits: u8,
    /// Bytes of the write that is under way.
    writing: Option<u64>,
    /// A sync is under way, or a commit.
    persisting: bool,
    /// What was synced is being taken back: the file is cut to what is durable.
    cutting: bool,
    /// Nobody wants the body any more.
    discarded: bool,
    last_take: Instant,
    last_commit: Instant,
    task: Arc<TaskWaker>,
}

/// What to do next for an append.
enum Step {
    Wait,
    Again,
    Write(Vec<Bytes>, u64),
    Sync,
    CommitInline(Bytes),
    CommitFile(u64),
    Finish,
}

impl Append {
    pub(super) fn new(
        env: &Env,
        partition: usize,
        body: BodyId,
        source: BodyReader,
        progress: Option<StoreProgress>,
        done: Done,
    ) -> Self {
        let token = Token { partition, task: Task::Append(body) };
        let now = Instant::now();
        Self {
            source: Some(source),
            end: None,
            progress,
            done,
            file: None,
            held: VecDeque::new(),
            waits: 0,
            writing: None,
            persisting: false,
            cutting: false,
            discarded: false,
            last_take: now.checked_sub(env.tuning.write_delay).unwrap_or(now),
            last_commit: now,
            task: TaskWaker::new(token, env.inbox.clone()),
        }
    }

    /// Answers `error`; what is under way is forgotten.
    pub(super) fn abandon(self, durable: u64, error: StorageError) {
        if let Done::Reply(done) = self.done {
            done.send(StoreOutcome { length: durable, result: Err(error) });
        }
    }

    /// Nobody wants the body any more.
    pub(super) fn cancel(&mut self) {
        self.fail(StorageError::Body(BodyError::Aborted));
        self.discarded = true;
    }

    /// Ends the append early, keeping what was written.
    pub(super) fn fail(&mut self, error: StorageError) {
        self.source = None;
        // The first reason is the one that counts; that all came is none, as long as not all is durable.
        if !matches!(self.end, Some(Err(_))) {
            self.end = Some(Err(error));
        }
    }

    fn report(&self, written: u64) {
        if let Some(progress) = &self.progress {
            progress(written);
        }
    }
}

impl Partition {
    /// Does all that can be done for an append now.
    pub(super) fn step_append(&mut self, body: BodyId) {
        loop {
            match self.next_append_step(body) {
                Step::Wait => return,
                Step::Again => self.wake_readers(body),
                Step::Write(chunks, length) => {
                    self.start_write(body, chunks, length);
                    self.wake_readers(body);
                }
                Step::Sync => self.start_sync(body),
                Step::CommitInline(bytes) => self.commit_inline(body, bytes),
                Step::CommitFile(length) => self.commit_file(body, length),
                Step::Finish => return self.finish_append(body),
            }
        }
    }

    fn next_append_step(&mut self, body: BodyId) -> Step {
        let now = Instant::now();
        let token = Token { partition: self.index, task: Task::Append(body) };
        let Some(live) = self.bodies.get_mut(&body) else { return Step::Wait };
        let LiveBody { append: Some(append), place, written, durable, .. } = live else { return Step::Wait };
        append.task.reset();
        if append.writing.is_none() && append.end.is_none() {
            if !append.held.is_empty() {
                let chunks = std::mem::take(&mut append.held);
                return self.take(body, chunks);
            }
            let waker = Waker::from(Arc::clone(&append.task));
            let mut cx = Context::from_waker(&waker);
            let due = append.last_take + self.env.tuning.write_delay;
            let at_least = if now >= due { 1 } else { self.env.tuning.write_size };
            let Some(source) = &mut append.source else { return Step::Wait };
            match source.poll_drain(&mut cx, at_least) {
                Poll::Ready(Some(Ok(chunks))) => {
                    append.last_take = now;
                    return self.take(body, chunks);
                }
                Poll::Ready(Some(Err(error))) => append.fail(StorageError::Body(error)),
                Poll::Ready(None) => append.end = Some(Ok(())),
                Poll::Pending if now < due => self.timers.push((due, token)),
                Poll::Pending => {}
            }
        }
        if append.persisting || append.cutting {
            return Step::Wait;
        }
        let ended = append.end.is_some() && append.writing.is_none();
        if append.discarded && ended {
            self.shared.ledger.release(written.saturating_sub(*durable));
            *written = *durable;
        }
        if written == durable {
            return if ended { Step::Finish } else { Step::Wait };
        }
        let due = append.last_commit + self.env.tuning.sync_delay;
        let much =
            matches!(place, Place::File) && written.saturating_sub(*durable) >= self.env.tuning.sync_size;
        if !ended && !much && now < due {
            self.timers.push((due, token));
            return Step::Wait;
        }
        append.persisting = true;
        append.last_commit = now;
        match place {
            Place::Inline(bytes) => Step::CommitInline(bytes.clone()),
            Place::File if self.env.syncs() => Step::Sync,
            Place::File => Step::CommitFile(*written),
        }
    }

    /// Takes chunks that arrived, as far as the quota goes: into memory, or into a write.
    fn take(&mut self, body: BodyId, chunks: VecDeque<Bytes>) -> Step {
        let may_free = self.is_writing();
        let Some(live) = self.bodies.get_mut(&body) else { return Step::Wait };
        let LiveBody { append: Some(append), place, written, .. } = live else { return Step::Wait };
        let mut length = chunks.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
        let reserved = self.shared.ledger.reserve(length);
        if reserved.is_err() && may_free && append.waits < 2 {
            append.held = chunks;
            return Step::Wait;
        }
        append.waits = 0;
        let mut accepted: Vec<Bytes> = chunks.into();
        if reserved.is_err() {
            length = 0;
            let fits =
                accepted.iter().position(|chunk| match self.shared.ledger.reserve(chunk.len() as u64) {
                    Ok(()) => {
                        length += chunk.len() as u64;
                        false
                    }
                    Err(error) => {
                        append.fail(error);
                        true
                    }
                });
            accepted.truncate(fits.unwrap_or(accepted.len()));
        }
        if accepted.is_empty() {
            return Step::Again;
        }
        if let Place::Inline(bytes) = place {
            if *written + length <= self.env.tuning.inline_limit as u64 {
                *bytes = join(bytes, &accepted);
                *written += length;
                append.report(*written);
                return Step::Again;
            }
            // It grew too long for the database. Until the commit that says so, that has the beginning.
            if !bytes.is_empty() {
                accepted.insert(0, bytes.clone());
            }
        }
        append.writing = Some(length);
        Step::Write(accepted, length)
    }

    fn start_write(&mut self, body: BodyId, chunks: Vec<Bytes>, length: u64) {
        let open_files = self.open_files;
        let Some(live) = self.bodies.get_mut(&body) else { return };
        let Some(append) = &mut live.append else { return };
        let total: u64 = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        let offset = live.written + length - total;
        let file = append.file.take();
        if file.is_some() {
            self.open_files = open_files.saturating_sub(1);
        }
        let (vfs, path) = (Arc::clone(&self.env.vfs), self.shared.paths.body(body));
        self.job(move || {
            let file = file.map_or_else(
                || {
                    let file = vfs.open(&path, true)?;
                    // Whatever an append before this one left behind what it had committed.
                    file.set_len(offset)?;
                    Ok(file)
                },
                Ok,
            );
            let written = file.and_then(|file| match file.write_at(offset, &chunks) {
                Ok(()) => Ok(file),
                Err(error) => {
                    // A torn write is not kept, so that the length is what it was. If that fails too, the next
                    // append or the next start cuts the file.
                    let _cut = file.set_len(offset);
                    Err(error)
                }
            });
            Report::Wrote(body, written.map_err(|error| io_error(&path, &error)))
        });
    }

    pub(super) fn wrote(&mut self, body: BodyId, result: Result<Arc<dyn BodyFile>, StorageError>) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        let Some(append) = &mut live.append else { return };
        let Some(length) = append.writing.take() else { return };
        match result {
            Ok(file) => {
                live.place = Place::File;
                live.written += length;
                append.report(live.written);
                // So many at once have their files open; more would run into the system's limit.
                if self.open_files < MAX_OPEN_FILES {
                    self.open_files += 1;
                    append.file = Some(file);
                }
            }
            Err(error) => {
                self.shared.ledger.release(length);
                append.fail(error);
            }
        }
        self.take_back(body);
        self.wake_readers(body);
        self.step_append(body);
    }

    fn start_sync(&mut self, body: BodyId) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        let length = live.written;
        let file = live.append.as_ref().and_then(|append| append.file.clone());
        let (vfs, path) = (Arc::clone(&self.env.vfs), self.shared.paths.body(body));
        self.job(move || {
            let file = file.map_or_else(|| vfs.open(&path, false), Ok);
            let synced = file.and_then(|file| file.sync());
            Report::Synced(body, length, synced.map_err(|error| io_error(&path, &error)))
        });
    }

    pub(super) fn synced(&mut self, body: BodyId, length: u64, result: Result<(), StorageError>) {
        match result {
            Ok(()) => self.commit_file(body, length),
            Err(error) => self.committed(body, length, Err(error)),
        }
    }

    fn commit_file(&mut self, body: BodyId, length: u64) {
        let note = self.notify();
        self.ops.push(Op::essential(
            move |store| store.set_file_length(body, length),
            move |result| note(Note::Committed(body, length, result)),
        ));
    }

    fn commit_inline(&mut self, body: BodyId, bytes: Bytes) {
        let note = self.notify();
        let length = bytes.len() as u64;
        self.ops.push(Op::write(
            move |store| store.put_inline(body, &bytes),
            move |result| note(Note::Committed(body, length, result)),
        ));
    }

    pub(super) fn committed(&mut self, body: BodyId, length: u64, result: Result<(), StorageError>) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        let Some(append) = &mut live.append else { return };
        append.persisting = false;
        match result {
            Ok(()) => {
                live.durable = length;
            }
            Err(error) => {
                append.fail(live.broken.clone().unwrap_or(error));
                append.cutting = true;
            }
        }
        self.take_back(body);
        self.step_append(body);
    }

    /// After a failed sync or commit: once no write is under way, what is not durable is given up.
    fn take_back(&mut self, body: BodyId) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        let Some(append) = &mut live.append else { return };
        if !append.cutting || append.writing.is_some() {
            return;
        }
        self.shared.ledger.release(live.written.saturating_sub(live.durable));
        live.written = live.durable;
        match &mut live.place {
            Place::Inline(bytes) => {
                bytes.truncate(usize::try_from(live.durable).unwrap_or(usize::MAX));
                append.cutting = false;
            }
            Place::File => {
                let durable = live.durable;
                self.cut(body, durable);
            }
        }
    }

    pub(super) fn append_was_cut(&mut self, body: BodyId, result: &Result<(), StorageError>) {
        if let Err(error) = result {
            tracing::warn!(%body, %error, "bytes that are not durable are left for the next append or start to cut");
        }
        let Some(append) = self.bodies.get_mut(&body).and_then(|live| live.append.as_mut()) else { return };
        append.cutting = false;
        self.step_append(body);
    }

    fn finish_append(&mut self, body: BodyId) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        let Some(append) = live.append.take() else { return };
        if append.file.is_some() {
            self.open_files = self.open_files.saturating_sub(1);
        }
        let outcome = StoreOutcome { length: live.durable, result: append.end.unwrap_or(Ok(())) };
        self.append_done(append.done, outcome);
        self.unpin(body);
        self.wake_readers(body);
        self.advance(body);
    }

    pub(super) fn append_done(&mut self, done: Done, outcome: StoreOutcome) {
        match done {
            Done::Reply(done) => done.send(outcome),
            Done::Put(put) => self.put_stored(put, outcome),
        }
    }

    /// A batch has ended: there may be room now for chunks that exceeded the quota.
    pub(super) fn retry_held(&mut self) {
        let holds = |live: &LiveBody| live.append.as_ref().is_some_and(|append| !append.held.is_empty());
        let bodies: Vec<BodyId> =
            self.bodies.iter().filter(|(_, live)| holds(live)).map(|(body, _)| *body).collect();
        for body in bodies {
            if let Some(append) = self.bodies.get_mut(&body).and_then(|live| live.append.as_mut()) {
                append.waits += 1;
            }
            self.step_append(body);
        }
    }

    /// The thread ends: what has arrived is made durable, nothing more is taken or given.
    pub(crate) fn stop(&mut self) {
        self.stopping = true;
        self.stop_readers("storage is shutting down");
        let path = self.shared.paths.dir.display().to_string();
        let bodies: Vec<BodyId> = self.bodies.keys().copied().collect();
        for body in bodies {
            if let Some(append) = self.bodies.get_mut(&body).and_then(|live| live.append.as_mut()) {
                append.fail(StorageError::Io {
                    path: path.clone(),
                    message: "storage is shutting down".into(),
                });
                self.step_append(body);
            }
        }
    }
}

/// How many appends of a partition keep their files open.
const MAX_OPEN_FILES: usize = 64;

fn join(before: &Bytes, chunks: &[Bytes]) -> Bytes {
    if let ([only], true) = (chunks, before.is_empty()) {
        return only.clone();
    }
    let mut joined = BytesMut::with_capacity(before.len() + chunks.iter().map(Bytes::len).sum::<usize>());
    joined.extend_from_slice(before);
    chunks.iter().for_each(|chunk| joined.extend_from_slice(chunk));
    joined.freeze()
}

//! Bodies that something is done with: requests to change one run one after the other.

use std::collections::VecDeque;

use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::ids::BodyId;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{BodyMsg, BodyOwner, StorageError, StoreOutcome, StoreProgress};
use bytes::Bytes;

use super::Partition;
use super::append::Append;
use crate::error::io_error;
use crate::event::{Note, Report};
use crate::meta::{BodyRow, Op, not_found};

/// A body in memory: only while something is done with it.
pub(super) struct LiveBody {
    /// Its row was read, or it was made just now.
    pub(super) loaded: bool,
    pub(super) place: Place,
    /// Bytes that readers may see.
    pub(super) written: u64,
    /// Bytes that the database names.
    pub(super) durable: u64,
    pub(super) sealed: bool,
    pub(super) error: Option<BodyError>,
    /// Bytes at the end that got lost.
    pub(super) lost: u64,
    /// Why its row could not be made.
    pub(super) broken: Option<StorageError>,
    pub(super) append: Option<Append>,
    /// A change other than an append is under way.
    changing: Option<Change>,
    /// Made just now, and not yet used.
    fresh: bool,
    queue: VecDeque<Request>,
    /// Who reads it, as indices.
    pub(super) readers: Vec<usize>,
}

/// Where the bytes of a body are.
pub(super) enum Place {
    /// In the database, and here.
    Inline(Bytes),
    /// In its file; the database may not know yet.
    File,
}

/// A request that changes a body.
pub(super) enum Request {
    Append { offset: u64, source: BodyReader, progress: Option<StoreProgress>, done: Done, reduced: bool },
    Seal { error: Option<BodyError>, reply: Reply<Result<u64, StorageError>> },
    Truncate { length: u64, reply: Reply<Result<(), StorageError>> },
}

/// Who is told how an append ended.
pub(super) enum Done {
    Reply(Reply<StoreOutcome>),
    /// A put.
    Put(usize),
}

enum Change {
    Seal,
    Truncate(Reply<Result<(), StorageError>>),
}

impl LiveBody {
    fn new(loaded: bool) -> Self {
        Self {
            loaded,
            place: Place::Inline(Bytes::new()),
            written: 0,
            durable: 0,
            sealed: false,
            error: None,
            lost: 0,
            broken: None,
            append: None,
            changing: None,
            fresh: loaded,
            queue: VecDeque::new(),
            readers: Vec::new(),
        }
    }

    fn load(&mut self, row: BodyRow) {
        self.loaded = true;
        self.written = row.length;
        self.durable = row.length;
        self.sealed = row.sealed;
        self.error = row.error;
        self.lost = row.lost;
        self.place = row.inline.map_or(Place::File, Place::Inline);
    }

    /// Whether nobody does anything with it.
    fn is_idle(&self) -> bool {
        self.loaded && !self.fresh && self.is_quiet() && self.readers.is_empty()
    }

    /// Whether all that was asked of it is done.
    pub(super) fn is_quiet(&self) -> bool {
        self.append.is_none() && self.changing.is_none() && self.queue.is_empty()
    }

    /// Answers `error` to all that is under way. The partition's puts and readers are ended elsewhere.
    pub(super) fn abandon(self, error: &StorageError) {
        if let Some(append) = self.append {
            append.abandon(self.durable, error.clone());
        }
        if let Some(Change::Truncate(reply)) = self.changing {
            reply.send(Err(error.clone()));
        }
        for request in self.queue {
            match request {
                Request::Append { done: Done::Reply(done), offset, .. } => {
                    done.send(StoreOutcome { length: offset, result: Err(error.clone()) });
                }
                Request::Append { .. } => {}
                Request::Seal { reply, .. } => reply.send(Err(error.clone())),
                Request::Truncate { reply, .. } => reply.send(Err(error.clone())),
            }
        }
    }
}

impl Partition {
    pub(super) fn handle_body(&mut self, request: BodyMsg) {
        match request {
            BodyMsg::Create { owner, reply } => {
                let body = self.create_body(owner);
                reply.send(Ok(body));
            }
            BodyMsg::Append { body, offset, source, progress, done } => {
                let done = Done::Reply(done);
                self.change(body, Request::Append { offset, source, progress, done, reduced: false });
            }
            BodyMsg::Open { body, offset, follow, reply } => self.open_body(body, offset, follow, reply),
            BodyMsg::Seal { body, error, reply } => match self.bodies.get(&body) {
                Some(live) if !live.fresh => self.change(body, Request::Seal { error, reply }),
                _ => self.seal(body, error, reply),
            },
            BodyMsg::Truncate { body, length, reply } => {
                self.change(body, Request::Truncate { length, reply })
            }
            BodyMsg::Release { body, owner } => {
                if self.bodies.get(&body).is_some_and(|live| live.fresh) {
                    self.bodies.remove(&body);
                }
                self.ops.push(Op::essential(
                    move |store| store.release(body, owner),
                    move |result| {
                        if let Err(error) = result {
                            tracing::warn!(%body, %error, "an owner of a body could not be taken away");
                        }
                    },
                ));
            }
        }
    }

    /// A new body: its row is written before any later request of this partition takes effect.
    pub(super) fn create_body(&mut self, owner: BodyOwner) -> BodyId {
        let body = BodyId(self.next_body);
        self.next_body += 1;
        self.bodies.insert(body, LiveBody::new(true));
        let note = self.notify();
        self.ops.push(Op::write(
            move |store| store.insert_body(body, owner),
            move |result| {
                if let Err(error) = result {
                    note(Note::NotCreated(body, error));
                }
            },
        ));
        body
    }

    pub(super) fn not_created(&mut self, body: BodyId, error: StorageError) {
        tracing::error!(%body, %error, "a body could not be made");
        if let Some(live) = self.bodies.get_mut(&body) {
            live.broken = Some(error);
        }
    }

    /// Queues a change of a body.
    pub(super) fn change(&mut self, body: BodyId, request: Request) {
        self.live(body).queue.push_back(request);
        self.advance(body);
    }

    /// The body in memory; its row is on its way if it was not.
    pub(super) fn live(&mut self, body: BodyId) -> &mut LiveBody {
        if !self.bodies.contains_key(&body) {
            let note = self.notify();
            self.ops
                .push(Op::read(move |store| store.load_body(body), move |row| note(Note::Loaded(body, row))));
        }
        self.bodies.entry(body).or_insert_with(|| LiveBody::new(false))
    }

    /// The body in memory, if it is sealed and this is its row: then that is still true.
    pub(super) fn live_from(&mut self, body: BodyId, row: BodyRow) {
        self.bodies.entry(body).or_insert_with(|| {
            let mut live = LiveBody::new(false);
            live.load(row);
            live
        });
    }

    pub(super) fn loaded(&mut self, body: BodyId, row: Result<Option<BodyRow>, StorageError>) {
        match row.and_then(|row| row.ok_or_else(|| not_found(body))) {
            Ok(row) => {
                let Some(live) = self.bodies.get_mut(&body) else { return };
                live.load(row);
                self.advance(body);
                self.wake_readers(body);
            }
            Err(error) => {
                let Some(live) = self.bodies.remove(&body) else { return };
                for reader in live.readers.clone() {
                    self.fail_reader(reader, &error.to_string());
                }
                for request in &live.queue {
                    if let Request::Append { done: Done::Put(put), .. } = request {
                        let outcome = StoreOutcome { length: 0, result: Err(error.clone()) };
                        self.put_stored(*put, outcome);
                    }
                }
                live.abandon(&error);
            }
        }
    }

    /// Starts the next change of a body if none is under way; forgets a body that nothing is done with.
    pub(super) fn advance(&mut self, body: BodyId) {
        loop {
            let Some(live) = self.bodies.get_mut(&body) else { return };
            if !live.loaded || live.append.is_some() || live.changing.is_some() {
                return;
            }
            let Some(request) = live.queue.pop_front() else {
                if live.is_idle() {
                    self.bodies.remove(&body);
                }
                return;
            };
            live.fresh = false;
            match request {
                Request::Append { offset, source, progress, done, reduced } => {
                    self.start_append(body, offset, source, progress, done, reduced);
                }
                Request::Seal { error, reply } => {
                    live.changing = Some(Change::Seal);
                    self.seal(body, error, reply);
                }
                Request::Truncate { length, reply } => self.truncate(body, length, reply),
            }
        }
    }

    fn start_append(
        &mut self,
        body: BodyId,
        offset: u64,
        source: BodyReader,
        progress: Option<StoreProgress>,
        done: Done,
        reduced: bool,
    ) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        let problem = if self.stopping {
            Some("storage is shutting down".to_owned())
        } else if live.sealed {
            Some("nothing can be appended to a sealed body".to_owned())
        } else if offset > live.written || (reduced && offset < live.written) {
            Some(format!("it has {} bytes: nothing can be appended at {offset}", live.written))
        } else {
            None
        };
        if let Some(message) = problem {
            let path = self.shared.paths.body(body).display().to_string();
            let outcome =
                StoreOutcome { length: live.written, result: Err(StorageError::Io { path, message }) };
            return self.append_done(done, outcome);
        }
        if offset < live.written {
            live.queue.push_front(Request::Append { offset, source, progress, done, reduced: true });
            live.queue.push_front(Request::Truncate { length: offset, reply: Reply::ignore() });
            return;
        }
        self.shared.pins.pin(body);
        let append = Append::new(&self.env, self.index, body, source, progress, done);
        live.append = Some(append);
        self.step_append(body);
    }

    fn seal(&mut self, body: BodyId, error: Option<BodyError>, reply: Reply<Result<u64, StorageError>>) {
        let note = self.notify();
        let stored = error.clone();
        self.ops.push(Op::essential(
            move |store| store.seal(body, stored.as_ref()),
            move |result| {
                note(Note::Sealed(body, error, result.as_ref().map(|_| ()).map_err(StorageError::clone)));
                reply.send(result);
            },
        ));
    }

    pub(super) fn was_sealed(&mut self, body: BodyId, error: Option<BodyError>, done: bool) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        if matches!(live.changing, Some(Change::Seal)) {
            live.changing = None;
        }
        live.fresh = false;
        if done {
            live.sealed = true;
            live.error = error;
            self.wake_readers(body);
        }
        self.advance(body);
    }

    /// First the database, then the file: in between, and after a crash, the file is the longer one.
    fn truncate(&mut self, body: BodyId, length: u64, reply: Reply<Result<(), StorageError>>) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        if length >= live.written {
            return reply.send(Ok(()));
        }
        if live.sealed {
            // Others may share it, and rely on all of it.
            let path = self.shared.paths.body(body).display().to_string();
            return reply.send(Err(StorageError::Io { path, message: "a sealed body cannot be cut".into() }));
        }
        live.changing = Some(Change::Truncate(reply));
        let inline = match &live.place {
            // What is not in the file yet is short enough for an index.
            Place::Inline(bytes) => {
                Some(bytes.slice(..bytes.len().min(usize::try_from(length).unwrap_or(0))))
            }
            Place::File => None,
        };
        let note = self.notify();
        self.ops.push(Op::essential(
            move |store| match &inline {
                Some(bytes) => store.put_inline(body, bytes),
                None => store.set_file_length(body, length),
            },
            move |result| note(Note::Reduced(body, length, result)),
        ));
    }

    pub(super) fn reduced(&mut self, body: BodyId, length: u64, result: Result<(), StorageError>) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        if let Err(error) = result {
            if let Some(Change::Truncate(reply)) = live.changing.take() {
                reply.send(Err(error));
            }
            return self.advance(body);
        }
        self.shared.ledger.release(live.written.saturating_sub(length));
        live.written = length;
        live.durable = length;
        for reader in &live.readers {
            if let Some(reader) = self.readers.get_mut(*reader) {
                reader.body_was_cut(length);
            }
        }
        match &mut live.place {
            Place::Inline(bytes) => {
                bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
                self.was_cut(body, Ok(()));
            }
            Place::File => self.cut(body, length),
        }
        self.wake_readers(body);
    }

    /// Cuts a body's file.
    pub(super) fn cut(&mut self, body: BodyId, length: u64) {
        let (vfs, path) = (std::sync::Arc::clone(&self.env.vfs), self.shared.paths.body(body));
        self.job(move || {
            let cut = vfs.open(&path, true).and_then(|file| file.set_len(length));
            Report::Cut(body, cut.map_err(|error| io_error(&path, &error)))
        });
    }

    pub(super) fn was_cut(&mut self, body: BodyId, result: Result<(), StorageError>) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        if live.append.is_some() {
            return self.append_was_cut(body, &result);
        }
        if let Some(Change::Truncate(reply)) = live.changing.take() {
            reply.send(result);
        }
        self.advance(body);
    }

    /// The last owner is gone: what is under way ends.
    pub(super) fn doomed(&mut self, body: BodyId) {
        let Some(live) = self.bodies.get_mut(&body) else { return };
        if let Some(append) = &mut live.append {
            append.cancel();
            self.step_append(body);
        }
        let Some(live) = self.bodies.get_mut(&body) else { return };
        if !live.sealed {
            live.sealed = true;
            live.error = Some(BodyError::Aborted);
            self.wake_readers(body);
        }
    }

    /// One less uses a body.
    pub(super) fn unpin(&mut self, body: BodyId) {
        if self.shared.pins.unpin(body) {
            self.ops.push(Op::essential(
                move |store| store.reap(body),
                move |result| {
                    if let Err(error) = result {
                        tracing::warn!(%body, %error, "a body is left for the next start to delete");
                    }
                },
            ));
        }
    }
}

//! The inbox of the storage thread: messages from outside, and what its own helpers report.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Wake;

use bgfetch_traits::body::{BodyError, BodyWriter};
use bgfetch_traits::ids::{BodyId, StorageKey};
use bgfetch_traits::storage::{DamagedStorage, StorageError, StorageMsg};
use bgfetch_traits::web_storage::StoredItem;
use bytes::Bytes;
use crossbeam_channel::Sender;

use crate::meta::{BatchReport, BodyRow, OpenFailure, Opened, RestoredPartition, Store};
use crate::pins::Pinned;
use crate::vfs::BodyFile;

/// What wakes the thread.
#[expect(clippy::large_enum_variant, reason = "a message is moved twice in its life: into a channel and out")]
pub(crate) enum Event {
    /// From outside.
    Message(StorageMsg),
    /// Nobody can send any more.
    SendersGone,
    /// A pipe has moved.
    Wake(Token),
    /// A job of a partition has ended.
    Job(usize, Report),
    /// An operation on a partition's database has been committed, or failed. Those of an earlier epoch are about
    /// things that were cleared.
    Note(usize, u64, Note),
    /// Somebody has changed the local storage of a partition.
    LocalStorageChanged(usize),
    /// What a partition gives to the restored profile.
    Restored(StorageKey, Result<RestoredPartition, StorageError>),
}

/// Who is to be polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Token {
    pub(crate) partition: usize,
    pub(crate) task: Task,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    /// The append to this body.
    Append(BodyId),
    /// This reader.
    Reader(usize),
}

/// What a job did.
pub(crate) enum Report {
    /// The database was opened; what was damaged is out of the way.
    Opened(Result<Opened, OpenFailure>, Option<DamagedStorage>),
    /// A batch has run, and here is the database back.
    Batch(Box<Store>, BatchReport),
    /// The database is closed.
    Closed,
    /// The folder is gone.
    Cleared(Result<Option<PathBuf>, StorageError>),
    /// The folder is where damaged ones are kept.
    PutAside(io::Result<PathBuf>),
    /// Bytes were written to a body's file.
    Wrote(BodyId, Result<Arc<dyn BodyFile>, StorageError>),
    /// A body's file was synced up to a length.
    Synced(BodyId, u64, Result<(), StorageError>),
    /// A body's file was cut.
    Cut(BodyId, Result<(), StorageError>),
    /// Bytes were read for a reader, from a position on.
    Read(usize, u64, Result<Bytes, StorageError>),
    /// Something nobody waits for.
    Done,
}

/// What an operation on the database did.
pub(crate) enum Note {
    /// A body's row, for those who wait for it.
    Loaded(BodyId, Result<Option<BodyRow>, StorageError>),
    /// The row of a new body could not be made.
    NotCreated(BodyId, StorageError),
    /// An append's bytes up to a length are durable.
    Committed(BodyId, u64, Result<(), StorageError>),
    /// A body's length was reduced.
    Reduced(BodyId, u64, Result<(), StorageError>),
    /// A body was sealed.
    Sealed(BodyId, Option<BodyError>, Result<(), StorageError>),
    /// What is stored of the local storage.
    LocalStorageRead(Result<Vec<StoredItem>, StorageError>),
    /// One less uses a body.
    Unpin(BodyId),
    /// A pinned body is to be read into a pipe from an offset on.
    Serve(Serve),
    /// Which of the bodies that a put offers can be shared.
    Sharable(usize, Result<Vec<bool>, StorageError>),
    /// A put is over: these bodies stay without owner, if it failed; those are no longer needed in any case.
    PutEnded { orphans: Vec<BodyId>, pinned: Vec<BodyId> },
}

/// A reader to be.
pub(crate) struct Serve {
    pub(crate) body: Pinned,
    /// Its row, if it is sealed: that does not change any more.
    pub(crate) row: Option<BodyRow>,
    pub(crate) writer: BodyWriter,
    pub(crate) offset: u64,
    /// Where it ends; `None` follows what is appended.
    pub(crate) end: Option<u64>,
}

/// Wakes a task of the storage thread, once until it is polled again.
pub(crate) struct TaskWaker {
    token: Token,
    inbox: Sender<Event>,
    woken: AtomicBool,
}

impl TaskWaker {
    pub(crate) fn new(token: Token, inbox: Sender<Event>) -> Arc<Self> {
        Arc::new(Self { token, inbox, woken: AtomicBool::new(false) })
    }

    /// The task is polled now.
    pub(crate) fn reset(&self) {
        self.woken.store(false, Ordering::Release);
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        if !self.woken.swap(true, Ordering::AcqRel) {
            // Without a thread there is nothing to wake.
            let _sent = self.inbox.send(Event::Wake(self.token));
        }
    }
}

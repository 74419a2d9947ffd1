//! A storage thread that a test asks and waits for.

pub(crate) mod child;

use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bgfetch_storage::vfs::Vfs;
use bgfetch_storage::{StorageConfig, StorageThread};
use bgfetch_traits::background_fetch::{StoredBackgroundFetch, StoredRecord};
use bgfetch_traits::body::{BodyReader, BodyWriter, DEFAULT_CAPACITY, pipe};
use bgfetch_traits::fetch::{RequestHead, Response, ResponseHead};
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{
    BodyMsg, BodyOwner, CacheEntry, CacheId, CacheMsg, CacheQuery, PartitionMsg, RestoredProfile,
    StorageError, StorageEstimate, StorageMsg, StorageSender, StoreOutcome,
};
use bytes::Bytes;
use crossbeam_channel::Receiver;

/// No answer takes this long.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Storage {
    pub(crate) sender: StorageSender,
    pub(crate) key: StorageKey,
    thread: Option<JoinHandle<()>>,
}

pub(crate) fn key(url: &str) -> StorageKey {
    StorageKey::of_url(&url.parse().unwrap()).unwrap()
}

/// The answer, which is there soon.
pub(crate) fn wait<T>(receiver: &Receiver<T>) -> T {
    receiver.recv_timeout(DEADLINE).expect("storage did not answer")
}

impl Storage {
    pub(crate) fn open(profile: &Path) -> Self {
        Self::start(StorageConfig::new(profile))
    }

    pub(crate) fn start(config: StorageConfig) -> Self {
        Self::from(StorageThread::spawn(config).unwrap())
    }

    pub(crate) fn start_on(config: StorageConfig, vfs: impl Vfs + 'static) -> Self {
        Self::from(StorageThread::spawn_on(config, Arc::new(vfs)).unwrap())
    }

    fn from((sender, thread): (StorageSender, JoinHandle<()>)) -> Self {
        Self { sender, thread: Some(thread), key: key("https://example.com/") }
    }

    pub(crate) fn ask<T: Send + 'static>(&self, request: impl FnOnce(Reply<T>) -> PartitionMsg) -> T {
        wait(&self.ask_later(request))
    }

    pub(crate) fn ask_later<T: Send + 'static>(
        &self,
        request: impl FnOnce(Reply<T>) -> PartitionMsg,
    ) -> Receiver<T> {
        let (reply, answer) = Reply::channel();
        self.sender.partition(&self.key, request(reply));
        answer
    }

    pub(crate) fn create(&self, owner: BodyOwner) -> BodyId {
        self.ask(|reply| PartitionMsg::Body(BodyMsg::Create { owner, reply })).unwrap()
    }

    pub(crate) fn append_later(
        &self,
        body: BodyId,
        offset: u64,
        source: BodyReader,
    ) -> Receiver<StoreOutcome> {
        self.ask_later(|done| {
            PartitionMsg::Body(BodyMsg::Append { body, offset, source, progress: None, done })
        })
    }

    pub(crate) fn append(&self, body: BodyId, offset: u64, bytes: impl Into<Bytes>) -> StoreOutcome {
        wait(&self.append_later(body, offset, BodyReader::from_bytes(bytes)))
    }

    /// An append that the test feeds.
    pub(crate) fn append_pipe(&self, body: BodyId, offset: u64) -> (BodyWriter, Receiver<StoreOutcome>) {
        let (writer, reader) = pipe(DEFAULT_CAPACITY);
        (writer, self.append_later(body, offset, reader))
    }

    pub(crate) fn open_body(
        &self,
        body: BodyId,
        offset: u64,
        follow: bool,
    ) -> Result<BodyReader, StorageError> {
        self.ask(|reply| PartitionMsg::Body(BodyMsg::Open { body, offset, follow, reply }))
    }

    /// What is stored of a body.
    pub(crate) fn content(&self, body: BodyId) -> Vec<u8> {
        read_all(self.open_body(body, 0, false).unwrap())
    }

    pub(crate) fn seal(&self, body: BodyId) -> Result<u64, StorageError> {
        self.ask(|reply| PartitionMsg::Body(BodyMsg::Seal { body, error: None, reply }))
    }

    pub(crate) fn truncate(&self, body: BodyId, length: u64) -> Result<(), StorageError> {
        self.ask(|reply| PartitionMsg::Body(BodyMsg::Truncate { body, length, reply }))
    }

    pub(crate) fn release(&self, body: BodyId, owner: BodyOwner) {
        self.sender.partition(&self.key, PartitionMsg::Body(BodyMsg::Release { body, owner }));
    }

    pub(crate) fn save(&self, fetch: StoredBackgroundFetch) -> Result<(), StorageError> {
        self.ask(|reply| PartitionMsg::SaveBackgroundFetch(Box::new(fetch), reply))
    }

    pub(crate) fn delete(&self, fetch: u64) -> Result<(), StorageError> {
        self.ask(|reply| PartitionMsg::DeleteBackgroundFetch(BackgroundFetchId(fetch), reply))
    }

    pub(crate) fn estimate(&self) -> StorageEstimate {
        self.ask(PartitionMsg::Estimate).unwrap()
    }

    /// The estimate once everything asked before is done.
    pub(crate) fn settled_usage(&self) -> u64 {
        self.ask(|reply| PartitionMsg::Cache(CacheMsg::Delete("no such cache".into(), reply))).unwrap();
        self.estimate().usage
    }

    pub(crate) fn restore(&self) -> RestoredProfile {
        let (reply, answer) = Reply::channel();
        self.sender.send(StorageMsg::Restore(reply));
        wait(&answer).unwrap()
    }

    pub(crate) fn clear(&self) {
        let (reply, answer) = Reply::channel();
        self.sender.send(StorageMsg::Clear(self.key.clone(), reply));
        wait(&answer).unwrap();
    }

    pub(crate) fn shut_down(mut self) {
        let (reply, answer) = Reply::channel();
        self.sender.send(StorageMsg::Shutdown(reply));
        wait(&answer);
        self.thread.take().unwrap().join().unwrap();
    }

    pub(crate) fn open_cache(&self, name: &str) -> CacheId {
        self.ask(|reply| PartitionMsg::Cache(CacheMsg::Open(name.to_owned(), reply))).unwrap()
    }

    pub(crate) fn put(&self, cache: CacheId, entries: Vec<CacheEntry>) -> Result<(), StorageError> {
        self.ask(|reply| PartitionMsg::Cache(CacheMsg::Put { cache, entries, reply }))
    }

    pub(crate) fn matching(&self, cache: CacheId, url: &str) -> Option<Response> {
        let cache = bgfetch_traits::storage::CacheSelector::Id(cache);
        self.ask(|reply| PartitionMsg::Cache(CacheMsg::Match { cache, query: query(url), reply })).unwrap()
    }

    pub(crate) fn match_all(&self, cache: CacheId) -> Vec<Response> {
        self.ask(|reply| PartitionMsg::Cache(CacheMsg::MatchAll { cache, query: None, reply })).unwrap()
    }
}

pub(crate) fn query(url: &str) -> CacheQuery {
    CacheQuery { request: get(url), ignore_search: false, ignore_method: false, ignore_vary: false }
}

pub(crate) fn get(url: &str) -> RequestHead {
    RequestHead::get(url.parse().unwrap())
}

pub(crate) fn entry(url: &str, body: Option<BodyReader>) -> CacheEntry {
    CacheEntry { request: get(url), response: Response::new(ResponseHead::default(), body) }
}

/// All of a body; fails if it ends early.
pub(crate) fn read_all(mut reader: BodyReader) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some(chunk) = reader.read_blocking() {
        bytes.extend_from_slice(&chunk.expect("the body ended early"));
    }
    bytes
}

/// Bytes that tell where they are from.
pub(crate) fn pattern(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

pub(crate) fn response_of(fetch: u64, index: u32) -> BodyOwner {
    BodyOwner::RecordResponse(RecordId { fetch: BackgroundFetchId(fetch), index })
}

/// A background fetch whose records have these response bodies.
pub(crate) fn fetch(id: u64, key: &StorageKey, bodies: &[Option<BodyId>]) -> StoredBackgroundFetch {
    StoredBackgroundFetch {
        fetch: BackgroundFetchId(id),
        partition: key.clone(),
        registration: RegistrationId(1),
        id: format!("fetch {id}"),
        options: Default::default(),
        client_url: "https://example.com/page".parse().unwrap(),
        policy: Default::default(),
        paused: false,
        awaiting_permission: false,
        upload_total: 0,
        uploaded: 0,
        result: Default::default(),
        failure_reason: Default::default(),
        event_owed: false,
        records_available: true,
        records: bodies.iter().map(|body| record(*body)).collect(),
    }
}

pub(crate) fn record(response_body: Option<BodyId>) -> StoredRecord {
    StoredRecord {
        request: get("https://example.com/file"),
        request_body: None,
        request_sent: false,
        response: Some(ResponseHead::default()),
        response_body,
        response_length: 0,
        result: Default::default(),
        restarted_after_416: false,
    }
}

//! The Cache API's requests. A put first stores its bodies, all at once, then, when it is its turn, its entries in one
//! transaction.

use bgfetch_traits::body::{BodyBreaker, BodyError, BodyReader, DEFAULT_CAPACITY, pipe};
use bgfetch_traits::fetch::Response;
use bgfetch_traits::ids::{BodyId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{
    BodyMsg, BodyOwner, CacheEntry, CacheId, CacheMsg, StorageError, StoreOutcome, StoredBody,
};

use super::Partition;
use super::bodies::{Done, Request};
use crate::event::{Note, Serve};
use crate::meta::{Found, FoundBody, Op, PutBody, PutEntry, Store};

/// A put whose bodies are being stored.
pub(super) struct Put {
    cache: CacheId,
    entries: Vec<PutEntry>,
    /// Bodies that are still to be looked at or stored, by entry.
    sources: Vec<Option<BodyReader>>,
    /// Bodies that may be shared, by entry; pinned.
    shared: Vec<(usize, StoredBody)>,
    /// The bodies that have to come from elsewhere.
    coming: Vec<BodyBreaker>,
    /// Appends that have not ended; `None` before they are begun.
    running: Option<usize>,
    /// Has its place in the order of requests.
    pub(super) in_line: bool,
    error: Option<StorageError>,
    reply: Reply<Result<(), StorageError>>,
}

impl Put {
    pub(super) fn abandon(self, error: StorageError) {
        self.reply.send(Err(error));
    }

    /// Whether all of its bodies have come, so that nothing but storing them is left to do.
    pub(super) fn is_whole(&self) -> bool {
        self.coming.iter().all(BodyBreaker::is_whole)
    }

    /// Whether all of its bodies are stored, or it failed and nothing of them is being stored any more.
    pub(super) fn is_stored(&self) -> bool {
        self.running == Some(0)
    }

    fn bodies(&self) -> (Vec<BodyId>, Vec<BodyId>) {
        let own = self.entries.iter().filter_map(|entry| match entry.body {
            Some(PutBody::Own(body)) => Some(body),
            _ => None,
        });
        (own.collect(), self.shared.iter().map(|(_, stored)| stored.body).collect())
    }
}

impl Partition {
    /// A request about caches, but a put, whose turn it is.
    pub(super) fn ask_cache(&mut self, request: CacheMsg) {
        match request {
            CacheMsg::Has(name, reply) => self.read(move |store| store.has_cache(&name), reply),
            CacheMsg::Open(name, reply) => self.write(move |store| store.open_cache(&name), reply),
            CacheMsg::Close(cache) => {
                self.write_essential(move |store| store.close_cache(cache), Reply::ignore());
            }
            CacheMsg::Delete(name, reply) => {
                self.write_essential(move |store| store.delete_cache(&name), reply)
            }
            CacheMsg::Keys(reply) => self.read(Store::cache_names, reply),
            CacheMsg::Match { cache, query, reply } => {
                let (serve, pinner) = (self.server(), self.pinner());
                self.ops.push(Op::read(
                    move |store| store.match_first(&cache, &query, &pinner),
                    move |found| reply.send(found.map(|found| found.map(serve))),
                ));
            }
            CacheMsg::MatchAll { cache, query, reply } => {
                let (serve, pinner) = (self.server(), self.pinner());
                self.ops.push(Op::read(
                    move |store| store.match_all(cache, query.as_ref(), &pinner),
                    move |found| reply.send(found.map(|found| found.into_iter().map(serve).collect())),
                ));
            }
            CacheMsg::Put { cache, entries, reply } => self.put(cache, entries, reply),
            CacheMsg::Remove { cache, query, reply } => {
                self.write_essential(move |store| store.remove(cache, &query), reply);
            }
            CacheMsg::Requests { cache, query, reply } => {
                self.read(move |store| store.requests(cache, query.as_ref()), reply);
            }
        }
    }

    /// Makes responses of what was found; their bodies are read here once they are wanted.
    fn server(&self) -> impl Fn(Found) -> Response + Send + 'static {
        let (inbox, index, epoch) = (self.env.inbox.clone(), self.index, self.epoch);
        let key = self.shared.key.clone();
        move |found| {
            let body = found.body.map(|body| match body {
                FoundBody::Here { body, bytes } => {
                    let stored = StoredBody { partition: key.clone(), body, length: bytes.len() as u64 };
                    BodyReader::from_bytes(bytes).backed_by(stored)
                }
                FoundBody::Pinned { body: pinned, length } => {
                    let (writer, reader) = pipe(DEFAULT_CAPACITY);
                    let body = pinned.body;
                    let serve = Serve { body: pinned, row: None, writer, offset: 0, end: Some(length) };
                    // A thread that has ended drops the writer, and that ends the reader.
                    let _sent = inbox.send(crate::event::Event::Note(index, epoch, Note::Serve(serve)));
                    reader.backed_by(StoredBody { partition: key.clone(), body, length })
                }
            });
            Response { head: found.response, body, policy: found.policy }
        }
    }

    pub(super) fn put(
        &mut self,
        cache: CacheId,
        entries: Vec<CacheEntry>,
        reply: Reply<Result<(), StorageError>>,
    ) {
        let mut put = Put {
            cache,
            entries: Vec::with_capacity(entries.len()),
            sources: Vec::with_capacity(entries.len()),
            shared: Vec::new(),
            coming: Vec::new(),
            running: None,
            in_line: false,
            error: None,
            reply,
        };
        for (index, entry) in entries.into_iter().enumerate() {
            let Response { head, body, policy } = entry.response;
            put.entries.push(PutEntry { request: entry.request, response: head, policy, body: None });
            if let Some(stored) = body.as_ref().and_then(|body| shareable(body, &self.shared.key)) {
                self.shared.pins.pin(stored.body);
                put.shared.push((index, stored));
            } else {
                put.coming.extend(body.as_ref().map(BodyReader::breaker));
            }
            put.sources.push(body);
        }
        let offered: Vec<(BodyId, u64)> =
            put.shared.iter().map(|(_, stored)| (stored.body, stored.length)).collect();
        let index = self.next_put;
        self.next_put += 1;
        self.puts.insert(index, put);
        if offered.is_empty() {
            return self.put_checked(index, Ok(Vec::new()));
        }
        let note = self.notify();
        self.ops.push(Op::read(
            move |store| offered.iter().map(|(body, length)| store.can_share(*body, *length)).collect(),
            move |sharable| note(Note::Sharable(index, sharable)),
        ));
    }

    /// It is known which bodies are shared: the others are stored.
    pub(super) fn put_checked(&mut self, index: usize, sharable: Result<Vec<bool>, StorageError>) {
        let Some(put) = self.puts.get_mut(&index) else { return };
        match sharable {
            Ok(sharable) => {
                for ((entry, stored), sharable) in put.shared.iter().zip(sharable) {
                    let place = (put.entries.get_mut(*entry), put.sources.get_mut(*entry));
                    if let (true, (Some(entry), Some(source))) = (sharable, place) {
                        entry.body = Some(PutBody::Shared(stored.body));
                        *source = None;
                    }
                }
            }
            Err(error) => {
                put.error = Some(error);
                put.sources.clear();
            }
        }
        let sources = std::mem::take(&mut put.sources);
        let mut appends = Vec::new();
        for (entry, source) in sources.into_iter().enumerate() {
            if let Some(source) = source {
                appends.push((entry, source));
            }
        }
        put.running = Some(appends.len());
        if appends.is_empty() {
            return self.put_is_ready(index);
        }
        for (entry, source) in appends {
            let body = self.create_body(BodyOwner::Pending);
            let Some(put) = self.puts.get_mut(&index) else {
                // An earlier entry failed at once, and the put with it.
                self.handle_body(BodyMsg::Release { body, owner: BodyOwner::Pending });
                return;
            };
            if let Some(entry) = put.entries.get_mut(entry) {
                entry.body = Some(PutBody::Own(body));
            }
            let done = Done::Put(index);
            self.change(body, Request::Append { offset: 0, source, progress: None, done, reduced: false });
        }
    }

    /// The body of an entry was stored, or not.
    pub(super) fn put_stored(&mut self, index: usize, outcome: StoreOutcome) {
        let Some(put) = self.puts.get_mut(&index) else { return };
        put.running = put.running.map(|running| running.saturating_sub(1));
        if let Err(error) = outcome.result
            && put.error.is_none()
        {
            put.error = Some(error);
            for body in put.bodies().0 {
                let live = self.bodies.get_mut(&body);
                if let Some(append) = live.and_then(|live| live.append.as_mut()) {
                    append.fail(StorageError::Body(BodyError::Aborted));
                    self.step_append(body);
                }
            }
        }
        if self.puts.get(&index).is_some_and(Put::is_stored) {
            self.put_is_ready(index);
        }
    }

    /// It is a put's turn: its bodies are stored, or it failed.
    pub(super) fn commit_put(&mut self, index: usize) {
        let Some(put) = self.puts.remove(&index) else { return };
        let (own, pinned) = put.bodies();
        if let Some(error) = put.error {
            put.reply.send(Err(error));
            return self.put_ended(own, pinned);
        }
        let note = self.notify();
        let Put { cache, entries, reply, .. } = put;
        self.ops.push(Op::write(
            move |store| store.put(cache, &entries),
            move |result| {
                let orphans = if result.is_ok() { Vec::new() } else { own };
                note(Note::PutEnded { orphans, pinned });
                reply.send(result);
            },
        ));
    }

    pub(super) fn put_ended(&mut self, orphans: Vec<BodyId>, pinned: Vec<BodyId>) {
        for body in orphans {
            self.handle_body(BodyMsg::Release { body, owner: BodyOwner::Pending });
        }
        for body in pinned {
            self.unpin(body);
        }
    }
}

/// What stored body of the partition `key` this is the unread content of.
fn shareable(body: &BodyReader, key: &StorageKey) -> Option<StoredBody> {
    body.stored().filter(|stored| stored.partition == *key).cloned()
}

//! Background fetches without a page: durable, resumable downloads for a Rust program.
//!
//! A [`NativeFetch`] is to [`Engine::background_fetch`](crate::Engine::background_fetch) what the arguments of
//! `BackgroundFetchManager.fetch()` are to a page. It is scheduled, stored, bound by quota, shown and restored as one
//! of a page is; what would be a service worker's event is [`BackgroundFetch::settled`].
//!
//! ```no_run
//! use bgfetch::{Engine, NativeFetch};
//!
//! let engine = Engine::builder("profile").build()?;
//! let site: url::Url = "https://models.example/".parse()?;
//! let model = site.join("large.gguf")?;
//! let fetch = NativeFetch::new(site, "large").title("A large model").get(model.clone());
//! let fetch = engine.background_fetch(fetch).wait()?;
//! // The program may end here, in whatever way: the next run finds it with `engine.background_fetches()`.
//! let end = fetch.settled().wait()?;
//! println!("{}, {} bytes", end.result, end.downloaded);
//! fetch.keep_in_cache("models").wait()?;
//! fetch.release().wait()?;
//! let response = engine.cached_response(fetch.origin(), &model).wait()?;
//! # engine.shutdown().wait()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt;
use std::sync::Arc;

use bgfetch_core::{Call, Input};
use bgfetch_traits::background_fetch::{
    BackgroundFetchFailureReason, BackgroundFetchOptions, BackgroundFetchProgress, BackgroundFetchResult,
    ImageResource, NewRecord, RecordInfo, UiAction,
};
use bgfetch_traits::fetch::{RequestBody, RequestHead, Response};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId, StorageKey};
use parking_lot::Mutex;
use url::Url;

use crate::coordinator::inbox::{Command, Event, Inbox, NativeCommand, Outcome};
use crate::error::EngineError;
use crate::pending::Pending;

/// A background fetch to be started by the embedder itself.
#[derive(Debug)]
#[must_use = "nothing is fetched before it is given to Engine::background_fetch"]
pub struct NativeFetch {
    pub(crate) url: Url,
    pub(crate) id: String,
    pub(crate) records: Vec<NewRecord>,
    pub(crate) options: BackgroundFetchOptions,
}

impl NativeFetch {
    /// A background fetch on behalf of the site of `url`: what it gets is stored with that origin, and counts
    /// against its quota. `id` names it among the active native ones of that origin.
    pub fn new(url: Url, id: impl Into<String>) -> Self {
        Self { url, id: id.into(), records: Vec::new(), options: BackgroundFetchOptions::default() }
    }

    /// Adds a file to get. Its request has mode `no-cors`: a program may have what any server sends.
    pub fn get(self, url: Url) -> Self {
        self.request(RequestHead::get(url), None)
    }

    /// Adds a request. One with another method than `GET` cannot be paused or continued.
    pub fn request(mut self, request: RequestHead, body: Option<RequestBody>) -> Self {
        self.records.push(NewRecord { request, body });
        self
    }

    /// What the user reads.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.options.title = title.into();
        self
    }

    /// What the user sees.
    pub fn icons(mut self, icons: Vec<ImageResource>) -> Self {
        self.options.icons = icons;
        self
    }

    /// Bytes expected of all responses together: more than these fail it. 0 is unknown.
    pub const fn download_total(mut self, bytes: u64) -> Self {
        self.options.download_total = bytes;
        self
    }
}

/// A background fetch that the embedder started, in this run or an earlier one. All clones are the same;
/// dropping them changes nothing.
///
/// It is kept, with its records, until [`BackgroundFetch::release`].
#[derive(Clone)]
pub struct BackgroundFetch {
    shared: Arc<Shared>,
    inbox: Inbox,
}

impl BackgroundFetch {
    pub(crate) const fn new(shared: Arc<Shared>, inbox: Inbox) -> Self {
        Self { shared, inbox }
    }

    /// Which, as displays and events name it.
    #[must_use]
    pub fn fetch(&self) -> BackgroundFetchId {
        self.shared.fetch
    }

    /// The id that it was started with.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.shared.id
    }

    /// With whose data its responses are stored.
    #[must_use]
    pub fn origin(&self) -> &StorageKey {
        &self.shared.origin
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> BackgroundFetchProgress {
        self.shared.progress()
    }

    /// Answered as soon as its progress is other than `seen`. Changes are told at most every 50 ms.
    pub fn changed(&self, seen: BackgroundFetchProgress) -> Pending<BackgroundFetchProgress> {
        let (reply, pending) = Pending::new(format!("progress of background fetch {}", self.shared.fetch));
        self.shared.wait(Some(seen), reply);
        pending
    }

    /// Answered when it has settled, and that is durable; with its result and, if it failed, the reason.
    pub fn settled(&self) -> Pending<BackgroundFetchProgress> {
        let (reply, pending) = Pending::new(format!("the end of background fetch {}", self.shared.fetch));
        self.shared.wait(None, reply);
        pending
    }

    /// Its records: requests, in the order in which they were given. [`EngineError::NoSuchFetch`] after
    /// [`BackgroundFetch::release`].
    pub fn records(&self) -> Pending<Vec<RecordInfo>> {
        let fetch = self.shared.fetch;
        let (reply, pending) = Pending::new("the records");
        let reply = reply.map(move |records: Option<_>| records.ok_or(EngineError::NoSuchFetch(fetch)));
        let call = Call::Match { fetch, query: None, first_only: false, reply };
        self.inbox.post(Event::BackgroundFetch(Input::Call(call)));
        pending
    }

    /// The response of a record, by its position, once its head is there. The body is what is stored and, while
    /// the record runs, what still arrives. [`EngineError::NoResponse`] if the record ended without one.
    pub fn response(&self, index: u32) -> Pending<Response> {
        let record = RecordId { fetch: self.shared.fetch, index };
        self.ask("the response", |reply| NativeCommand::Response { record, reply })
    }

    /// Stops it until [`BackgroundFetch::resume`], also across restarts.
    pub fn pause(&self) -> Pending<()> {
        self.act("pausing", UiAction::Pause)
    }

    /// Goes on, by range.
    pub fn resume(&self) -> Pending<()> {
        self.act("resuming", UiAction::Resume)
    }

    /// Ends it: it settles as failed, with the reason `aborted`.
    pub fn abort(&self) -> Pending<()> {
        self.act("aborting", UiAction::Abort)
    }

    /// Puts the responses of one that succeeded into a cache of its origin, all or none, and without copying
    /// them. [`crate::Engine::cached_response`] finds them there, and so do pages of that origin.
    pub fn keep_in_cache(&self, cache: impl Into<String>) -> Pending<()> {
        let (fetch, cache) = (self.shared.fetch, cache.into());
        self.ask("keeping the responses", |reply| NativeCommand::Keep { fetch, cache, reply })
    }

    /// Lets go of one that has settled: its records, and what of their responses is in no cache, are deleted.
    /// Until then it is found again by every later run, as one whose end was not yet seen.
    pub fn release(&self) -> Pending<()> {
        let fetch = self.shared.fetch;
        self.ask("releasing the background fetch", |reply| NativeCommand::Release(fetch, reply))
    }

    fn act(&self, what: &str, action: UiAction) -> Pending<()> {
        let (reply, pending) = Pending::new(what);
        self.inbox.command(Command::Ui { fetch: self.shared.fetch, action, reply });
        pending
    }

    fn ask<T: Send + 'static>(
        &self,
        what: &str,
        command: impl FnOnce(Outcome<T>) -> NativeCommand,
    ) -> Pending<T> {
        let (reply, pending) = Pending::new(what);
        self.inbox.command(Command::Native(command(reply)));
        pending
    }
}

impl fmt::Debug for BackgroundFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BackgroundFetch")
            .field("fetch", &self.shared.fetch)
            .field("origin", &self.shared.origin)
            .field("id", &self.shared.id)
            .finish_non_exhaustive()
    }
}

/// What coordinator and embedder both see of one.
pub(crate) struct Shared {
    pub(crate) fetch: BackgroundFetchId,
    pub(crate) origin: StorageKey,
    pub(crate) id: String,
    state: Mutex<State>,
}

struct State {
    progress: BackgroundFetchProgress,
    settled: bool,
    /// Nothing will change any more.
    closed: bool,
    waiting: Vec<Waiting>,
}

struct Waiting {
    /// Waits for something else than this; `None` waits for the end.
    seen: Option<BackgroundFetchProgress>,
    reply: Outcome<BackgroundFetchProgress>,
}

impl State {
    fn is_over(&self, waiting: &Waiting) -> bool {
        match &waiting.seen {
            Some(seen) => *seen != self.progress,
            None => self.settled,
        }
    }
}

impl Shared {
    pub(crate) fn new(fetch: BackgroundFetchId, origin: StorageKey, id: String) -> Self {
        let progress = BackgroundFetchProgress {
            downloaded: 0,
            uploaded: 0,
            result: BackgroundFetchResult::Empty,
            failure_reason: BackgroundFetchFailureReason::Empty,
            records_available: true,
        };
        let state = Mutex::new(State { progress, settled: false, closed: false, waiting: Vec::new() });
        Self { fetch, origin, id, state }
    }

    pub(crate) fn progress(&self) -> BackgroundFetchProgress {
        self.state.lock().progress.clone()
    }

    /// Whether it has no result.
    pub(crate) fn is_active(&self) -> bool {
        let state = self.state.lock();
        !state.settled && state.progress.result == BackgroundFetchResult::Empty
    }

    pub(crate) fn set_progress(&self, progress: BackgroundFetchProgress) {
        self.change(|state| state.progress = progress);
    }

    pub(crate) fn set_settled(&self) {
        self.change(|state| state.settled = true);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state.lock();
        change(&mut state);
        let waiting = std::mem::take(&mut state.waiting);
        let (over, waiting): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|w| state.is_over(w));
        state.waiting = waiting;
        let progress = state.progress.clone();
        drop(state);
        for waiting in over {
            waiting.reply.send(Ok(progress.clone()));
        }
    }

    fn wait(&self, seen: Option<BackgroundFetchProgress>, reply: Outcome<BackgroundFetchProgress>) {
        let waiting = Waiting { seen, reply };
        let mut state = self.state.lock();
        if state.is_over(&waiting) {
            let progress = state.progress.clone();
            drop(state);
            waiting.reply.send(Ok(progress));
        } else if !state.closed {
            state.waiting.push(waiting);
        }
    }

    /// Drops whoever waits: they learn that the engine, or this background fetch, is gone.
    pub(crate) fn close(&self) {
        let waiting = {
            let mut state = self.state.lock();
            state.closed = true;
            std::mem::take(&mut state.waiting)
        };
        drop(waiting);
    }
}

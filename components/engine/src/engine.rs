//! The engine, as an embedder holds it.

use std::path::PathBuf;
use std::sync::Arc;

use bgfetch_traits::background_fetch::{BackgroundFetchDisplay, UiAction};
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::fetch::{RequestHead, Response};
use bgfetch_traits::ids::{BackgroundFetchId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{
    CacheMsg, CacheQuery, CacheSelector, PartitionMsg, StorageError, StorageEstimate, StorageSender,
};
use url::Url;

use crate::config::EngineBuilder;
use crate::coordinator::Displays;
use crate::coordinator::inbox::{Command, Inbox, NativeCommand};
use crate::delegate::WindowId;
use crate::error::EngineError;
use crate::native::{BackgroundFetch, NativeFetch};
use crate::pending::Pending;
use crate::window::Window;

/// An engine that runs. All clones are the same engine; dropping the last one ends it without waiting.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) inbox: Inbox,
    pub(crate) storage: StorageSender,
    pub(crate) displays: Arc<Displays>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.inbox.command(Command::Shutdown(Reply::ignore()));
    }
}

impl Engine {
    /// Describes an engine whose profile is the folder `profile`.
    pub fn builder(profile: impl Into<PathBuf>) -> EngineBuilder {
        EngineBuilder::new(profile)
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// Stops fetching, makes everything durable, ends every thread and releases the profile. Active background
    /// fetches go on at the next start. Later calls are answered with [`EngineError::Stopped`].
    pub fn shutdown(&self) -> Pending<()> {
        let (reply, pending) = Pending::new("shutting down");
        self.0.inbox.command(Command::Shutdown(reply));
        pending
    }

    /// Opens a top-level window on a thread of its own; answered when the page's `load` event is over, whatever
    /// the status, or with [`EngineError::Load`] when there is no response.
    pub fn open_window(&self, url: &Url) -> Pending<Window> {
        let (reply, pending) = Pending::new(format!("loading {url}"));
        self.0.inbox.command(Command::OpenWindow { window: WindowId::new(), url: url.clone(), reply });
        pending
    }

    /// Starts a background fetch without any script; answered when it is durable, so that a crash cannot take it
    /// away. Fails with [`EngineError::Fetch`], for example for want of quota.
    pub fn background_fetch(&self, fetch: NativeFetch) -> Pending<BackgroundFetch> {
        let (reply, pending) = Pending::new(format!("starting the background fetch {:?}", fetch.id));
        let fetch = Box::new(fetch);
        self.0.inbox.command(Command::Native(NativeCommand::Start { fetch, reply }));
        pending
    }

    /// All background fetches that were started with [`Engine::background_fetch`], in this run or an earlier one,
    /// and were not released; oldest first.
    pub fn background_fetches(&self) -> Pending<Vec<BackgroundFetch>> {
        let (reply, pending) = Pending::new("the list of background fetches");
        self.0.inbox.command(Command::Native(NativeCommand::List(reply)));
        pending
    }

    /// Does what a user does in the display of a background fetch, of a page or native.
    /// Fails with [`EngineError::NoSuchFetch`] or [`EngineError::ActionRefused`].
    pub fn background_fetch_action(&self, fetch: BackgroundFetchId, action: UiAction) -> Pending<()> {
        let (reply, pending) = Pending::new(format!("the action on background fetch {fetch}"));
        self.0.inbox.command(Command::Ui { fetch, action, reply });
        pending
    }

    /// All displays that are shown now, in the order in which the background fetches were started.
    #[must_use]
    pub fn displays(&self) -> Vec<BackgroundFetchDisplay> {
        self.0.displays.all()
    }

    /// The first match of a `GET` of `url` in all caches of a storage key, as `caches.match(url)` has it. The body
    /// streams from storage.
    pub fn cached_response(&self, key: &StorageKey, url: &Url) -> Pending<Option<Response>> {
        self.cache_match(key, CacheSelector::All, url)
    }

    /// The same, in one cache.
    pub fn cached_response_in(&self, key: &StorageKey, cache: &str, url: &Url) -> Pending<Option<Response>> {
        self.cache_match(key, CacheSelector::Name(cache.to_owned()), url)
    }

    fn cache_match(&self, key: &StorageKey, cache: CacheSelector, url: &Url) -> Pending<Option<Response>> {
        let (reply, pending) = Pending::new(format!("the cached response of {url}"));
        let reply = reply.map(|found: Result<_, StorageError>| found.map_err(EngineError::from));
        let query = CacheQuery {
            request: RequestHead::get(url.clone()),
            ignore_search: false,
            ignore_method: false,
            ignore_vary: false,
        };
        self.0.storage.partition(key, PartitionMsg::Cache(CacheMsg::Match { cache, query, reply }));
        pending
    }

    /// Bytes that a storage key uses and may use, as `navigator.storage.estimate()` has it.
    pub fn storage_estimate(&self, key: &StorageKey) -> Pending<StorageEstimate> {
        let (reply, pending) = Pending::new(format!("the storage estimate of {key}"));
        let reply = reply.map(|found: Result<_, StorageError>| found.map_err(EngineError::from));
        self.0.storage.partition(key, PartitionMsg::Estimate(reply));
        pending
    }

    /// Deletes all data of a storage key: its registrations and background fetches end, without events.
    pub fn clear_data(&self, key: &StorageKey) -> Pending<()> {
        let (reply, pending) = Pending::new(format!("clearing the data of {key}"));
        self.0.inbox.command(Command::ClearData(key.clone(), reply));
        pending
    }

    /// Answered when no window has work, no event runs, waits or is owed, and no background fetch is active (a
    /// paused one is; a native one that has settled is until it is released).
    pub fn when_idle(&self) -> Pending<()> {
        let (reply, pending) = Pending::new("the engine's work");
        self.0.inbox.command(Command::WhenIdle(reply));
        pending
    }

    /// Offline, background fetches wait; online, they go on.
    pub fn set_online(&self, online: bool) {
        self.0.inbox.command(Command::SetOnline(online));
    }

    /// Whether the connection costs by the byte; see
    /// [`NetworkConfig::pause_on_metered`](crate::NetworkConfig::pause_on_metered).
    pub fn set_metered(&self, metered: bool) {
        self.0.inbox.command(Command::SetMetered(metered));
    }

    /// Sets a permission for one storage key, or as the default of all that have none of their own; kept for this
    /// run. Active background fetches of whom it is denied to are aborted.
    pub fn set_permission(&self, name: &str, key: Option<StorageKey>, state: PermissionState) {
        self.0.inbox.command(Command::SetPermission { name: name.to_owned(), key, state });
    }
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine").field("displays", &self.displays.all().len()).finish_non_exhaustive()
    }
}

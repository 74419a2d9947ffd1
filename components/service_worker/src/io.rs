//! What goes into the [`Registry`](crate::Registry), and what comes out: values only.

use std::fmt;
use std::sync::Arc;

use bgfetch_traits::fetch::{NetworkError, Request, Response, ResponseHead};
use bgfetch_traits::ids::{ClientId, RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{
    ClientInfo, ClientType, EventOutcome, FetchOutcome, FrameType, FunctionalEvent, Imports, JobError,
    RegistrationInfo, ScriptResource, ServiceWorkerMsg, StoredRegistration, WorkerInfo, WorkerStarted,
    WorkerType,
};
use url::Url;

macro_rules! local_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

local_id!(
    /// One run of a service worker, from [`Effect::StartWorker`] to [`WorkerInput::Stopped`]: a worker that is
    /// stopped and started again has another run. Never used twice by one registry.
    RunId
);
local_id!(
    /// One event given to a running worker. Never used twice by one registry.
    DispatchId
);
local_id!(
    /// One script being fetched. Never used twice by one registry.
    ScriptFetchId
);

/// What happened.
#[derive(Debug)]
pub enum Input {
    /// Storage gave back what it keeps, once, before everything else.
    Restored(Vec<StoredRegistration>),
    /// About a client: a window or a worker, not a service worker.
    Client(ClientInput),
    /// A client or a service worker asks something.
    Ask(ClientId, ServiceWorkerMsg),
    /// A [non-subresource request](https://fetch.spec.whatwg.org/#non-subresource-request) is about to be made:
    /// a window or frame navigates, or a dedicated or shared worker fetches its script.
    Navigation(Box<Navigation>),
    /// What came of [`Effect::FetchScript`].
    ScriptFetched {
        /// Which.
        fetch: ScriptFetchId,
        /// The response with its whole body, or why there is none.
        result: Result<Box<FetchedScript>, NetworkError>,
    },
    /// About a worker's thread.
    Worker(WorkerInput),
    /// [Fire Functional Event](https://w3c.github.io/ServiceWorker/#fire-functional-event-algorithm), for other
    /// specifications; for `fetch` and `message` there are other ways in.
    FireFunctionalEvent {
        /// On which registration.
        registration: RegistrationId,
        /// The event.
        event: FunctionalEvent,
        /// How its dispatch ended, `waitUntil()` included; [`EventOutcome::WorkerFailed`] also when there is no
        /// such registration or it has no active worker.
        reply: Reply<EventOutcome>,
    },
    /// [Soft Update](https://w3c.github.io/ServiceWorker/#soft-update-algorithm), whenever the engine likes.
    SoftUpdate {
        /// Of which registration.
        registration: RegistrationId,
        /// Whether the HTTP cache is not to be trusted.
        force_bypass_cache: bool,
    },
    /// The user clears an origin's data: its registrations end at once, whoever uses them.
    ClearStorage(StorageKey),
    /// [`Registry::next_deadline`](crate::Registry::next_deadline) has come. Every other input does this work too.
    Timer,
    /// The engine ends: every worker is stopped, every event that is not done fails, nothing starts any more.
    Shutdown,
}

/// What happened to a client.
#[derive(Debug)]
pub enum ClientInput {
    /// It came to be, before any script of it runs.
    Created(Box<NewClient>),
    /// Its document was shown, hidden, focused or left.
    State {
        /// Which.
        client: ClientId,
        /// Whether its document is visible.
        visible: bool,
        /// Whether it has focus.
        focused: bool,
    },
    /// It is gone, or the navigation that was to make it came to nothing.
    Gone(ClientId),
}

/// A client that came to be.
#[derive(Debug)]
pub struct NewClient {
    /// Its environment.
    pub client: Client,
    /// What it is.
    pub client_type: ClientType,
    /// Where it is.
    pub frame_type: FrameType,
    /// Who made it: an `about:blank`, `srcdoc` or `blob:` client takes over its creator's controller.
    pub creator: Option<ClientId>,
    /// The worker that controls it, with its registration.
    pub reply: Reply<Option<(RegistrationInfo, WorkerInfo)>>,
}

/// A request that makes a client.
#[derive(Debug)]
pub struct Navigation {
    /// The request; its client is who navigates, or who makes the worker.
    pub request: Box<Request>,
    /// The [reserved client](https://fetch.spec.whatwg.org/#concept-request-reserved-client): the id of the client
    /// that the navigation makes. The same id comes with [`ClientInput::Created`], or else with
    /// [`ClientInput::Gone`].
    pub reserved_client: ClientId,
    /// Whether the user asked to bypass caches and workers (shift+reload).
    pub force_reload: bool,
    /// Aborts the signal of the worker's request.
    pub cancel: CancelHandle,
    /// The worker's response, or the request back for the network.
    pub reply: Reply<FetchOutcome>,
}

/// What happened on a worker's thread.
#[derive(Debug)]
pub enum WorkerInput {
    /// Its script ran, or could not: exactly once for each [`Effect::StartWorker`].
    Started(RunId, WorkerStarted),
    /// An event's extended lifetime ended: at most once for each [`Effect::DispatchEvent`].
    EventEnded(DispatchId, EventOutcome),
    /// The thread is gone: exactly once for each [`Effect::StartWorker`], after [`Effect::TerminateWorker`] or on
    /// its own. Says why, for the log.
    Stopped(RunId, String),
}

/// A script as the network gave it.
#[derive(Debug)]
pub struct FetchedScript {
    /// The response's head, unfiltered.
    pub head: ResponseHead,
    /// The whole body, [UTF-8 decoded](https://encoding.spec.whatwg.org/#utf-8-decode).
    pub source: String,
    /// The policy container created from the response.
    pub policy: PolicyContainer,
    /// Whether the HTTP cache answered without asking the server: the response's
    /// [cache state](https://fetch.spec.whatwg.org/#concept-response-cache-state) is "local".
    pub from_cache: bool,
}

/// What is to be done, in the order given.
#[derive(Debug)]
pub enum Effect {
    /// Fetch a script, straight from the network (the request's service-workers mode is "none"), to its end;
    /// answered by [`Input::ScriptFetched`].
    FetchScript {
        /// Which.
        fetch: ScriptFetchId,
        /// The request, complete.
        request: Box<Request>,
    },
    /// Answer with what the storage key's cache of that name (or the first that has something, if no name is given)
    /// has for the request, as `caches.match()` does; and if there is nothing, with the request.
    MatchCache {
        /// Whose caches.
        storage_key: StorageKey,
        /// Which.
        cache: Option<String>,
        /// The request.
        request: Box<Request>,
        /// The response, or the request.
        reply: Reply<FetchOutcome>,
    },
    /// Fetch something that a worker is asked for at the same time.
    FetchFromNetwork {
        /// The request.
        request: Box<Request>,
        /// Ends it.
        cancel: CancelHandle,
        /// What came.
        reply: Reply<Result<Response, NetworkError>>,
    },
    /// Start a thread for a worker and run its script there; answered by [`WorkerInput::Started`], and in the end
    /// by [`WorkerInput::Stopped`].
    StartWorker(Box<WorkerStart>),
    /// Give an event to a running worker; answered by [`WorkerInput::EventEnded`].
    DispatchEvent {
        /// To which run.
        run: RunId,
        /// The environment of that run.
        environment: ClientId,
        /// Which dispatch.
        dispatch: DispatchId,
        /// The event. The reply in a `fetch` event may be used from any thread, and may be dropped.
        event: Box<FunctionalEvent>,
    },
    /// Stop a worker's thread, also in the middle of a script; answered by [`WorkerInput::Stopped`].
    TerminateWorker {
        /// Which run.
        run: RunId,
        /// The environment of that run.
        environment: ClientId,
    },
    /// Send a message to an environment: a client, or a running service worker.
    Post {
        /// To whom.
        to: ClientId,
        /// What.
        message: Box<ScriptMsg>,
    },
    /// Answer whoever asked.
    Answer(Answer),
    /// A worker's state changed, for the embedder to know; scripts are told by [`Effect::Post`].
    WorkerState {
        /// Its registration.
        registration: RegistrationId,
        /// The registration's scope.
        scope: Url,
        /// The worker, with its new state.
        worker: WorkerInfo,
    },
    /// Change what is stored.
    Persist(StorageKey, Persist),
    /// A registration was unregistered: whatever is bound to it (background fetches) ends. It may still have
    /// clients, and a worker for them.
    Unregistered(RegistrationId),
    /// `clients.openWindow()`: the embedder decides.
    OpenWindow {
        /// Which worker asks.
        worker: WorkerId,
        /// Where to.
        url: Url,
        /// The window's client if it is of `storage_key`, else `None`.
        reply: Reply<Result<Option<ClientInfo>, JobError>>,
        /// The worker's storage key.
        storage_key: StorageKey,
    },
    /// `windowClient.navigate()`.
    NavigateClient {
        /// Whose window.
        client: ClientId,
        /// Where to.
        url: Url,
        /// The client that it leads to if that is of `storage_key`, else `None`.
        reply: Reply<Result<Option<ClientInfo>, JobError>>,
        /// The worker's storage key.
        storage_key: StorageKey,
    },
}

/// What is needed to run a worker.
#[derive(Clone, Debug)]
pub struct WorkerStart {
    /// Which run.
    pub run: RunId,
    /// The worker; `importScripts()` may reach the network only while its state is "parsed" or "installing".
    pub worker: WorkerInfo,
    /// Its registration, as it is now.
    pub registration: RegistrationInfo,
    /// The environment to make; its id is how the registry names this run in [`Effect::Post`], and whom
    /// [`Input::Ask`] comes from.
    pub environment: Box<Client>,
    /// Classic or module.
    pub worker_type: WorkerType,
    /// The [script resource map](https://w3c.github.io/ServiceWorker/#dfn-script-resource-map): main script first.
    pub scripts: Arc<Vec<ScriptResource>>,
    /// How scripts are imported that are not in that map.
    pub imports: Imports,
}

/// What is to be stored or forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Persist {
    /// Adds or replaces a registration.
    Save(Box<StoredRegistration>),
    /// Forgets one.
    Delete(RegistrationId),
}

/// A value on its way to whoever asked.
pub struct Answer(Box<dyn FnOnce() + Send>);

impl Answer {
    pub(crate) fn new<T: Send + 'static>(reply: Reply<T>, value: T) -> Self {
        Self(Box::new(move || reply.send(value)))
    }

    /// Sends it.
    pub fn send(self) {
        (self.0)();
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

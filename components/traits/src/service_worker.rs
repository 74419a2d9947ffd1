//! [Service worker](https://w3c.github.io/ServiceWorker/) registrations, workers, clients and functional events.

use std::any::Any;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::background_fetch::BackgroundFetchInfo;
use crate::fetch::{
    RedirectMode, Request, RequestHead, RequestMode, Response, ResponseHead, ResponseType, string_enum,
};
use crate::ids::{ClientId, RegistrationId, StorageKey, WorkerId};
use crate::net::CancelHandle;
use crate::policy::PolicyContainer;
use crate::reply::Reply;
use crate::router::RouterRule;

string_enum!(
    /// [`ServiceWorkerState`](https://w3c.github.io/ServiceWorker/#enumdef-serviceworkerstate).
    ServiceWorkerState {
        #[default] Parsed = "parsed", Installing = "installing", Installed = "installed",
        Activating = "activating", Activated = "activated", Redundant = "redundant",
    }
);
string_enum!(
    /// [`ServiceWorkerUpdateViaCache`](https://w3c.github.io/ServiceWorker/#enumdef-serviceworkerupdateviacache).
    UpdateViaCache { #[default] Imports = "imports", All = "all", None = "none" }
);
string_enum!(
    /// [`WorkerType`](https://html.spec.whatwg.org/multipage/workers.html#workertype).
    WorkerType { #[default] Classic = "classic", Module = "module" }
);
string_enum!(
    /// [`ClientType`](https://w3c.github.io/ServiceWorker/#enumdef-clienttype).
    ClientType { #[default] Window = "window", Worker = "worker", SharedWorker = "sharedworker", All = "all" }
);
string_enum!(
    /// [`FrameType`](https://w3c.github.io/ServiceWorker/#enumdef-frametype).
    FrameType { Auxiliary = "auxiliary", #[default] TopLevel = "top-level", Nested = "nested", None = "none" }
);

/// One script of a worker's [script resource map](https://w3c.github.io/ServiceWorker/#dfn-script-resource-map).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptResource {
    /// Its URL, as requested.
    pub url: Url,
    /// Its text, decoded.
    pub source: String,
    /// Policies delivered with it; those of the main script are the worker's.
    pub policy: PolicyContainer,
}

/// How a worker that is not installed yet imports scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imports {
    /// Whether those that come from the network are fetched with cache mode "no-cache".
    pub bypass_cache: bool,
    /// Those that failed to come when its update was looked for: they fail again, without another request.
    pub failed: Vec<Url>,
}

/// What is stored of a worker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredWorker {
    /// Which.
    pub worker: WorkerId,
    /// Its main script's URL.
    pub script_url: Url,
    /// Classic or module.
    pub worker_type: WorkerType,
    /// Main script first, then imported ones.
    pub scripts: Vec<ScriptResource>,
    /// Whether it has a `fetch` listener
    /// ([set of event types to handle](https://w3c.github.io/ServiceWorker/#dfn-set-of-event-types-to-handle)).
    pub handles_fetch: bool,
    /// Its [list of router rules](https://w3c.github.io/ServiceWorker/#service-worker-list-of-router-rules).
    #[serde(default)]
    pub router_rules: Vec<RouterRule>,
}

/// What is stored of a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRegistration {
    /// Which.
    pub registration: RegistrationId,
    /// Whose.
    pub partition: StorageKey,
    /// Scope URL.
    pub scope: Url,
    /// How updates use the HTTP cache.
    pub update_via_cache: UpdateViaCache,
    /// Navigation preload.
    #[serde(default)]
    pub navigation_preload: NavigationPreload,
    /// Waiting worker.
    pub waiting: Option<StoredWorker>,
    /// Active worker; only an activated one is stored.
    pub active: Option<StoredWorker>,
}

/// [Navigation preload](https://w3c.github.io/ServiceWorker/#navigation-preload-manager) of a registration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NavigationPreload {
    /// [Navigation preload enabled flag](https://w3c.github.io/ServiceWorker/#service-worker-registration-navigation-preload-enabled-flag).
    pub enabled: bool,
    /// [Navigation preload header value](https://w3c.github.io/ServiceWorker/#service-worker-registration-navigation-preload-header-value).
    pub header_value: Vec<u8>,
}

impl Default for NavigationPreload {
    fn default() -> Self {
        Self { enabled: false, header_value: b"true".to_vec() }
    }
}

/// What a script asks of a registration's navigation preload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NavigationPreloadRequest {
    /// `getState()`
    GetState,
    /// `enable()` and `disable()`
    SetEnabled(bool),
    /// `setHeaderValue()`
    SetHeaderValue(Vec<u8>),
}

/// A worker as a page sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerInfo {
    /// Which.
    pub worker: WorkerId,
    /// Its script's URL.
    pub script_url: Url,
    /// Its state.
    pub state: ServiceWorkerState,
}

/// A registration as a page sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrationInfo {
    /// Which.
    pub registration: RegistrationId,
    /// Scope URL.
    pub scope: Url,
    /// How updates use the HTTP cache.
    pub update_via_cache: UpdateViaCache,
    /// Installing worker.
    pub installing: Option<WorkerInfo>,
    /// Waiting worker.
    pub waiting: Option<WorkerInfo>,
    /// Active worker.
    pub active: Option<WorkerInfo>,
}

/// A client as a service worker sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// Which.
    pub id: ClientId,
    /// Its creation URL.
    pub url: Url,
    /// Its type.
    pub client_type: ClientType,
    /// Its frame type; `none` for workers.
    pub frame_type: FrameType,
    /// Whether its document is visible.
    pub visible: bool,
    /// Whether it has focus.
    pub focused: bool,
    /// The worker that controls it.
    pub controller: Option<WorkerId>,
}

/// Why a job of a registration failed; the variant says which exception a page gets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// `SecurityError`.
    #[error("{0}")]
    Security(String),
    /// `TypeError`.
    #[error("{0}")]
    Type(String),
    /// `AbortError`.
    #[error("{0}")]
    Abort(String),
    /// `InvalidStateError`.
    #[error("{0}")]
    InvalidState(String),
}

/// A message in serialized form: bytes that only script threads understand, and what was transferred with it.
pub struct MessageData {
    /// The result of [StructuredSerializeWithTransfer](https://html.spec.whatwg.org/multipage/structured-data.html#structuredserializewithtransfer).
    pub bytes: Vec<u8>,
    /// Blobs, ports and whatever else moves with the message rather than in its bytes.
    pub attachments: Vec<Box<dyn Any + Send + Sync>>,
}

impl fmt::Debug for MessageData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageData")
            .field("bytes", &self.bytes.len())
            .field("attachments", &self.attachments.len())
            .finish()
    }
}

/// What a script asks of the coordinator about service workers.
#[derive(Debug)]
pub enum ServiceWorkerMsg {
    /// `navigator.serviceWorker.register()`, URLs resolved.
    Register {
        /// The script.
        script_url: Url,
        /// The scope.
        scope: Url,
        /// Classic or module.
        worker_type: WorkerType,
        /// How updates use the HTTP cache.
        update_via_cache: UpdateViaCache,
        /// The registration, with its installing worker.
        reply: Reply<Result<RegistrationInfo, JobError>>,
    },
    /// `registration.unregister()`: whether there was one.
    Unregister(RegistrationId, Reply<Result<bool, JobError>>),
    /// `registration.navigationPreload`: the state afterwards.
    NavigationPreload(RegistrationId, NavigationPreloadRequest, Reply<Result<NavigationPreload, JobError>>),
    /// `registration.update()`.
    Update(RegistrationId, Reply<Result<RegistrationInfo, JobError>>),
    /// `getRegistration(url)`: the one whose scope matches.
    GetRegistration(Url, Reply<Option<RegistrationInfo>>),
    /// `getRegistrations()`: all of the client's origin.
    GetRegistrations(Reply<Vec<RegistrationInfo>>),
    /// `ready`: answered once the registration that matches the client has an active worker.
    Ready(Reply<RegistrationInfo>),
    /// `skipWaiting()`.
    SkipWaiting(WorkerId, Reply<()>),
    /// `clients.claim()`.
    Claim(WorkerId, Reply<Result<(), JobError>>),
    /// `serviceWorker.postMessage()`.
    PostMessage(WorkerId, MessageData),
    /// `client.postMessage()` by a worker.
    PostMessageToClient(WorkerId, ClientId, MessageData),
    /// `clients.matchAll()`: clients of the worker's origin.
    MatchAllClients {
        /// By which worker.
        worker: WorkerId,
        /// Also clients that it does not control.
        include_uncontrolled: bool,
        /// Of which type.
        client_type: ClientType,
        /// The clients.
        reply: Reply<Vec<ClientInfo>>,
    },
    /// `clients.get()`.
    GetClient(WorkerId, ClientId, Reply<Option<ClientInfo>>),
    /// `clients.openWindow()`: the embedder decides.
    OpenWindow(WorkerId, Url, Reply<Result<Option<ClientInfo>, JobError>>),
    /// `windowClient.navigate()`: the client that it made, if that is of the worker's origin.
    NavigateClient {
        /// By which worker.
        worker: WorkerId,
        /// Whose window.
        client: ClientId,
        /// Where to.
        url: Url,
        /// The client.
        reply: Reply<Result<Option<ClientInfo>, JobError>>,
    },
    /// [Handle fetch](https://w3c.github.io/ServiceWorker/#handle-fetch): for a subresource, by the client that
    /// wants it; for a navigation (the request's mode says so), by the client that is to be. That id, a new one, is
    /// then the one of [`crate::coordinator::CoordinatorMsg::ClientCreated`], or of `ClientGone` if nothing comes of
    /// it; after a redirect it asks again. The handle stands for the
    /// [fetch controller](https://fetch.spec.whatwg.org/#fetch-controller): once cancelled, the signal of the worker's
    /// request aborts. It need not be cancelled when the fetch is through.
    HandleFetch(Box<Request>, CancelHandle, Reply<FetchOutcome>),
    /// A worker imported a script (`importScripts()`, or a module of its graph) while its state was "parsed" or
    /// "installing"; it belongs to its script resource map. Told also when the script came from that map rather
    /// than from the network, and before the event that imported it ends: what is in the map and was not imported
    /// by then is thrown away when the worker is installed.
    ScriptImported(WorkerId, ScriptResource),
    /// `installEvent.addRoutes()`, rules verified.
    AddRoutes(WorkerId, Vec<RouterRule>, Reply<Result<(), JobError>>),
}

/// [HTTP fetch](https://fetch.spec.whatwg.org/#http-fetch), step 5.2: which responses of a service worker a request may have.
///
/// # Errors
/// Why it may not have this one.
pub fn check_response(request: &RequestHead, response: &ResponseHead) -> Result<(), &'static str> {
    match response.kind {
        ResponseType::Error => Err("the response is Response.error()"),
        ResponseType::Cors if request.mode == RequestMode::SameOrigin => {
            Err("the response is of another origin, which the request's mode \"same-origin\" forbids")
        }
        ResponseType::Opaque if request.mode != RequestMode::NoCors => {
            Err("the response is opaque, but the request's mode is not \"no-cors\"")
        }
        ResponseType::OpaqueRedirect if request.redirect != RedirectMode::Manual => {
            Err("the response is a redirect, but the request's redirect mode is not \"manual\"")
        }
        _ if request.redirect != RedirectMode::Follow && response.url_list.len() > 1 => {
            Err("the response was redirected, but the request's redirect mode is not \"follow\"")
        }
        _ => Ok(()),
    }
}

/// What became of a fetch event.
#[expect(clippy::large_enum_variant, reason = "an answer is moved twice in its life: into a message and out")]
#[derive(Debug)]
pub enum FetchOutcome {
    /// No worker, no listener, or no `respondWith()`: go to the network with the request, which is handed back.
    Network(Box<Request>),
    /// The worker's response.
    Response(Response),
    /// The worker answered with a network error: said why, for the console.
    Error(String),
}

/// An event that a worker is started for.
#[derive(Debug)]
pub enum FunctionalEvent {
    /// `install`.
    Install,
    /// `activate`.
    Activate,
    /// `fetch`.
    Fetch {
        /// The request.
        request: Box<Request>,
        /// The client that made it; `None` for navigations.
        client: Option<ClientId>,
        /// The client that a navigation makes.
        resulting_client: Option<ClientId>,
        /// For a navigation that is to be preloaded: the value of its `Service-Worker-Navigation-Preload` header.
        preload: Option<Vec<u8>>,
        /// Aborts the signal of the event's request.
        cancel: CancelHandle,
        /// The response.
        reply: Reply<FetchOutcome>,
    },
    /// `message` from a client or worker.
    Message {
        /// The data.
        data: MessageData,
        /// Who sent it.
        source: MessageSource,
        /// The sender's origin.
        origin: String,
    },
    /// A background fetch settled or was clicked.
    BackgroundFetch {
        /// Which event.
        kind: BackgroundFetchEventKind,
        /// The fetch.
        info: BackgroundFetchInfo,
    },
}

impl FunctionalEvent {
    /// The event's type, such as `install`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Activate => "activate",
            Self::Fetch { .. } => "fetch",
            Self::Message { .. } => "message",
            Self::BackgroundFetch { kind, .. } => kind.as_str(),
        }
    }
}

/// Who sent a message.
#[derive(Clone, Debug)]
pub enum MessageSource {
    /// A client.
    Client(ClientInfo),
    /// A service worker.
    Worker(WorkerInfo),
}

string_enum!(
    /// The [events](https://wicg.github.io/background-fetch/#service-worker-global-events) of Background Fetch.
    BackgroundFetchEventKind {
        #[default] Success = "backgroundfetchsuccess", Fail = "backgroundfetchfail",
        Abort = "backgroundfetchabort", Click = "backgroundfetchclick",
    }
);

/// How the dispatch of a functional event, `waitUntil()` included, ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventOutcome {
    /// All promises fulfilled.
    Completed,
    /// A promise rejected, or a listener threw where that counts (`install`): what was said.
    Rejected(String),
    /// It took too long and the worker was stopped.
    TimedOut,
    /// The worker could not be started, or crashed: why.
    WorkerFailed(String),
}

/// What came of a worker's first run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerStarted {
    /// It ran.
    Ran {
        /// Whether it has a `fetch` listener.
        handles_fetch: bool,
    },
    /// Its script did not parse or threw: what was said, with file and line.
    Failed(String),
}

//! What reaches the coordinator.

use std::sync::Arc;

use bgfetch_core::FetchCall;
use bgfetch_service_worker::{DispatchId, RunId};
use bgfetch_traits::background_fetch::UiAction;
use bgfetch_traits::coordinator::{CoordinatorMsg, PermissionState};
use bgfetch_traits::fetch::{NetworkError, Response};
use bgfetch_traits::ids::{BackgroundFetchId, ClientId, RecordId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{ClientInfo, EventOutcome, JobError, WorkerStarted};
use bgfetch_traits::storage::{StorageError, StoreOutcome};
use crossbeam_channel::Sender;
use url::Url;

use super::request_bodies::StoredRequestBody;
use super::tasks::TaskId;
use super::threads::ThreadId;
use super::transfers::{Progress, ReadyFetch};
use crate::delegate::WindowId;
use crate::error::EngineError;
use crate::host::PageLoad;
use crate::native::{BackgroundFetch, NativeFetch};
use crate::window::Window;

/// How the embedder is answered.
pub(crate) type Outcome<T> = Reply<Result<T, EngineError>>;

/// One thing that happened.
pub(crate) enum Event {
    /// A script asks.
    Script(ThreadId, CoordinatorMsg),
    /// About a script thread.
    Thread(ThreadId, ThreadEvent),
    /// The embedder asks.
    Command(Command),
    /// A call of `fetch()` has its permission and its estimate.
    Checked(Box<FetchCall>),
    /// For the background fetch machine.
    BackgroundFetch(bgfetch_core::Input),
    /// What became of an attempt of a record.
    Transfer(RecordId, u32, TransferEvent),
    /// A request's body is stored, or cannot be.
    RequestBody(RecordId, Result<StoredRequestBody, StorageError>),
    /// A service worker's thread reports.
    Worker(RunId, WorkerReport),
    /// A page's `register()` was refused.
    RegistrationFailed { scope: Url, script_url: Url, message: String },
    /// For the registry of service workers.
    ServiceWorker(bgfetch_service_worker::Input),
    /// The embedder answered `clients.openWindow()`.
    WindowOpened(OpenedWindow),
    /// What a service worker's `navigate()` led to.
    ClientNavigated(NavigatedClient),
    /// A task of the coordinator's own can go on.
    Task(TaskId),
    /// A thread that was asked in this round has nothing left to do, and has performed so many tasks.
    ThreadIdle { round: u64, thread: ThreadId, performed: u64 },
    /// Everything of a storage key has ended, and can be deleted.
    Cleared(StorageKey, Reply<Result<(), StorageError>>),
}

/// About a script thread.
pub(crate) enum ThreadEvent {
    /// A window's document has loaded, or there is none.
    Loaded(Result<PageLoad, NetworkError>),
    /// It has ended; the text says how, if it panicked.
    Ended(Option<String>),
}

/// What became of an attempt.
pub(crate) enum TransferEvent {
    /// The request's stored body is open.
    Ready(Box<ReadyFetch>),
    /// The response's head, or why there is none.
    Head(Result<Response, NetworkError>),
    /// The append of its body has ended.
    Stored(StoreOutcome),
    /// There is a number to read.
    Progress(Arc<Progress>),
}

/// What a service worker's thread has done.
pub(crate) enum WorkerReport {
    /// Its script ran, or could not.
    Started(WorkerStarted),
    /// An event, and all that it waited for, has ended.
    EventEnded { dispatch: DispatchId, name: &'static str, outcome: EventOutcome },
}

/// The embedder's answer to `clients.openWindow()`.
pub(crate) struct OpenedWindow {
    /// The worker's storage key.
    pub(crate) storage_key: StorageKey,
    pub(crate) window: Option<WindowId>,
    pub(crate) reply: Reply<Result<Option<ClientInfo>, JobError>>,
}

/// What a service worker's `navigate()` led to.
pub(crate) struct NavigatedClient {
    /// The worker's storage key.
    pub(crate) storage_key: StorageKey,
    /// The client that the window shows then; none if the navigation failed.
    pub(crate) client: Option<ClientId>,
    pub(crate) reply: Reply<Result<Option<ClientInfo>, JobError>>,
}

/// What the embedder asks.
pub(crate) enum Command {
    OpenWindow {
        window: WindowId,
        url: Url,
        reply: Outcome<Window>,
    },
    /// The URL is that of the document which the embedder saw last.
    Window(WindowId, Url, WindowCommand),
    Ui {
        fetch: BackgroundFetchId,
        action: UiAction,
        reply: Outcome<()>,
    },
    Native(NativeCommand),
    WhenIdle(Outcome<()>),
    SetOnline(bool),
    SetMetered(bool),
    SetPermission {
        name: String,
        key: Option<StorageKey>,
        state: PermissionState,
    },
    ClearData(StorageKey, Outcome<()>),
    /// The server of an origin asks for it.
    ClearStorage(StorageKey, Reply<()>),
    Shutdown(Outcome<()>),
}

/// What the embedder asks of a window.
pub(crate) enum WindowCommand {
    Evaluate { source: String, reply: Outcome<String> },
    Click { selector: String, reply: Outcome<()> },
    WhenIdle(Outcome<()>),
    Close(Outcome<()>),
}

/// What the embedder asks about its own background fetches.
pub(crate) enum NativeCommand {
    Start {
        fetch: Box<NativeFetch>,
        reply: Outcome<BackgroundFetch>,
    },
    /// The start came to nothing.
    Failed(BackgroundFetchId),
    List(Outcome<Vec<BackgroundFetch>>),
    Response {
        record: RecordId,
        reply: Outcome<Response>,
    },
    Keep {
        fetch: BackgroundFetchId,
        cache: String,
        reply: Outcome<()>,
    },
    Release(BackgroundFetchId, Outcome<()>),
}

/// Posts to the coordinator from any thread.
#[derive(Clone)]
pub(crate) struct Inbox(Sender<Event>);

impl Inbox {
    pub(crate) const fn new(sender: Sender<Event>) -> Self {
        Self(sender)
    }

    /// An event for a coordinator that has ended is dropped, and with it its reply.
    pub(crate) fn post(&self, event: Event) {
        let _ended = self.0.send(event);
    }

    pub(crate) fn command(&self, command: Command) {
        self.post(Event::Command(command));
    }
}

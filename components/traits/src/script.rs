//! The inbox of a script thread.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::background_fetch::BackgroundFetchProgress;
use crate::coordinator::PermissionState;
use crate::ids::{BackgroundFetchId, ClientId, StorageKey};
use crate::policy::{ScriptPlace, Violation};
use crate::reply::Reply;
use crate::service_worker::{
    EventOutcome, FunctionalEvent, MessageData, RegistrationInfo, WorkerInfo, WorkerStarted,
};
use crate::web_storage::StorageChange;
use crate::worker::{PortOnItsWay, WorkerEvent, WorkerObjectId};

/// What a script thread is told. `to` is always the environment that is meant: one thread may run several.
#[expect(clippy::large_enum_variant, reason = "a message is moved twice in its life: into a channel and out")]
#[derive(Debug)]
pub enum ScriptMsg {
    /// An answer to something this thread asked: the event loop knows what to do with it by `id`.
    Reply {
        /// Which question.
        id: u64,
        /// The answer; `None` if whoever was asked dropped the question.
        value: Option<Box<dyn Any + Send>>,
    },
    /// A message came for a message port of this thread.
    PortReady(u64),
    /// Something that a local future waits for happened.
    Wake(u64),
    /// Service workers: dispatch this event, and tell when its extended lifetime ended.
    FunctionalEvent(FunctionalEvent, Reply<EventOutcome>),
    /// Service workers: run the worker's script; comes before any event.
    RunWorker(Reply<WorkerStarted>),
    /// A message from a service worker to a client.
    ClientMessage {
        /// To whom.
        to: ClientId,
        /// From which worker, of which registration.
        from: WorkerInfo,
        /// The data.
        data: MessageData,
    },
    /// A service worker navigates the window of a client: answered with the client that it leads to, or `None` if it
    /// fails.
    Navigate {
        /// Whose window.
        to: ClientId,
        /// Where to.
        url: Url,
        /// The client that is there then.
        reply: Reply<Option<ClientId>>,
    },
    /// A registration changed.
    RegistrationChanged {
        /// For whom.
        to: ClientId,
        /// As it is now.
        info: RegistrationInfo,
        /// Whether `updatefound` fires.
        update_found: bool,
        /// The controlling worker changed to this one, and `controllerchange` fires.
        controller: Option<Option<WorkerInfo>>,
        /// A worker that left the registration's slots changed state to this.
        redundant: Vec<WorkerInfo>,
    },
    /// [Update background fetch instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm).
    BackgroundFetchChanged {
        /// For whom.
        to: ClientId,
        /// Which.
        fetch: BackgroundFetchId,
        /// As it is now.
        progress: BackgroundFetchProgress,
    },
    /// To be answered in a task, after those for what came before: all that this environment was told and answered
    /// about background fetches so far has been taken in. A reply that is dropped tells that it is gone.
    BackgroundFetchSync {
        /// For whom.
        to: ClientId,
        /// The way back.
        reply: Reply<()>,
    },
    /// A message of a broadcast channel.
    Broadcast {
        /// For these environments of the thread.
        to: Vec<ClientId>,
        /// Channel name.
        channel: String,
        /// The data.
        data: Arc<MessageData>,
    },
    /// The machine went online or offline, for `navigator.onLine` and its events. A thread takes itself to be online
    /// until it is told otherwise.
    Online(bool),
    /// All that an origin has stored was thrown away: what its sessions have on this thread has to go, too.
    StorageCleared(StorageKey),
    /// Script of another thread changed the local storage of these environments of this one.
    LocalStorageChanged {
        /// Whom to tell.
        to: Vec<ClientId>,
        /// What changed.
        change: Arc<StorageChange>,
    },
    /// A permission changed.
    PermissionChanged(String, PermissionState),
    /// The embedder asks something of a page.
    Embedder(EmbedderRequest),
    /// Something happened to a dedicated or shared worker of an environment.
    WorkerEvent {
        /// Whose worker.
        to: ClientId,
        /// The object that stands for it.
        object: WorkerObjectId,
        /// What.
        event: WorkerEvent,
    },
    /// Something violated the policies of an environment, elsewhere than on its thread.
    PolicyViolated {
        /// Whose policies.
        to: ClientId,
        /// What, and how.
        violation: Box<Violation>,
        /// The script of that environment that led to it.
        place: ScriptPlace,
    },
    /// Shared workers: somebody has connected.
    Connect(PortOnItsWay),
    /// Ends the thread.
    Shutdown,
}

/// What an embedder asks of a page.
#[derive(Debug)]
pub enum EmbedderRequest {
    /// Runs a script in the page, waits for a promise if that is its value, and answers with the value as text
    /// (JSON where it can be).
    Evaluate {
        /// Source.
        source: String,
        /// The value, or what was thrown.
        reply: Reply<Result<String, String>>,
    },
    /// Clicks the first element that matches a selector.
    Click {
        /// CSS selector.
        selector: String,
        /// Whether there was one, or why the selector is wrong.
        reply: Reply<Result<bool, String>>,
    },
    /// Answered when the thread has nothing left to do: no document that loads, no task, timer or pending answer. With how
    /// many tasks it has performed since it began, so that who asks several threads can tell whether any did something
    /// meanwhile. Intervals, and what may wait for ever, do not count.
    WhenIdle(Reply<u64>),
}

/// Sends to a script thread from any thread.
#[derive(Clone)]
pub struct ScriptSender(Arc<dyn Fn(ScriptMsg) + Send + Sync>);

impl ScriptSender {
    /// A sender that hands each message to `post`, which must not block.
    pub fn new(post: impl Fn(ScriptMsg) + Send + Sync + 'static) -> Self {
        Self(Arc::new(post))
    }

    /// Sends; a message to a thread that has ended is dropped, and with it its reply.
    pub fn send(&self, message: ScriptMsg) {
        (self.0)(message);
    }
}

impl fmt::Debug for ScriptSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScriptSender")
    }
}

//! The inbox of the coordinator thread, as script threads see it.

use std::fmt;
use std::sync::Arc;

use url::Url;

use crate::background_fetch::BackgroundFetchMsg;
use crate::fetch::string_enum;
use crate::ids::{ClientId, StorageKey};
use crate::policy::Client;
use crate::reply::Reply;
use crate::script::ScriptSender;
use crate::service_worker::{
    ClientType, FrameType, MessageData, RegistrationInfo, ServiceWorkerMsg, WorkerInfo,
};
use crate::web_storage::StorageChange;
use crate::worker::WorkerMsg;

/// What a script asks of the coordinator.
#[derive(Debug)]
pub enum CoordinatorMsg {
    /// A client came to be, before any script of it runs.
    ClientCreated {
        /// Its environment.
        client: Box<Client>,
        /// What it is.
        client_type: ClientType,
        /// Where it is.
        frame_type: FrameType,
        /// How to reach it.
        sender: ScriptSender,
        /// Who made it, if that is a client: one whose URL is not fetched over HTTP has the controller of this one.
        creator: Option<ClientId>,
        /// The worker that controls it, with its registration.
        reply: Reply<Option<(RegistrationInfo, WorkerInfo)>>,
    },
    /// A client is gone.
    ClientGone(ClientId),
    /// About background fetches.
    BackgroundFetch(ClientId, BackgroundFetchMsg),
    /// About service workers.
    ServiceWorker(ClientId, ServiceWorkerMsg),
    /// About dedicated and shared workers.
    Worker(ClientId, WorkerMsg),
    /// `BroadcastChannel.postMessage()`: to every other thread with clients of the same origin and top-level site.
    Broadcast {
        /// By whom; its thread is not told again.
        from: ClientId,
        /// Channel name.
        channel: String,
        /// The data.
        data: Arc<MessageData>,
    },
    /// A script changed its origin's local storage: the windows of other threads are to be told.
    LocalStorageChanged {
        /// Whose script; its thread is not told again.
        from: ClientId,
        /// What changed.
        change: Arc<StorageChange>,
    },
    /// `navigator.permissions.query()`.
    QueryPermission {
        /// For whom.
        key: StorageKey,
        /// The permission's name, such as `background-fetch`.
        name: String,
        /// Its state.
        reply: Reply<PermissionState>,
    },
    /// Something for the console or the embedder's log.
    Report(ClientId, ConsoleMessage),
    /// Windows and frames of a thread that [have focus](https://html.spec.whatwg.org/multipage/interaction.html#has-focus-steps)
    /// from now on, the innermost first; the others of it do not.
    Focused(Vec<ClientId>),
    /// A page wants to go elsewhere, or to reload.
    Navigate(ClientId, Url),
}

string_enum!(
    /// [`PermissionState`](https://w3c.github.io/permissions/#dom-permissionstate).
    PermissionState { #[default] Prompt = "prompt", Granted = "granted", Denied = "denied" }
);
string_enum!(
    /// Severity of a console message.
    ConsoleLevel {
        Debug = "debug", #[default] Log = "log", Info = "info", Warn = "warn", Error = "error",
        /// An exception that nothing caught.
        UncaughtError = "uncaught-error",
        /// A promise whose rejection nothing handled.
        UnhandledRejection = "unhandled-rejection",
    }
);

/// One line for the console.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ConsoleMessage {
    /// How bad.
    pub level: ConsoleLevel,
    /// What.
    pub text: String,
    /// In which file, or empty.
    pub file: String,
    /// At which line, from 1; 0 is unknown.
    pub line: u32,
    /// At which column, from 1; 0 is unknown.
    pub column: u32,
    /// Which kind of global it came from, such as `window` or `serviceworker`.
    pub global: String,
}

/// Sends to the coordinator from any thread.
#[derive(Clone)]
pub struct CoordinatorSender(Arc<dyn Fn(CoordinatorMsg) + Send + Sync>);

impl CoordinatorSender {
    /// A sender that hands each message to `post`, which must not block.
    pub fn new(post: impl Fn(CoordinatorMsg) + Send + Sync + 'static) -> Self {
        Self(Arc::new(post))
    }

    /// Sends; a message to a thread that has ended is dropped, and with it its reply.
    pub fn send(&self, message: CoordinatorMsg) {
        (self.0)(message);
    }
}

impl fmt::Debug for CoordinatorSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CoordinatorSender")
    }
}

//! Dedicated and shared [workers](https://html.spec.whatwg.org/multipage/workers.html): what makes them, and what is
//! told between them, their owners and the coordinator, which starts and ends their threads.

use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::fetch::{CredentialsMode, NetworkError, Response};
use crate::ids::ClientId;
use crate::policy::Client;
use crate::service_worker::WorkerType;
use url::Url;

/// A `Worker` or `SharedWorker` object of a script thread. Never used twice in this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerObjectId(u64);

impl WorkerObjectId {
    /// A new id.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A message port on its way to another thread: what it is, only script threads know.
pub struct PortOnItsWay(pub Box<dyn Any + Send>);

impl fmt::Debug for PortOnItsWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PortOnItsWay")
    }
}

/// What a constructor of a worker asks for: the arguments of [run a
/// worker](https://html.spec.whatwg.org/multipage/workers.html#run-a-worker).
#[derive(Debug)]
pub struct WorkerRequest {
    /// The script's URL, resolved.
    pub url: Url,
    /// What a `blob:` URL stood for when the constructor ran, or why it may not be used: it may be revoked before the
    /// worker's thread runs.
    pub response: Option<Result<Response, NetworkError>>,
    /// The worker's name.
    pub name: String,
    /// Classic or module.
    pub worker_type: WorkerType,
    /// For module scripts.
    pub credentials: CredentialsMode,
    /// The outside settings: who makes the worker.
    pub outside: Box<Client>,
    /// The agent cluster of who makes the worker, which a dedicated worker is of, too.
    pub agent_cluster: Option<AgentCluster>,
    /// The object that stands for the worker there.
    pub object: WorkerObjectId,
    /// The worker's end of the channel between the two.
    pub port: PortOnItsWay,
}

/// An [agent cluster](https://tc39.es/ecma262/#sec-agent-clusters): agents that may share memory, threads of a window and of
/// its dedicated workers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCluster {
    /// One of each [browsing context group](https://html.spec.whatwg.org/multipage/document-sequences.html#browsing-context-group),
    /// and of each worker that is shared.
    pub group: ClientId,
    /// Its [key](https://html.spec.whatwg.org/multipage/webappapis.html#agent-cluster-key): a site or an origin.
    pub key: String,
    /// Its [cross-origin isolation mode](https://html.spec.whatwg.org/multipage/webappapis.html#agent-cluster-cross-origin-isolation):
    /// whether memory may be shared.
    pub cross_origin_isolated: bool,
}

/// What a script asks of the coordinator about dedicated and shared workers.
#[derive(Debug)]
pub enum WorkerMsg {
    /// `new Worker()`: a dedicated worker whose environment is to have this id.
    Start(ClientId, Box<WorkerRequest>),
    /// `worker.terminate()`, by the owner of this worker.
    Terminate(ClientId),
    /// `new SharedWorker()`: to the one that there is, or to a new one.
    Connect(Box<WorkerRequest>),
    /// `close()`, by the worker: nobody is connected to it any more.
    Closing,
    /// The worker's script could not be loaded, says the worker: for each object that stands for it.
    Failed(String),
}

/// What happened to a worker, for an object that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkerEvent {
    /// It does not run: why, for the console.
    Failed(String),
    /// An exception that nothing in it handled.
    Error(WorkerError),
    /// Its thread has ended.
    Ended,
}

/// An uncaught exception, as an `ErrorEvent` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerError {
    /// What was thrown, in words.
    pub message: String,
    /// In which file, or empty.
    pub file: String,
    /// At which line, from 1; 0 is unknown.
    pub line: u32,
    /// At which column, from 1; 0 is unknown.
    pub column: u32,
}

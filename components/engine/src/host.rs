//! Who runs scripts: the door between the engine and a JavaScript engine.
//!
//! The engine itself only sends and takes messages ([`bgfetch_traits::script`]). [`ScriptHost`] starts the threads
//! that understand them: the one of the feature `script`, or an embedder's own, such as another browser's script
//! threads.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use bgfetch_traits::coordinator::CoordinatorSender;
use bgfetch_traits::fetch::NetworkError;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::NetSender;
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptSender;
use bgfetch_traits::service_worker::{Imports, RegistrationInfo, ScriptResource, WorkerInfo, WorkerType};
use bgfetch_traits::storage::StorageSender;
use bgfetch_traits::worker::WorkerRequest;
use url::Url;

use crate::config::ScriptLimits;

/// Starts script threads.
///
/// What such a thread does is in [`bgfetch_traits::script::ScriptMsg`] and [`bgfetch_traits::coordinator`]. It ends
/// after `ScriptMsg::Shutdown`, having dropped what it holds; it may also end by itself.
pub trait ScriptHost: Send + Sync {
    /// Starts a window's thread, which then navigates to [`WindowStart::url`].
    ///
    /// # Errors
    /// When the system gives no thread.
    fn start_window(&self, start: WindowStart) -> io::Result<ScriptThread>;

    /// Starts a service worker's thread. Its script runs when `ScriptMsg::RunWorker` comes.
    ///
    /// # Errors
    /// When the system gives no thread.
    fn start_service_worker(&self, start: ServiceWorkerStart) -> io::Result<ScriptThread>;

    /// Starts the thread of a dedicated or shared worker, which fetches its script and runs it.
    ///
    /// # Errors
    /// When the system gives no thread.
    fn start_worker(&self, start: WorkerStart) -> io::Result<ScriptThread>;
}

/// The threads that a script thread talks to, each with a sender of its own.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// Background fetches, service workers, permissions, broadcasts. Messages are known to come from the thread
    /// that this was given to: it is believed for its own environments only.
    pub coordinator: CoordinatorSender,
    /// Fetching.
    pub net: NetSender,
    /// The Cache API and bodies.
    pub storage: StorageSender,
    /// `navigator.userAgent`.
    pub user_agent: Arc<str>,
}

/// What a window is opened with.
#[derive(Debug)]
pub struct WindowStart {
    /// Where to [navigate](https://html.spec.whatwg.org/multipage/browsing-the-web.html#navigate) to.
    pub url: Url,
    /// The threads it talks to.
    pub hosts: Hosts,
    /// Its limits.
    pub limits: ScriptLimits,
    /// Answered when the document has loaded (after its `load` event), or why there is none.
    pub loaded: Reply<Result<PageLoad, NetworkError>>,
}

/// A document that has loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLoad {
    /// Its URL, after redirects.
    pub url: Url,
    /// The response's status.
    pub status: u16,
}

/// What a service worker is started with.
#[derive(Debug)]
pub struct ServiceWorkerStart {
    /// The environment to make: messages to it and from it carry its id.
    pub environment: Box<Client>,
    /// The worker.
    pub worker: WorkerInfo,
    /// Its registration, as it is now.
    pub registration: RegistrationInfo,
    /// Classic or module.
    pub worker_type: WorkerType,
    /// Its script resource map, the main script first.
    pub scripts: Arc<Vec<ScriptResource>>,
    /// How scripts are imported that are not in that map.
    pub imports: Imports,
    /// The threads it talks to.
    pub hosts: Hosts,
    /// Its limits.
    pub limits: ScriptLimits,
}

/// What a dedicated or shared worker is started with.
#[derive(Debug)]
pub struct WorkerStart {
    /// The id of the environment to make.
    pub client: ClientId,
    /// Dedicated or shared.
    pub kind: WorkerKind,
    /// What its first owner asked for.
    pub request: Box<WorkerRequest>,
    /// The threads it talks to.
    pub hosts: Hosts,
    /// Its limits, of which that of a task is not for workers: they are made for long work, and their owners can end
    /// them.
    pub limits: ScriptLimits,
}

/// Dedicated or shared.
#[derive(Debug)]
pub enum WorkerKind {
    /// A dedicated worker, and how its owner is told of its errors.
    Dedicated(ScriptSender),
    /// A shared worker.
    Shared,
}

/// A script thread that runs.
pub struct ScriptThread {
    /// The way to tell it something.
    pub sender: ScriptSender,
    /// Stops the script that runs on it and does not return, from any thread; no script runs there afterwards.
    pub interrupt: Box<dyn Fn() + Send>,
    /// Ends with the thread.
    pub join: JoinHandle<()>,
}

impl fmt::Debug for ScriptThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptThread").field("thread", self.join.thread()).finish_non_exhaustive()
    }
}

/// No scripts: for programs that only fetch natively.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoScripts;

impl NoScripts {
    fn refuse() -> io::Error {
        io::Error::new(io::ErrorKind::Unsupported, "this engine was built without scripts")
    }
}

impl ScriptHost for NoScripts {
    fn start_window(&self, _: WindowStart) -> io::Result<ScriptThread> {
        Err(Self::refuse())
    }

    fn start_service_worker(&self, _: ServiceWorkerStart) -> io::Result<ScriptThread> {
        Err(Self::refuse())
    }

    fn start_worker(&self, _: WorkerStart) -> io::Result<ScriptThread> {
        Err(Self::refuse())
    }
}

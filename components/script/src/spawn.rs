//! Starting script threads.

use std::thread::JoinHandle;

use bgfetch_js::Interrupter;
use bgfetch_traits::fetch::NetworkError;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptSender;
use bgfetch_traits::service_worker::{RegistrationInfo, ScriptResource, WorkerInfo, WorkerType};
use url::Url;

use crate::agent::ScriptLimits;
use crate::environment::Hosts;

/// Stack of a script thread, in bytes: what the engine is allowed, and as much again for Rust.
pub(crate) const STACK_SIZE: usize = 16 << 20;

/// A running script thread.
#[derive(Debug)]
pub struct ScriptThread {
    /// The way to tell it something.
    pub sender: ScriptSender,
    /// The client that the thread was started for.
    pub client: ClientId,
    /// Stops a script that does not return, from any thread.
    pub interrupter: Interrupter,
    /// Ends when the thread has been told to shut down and let go of everything.
    pub join: JoinHandle<()>,
}

/// What a window is opened with.
#[derive(Debug)]
pub struct WindowOptions {
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

/// What a service worker is started with. Its script runs when [`bgfetch_traits::script::ScriptMsg::RunWorker`] comes.
#[derive(Debug)]
pub struct ServiceWorkerOptions {
    /// The worker.
    pub worker: WorkerInfo,
    /// Its registration, as it is now.
    pub registration: RegistrationInfo,
    /// Classic or module.
    pub worker_type: WorkerType,
    /// Its script resource map, the main script first.
    pub scripts: Vec<ScriptResource>,
    /// The threads it talks to.
    pub hosts: Hosts,
    /// Its limits.
    pub limits: ScriptLimits,
}

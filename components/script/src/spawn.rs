//! Starting script threads.

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use bgfetch_js::Interrupter;
use bgfetch_traits::fetch::NetworkError;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptSender;
use bgfetch_traits::service_worker::{Imports, RegistrationInfo, ScriptResource, WorkerInfo, WorkerType};
use bgfetch_traits::worker::WorkerRequest;
use url::Url;

use crate::agent::{Agent, Inbox, ScriptLimits};
use crate::dom::service_worker::run_service_worker;
use crate::dom::window::loading;
use crate::dom::workers::run_worker;
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

/// Starts a window's thread, which then navigates to the URL that it is to show.
///
/// The thread ends after [`bgfetch_traits::script::ScriptMsg::Shutdown`]; whatever it was asked and has not answered is
/// dropped then.
///
/// # Errors
/// When the system gives no thread, or there is no memory for the JavaScript engine.
pub fn spawn_window(options: WindowOptions) -> io::Result<ScriptThread> {
    let client = ClientId::new();
    start_thread("window".to_owned(), client, options.limits, move |agent| {
        loading::start(agent, options, client)
    })
}

/// Starts a service worker's thread with its environment and global object.
///
/// The thread ends after [`bgfetch_traits::script::ScriptMsg::Shutdown`]; whatever it was asked and has not answered is
/// dropped then.
///
/// # Errors
/// When the system gives no thread, or there is no memory for the JavaScript engine.
pub fn spawn_service_worker(options: ServiceWorkerOptions) -> io::Result<ScriptThread> {
    let client = options.environment.id;
    let name = format!("service worker {}", options.worker.worker);
    start_thread(name, client, options.limits, move |agent| run_service_worker::set_up(agent, options))
}

/// What a dedicated or shared worker is started with.
#[derive(Debug)]
pub struct WorkerOptions {
    /// The id of the environment to make.
    pub client: ClientId,
    /// How the owner of a dedicated worker is told of its errors; `None` for a shared worker.
    pub owner: Option<ScriptSender>,
    /// What its first owner asked for.
    pub request: Box<WorkerRequest>,
    /// The threads it talks to.
    pub hosts: Hosts,
    /// Its limits, but for that of a task, which workers have not.
    pub limits: ScriptLimits,
}

/// Starts the thread of a dedicated or shared worker, which [runs
/// it](https://html.spec.whatwg.org/multipage/workers.html#run-a-worker).
///
/// The thread ends after [`bgfetch_traits::script::ScriptMsg::Shutdown`], after the worker's own `close()`, or when there
/// is no script to run; whatever it was asked and has not answered is dropped then.
///
/// # Errors
/// When the system gives no thread, or there is no memory for the JavaScript engine.
pub fn spawn_worker(options: WorkerOptions) -> io::Result<ScriptThread> {
    let client = options.client;
    let kind = if options.owner.is_some() { "worker" } else { "shared worker" };
    // Workers are made for long work: their owners end them.
    let limits = ScriptLimits { task_time: Duration::MAX, ..options.limits };
    start_thread(kind.to_owned(), client, limits, move |agent| run_worker::start(agent, options))
}

/// Starts a thread with an agent, on which `set_up` runs before the event loop does.
///
/// # Errors
/// When the system gives no thread, or the agent could not be made.
pub(crate) fn start_thread(
    name: String,
    client: ClientId,
    limits: ScriptLimits,
    set_up: impl FnOnce(&Rc<Agent>) + Send + 'static,
) -> io::Result<ScriptThread> {
    let inbox = Inbox::new();
    let sender = inbox.sender();
    let (started, starting) = crossbeam_channel::bounded(1);
    let join = thread::Builder::new().name(name).stack_size(STACK_SIZE).spawn(move || {
        let agent = match Agent::start(inbox, limits) {
            Ok(agent) => agent,
            Err(error) => return drop(started.send(Err(error))),
        };
        // Whoever starts the thread waits for this.
        drop(started.send(Ok(agent.interrupter())));
        set_up(&agent);
        agent.run();
    })?;
    match starting.recv() {
        Ok(Ok(interrupter)) => Ok(ScriptThread { sender, client, interrupter, join }),
        Ok(Err(error)) => Err(io::Error::other(error)),
        Err(_) => Err(io::Error::other("the thread ended before it could be used")),
    }
}

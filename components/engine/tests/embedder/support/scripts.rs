//! Script threads without JavaScript: windows that a test drives, workers that do as a closure says.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bgfetch::ScriptHost;
use bgfetch::host::{Hosts, PageLoad, ScriptThread, ServiceWorkerStart, WindowStart, WorkerStart};
use bgfetch::traits::background_fetch::{BackgroundFetchInfo, BackgroundFetchMsg, NewRecord};
use bgfetch::traits::coordinator::CoordinatorMsg;
use bgfetch::traits::fetch::{
    Destination, NetworkError, NetworkErrorKind, Priority, Request, RequestHead, RequestMode, Response,
};
use bgfetch::traits::ids::ClientId;
use bgfetch::traits::net::{CancelHandle, NetMsg};
use bgfetch::traits::policy::Client;
use bgfetch::traits::reply::Reply;
use bgfetch::traits::script::{EmbedderRequest, ScriptMsg, ScriptSender};
use bgfetch::traits::service_worker::{
    ClientType, EventOutcome, FetchOutcome, FrameType, FunctionalEvent, JobError, RegistrationInfo,
    ServiceWorkerMsg, UpdateViaCache, WorkerInfo, WorkerStarted, WorkerType,
};
use crossbeam_channel::{Receiver, Sender, unbounded};
use parking_lot::{Condvar, Mutex};
use url::Url;

use super::LIMIT;

type Events = dyn Fn(&Script, FunctionalEvent, Reply<EventOutcome>) + Send + Sync;

/// Says stop to a thread that does not return.
#[derive(Default)]
pub(crate) struct Interrupt {
    stopped: Mutex<bool>,
    changed: Condvar,
}

impl Interrupt {
    fn stop(&self) {
        *self.stopped.lock() = true;
        self.changed.notify_all();
    }

    /// What a script does that never returns.
    pub(crate) fn hang(&self) {
        let mut stopped = self.stopped.lock();
        while !*stopped {
            self.changed.wait(&mut stopped);
        }
    }
}

/// An environment, as a script in it sees the world.
pub(crate) struct Script {
    pub(crate) client: Client,
    pub(crate) hosts: Hosts,
    /// The worker that controls it, or that it is.
    pub(crate) worker: Option<WorkerInfo>,
    pub(crate) interrupt: Arc<Interrupt>,
    pub(crate) body: Vec<u8>,
    pub(crate) told: Receiver<ScriptMsg>,
}

impl Script {
    pub(crate) fn service_worker<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Reply<T>) -> ServiceWorkerMsg,
    ) -> Option<T> {
        let (reply, answer) = Reply::channel();
        self.hosts.coordinator.send(CoordinatorMsg::ServiceWorker(self.client.id, ask(reply)));
        answer.recv_timeout(LIMIT).ok()
    }

    pub(crate) fn background_fetch<T: Send + 'static>(
        &self,
        ask: impl FnOnce(Reply<T>) -> BackgroundFetchMsg,
    ) -> Option<T> {
        let (reply, answer) = Reply::channel();
        self.hosts.coordinator.send(CoordinatorMsg::BackgroundFetch(self.client.id, ask(reply)));
        answer.recv_timeout(LIMIT).ok()
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        self.client.url.join(path).unwrap()
    }

    /// `register()`.
    pub(crate) fn register(&self, script: &str) -> Result<RegistrationInfo, JobError> {
        let (script_url, scope) = (self.url(script), self.url("/"));
        self.service_worker(|reply| ServiceWorkerMsg::Register {
            script_url,
            scope,
            worker_type: WorkerType::Classic,
            update_via_cache: UpdateViaCache::Imports,
            reply,
        })
        .unwrap()
    }

    /// `ready`.
    pub(crate) fn ready(&self) -> RegistrationInfo {
        self.service_worker(ServiceWorkerMsg::Ready).unwrap()
    }

    /// `registration.backgroundFetch.fetch()` of `GET`s.
    pub(crate) fn fetch(
        &self,
        registration: &RegistrationInfo,
        id: &str,
        paths: &[&str],
    ) -> Result<BackgroundFetchInfo, bgfetch::traits::background_fetch::BackgroundFetchError> {
        let records = paths
            .iter()
            .map(|path| {
                let request = RequestHead { mode: RequestMode::Cors, ..RequestHead::get(self.url(path)) };
                NewRecord { request, body: None }
            })
            .collect();
        self.background_fetch(|reply| BackgroundFetchMsg::Fetch {
            registration: registration.registration,
            client: self.client.id,
            policy: self.client.policy.clone(),
            id: id.to_owned(),
            records,
            options: Default::default(),
            reply,
        })
        .unwrap()
    }

    /// Waits for something that its thread is told.
    pub(crate) fn told<T>(&self, find: impl Fn(ScriptMsg) -> Option<T>) -> T {
        loop {
            if let Some(found) = find(self.told.recv_timeout(LIMIT).unwrap()) {
                return found;
            }
        }
    }
}

/// Starts such threads.
pub(crate) struct FakeScripts {
    pages: (Sender<Script>, Receiver<Script>),
    web_workers: (Sender<WorkerStart>, Receiver<WorkerStart>),
    events: Arc<Events>,
    /// Pages do not come to the tasks that [`ScriptMsg::BackgroundFetchSync`] queues: the test gets them.
    pub(crate) busy_pages: Arc<AtomicBool>,
}

impl FakeScripts {
    /// Workers whose events go to `events`.
    pub(crate) fn new(
        events: impl Fn(&Script, FunctionalEvent, Reply<EventOutcome>) + Send + Sync + 'static,
    ) -> Arc<Self> {
        Arc::new(Self {
            pages: unbounded(),
            web_workers: unbounded(),
            events: Arc::new(events),
            busy_pages: Arc::default(),
        })
    }

    /// Workers that do nothing about any event.
    pub(crate) fn quiet() -> Arc<Self> {
        Self::new(|_, _, reply| reply.send(EventOutcome::Completed))
    }

    /// The next dedicated or shared worker that was started.
    pub(crate) fn web_worker(&self) -> WorkerStart {
        self.web_workers.1.recv_timeout(LIMIT).unwrap()
    }

    /// The next page that has loaded.
    pub(crate) fn page(&self) -> Script {
        self.pages.1.recv_timeout(LIMIT).unwrap()
    }
}

fn start(
    name: &str,
    run: impl FnOnce(&Receiver<ScriptMsg>, ScriptSender, &Arc<Interrupt>) + Send + 'static,
) -> io::Result<ScriptThread> {
    let (sender, inbox) = unbounded();
    let sender = ScriptSender::new(move |message| drop(sender.send(message)));
    let (own, interrupt) = (sender.clone(), Arc::new(Interrupt::default()));
    let interrupted = Arc::clone(&interrupt);
    let builder = std::thread::Builder::new().name(name.to_owned());
    let join = builder.spawn(move || run(&inbox, own, &interrupted))?;
    Ok(ScriptThread { sender, interrupt: Box::new(move || interrupt.stop()), join })
}

impl ScriptHost for FakeScripts {
    fn start_window(&self, window: WindowStart) -> io::Result<ScriptThread> {
        let (pages, busy) = (self.pages.0.clone(), Arc::clone(&self.busy_pages));
        start("window", move |inbox, sender, interrupt| {
            let WindowStart { url, hosts, loaded, .. } = window;
            let id = ClientId::new();
            let told = match navigate(&hosts, id, &url) {
                Ok(response) => {
                    let (script, told) = create(hosts.clone(), id, response, sender, interrupt);
                    let (url, status) = (script.0.client.url.clone(), script.1);
                    pages.send(script.0).unwrap();
                    loaded.send(Ok(PageLoad { url, status }));
                    told
                }
                Err(error) => {
                    hosts.coordinator.send(CoordinatorMsg::ClientGone(id));
                    loaded.send(Err(error));
                    unbounded().0
                }
            };
            for message in inbox {
                match message {
                    ScriptMsg::Shutdown => break,
                    ScriptMsg::Embedder(request) => embedder_asks(request, interrupt),
                    ScriptMsg::BackgroundFetchSync { reply, .. } if !busy.load(Ordering::Acquire) => {
                        reply.send(());
                    }
                    other => drop(told.send(other)),
                }
            }
            hosts.coordinator.send(CoordinatorMsg::ClientGone(id));
        })
    }

    fn start_service_worker(&self, worker: ServiceWorkerStart) -> io::Result<ScriptThread> {
        let events = Arc::clone(&self.events);
        start("worker", move |inbox, _, interrupt| {
            let source = worker.scripts[0].source.clone();
            let (telling, told) = unbounded();
            let script = Script {
                client: *worker.environment,
                hosts: worker.hosts,
                worker: Some(worker.worker),
                interrupt: Arc::clone(interrupt),
                body: Vec::new(),
                told,
            };
            for message in inbox {
                match message {
                    ScriptMsg::Shutdown => break,
                    ScriptMsg::RunWorker(reply) => run_worker(&source, interrupt, reply),
                    ScriptMsg::FunctionalEvent(event, reply) => events(&script, event, reply),
                    ScriptMsg::BackgroundFetchSync { reply, .. } => reply.send(()),
                    other => drop(telling.send(other)),
                }
            }
        })
    }

    fn start_worker(&self, worker: WorkerStart) -> io::Result<ScriptThread> {
        start_web_worker(self.web_workers.0.clone(), worker)
    }
}

/// Dedicated and shared workers, which hang if their name says so.
fn start_web_worker(started: Sender<WorkerStart>, worker: WorkerStart) -> io::Result<ScriptThread> {
    start("web worker", move |inbox, _, interrupt| {
        let hangs = worker.request.name == "hang";
        started.send(worker).unwrap();
        if hangs {
            interrupt.hang();
        }
        while !matches!(inbox.recv(), Ok(ScriptMsg::Shutdown) | Err(_)) {}
    })
}

fn run_worker(source: &str, interrupt: &Interrupt, reply: Reply<WorkerStarted>) {
    match source {
        "throw" => reply.send(WorkerStarted::Failed("SyntaxError: no (sw.js:1:1)".to_owned())),
        "hang" => interrupt.hang(),
        "panic" => panic!("a bug in the script thread"),
        source => reply.send(WorkerStarted::Ran { handles_fetch: source.contains("fetch") }),
    }
}

fn embedder_asks(request: EmbedderRequest, interrupt: &Interrupt) {
    match request {
        EmbedderRequest::WhenIdle(reply) => reply.send(0),
        EmbedderRequest::Evaluate { source, reply } => match source.as_str() {
            "throw" => reply.send(Err("Error: thrown".to_owned())),
            "hang" => interrupt.hang(),
            _ => reply.send(Ok(source)),
        },
        EmbedderRequest::Click { selector, reply } => reply.send(match selector.as_str() {
            "((" => Err("it does not parse".to_owned()),
            selector => Ok(selector == "#there"),
        }),
    }
}

/// Fetches through the worker that the navigation is for, or from the network.
fn navigate(hosts: &Hosts, id: ClientId, url: &Url) -> Result<Response, NetworkError> {
    let head = RequestHead {
        mode: RequestMode::Navigate,
        destination: Destination::Document,
        ..RequestHead::get(url.clone())
    };
    let client = Client::of_url(url);
    let request = Box::new(Request { head, client, body: None, priority: Priority::Foreground });
    let (reply, answer) = Reply::channel();
    let ask = ServiceWorkerMsg::HandleFetch(request, CancelHandle::new(), reply);
    hosts.coordinator.send(CoordinatorMsg::ServiceWorker(id, ask));
    let failed = |why: &str| NetworkError::new(NetworkErrorKind::Internal, why);
    match answer.recv_timeout(LIMIT) {
        Ok(FetchOutcome::Network(request)) => {
            let (reply, answer) = Reply::channel();
            let cancel = CancelHandle::new();
            hosts.net.send(NetMsg::Fetch {
                request: *request,
                cancel,
                upload_progress: None,
                timing: None,
                reply,
            });
            answer.recv_timeout(LIMIT).map_err(|_| failed("the network is gone"))?
        }
        Ok(FetchOutcome::Response(response)) => Ok(response),
        Ok(FetchOutcome::Error(why)) => Err(failed(&why)),
        Err(_) => Err(failed("the coordinator is gone")),
    }
}

/// Makes the client of a document.
fn create(
    hosts: Hosts,
    id: ClientId,
    response: Response,
    sender: ScriptSender,
    interrupt: &Arc<Interrupt>,
) -> ((Script, u16), Sender<ScriptMsg>) {
    let url = response.head.url().unwrap().clone();
    let client = Client { id, ..Client::of_url(&url) };
    let (reply, controller) = Reply::channel();
    hosts.coordinator.send(CoordinatorMsg::ClientCreated {
        client: Box::new(client.clone()),
        client_type: ClientType::Window,
        frame_type: FrameType::TopLevel,
        sender,
        creator: None,
        reply,
    });
    let worker = controller.recv_timeout(LIMIT).unwrap().map(|(_, worker)| worker);
    let (telling, told) = unbounded();
    let body = response.body.map(super::read).unwrap_or_default();
    let interrupt = Arc::clone(interrupt);
    let script = Script { client, hosts, worker, interrupt, body, told };
    ((script, response.head.status), telling)
}

/// A site with a page, `/`, and workers by name.
pub(crate) fn site(server: &super::Server, workers: &[(&'static str, &str)]) {
    server.put("/", super::Resource::text("text/html", "<!doctype html>"));
    let workers: HashMap<_, _> = workers.iter().copied().collect();
    for (path, source) in workers {
        server.put(path, super::Resource::text("text/javascript", source));
    }
}

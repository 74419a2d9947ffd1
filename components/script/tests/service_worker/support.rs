//! A service worker's thread, with the test in the place of every other thread.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bgfetch_script::{Hosts, ScriptLimits, ScriptThread, ServiceWorkerOptions, spawn_service_worker};
use bgfetch_traits::background_fetch::BackgroundFetchMsg;
use bgfetch_traits::coordinator::{ConsoleLevel, ConsoleMessage, CoordinatorMsg, CoordinatorSender};
use bgfetch_traits::fetch::{NetworkError, Request, Response, ResponseHead, ResponseType};
use bgfetch_traits::ids::{RegistrationId, WorkerId};
use bgfetch_traits::net::{NetMsg, NetSender};
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{
    EventOutcome, FunctionalEvent, Imports, RegistrationInfo, ScriptResource, ServiceWorkerMsg,
    ServiceWorkerState, UpdateViaCache, WorkerInfo, WorkerStarted, WorkerType,
};
use bgfetch_traits::storage::{CacheMsg, PartitionMsg, StorageMsg, StorageSender};
use crossbeam_channel::{Receiver, unbounded};
use url::Url;

/// How long a test waits for what must come.
const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) fn url(text: &str) -> Url {
    text.parse().unwrap()
}

/// Something that the thread told or asked.
#[derive(Debug)]
pub(crate) enum Asked {
    ServiceWorker(ServiceWorkerMsg),
    BackgroundFetch(BackgroundFetchMsg),
    Permission(String, Reply<bgfetch_traits::coordinator::PermissionState>),
    Fetch(Box<Request>, Reply<Result<Response, NetworkError>>),
    Storage(PartitionRequest),
}

/// A request to storage that can be shown.
pub(crate) struct PartitionRequest(pub(crate) PartitionMsg);

impl std::fmt::Debug for PartitionRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PartitionRequest")
    }
}

#[expect(clippy::large_enum_variant, reason = "a test's few messages")]
enum Message {
    Asked(Asked),
    Logged(ConsoleMessage),
}

pub(crate) struct World {
    pub(crate) thread: Option<ScriptThread>,
    pub(crate) environment: Client,
    pub(crate) worker: WorkerInfo,
    pub(crate) registration: RegistrationInfo,
    messages: Receiver<Message>,
    asked: VecDeque<Asked>,
    logged: VecDeque<ConsoleMessage>,
}

/// What a worker is started with.
pub(crate) struct Start {
    pub(crate) state: ServiceWorkerState,
    pub(crate) worker_type: WorkerType,
    pub(crate) imports: Vec<(&'static str, &'static str)>,
    pub(crate) limits: ScriptLimits,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            state: ServiceWorkerState::Parsed,
            worker_type: WorkerType::Classic,
            imports: Vec::new(),
            limits: ScriptLimits::default(),
        }
    }
}

fn resource(url: Url, source: &str) -> ScriptResource {
    ScriptResource { url, source: source.to_owned(), policy: PolicyContainer::default() }
}

impl World {
    /// A worker whose script runs and does not fail.
    pub(crate) fn running(script: &str) -> Self {
        let world = Self::start(script, Start::default());
        assert!(matches!(world.run(), WorkerStarted::Ran { .. }));
        world
    }

    /// A worker that is active, and whose script has run again.
    pub(crate) fn active(script: &str) -> Self {
        let world = Self::start(script, Start { state: ServiceWorkerState::Activated, ..Start::default() });
        assert!(matches!(world.run(), WorkerStarted::Ran { .. }));
        world
    }

    /// A worker whose script has not run.
    pub(crate) fn start(script: &str, start: Start) -> Self {
        let (sender, messages) = unbounded();
        let (to_coordinator, to_net, to_storage) = (sender.clone(), sender.clone(), sender);
        let coordinator = CoordinatorSender::new(move |message| {
            let message = match message {
                CoordinatorMsg::ServiceWorker(_, message) => Message::Asked(Asked::ServiceWorker(message)),
                CoordinatorMsg::BackgroundFetch(_, message) => {
                    Message::Asked(Asked::BackgroundFetch(message))
                }
                CoordinatorMsg::QueryPermission { name, reply, .. } => {
                    Message::Asked(Asked::Permission(name, reply))
                }
                CoordinatorMsg::Report(_, message) => Message::Logged(message),
                other => panic!("a service worker does not say {other:?}"),
            };
            drop(to_coordinator.send(message));
        });
        let net = NetSender::new(move |message| {
            let NetMsg::Fetch { request, reply, .. } = message else {
                panic!("a service worker only fetches")
            };
            drop(to_net.send(Message::Asked(Asked::Fetch(Box::new(request), reply))));
        });
        let storage = StorageSender::new(move |message| {
            let StorageMsg::Partition { request, .. } = message else { panic!("a worker has one partition") };
            drop(to_storage.send(Message::Asked(Asked::Storage(PartitionRequest(request)))));
        });
        let script_url = url("https://a.test/dir/sw.js");
        let environment = Client::of_url(&script_url);
        let worker = WorkerInfo { worker: WorkerId(7), script_url: script_url.clone(), state: start.state };
        let slot = |state| (start.state == state).then(|| worker.clone());
        let registration = RegistrationInfo {
            registration: RegistrationId(3),
            scope: url("https://a.test/dir/"),
            update_via_cache: UpdateViaCache::Imports,
            installing: slot(ServiceWorkerState::Installing),
            waiting: slot(ServiceWorkerState::Installed),
            active: slot(ServiceWorkerState::Activated),
        };
        let mut scripts = vec![resource(script_url, script)];
        scripts.extend(start.imports.iter().map(|(at, source)| resource(url(at), source)));
        let thread = spawn_service_worker(ServiceWorkerOptions {
            environment: Box::new(environment.clone()),
            worker: worker.clone(),
            registration: registration.clone(),
            worker_type: start.worker_type,
            scripts: Arc::new(scripts),
            imports: Imports::default(),
            hosts: Hosts { coordinator, net, storage, user_agent: "Mozilla/5.0 (Test)".into() },
            limits: start.limits,
        })
        .unwrap();
        let (asked, logged) = (VecDeque::new(), VecDeque::new());
        Self { thread: Some(thread), environment, worker, registration, messages, asked, logged }
    }

    pub(crate) fn send(&self, message: ScriptMsg) {
        self.thread.as_ref().unwrap().sender.send(message);
    }

    /// Tells the worker to run its script.
    pub(crate) fn begin_run(&self) -> Receiver<WorkerStarted> {
        let (reply, started) = Reply::channel();
        self.send(ScriptMsg::RunWorker(reply));
        started
    }

    /// Runs the worker's script.
    pub(crate) fn run(&self) -> WorkerStarted {
        self.begin_run().recv_timeout(DEADLINE).unwrap()
    }

    /// Dispatches an event; what comes says how it ended.
    pub(crate) fn dispatch(&self, event: FunctionalEvent) -> Receiver<EventOutcome> {
        let (reply, ended) = Reply::channel();
        self.send(ScriptMsg::FunctionalEvent(event, reply));
        ended
    }

    /// Lets the worker do its next step: its `activate` listener is called for each.
    pub(crate) fn step(&self) -> Receiver<EventOutcome> {
        self.dispatch(FunctionalEvent::Activate)
    }

    /// Tells the worker that its registration changed.
    pub(crate) fn change(&self, info: &RegistrationInfo, update_found: bool, redundant: Vec<WorkerInfo>) {
        self.send(ScriptMsg::RegistrationChanged {
            to: self.environment.id,
            info: info.clone(),
            update_found,
            controller: None,
            redundant,
        });
    }

    fn receive(&mut self) {
        match self.messages.recv_timeout(DEADLINE).expect("the worker says nothing") {
            Message::Asked(asked) => self.asked.push_back(asked),
            Message::Logged(message) => self.logged.push_back(message),
        }
    }

    /// The next thing that the worker asks or tells.
    pub(crate) fn asked(&mut self) -> Asked {
        loop {
            if let Some(asked) = self.asked.pop_front() {
                return asked;
            }
            self.receive();
        }
    }

    /// Whether the worker has said nothing that the test has not seen. Only what is ordered before something that the
    /// test has seen is sure to be there.
    pub(crate) fn said_nothing_else(&mut self) -> bool {
        while let Ok(message) = self.messages.try_recv() {
            match message {
                Message::Asked(asked) => self.asked.push_back(asked),
                Message::Logged(message) => self.logged.push_back(message),
            }
        }
        // When a cache is let go of is up to the collector.
        let close = |asked: &Asked| {
            matches!(asked, Asked::Storage(PartitionRequest(PartitionMsg::Cache(CacheMsg::Close(_)))))
        };
        self.asked.iter().all(close) && self.logged.is_empty()
    }

    pub(crate) fn service_worker_asked(&mut self) -> ServiceWorkerMsg {
        match self.asked() {
            Asked::ServiceWorker(message) => message,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn background_fetch_asked(&mut self) -> BackgroundFetchMsg {
        match self.asked() {
            Asked::BackgroundFetch(message) => message,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn cache_asked(&mut self) -> CacheMsg {
        match self.asked() {
            Asked::Storage(PartitionRequest(PartitionMsg::Cache(message))) => message,
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn fetch_asked(&mut self) -> (Box<Request>, Reply<Result<Response, NetworkError>>) {
        match self.asked() {
            Asked::Fetch(request, reply) => (request, reply),
            other => panic!("{other:?}"),
        }
    }

    /// The next line of the console.
    pub(crate) fn console(&mut self) -> ConsoleMessage {
        loop {
            if let Some(message) = self.logged.pop_front() {
                return message;
            }
            self.receive();
        }
    }

    /// The next line that the worker logs; it must be the next line of the console.
    pub(crate) fn logged(&mut self) -> String {
        let message = self.console();
        assert_eq!(message.level, ConsoleLevel::Log, "{message:?}");
        message.text
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let Some(thread) = self.thread.take() else { return };
        thread.sender.send(ScriptMsg::Shutdown);
        let (tell, ended) = crossbeam_channel::bounded(1);
        std::thread::spawn(move || tell.send(thread.join.join().is_ok()));
        let ended = ended.recv_timeout(DEADLINE).unwrap_or(false);
        if !std::thread::panicking() {
            assert!(ended, "the worker's thread did not end well");
        }
    }
}

/// How an event ended.
pub(crate) fn ended(outcome: &Receiver<EventOutcome>) -> EventOutcome {
    outcome.recv_timeout(DEADLINE).expect("the event does not end")
}

/// A response of the network.
pub(crate) fn response(status: u16, headers: &[(&str, &str)], body: &'static str) -> Response {
    let mut head = ResponseHead { kind: ResponseType::Basic, status, ..ResponseHead::default() };
    for (name, value) in headers {
        head.headers.append(name, *value);
    }
    Response::new(head, Some(bgfetch_traits::body::BodyReader::from_bytes(body)))
}

/// Reads a body to its end.
pub(crate) fn text(
    mut body: bgfetch_traits::body::BodyReader,
) -> Result<String, bgfetch_traits::body::BodyError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = body.read_blocking() {
        bytes.extend_from_slice(&chunk?);
    }
    Ok(String::from_utf8(bytes).unwrap())
}

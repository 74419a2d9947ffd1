//! A small world around a registry: a network of scripts, worker threads that do what their script says, clients.
//!
//! A script is a list of words: `throw` (does not run), `no-fetch` (no fetch listener), `reject-install`,
//! `skip-waiting` and `claim` (in install and activate), `import:URL`, `respond` (answers fetch events),
//! `hang:EVENT` (the event never ends unless a test ends it).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bgfetch_service_worker::{
    ClientInput, DispatchId, Effect, FetchedScript, Input, Navigation, NewClient, Persist, Registry, RunId,
    Settings, WorkerInput, WorkerStart,
};
use bgfetch_traits::background_fetch::{
    BackgroundFetchFailureReason, BackgroundFetchInfo, BackgroundFetchProgress, BackgroundFetchResult,
};
use bgfetch_traits::fetch::{
    NetworkError, NetworkErrorKind, Priority, Request, RequestHead, Response, ResponseHead,
};
use bgfetch_traits::ids::{BackgroundFetchId, ClientId, IdSource, RegistrationId, WorkerId};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{
    BackgroundFetchEventKind, ClientType, EventOutcome, FetchOutcome, FrameType, FunctionalEvent, JobError,
    MessageData, RegistrationInfo, ScriptResource, ServiceWorkerMsg, ServiceWorkerState, StoredRegistration,
    UpdateViaCache, WorkerInfo, WorkerStarted, WorkerType,
};
use crossbeam_channel::Receiver;
use url::Url;

pub(crate) fn url(text: &str) -> Url {
    Url::parse("https://a.test/").unwrap().join(text).unwrap()
}

/// A script that the network has.
#[derive(Clone, Debug)]
pub(crate) struct FakeScript {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) source: String,
}

/// An event that a worker has and that has not ended.
#[derive(Debug)]
pub(crate) struct OpenEvent {
    pub(crate) run: RunId,
    pub(crate) dispatch: DispatchId,
    pub(crate) name: &'static str,
    pub(crate) event: Option<Box<FunctionalEvent>>,
}

pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) now: u64,
    pub(crate) network: BTreeMap<Url, FakeScript>,
    /// What the network was asked, in order.
    pub(crate) requests: Vec<Request>,
    /// Whether workers wait for a test to say how their start went.
    pub(crate) hold_starts: bool,
    /// Whether terminated threads wait for a test to end.
    pub(crate) hold_stops: bool,
    pub(crate) runs: BTreeMap<RunId, WorkerStart>,
    pub(crate) starts: Vec<(RunId, Url)>,
    pub(crate) open: Vec<OpenEvent>,
    pub(crate) posts: Vec<(ClientId, ScriptMsg)>,
    pub(crate) stored: BTreeMap<RegistrationId, StoredRegistration>,
    pub(crate) unregistered: Vec<RegistrationId>,
    pub(crate) windows_asked_for: Vec<Url>,
    /// The caches in which something was looked for.
    pub(crate) looked_up: Vec<Option<String>>,
    /// What the network was asked beside a worker.
    pub(crate) raced: Vec<(CancelHandle, Reply<Result<Response, NetworkError>>)>,
    pub(crate) ids: Arc<IdSource>,
    pending: VecDeque<Input>,
    next_client: u128,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_settings(Settings::default())
    }

    pub(crate) fn with_settings(settings: Settings) -> Self {
        let ids = Arc::new(IdSource::starting_at(1));
        Self {
            registry: new_registry(settings, &ids),
            now: 1_000,
            network: BTreeMap::new(),
            requests: Vec::new(),
            hold_starts: false,
            hold_stops: false,
            runs: BTreeMap::new(),
            starts: Vec::new(),
            open: Vec::new(),
            posts: Vec::new(),
            stored: BTreeMap::new(),
            unregistered: Vec::new(),
            windows_asked_for: Vec::new(),
            looked_up: Vec::new(),
            raced: Vec::new(),
            ids,
            pending: VecDeque::new(),
            next_client: 0,
        }
    }

    /// Another process on the same profile.
    pub(crate) fn restart(self) -> Self {
        let mut world = Self::new();
        world.ids = self.ids;
        world.registry = new_registry(Settings::default(), &world.ids);
        world.network = self.network;
        world.now = self.now + 1_000_000;
        world.next_client = self.next_client;
        world.stored = self.stored;
        world.give(Input::Restored(world.stored.values().cloned().collect()));
        world
    }

    pub(crate) fn script(&mut self, at: &str, source: &str) {
        let headers = vec![("content-type", "text/javascript".to_owned())];
        self.network.insert(url(at), FakeScript { status: 200, headers, source: source.to_owned() });
    }

    /// Gives one input, does what follows from it, and all that follows from that.
    pub(crate) fn give(&mut self, input: Input) {
        self.pending.push_back(input);
        while let Some(input) = self.pending.pop_front() {
            for effect in self.registry.handle(self.now, input) {
                self.perform(effect);
            }
        }
    }

    /// Lets time pass; timers ring on their way.
    pub(crate) fn pass(&mut self, milliseconds: u64) {
        let until = self.now + milliseconds;
        while let Some(at) = self.registry.next_deadline().filter(|at| *at <= until) {
            self.now = at.max(self.now);
            self.give(Input::Timer);
        }
        self.now = until;
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::FetchScript { fetch, request } => {
                let result = self.fetch(&request);
                self.requests.push(*request);
                self.pending.push_back(Input::ScriptFetched { fetch, result });
            }
            Effect::StartWorker(start) => {
                self.starts.push((start.run, start.worker.script_url.clone()));
                let run = start.run;
                self.runs.insert(run, *start);
                if !self.hold_starts {
                    self.run_script(run);
                }
            }
            Effect::DispatchEvent { run, dispatch, event, environment } => {
                assert_eq!(self.runs[&run].environment.id, environment);
                self.dispatch(run, dispatch, event);
            }
            Effect::TerminateWorker { run, .. } => {
                self.open.retain(|event| event.run != run);
                if !self.hold_stops {
                    self.stop(run, "terminated");
                }
            }
            Effect::Post { to, message } => self.posts.push((to, *message)),
            Effect::Answer(answer) => answer.send(),
            Effect::Persist(_, Persist::Save(stored)) => {
                self.stored.insert(stored.registration, *stored);
            }
            Effect::Persist(_, Persist::Delete(id)) => assert!(self.stored.remove(&id).is_some()),
            Effect::Unregistered(id) => self.unregistered.push(id),
            Effect::OpenWindow { url, reply, .. } => {
                self.windows_asked_for.push(url);
                reply.send(Ok(None));
            }
            Effect::NavigateClient { reply, .. } => reply.send(Ok(None)),
            Effect::MatchCache { cache, request, reply, .. } => {
                self.looked_up.push(cache);
                reply.send(FetchOutcome::Network(request));
            }
            Effect::FetchFromNetwork { cancel, reply, .. } => self.raced.push((cancel, reply)),
            Effect::WorkerState { .. } => {}
        }
    }

    fn fetch(&self, request: &Request) -> Result<Box<FetchedScript>, NetworkError> {
        let Some(script) = self.network.get(&request.head.url) else {
            return Err(NetworkError::new(NetworkErrorKind::ConnectionRefused, "refused"));
        };
        let mut head = ResponseHead { status: script.status, ..ResponseHead::default() };
        for (name, value) in &script.headers {
            head.headers.append(name, value.as_str());
        }
        let policy = PolicyContainer::default();
        Ok(Box::new(FetchedScript { head, source: script.source.clone(), policy, from_cache: false }))
    }

    fn words(&self, run: RunId) -> Vec<String> {
        let source = &self.runs[&run].scripts[0].source;
        source.split_whitespace().map(str::to_owned).collect()
    }

    fn has(&self, run: RunId, word: &str) -> bool {
        self.words(run).iter().any(|w| w == word)
    }

    /// Runs a started worker's script.
    pub(crate) fn run_script(&mut self, run: RunId) {
        let start = self.runs[&run].clone();
        let installing =
            matches!(start.worker.state, ServiceWorkerState::Parsed | ServiceWorkerState::Installing);
        let mut words = VecDeque::from(self.words(run));
        while let Some(word) = words.pop_front() {
            let Some(import) = word.strip_prefix("import:") else { continue };
            let mapped = start.scripts.iter().find(|script| script.url == url(import)).cloned();
            let script = mapped.or_else(|| {
                let may_fetch = installing && !start.imports.failed.contains(&url(import));
                let script = self.network.get(&url(import)).filter(|_| may_fetch)?;
                let (source, policy) = (script.source.clone(), PolicyContainer::default());
                Some(ScriptResource { url: url(import), source, policy })
            });
            let Some(script) = script else {
                let failed = WorkerStarted::Failed(format!("cannot import {import}"));
                return self.pending.push_back(Input::Worker(WorkerInput::Started(run, failed)));
            };
            words.extend(script.source.split_whitespace().map(str::to_owned));
            if installing {
                self.ask_later(run, ServiceWorkerMsg::ScriptImported(start.worker.worker, script));
            }
        }
        let started = if self.has(run, "throw") {
            WorkerStarted::Failed("Uncaught Error: at line 1".into())
        } else {
            WorkerStarted::Ran { handles_fetch: !self.has(run, "no-fetch") }
        };
        self.pending.push_back(Input::Worker(WorkerInput::Started(run, started)));
    }

    fn ask_later(&mut self, run: RunId, message: ServiceWorkerMsg) {
        self.pending.push_back(Input::Ask(self.runs[&run].environment.id, message));
    }

    fn dispatch(&mut self, run: RunId, dispatch: DispatchId, mut event: Box<FunctionalEvent>) {
        let name = event.name();
        let worker = self.runs[&run].worker.worker;
        if name == "install" && self.has(run, "skip-waiting") {
            self.ask_later(run, ServiceWorkerMsg::SkipWaiting(worker, Reply::ignore()));
        }
        if name == "activate" && self.has(run, "claim") {
            self.ask_later(run, ServiceWorkerMsg::Claim(worker, Reply::ignore()));
        }
        if self.has(run, &format!("hang:{name}")) {
            return self.open.push(OpenEvent { run, dispatch, name, event: Some(event) });
        }
        if let FunctionalEvent::Fetch { .. } = *event {
            event = self.answer_fetch(run, event);
        }
        drop(event);
        let outcome = match name {
            "install" if self.has(run, "reject-install") => EventOutcome::Rejected("no".into()),
            _ => EventOutcome::Completed,
        };
        self.pending.push_back(Input::Worker(WorkerInput::EventEnded(dispatch, outcome)));
    }

    fn answer_fetch(&self, run: RunId, event: Box<FunctionalEvent>) -> Box<FunctionalEvent> {
        let FunctionalEvent::Fetch { request, reply, .. } = *event else { return event };
        reply.send(if self.has(run, "respond") {
            FetchOutcome::Response(Response::new(ResponseHead::default(), None))
        } else {
            FetchOutcome::Network(request)
        });
        Box::new(FunctionalEvent::Install)
    }

    /// Ends the open event of that name.
    pub(crate) fn end(&mut self, name: &str, outcome: EventOutcome) {
        let index = self.open.iter().position(|event| event.name == name).expect("no such open event");
        let event = self.open.remove(index);
        drop(event.event);
        self.give(Input::Worker(WorkerInput::EventEnded(event.dispatch, outcome)));
    }

    /// A worker's thread ends.
    pub(crate) fn stop(&mut self, run: RunId, why: &str) {
        self.runs.remove(&run);
        self.open.retain(|event| event.run != run);
        self.pending.push_back(Input::Worker(WorkerInput::Stopped(run, why.into())));
    }

    /// A worker's thread dies.
    pub(crate) fn crash(&mut self, run: RunId) {
        self.stop(run, "out of memory");
        let input = self.pending.pop_back().unwrap();
        self.give(input);
    }

    pub(crate) fn new_client_id(&mut self) -> ClientId {
        self.next_client += 1;
        ClientId(uuid::Uuid::from_u128(self.next_client))
    }

    /// A window at a URL that no navigation was announced for.
    pub(crate) fn window(&mut self, at: &str) -> ClientId {
        let id = self.new_client_id();
        self.create(id, at, ClientType::Window);
        id
    }

    pub(crate) fn create(&mut self, id: ClientId, at: &str, kind: ClientType) -> Option<WorkerInfo> {
        let client = Client { id, ..Client::of_url(&url(at)) };
        self.create_client(client, kind, None)
    }

    pub(crate) fn create_client(
        &mut self,
        client: Client,
        client_type: ClientType,
        creator: Option<ClientId>,
    ) -> Option<WorkerInfo> {
        let (reply, receiver) = Reply::channel();
        let frame_type =
            if client_type == ClientType::Window { FrameType::TopLevel } else { FrameType::None };
        let new = NewClient { client, client_type, frame_type, creator, reply };
        self.give(Input::Client(ClientInput::Created(Box::new(new))));
        receiver.try_recv().expect("a client is told its controller").map(|(_, worker)| worker)
    }

    pub(crate) fn close(&mut self, client: ClientId) {
        self.give(Input::Client(ClientInput::Gone(client)));
    }

    pub(crate) fn ask<T: Send + 'static>(
        &mut self,
        from: ClientId,
        message: impl FnOnce(Reply<T>) -> ServiceWorkerMsg,
    ) -> Receiver<T> {
        let (reply, receiver) = Reply::channel();
        self.give(Input::Ask(from, message(reply)));
        receiver
    }

    pub(crate) fn register(
        &mut self,
        from: ClientId,
        script: &str,
        scope: &str,
    ) -> Receiver<Result<RegistrationInfo, JobError>> {
        self.register_with(from, script, scope, WorkerType::Classic, UpdateViaCache::Imports)
    }

    pub(crate) fn register_with(
        &mut self,
        from: ClientId,
        script: &str,
        scope: &str,
        worker_type: WorkerType,
        update_via_cache: UpdateViaCache,
    ) -> Receiver<Result<RegistrationInfo, JobError>> {
        let (script_url, scope) = (url(script), url(scope));
        self.ask(from, |reply| ServiceWorkerMsg::Register {
            script_url,
            scope,
            worker_type,
            update_via_cache,
            reply,
        })
    }

    /// Registers and expects it to work.
    pub(crate) fn registered(&mut self, from: ClientId, script: &str, scope: &str) -> RegistrationId {
        self.register(from, script, scope).try_recv().unwrap().unwrap().registration
    }

    pub(crate) fn update(
        &mut self,
        from: ClientId,
        id: RegistrationId,
    ) -> Result<RegistrationInfo, JobError> {
        self.ask(from, |reply| ServiceWorkerMsg::Update(id, reply)).try_recv().unwrap()
    }

    pub(crate) fn unregister(&mut self, from: ClientId, id: RegistrationId) -> bool {
        self.ask(from, |reply| ServiceWorkerMsg::Unregister(id, reply)).try_recv().unwrap().unwrap()
    }

    pub(crate) fn info(&self, id: RegistrationId) -> RegistrationInfo {
        self.registry.registration(id).expect("the registration is gone")
    }

    /// The states of installing, waiting and active worker, such as `- installed activated`.
    pub(crate) fn states(&self, id: RegistrationId) -> String {
        let info = self.info(id);
        let state = |worker: &Option<WorkerInfo>| worker.as_ref().map_or("-", |worker| worker.state.as_str());
        [&info.installing, &info.waiting, &info.active].map(state).join(" ")
    }

    pub(crate) fn controller(&self, client: ClientId) -> Option<WorkerId> {
        self.registry.client(client).unwrap().controller
    }

    pub(crate) fn fetch_request(at: &str) -> Box<Request> {
        let head = RequestHead::get(url(at));
        Box::new(Request {
            head,
            client: Client::of_url(&url(at)),
            body: None,
            priority: Priority::Foreground,
        })
    }

    pub(crate) fn subresource(&mut self, from: ClientId, at: &str) -> Receiver<FetchOutcome> {
        self.ask(from, |reply| {
            ServiceWorkerMsg::HandleFetch(Self::fetch_request(at), CancelHandle::new(), reply)
        })
    }

    pub(crate) fn navigate(&mut self, at: &str) -> (ClientId, Receiver<FetchOutcome>) {
        let reserved_client = self.new_client_id();
        let (reply, receiver) = Reply::channel();
        let request = Self::fetch_request(at);
        self.give(Input::Navigation(Box::new(Navigation {
            request,
            reserved_client,
            force_reload: false,
            cancel: CancelHandle::new(),
            reply,
        })));
        (reserved_client, receiver)
    }

    /// A background fetch of that registration settled.
    pub(crate) fn fire(&mut self, registration: RegistrationId) -> Receiver<EventOutcome> {
        let (reply, receiver) = Reply::channel();
        let info = BackgroundFetchInfo {
            fetch: BackgroundFetchId(1),
            registration,
            id: "film".into(),
            upload_total: 0,
            download_total: 0,
            progress: BackgroundFetchProgress {
                downloaded: 0,
                uploaded: 0,
                result: BackgroundFetchResult::Success,
                failure_reason: BackgroundFetchFailureReason::Empty,
                records_available: true,
            },
        };
        let event = FunctionalEvent::BackgroundFetch { kind: BackgroundFetchEventKind::Success, info };
        self.give(Input::FireFunctionalEvent { registration, event, reply });
        receiver
    }

    pub(crate) fn message(&mut self, from: ClientId, to: WorkerId) {
        let data = MessageData { bytes: vec![1], attachments: Vec::new() };
        self.give(Input::Ask(from, ServiceWorkerMsg::PostMessage(to, data)));
    }

    /// The run of a worker, if it has one.
    pub(crate) fn run_of(&self, worker: WorkerId) -> Option<RunId> {
        self.runs.values().find(|start| start.worker.worker == worker).map(|start| start.run)
    }

    pub(crate) fn environment_of(&self, worker: WorkerId) -> ClientId {
        self.runs[&self.run_of(worker).expect("the worker does not run")].environment.id
    }

    /// Controllers that a client was told of by `controllerchange`.
    pub(crate) fn controller_changes(&self, client: ClientId) -> Vec<Option<WorkerInfo>> {
        let changes =
            self.posts.iter().filter(|(to, _)| *to == client).filter_map(|(_, message)| match message {
                ScriptMsg::RegistrationChanged { controller, .. } => controller.clone(),
                _ => None,
            });
        changes.collect()
    }
}

fn new_registry(settings: Settings, ids: &Arc<IdSource>) -> Registry {
    let mut next = 1_u128 << 64;
    Registry::new(settings, Arc::clone(ids), move || {
        next += 1;
        ClientId(uuid::Uuid::from_u128(next))
    })
}

//! What may happen: what pages, workers, threads and the network do, at random.

use bgfetch_service_worker::{ClientInput, FetchedScript, Input, Navigation, NewClient, RunId, WorkerInput};
use bgfetch_traits::fetch::{
    NetworkError, NetworkErrorKind, Priority, Request, RequestHead, Response, ResponseHead,
};
use bgfetch_traits::ids::{ClientId, RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::service_worker::{
    ClientType, EventOutcome, FetchOutcome, FrameType, FunctionalEvent, MessageData, ScriptResource,
    ServiceWorkerMsg, UpdateViaCache, WorkerStarted, WorkerType,
};
use url::Url;

use crate::promises::Promises;
use crate::world::World;

const SITES: [&str; 2] = ["https://a.test", "https://b.test"];
const PATHS: [&str; 4] = ["/", "/deep/", "/deep/er/", "/else/"];

impl World {
    pub(crate) fn url(&mut self) -> Url {
        let site = self.random.pick(&SITES).unwrap_or(SITES[0]);
        self.url_of(site)
    }

    pub(crate) fn url_of(&mut self, site: &str) -> Url {
        let path = self.random.pick(&PATHS).unwrap_or("/");
        Url::parse(site).unwrap().join(path).unwrap()
    }

    /// One thing out of all that can happen.
    pub(crate) fn something_happens(&mut self) {
        match self.random.below(100) {
            0..=8 => self.a_client_comes_or_goes(),
            9..=22 => self.a_page_asks(),
            23..=30 => self.a_page_fetches(),
            31..=50 => self.a_thread_goes_on(),
            51..=62 => self.an_event_ends(),
            63..=69 => self.a_worker_asks(),
            70..=80 => self.a_script_arrives(),
            81..=85 => self.an_event_is_fired(),
            86..=96 => self.time_passes(),
            97 => self.crash(),
            _ => match self.random.below(12) {
                0 => {
                    let key = StorageKey::of_url(&self.url()).unwrap();
                    self.give(Input::ClearStorage(key));
                }
                1 => self.restart(),
                _ => {
                    let registrations = self.registry.registrations();
                    if let Some((_, info)) = self.random.pick(&registrations) {
                        let force_bypass_cache = self.random.chance(50);
                        let registration = info.registration;
                        self.give(Input::SoftUpdate { registration, force_bypass_cache });
                    }
                }
            },
        }
    }

    pub(crate) fn new_client_id(&mut self) -> ClientId {
        ClientId(uuid::Uuid::from_u128(u128::from(self.random.next())))
    }

    pub(crate) fn a_client_comes_or_goes(&mut self) {
        let clients: Vec<_> = self.clients.iter().copied().collect();
        if clients.len() > 4 || (self.random.chance(35) && !clients.is_empty()) {
            if let Some(client) = self.random.pick(&clients) {
                self.close(client);
            }
        } else if self.random.chance(50) {
            self.navigate();
        } else if let Some((id, url)) = self.reserved.pop_first() {
            if self.random.chance(70) {
                self.create(id, &url);
            } else {
                self.give(Input::Client(ClientInput::Gone(id)));
            }
        } else {
            let (id, url) = (self.new_client_id(), self.url());
            self.create(id, &url);
        }
    }

    pub(crate) fn close(&mut self, client: ClientId) {
        self.clients.remove(&client);
        self.give(Input::Client(ClientInput::Gone(client)));
    }

    pub(crate) fn create(&mut self, id: ClientId, url: &Url) {
        self.clients.insert(id);
        let client_type = if self.random.chance(80) { ClientType::Window } else { ClientType::Worker };
        let new = NewClient {
            client: Client { id, ..Client::of_url(url) },
            client_type,
            frame_type: FrameType::default(),
            creator: None,
            reply: self.promises.promise("created"),
        };
        self.give(Input::Client(ClientInput::Created(Box::new(new))));
    }

    fn request(url: Url) -> Box<Request> {
        let client = Client { id: ClientId(uuid::Uuid::nil()), ..Client::of_url(&url) };
        let head = RequestHead::get(url);
        Box::new(Request { head, client, body: None, priority: Priority::Foreground })
    }

    pub(crate) fn navigate(&mut self) {
        let url = self.url();
        let reserved_client = match self.reserved.keys().next() {
            Some(redirected) if self.random.chance(30) => *redirected,
            _ => self.new_client_id(),
        };
        self.reserved.insert(reserved_client, url.clone());
        let force_reload = self.random.chance(5);
        let reply = self.promises.promise("navigation");
        let request = Self::request(url);
        let cancel = CancelHandle::new();
        let navigation = Navigation { request, reserved_client, force_reload, cancel, reply };
        self.give(Input::Navigation(Box::new(navigation)));
    }

    pub(crate) fn a_client(&mut self) -> Option<(ClientId, &'static str)> {
        let clients: Vec<_> = self.clients.iter().copied().collect();
        let client = self.random.pick(&clients)?;
        let url = self.registry.client(client)?.url;
        Some((client, SITES[usize::from(url.host_str() == Some("b.test"))]))
    }

    pub(crate) fn a_registration(&mut self) -> Option<RegistrationId> {
        // Also of other origins, and some that are long gone.
        let last = self.registry.registrations().last().map_or(1, |(_, info)| info.registration.0);
        if self.random.chance(20) {
            return Some(RegistrationId(self.random.below(last + 2)));
        }
        let all = self.registry.registrations();
        self.random.pick(&all).map(|(_, info)| info.registration)
    }

    pub(crate) fn a_worker(&mut self) -> Option<WorkerId> {
        let id = self.a_registration()?;
        let info = self.registry.registration(id)?;
        let workers: Vec<_> = [info.installing, info.waiting, info.active].into_iter().flatten().collect();
        self.random.pick(&workers).map(|worker| worker.worker)
    }

    pub(crate) fn a_page_asks(&mut self) {
        let Some((client, site)) = self.a_client() else { return };
        let promises = std::mem::take(&mut self.promises);
        let message = self.page_message(&promises, client, site);
        self.promises = promises;
        if let Some(message) = message {
            self.give(Input::Ask(client, message));
        }
    }

    pub(crate) fn page_message(
        &mut self,
        promises: &Promises,
        client: ClientId,
        site: &str,
    ) -> Option<ServiceWorkerMsg> {
        Some(match self.random.below(10) {
            0..=3 => {
                let script = self.random.pick(&["/sw.js", "/other.js", "/deep/sw.js"])?;
                let cross = self.random.chance(3);
                let scope = if cross { self.url() } else { self.url_of(site) };
                ServiceWorkerMsg::Register {
                    script_url: Url::parse(site).ok()?.join(script).ok()?,
                    scope,
                    worker_type: if self.random.chance(90) {
                        WorkerType::Classic
                    } else {
                        WorkerType::Module
                    },
                    update_via_cache: self.random.pick(UpdateViaCache::ALL)?,
                    reply: promises.promise("register"),
                }
            }
            4..=5 => ServiceWorkerMsg::Update(self.a_registration()?, promises.promise("update")),
            6 => ServiceWorkerMsg::Unregister(self.a_registration()?, promises.promise("unregister")),
            7 => ServiceWorkerMsg::Ready(promises.promise(format!("ready {client}"))),
            8 if self.random.chance(50) => {
                ServiceWorkerMsg::GetRegistration(self.url(), promises.promise("get registration"))
            }
            8 => ServiceWorkerMsg::GetRegistrations(promises.promise("get registrations")),
            _ => {
                let data = MessageData { bytes: Vec::new(), attachments: Vec::new() };
                ServiceWorkerMsg::PostMessage(self.a_worker()?, data)
            }
        })
    }

    pub(crate) fn a_page_fetches(&mut self) {
        let Some((client, _)) = self.a_client() else { return };
        let request = Self::request(self.url());
        let reply = self.promises.promise("fetch");
        self.give(Input::Ask(client, ServiceWorkerMsg::HandleFetch(request, CancelHandle::new(), reply)));
    }

    pub(crate) fn a_thread(&mut self) -> Option<RunId> {
        let runs: Vec<_> = self.threads.keys().copied().collect();
        self.random.pick(&runs)
    }

    /// A thread runs its script, or ends as it was told.
    pub(crate) fn a_thread_goes_on(&mut self) {
        let Some(run) = self.a_thread() else { return };
        let works = self.random.chance(85);
        let handles_fetch = self.random.chance(80);
        let Some(thread) = self.threads.get_mut(&run) else { return };
        if thread.terminated {
            self.threads.remove(&run);
            self.give(Input::Worker(WorkerInput::Stopped(run, "as told".into())));
        } else if !thread.started {
            thread.started = works;
            self.invariants.ran(thread.start.worker.worker);
            let started = if works {
                WorkerStarted::Ran { handles_fetch }
            } else {
                WorkerStarted::Failed("threw".into())
            };
            self.give(Input::Worker(WorkerInput::Started(run, started)));
        }
    }

    pub(crate) fn an_event_ends(&mut self) {
        let events: Vec<_> = self
            .threads
            .iter()
            .flat_map(|(run, thread)| thread.events.keys().map(|dispatch| (*run, *dispatch)))
            .collect();
        let Some((run, dispatch)) = self.random.pick(&events) else { return };
        let event = self.threads.get_mut(&run).and_then(|thread| thread.events.remove(&dispatch));
        if let Some(FunctionalEvent::Fetch { request, reply, .. }) = event.map(|event| *event) {
            match self.random.below(3) {
                0 => reply.send(FetchOutcome::Network(request)),
                1 => reply.send(FetchOutcome::Response(Response::new(ResponseHead::default(), None))),
                // Its worker does not say anything.
                _ => drop(reply),
            }
        }
        let outcome = match self.random.below(6) {
            0 => EventOutcome::Rejected("no".into()),
            _ => EventOutcome::Completed,
        };
        // Threads that were told to end may still say something.
        self.give(Input::Worker(WorkerInput::EventEnded(dispatch, outcome)));
    }

    pub(crate) fn a_worker_asks(&mut self) {
        let Some(run) = self.a_thread() else { return };
        let Some(thread) = self.threads.get(&run) else { return };
        let (from, own) = (thread.start.environment.id, thread.start.worker.worker);
        let clients: Vec<_> = self.clients.iter().chain(self.reserved.keys()).copied().collect();
        let client = self.random.pick(&clients);
        let other = self.a_worker();
        // Now and then one speaks for another.
        let worker = if self.random.chance(90) { own } else { other.unwrap_or(own) };
        let data = MessageData { bytes: Vec::new(), attachments: Vec::new() };
        let message = match (self.random.below(7), client) {
            (0, _) => ServiceWorkerMsg::SkipWaiting(worker, self.promises.promise("skip waiting")),
            (1, _) => ServiceWorkerMsg::Claim(worker, self.promises.promise("claim")),
            (2, Some(client)) => {
                ServiceWorkerMsg::GetClient(worker, client, self.promises.promise("get client"))
            }
            (3, Some(client)) => ServiceWorkerMsg::PostMessageToClient(worker, client, data),
            (4, _) => ServiceWorkerMsg::PostMessage(other.unwrap_or(own), data),
            (5, _) => {
                let url = self.url().join("lib.js").unwrap();
                let source = self.random.below(3).to_string();
                let script = ScriptResource { url, source, policy: PolicyContainer::default() };
                ServiceWorkerMsg::ScriptImported(worker, script)
            }
            _ => ServiceWorkerMsg::MatchAllClients {
                worker,
                include_uncontrolled: self.random.chance(50),
                client_type: ClientType::All,
                reply: self.promises.promise("match all"),
            },
        };
        self.give(Input::Ask(from, message));
    }

    pub(crate) fn a_script_arrives(&mut self) {
        if self.fetches.is_empty() {
            return;
        }
        let index = self.random.below(self.fetches.len() as u64) as usize;
        let (fetch, url) = self.fetches.swap_remove(index);
        let result = if self.random.chance(10) {
            Err(NetworkError::new(NetworkErrorKind::TimedOut, "timed out"))
        } else {
            let mut head = ResponseHead::default();
            let html = self.random.chance(5);
            head.headers.append("Content-Type", if html { "text/html" } else { "text/javascript" });
            if !url.path().starts_with("/deep") {
                head.headers.append("Service-Worker-Allowed", "/");
            }
            // A script of three versions: some fetches find it unchanged.
            let source = self.random.below(3).to_string();
            let (policy, from_cache) = (PolicyContainer::default(), self.random.chance(20));
            Ok(Box::new(FetchedScript { head, source, policy, from_cache }))
        };
        self.give(Input::ScriptFetched { fetch, result });
    }

    pub(crate) fn an_event_is_fired(&mut self) {
        let Some(registration) = self.a_registration() else { return };
        let event = crate::invariants::background_fetch_event(registration);
        let reply = self.promises.promise("event");
        self.give(Input::FireFunctionalEvent { registration, event, reply });
    }

    pub(crate) fn time_passes(&mut self) {
        let milliseconds = match self.random.below(4) {
            0 => self.random.below(100),
            1 => self.random.below(40_000),
            2 => self.random.below(400_000),
            _ => 0,
        };
        self.now += milliseconds;
        // A timer may ring late, and once too often.
        if self.registry.next_deadline().is_some_and(|at| at <= self.now) || self.random.chance(10) {
            self.forget_hopeless_threads();
            self.give(Input::Timer);
            assert!(self.registry.next_deadline().is_none_or(|at| at > self.now), "a timer rings for ever");
        }
    }

    /// The registry may give a thread up that does not end in time: then there may be another of its worker.
    pub(crate) fn forget_hopeless_threads(&mut self) {
        let ended: Vec<_> =
            self.threads.iter().filter(|(_, thread)| thread.terminated).map(|(run, _)| *run).collect();
        self.threads.retain(|_, thread| !thread.terminated);
        for run in ended {
            self.give(Input::Worker(WorkerInput::Stopped(run, "late".into())));
        }
    }

    pub(crate) fn crash(&mut self) {
        let Some(run) = self.a_thread() else { return };
        self.threads.remove(&run);
        self.seen.note("crash");
        self.give(Input::Worker(WorkerInput::Stopped(run, "crashed".into())));
    }
}

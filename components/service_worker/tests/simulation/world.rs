//! The world around the registry: what it asked for and did not get yet, and what may happen next.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use bgfetch_service_worker::{
    ClientInput, DispatchId, Effect, Input, Persist, Registry, RunId, ScriptFetchId, Settings, WorkerStart,
};
use bgfetch_traits::ids::{ClientId, IdSource, RegistrationId};
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{FunctionalEvent, StoredRegistration};
use url::Url;

use crate::invariants::Invariants;
use crate::promises::Promises;
use crate::random::Random;

/// A run of a worker, as its thread knows it.
pub(crate) struct Thread {
    pub(crate) start: WorkerStart,
    pub(crate) started: bool,
    pub(crate) terminated: bool,
    pub(crate) events: BTreeMap<DispatchId, Box<FunctionalEvent>>,
}

/// How often what happened.
#[derive(Default)]
pub(crate) struct Seen(pub(crate) BTreeMap<String, u64>);

impl Seen {
    pub(crate) fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what.clone()).or_default() += times;
        }
    }

    pub(crate) fn note(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    /// A simulation in which nothing happens proves nothing.
    pub(crate) fn assert_everything_happened(&self) {
        for what in [
            "state installing",
            "state installed",
            "state activating",
            "state activated",
            "state redundant",
            "event install",
            "event activate",
            "event fetch",
            "event message",
            "event backgroundfetchsuccess",
            "controllerchange",
            "no controller any more",
            "unregistered",
            "restart",
            "crash",
            "client message",
            "terminated while starting",
            "terminated with events",
            "started again",
            "waiting behind activating",
        ] {
            assert!(self.0.get(what).copied().unwrap_or_default() > 5, "{what}: hardly ever; {:?}", self.0);
        }
    }
}

pub(crate) struct World {
    pub(crate) registry: Registry,
    pub(crate) now: u64,
    pub(crate) random: Random,
    pub(crate) promises: Promises,
    pub(crate) threads: BTreeMap<RunId, Thread>,
    pub(crate) clients: BTreeSet<ClientId>,
    pub(crate) reserved: BTreeMap<ClientId, Url>,
    pub(crate) stored: BTreeMap<RegistrationId, StoredRegistration>,
    pub(crate) seen: Seen,
    pub(crate) trace: Vec<u64>,
    pub(crate) fetches: Vec<(ScriptFetchId, Url)>,
    pub(crate) invariants: Invariants,
    ids: Arc<IdSource>,
    verbose: bool,
}

impl World {
    pub(crate) fn new(seed: u64, verbose: bool) -> Self {
        let ids = Arc::new(IdSource::starting_at(1));
        Self {
            registry: registry(&ids, 0),
            now: 0,
            random: Random::new(seed),
            promises: Promises::default(),
            threads: BTreeMap::new(),
            clients: BTreeSet::new(),
            reserved: BTreeMap::new(),
            stored: BTreeMap::new(),
            seen: Seen::default(),
            trace: Vec::new(),
            fetches: Vec::new(),
            invariants: Invariants::default(),
            ids,
            verbose,
        }
    }

    /// Gives an input, performs what follows, and looks at everything.
    #[expect(clippy::print_stdout, reason = "the story of one day, when SEED asks for it")]
    pub(crate) fn give(&mut self, input: Input) {
        if self.verbose {
            println!("{:>9} <- {input:?}", self.now);
        }
        for effect in self.registry.handle(self.now, input) {
            if self.verbose {
                println!("          -> {effect:?}");
            }
            let mut hasher = DefaultHasher::new();
            format!("{effect:?}").hash(&mut hasher);
            self.trace.push(hasher.finish());
            self.perform(effect);
        }
        self.invariants.check(&self.registry, &self.stored, &self.clients);
    }

    fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::FetchScript { fetch, request } => self.fetches.push((fetch, request.head.url)),
            Effect::StartWorker(start) => {
                let worker = start.worker.worker;
                let alive = self.threads.values().any(|thread| thread.start.worker.worker == worker);
                assert!(!alive, "worker {worker} has two threads");
                if self.invariants.has_run(worker) {
                    self.seen.note("started again");
                }
                let thread =
                    Thread { start: *start, started: false, terminated: false, events: BTreeMap::new() };
                self.threads.insert(thread.start.run, thread);
            }
            Effect::DispatchEvent { run, dispatch, event, .. } => {
                let thread = self.threads.get_mut(&run).expect("an event for a thread that is gone");
                assert!(thread.started && !thread.terminated, "an event for a worker that does not run");
                self.seen.note(format!("event {}", event.name()));
                self.invariants.dispatched(&self.registry, &thread.start, &event);
                thread.events.insert(dispatch, event);
            }
            Effect::TerminateWorker { run, environment } => {
                let thread = self.threads.get_mut(&run).expect("termination of a thread that is gone");
                assert!(!thread.terminated && thread.start.environment.id == environment);
                thread.terminated = true;
                if !thread.started {
                    self.seen.note("terminated while starting");
                } else if !thread.events.is_empty() {
                    self.seen.note("terminated with events");
                }
            }
            Effect::Post { to, message } => self.post(to, &message),
            Effect::Answer(answer) => answer.send(),
            Effect::Persist(_, Persist::Save(stored)) => {
                self.stored.insert(stored.registration, *stored);
            }
            Effect::Persist(_, Persist::Delete(id)) => {
                assert!(self.stored.remove(&id).is_some(), "deleted what was not stored");
            }
            Effect::WorkerState { worker, .. } => self.invariants.changed(&worker),
            Effect::Unregistered(_) => self.seen.note("unregistered"),
            Effect::NavigateClient { reply, .. } | Effect::OpenWindow { reply, .. } => reply.send(Ok(None)),
            Effect::MatchCache { .. } | Effect::FetchFromNetwork { .. } => {
                unreachable!("no worker has rules")
            }
        }
    }

    fn post(&mut self, to: ClientId, message: &ScriptMsg) {
        let thread = self.threads.values().find(|thread| thread.start.environment.id == to);
        assert!(
            self.clients.contains(&to) || thread.is_some_and(|thread| !thread.terminated),
            "a message to nobody"
        );
        match message {
            ScriptMsg::RegistrationChanged { to: named, info, controller, redundant, .. } => {
                assert_eq!(*named, to);
                for worker in
                    [&info.installing, &info.waiting, &info.active].into_iter().flatten().chain(redundant)
                {
                    self.seen.note(format!("state {}", worker.state));
                    self.invariants.saw(worker);
                }
                match (&info.waiting, &info.active) {
                    (Some(_), Some(active)) if active.state.as_str() == "activating" => {
                        self.seen.note("waiting behind activating");
                    }
                    _ => {}
                }
                match controller {
                    Some(Some(_)) => self.seen.note("controllerchange"),
                    Some(None) => self.seen.note("no controller any more"),
                    None => {}
                }
            }
            ScriptMsg::ClientMessage { .. } => self.seen.note("client message"),
            other => panic!("{other:?}"),
        }
    }

    /// The process is killed, and another opens the profile.
    pub(crate) fn restart(&mut self) {
        self.seen.note("restart");
        self.registry = registry(&self.ids, self.random.next());
        self.threads.clear();
        self.clients.clear();
        self.reserved.clear();
        self.fetches.clear();
        self.promises = Promises::default();
        // An activating worker is activated again: within another process, states begin anew.
        self.invariants = Invariants::default();
        self.give(Input::Restored(self.stored.values().cloned().collect()));
    }

    /// Everyone goes home: whatever was asked must have been answered.
    pub(crate) fn end_of_day(&mut self) {
        for (id, _) in std::mem::take(&mut self.reserved) {
            self.give(Input::Client(ClientInput::Gone(id)));
        }
        for client in self.clients.clone() {
            self.close(client);
        }
        let quiet = |world: &Self| {
            world.fetches.is_empty()
                && world
                    .threads
                    .values()
                    .all(|thread| thread.started && thread.events.is_empty() && !thread.terminated)
        };
        for _ in 0..10_000 {
            if quiet(self) {
                break;
            }
            self.a_script_arrives();
            self.a_thread_goes_on();
            self.an_event_ends();
        }
        assert!(quiet(self), "it never comes to rest");
        assert!(self.registry.is_idle(), "nothing is left to do, and it says otherwise");
        self.invariants.only_registered_ones_are_left(&self.registry);
        // Nobody is there any more, so nothing waits for anybody.
        for (_, info) in self.registry.registrations() {
            assert!(info.installing.is_none() && info.waiting.is_none(), "{info:?}");
        }
        self.now += 1_000_000;
        self.give(Input::Timer);
        self.forget_hopeless_threads();
        assert!(self.threads.is_empty(), "a worker runs without anything to do");
        assert_eq!(self.registry.next_deadline(), None);
        assert_eq!(self.promises.open(), 0, "questions without an answer");
        for what in self.promises.dropped() {
            assert!(what.starts_with("ready "), "{what} was dropped");
        }
    }
}

fn registry(ids: &Arc<IdSource>, salt: u64) -> Registry {
    let mut next = (1_u128 << 100) + (u128::from(salt) << 32);
    Registry::new(Settings::default(), Arc::clone(ids), move || {
        next += 1;
        ClientId(uuid::Uuid::from_u128(next))
    })
}

//! The registry: one input in, effects out.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;

use bgfetch_traits::ids::{ClientId, IdSource, RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{ClientInfo, EventOutcome, RegistrationInfo, WorkerStarted};

use crate::io::{Answer, ClientInput, DispatchId, Effect, Input, RunId, ScriptFetchId, WorkerInput};
use crate::jobs::{Jobs, QueueKey};
use crate::model::{Clients, Registrations, RunState, Workers};

/// Time limits, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A worker without events is stopped after this.
    pub idle_timeout_ms: u64,
    /// An installed worker's script must have run by then.
    pub start_timeout_ms: u64,
    /// An `install` event, `waitUntil()` included; and before it a worker's first run, which may import scripts
    /// from the network.
    pub install_timeout_ms: u64,
    /// An `activate` event, `waitUntil()` included.
    pub activate_timeout_ms: u64,
    /// Every other event, `waitUntil()` included.
    pub event_timeout_ms: u64,
    /// An update that follows a fetch is looked for after this: pages load first.
    pub soft_update_delay_ms: u64,
    /// A worker that was told to stop is taken for stopped after this, even if its thread did not say so.
    pub stop_timeout_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            idle_timeout_ms: 30_000,
            start_timeout_ms: 60_000,
            install_timeout_ms: 300_000,
            activate_timeout_ms: 300_000,
            event_timeout_ms: 300_000,
            soft_update_delay_ms: 1_000,
            stop_timeout_ms: 10_000,
        }
    }
}

/// Service worker registrations, workers and clients, as a deterministic state machine.
///
/// See the [crate's documentation](crate) for how to drive it.
#[derive(Debug)]
pub struct Registry {
    pub(crate) settings: Settings,
    pub(crate) ids: Ids,
    pub(crate) registrations: Registrations,
    pub(crate) workers: Workers,
    pub(crate) clients: Clients,
    pub(crate) jobs: Jobs,
    pub(crate) out: Output,
}

/// Where names come from.
pub(crate) struct Ids {
    stored: Arc<IdSource>,
    new_environment: Box<dyn FnMut() -> ClientId + Send>,
    last: u64,
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ids").field("stored", &self.stored).field("last", &self.last).finish_non_exhaustive()
    }
}

impl Ids {
    pub(crate) fn registration(&self) -> RegistrationId {
        RegistrationId(self.stored.next())
    }

    pub(crate) fn worker(&self) -> WorkerId {
        WorkerId(self.stored.next())
    }

    pub(crate) fn environment(&mut self) -> ClientId {
        (self.new_environment)()
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(crate) fn run(&mut self) -> RunId {
        RunId(self.next())
    }

    pub(crate) fn dispatch(&mut self) -> DispatchId {
        DispatchId(self.next())
    }

    pub(crate) fn script_fetch(&mut self) -> ScriptFetchId {
        ScriptFetchId(self.next())
    }
}

/// What is still to be done within one input. A task instead of a call, where the specification queues one or
/// waits, so that an algorithm never finds its state changed under it by one that it invoked.
#[derive(Debug)]
pub(crate) enum Task {
    RunJob(QueueKey),
    /// A worker's first run ended.
    WorkerRan(WorkerId, Result<(), String>),
    InstallEnded(WorkerId, EventOutcome),
    ActivateEnded(WorkerId),
    /// An event of a worker of this registration settled, or a client is gone.
    Settled(RegistrationId),
    SoftUpdate(RegistrationId),
    /// Give queued events to a worker, starting it if need be.
    Pump(WorkerId),
    /// `skipWaiting()` has done what it could.
    SkippedWaiting(Reply<()>),
}

/// What is due when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Timer {
    Event(DispatchId),
    /// A run has been starting, idle or stopping for too long.
    Run(RunId),
    SoftUpdate(RegistrationId),
}

/// What one input leads to, and the clock.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) now: u64,
    pub(crate) effects: Vec<Effect>,
    pub(crate) tasks: VecDeque<Task>,
    pub(crate) timers: BTreeSet<(u64, Timer)>,
    pub(crate) shut_down: bool,
}

impl Registry {
    /// An empty registry.
    ///
    /// `ids` names registrations and workers: numbers that no stored thing has (it may be shared with others that
    /// draw from the same numbers). `new_environment` names the environments that workers run in.
    pub fn new(
        settings: Settings,
        ids: Arc<IdSource>,
        new_environment: impl FnMut() -> ClientId + Send + 'static,
    ) -> Self {
        Self {
            settings,
            ids: Ids { stored: ids, new_environment: Box::new(new_environment), last: 0 },
            registrations: Registrations::default(),
            workers: Workers::default(),
            clients: Clients::default(),
            jobs: Jobs::default(),
            out: Output::default(),
        }
    }

    /// Takes what happened at `now_ms` (milliseconds since anything, never less than before), and says what is to
    /// be done about it, in that order.
    #[must_use = "what is not done is lost"]
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        self.out.now = self.out.now.max(now_ms);
        self.take(input);
        self.run_tasks();
        std::mem::take(&mut self.out.effects)
    }

    /// When [`Input::Timer`] is due, in the milliseconds of [`Registry::handle`]; `None`: there is nothing to wait
    /// for.
    #[must_use]
    pub fn next_deadline(&self) -> Option<u64> {
        self.out.timers.first().map(|(at, _)| *at)
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Restored(stored) => self.restore(stored),
            Input::Client(ClientInput::Created(new)) => self.client_created(*new),
            Input::Client(ClientInput::State { client, visible, focused }) => {
                self.client_state(client, visible, focused);
            }
            Input::Client(ClientInput::Gone(client)) => self.client_gone(client),
            Input::Ask(from, message) => self.ask(from, message),
            Input::Navigation(navigation) => self.handle_navigation(*navigation),
            Input::ScriptFetched { fetch, result } => self.script_fetched(fetch, result),
            Input::Worker(WorkerInput::Started(run, started)) => self.worker_started(run, started),
            Input::Worker(WorkerInput::EventEnded(dispatch, outcome)) => self.event_ended(dispatch, outcome),
            Input::Worker(WorkerInput::Stopped(run, why)) => self.worker_stopped(run, &why),
            Input::FireFunctionalEvent { registration, event, reply } => {
                self.fire_functional_event(registration, event, reply);
            }
            Input::SoftUpdate { registration, force_bypass_cache } => {
                self.soft_update(registration, force_bypass_cache);
            }
            Input::ClearStorage(key) => self.clear_storage(&key),
            Input::Timer => {}
            Input::Shutdown => self.shut_down(),
        }
        self.fire_timers();
    }

    fn run_tasks(&mut self) {
        while let Some(task) = self.out.tasks.pop_front() {
            match task {
                Task::RunJob(key) => self.run_job(&key),
                Task::WorkerRan(worker, result) => self.worker_ran(worker, result),
                Task::InstallEnded(worker, outcome) => self.install_ended(worker, &outcome),
                Task::ActivateEnded(worker) => self.activate_ended(worker),
                Task::Settled(registration) => self.settled(registration),
                Task::SoftUpdate(registration) => self.soft_update(registration, false),
                Task::Pump(worker) => self.pump(worker),
                Task::SkippedWaiting(reply) => self.answer(reply, ()),
            }
        }
    }

    fn fire_timers(&mut self) {
        while let Some(&(at, timer)) = self.out.timers.first() {
            if at > self.out.now {
                break;
            }
            self.out.timers.remove(&(at, timer));
            match timer {
                Timer::Event(dispatch) => self.event_timed_out(dispatch),
                Timer::Run(run) => self.run_timed_out(run),
                Timer::SoftUpdate(registration) => self.soft_update(registration, false),
            }
        }
    }

    pub(crate) fn answer<T: Send + 'static>(&mut self, reply: Reply<T>, value: T) {
        self.out.effects.push(Effect::Answer(Answer::new(reply, value)));
    }

    /// A registration as a page sees it, also one that is unregistered but still has clients.
    #[must_use]
    pub fn registration(&self, registration: RegistrationId) -> Option<RegistrationInfo> {
        let registration = self.registrations.by_id.get(&registration)?;
        Some(self.workers.registration_info(registration))
    }

    /// The storage key of a registration that is in the registration map.
    #[must_use]
    pub fn storage_key_of(&self, registration: RegistrationId) -> Option<&StorageKey> {
        let registration = self.registrations.by_id.get(&registration)?;
        (!self.registrations.is_unregistered(registration)).then_some(&registration.storage_key)
    }

    /// All registrations of the registration map, in the order they were made.
    #[must_use]
    pub fn registrations(&self) -> Vec<(StorageKey, RegistrationInfo)> {
        self.registrations
            .by_id
            .values()
            .filter(|registration| !self.registrations.is_unregistered(registration))
            .map(|r| (r.storage_key.clone(), self.workers.registration_info(r)))
            .collect()
    }

    /// Whether nothing is left to do: no job runs or waits, and no worker starts, has an event or will get one.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.jobs.queues.is_empty()
            && self.workers.by_id.values().all(|worker| {
                worker.queue.is_empty()
                    && worker.has_no_pending_events()
                    && !matches!(worker.run, RunState::Starting(_))
            })
    }

    /// A client as a worker sees it.
    #[must_use]
    pub fn client(&self, client: ClientId) -> Option<ClientInfo> {
        self.clients.get(client)?.info()
    }

    /// Every environment of a storage key in which scripts run: clients in the order they were made, then running
    /// service workers. Each of them may have objects that stand for a registration, or for something of it.
    #[must_use]
    pub fn environments_of(&self, key: &StorageKey) -> Vec<ClientId> {
        let clients = self.clients.iter().filter(|client| client.ready.is_some());
        let clients =
            clients.filter(|client| client.storage_key.as_ref() == Some(key)).map(|client| client.id);
        let workers = self.workers.environments.iter().filter(|(_, worker)| {
            self.workers
                .get(**worker)
                .and_then(|w| self.registrations.by_id.get(&w.registration))
                .is_some_and(|registration| registration.storage_key == *key)
        });
        clients.chain(workers.map(|(environment, _)| *environment)).collect()
    }

    fn worker_started(&mut self, run: RunId, started: WorkerStarted) {
        match started {
            WorkerStarted::Ran { handles_fetch } => self.worker_running(run, handles_fetch),
            WorkerStarted::Failed(why) => self.start_failed(run, &why),
        }
    }
}

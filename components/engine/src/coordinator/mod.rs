//! The coordinator: the thread that owns the background fetch machine and the registry of service workers.
//!
//! It takes one [`Event`] after the other, gives what happened to the machine or the registry, and performs what
//! they want done by sending messages. It waits for nobody, except when the engine starts and ends.
//!
//! | file | what |
//! |---|---|
//! | `inbox` | everything that can happen |
//! | `background_fetch` | what scripts ask of background fetches; the machine's effects |
//! | `transfers`, `request_bodies` | attempts: network to storage, and what is sent |
//! | `service_worker` | what scripts ask of service workers; the registry's effects |
//! | `workers` | runs of service workers |
//! | `windows` | windows |
//! | `web_workers` | dedicated and shared workers |
//! | `clients` | environments: who they are and how they are reached |
//! | `threads` | script threads, and their ends |
//! | `native` | background fetches of the embedder |
//! | `permissions`, `display`, `idle` | as they say |
//! | `restore`, `shutdown` | the beginning and the end |
//! | `tasks` | what takes several questions |

mod background_fetch;
mod clients;
mod display;
mod idle;
pub(crate) mod inbox;
mod native;
mod permissions;
mod request_bodies;
mod restore;
mod service_worker;
mod shutdown;
mod tasks;
pub(crate) mod teller;
mod threads;
mod transfers;
mod web_workers;
mod windows;
mod workers;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bgfetch_core::{Connectivity, Machine};
use bgfetch_service_worker::Registry;
use bgfetch_traits::ids::{IdSource, StorageKey};
use bgfetch_traits::net::{NetMsg, NetSender};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::storage::{StorageError, StorageMsg, StorageSender};
use crossbeam_channel::{Receiver, RecvTimeoutError};

pub(crate) use display::Displays;
use idle::Idle;
use inbox::{Command, Event, Inbox};
use native::Natives;
use permissions::Permissions;
use shutdown::Ending;
pub(crate) use shutdown::Ends;
use tasks::Tasks;
use teller::Teller;
use threads::Scripts;
use transfers::Transfers;

use crate::config::{EngineConfig, ScriptLimits};
use crate::delegate::EngineEvent;
use crate::error::EngineError;
use crate::host::ScriptHost;

/// Everything that the coordinator's thread owns.
pub(crate) struct Coordinator {
    core: Core,
    links: Links,
    scripts: Scripts,
    transfers: Transfers,
    natives: Natives,
    permissions: Permissions,
    turn: Turn,
}

/// The two machines, and what they are fed with.
struct Core {
    machine: Machine,
    registry: Registry,
    ids: Arc<IdSource>,
    started: Instant,
}

/// The ways out.
pub(crate) struct Links {
    pub(crate) inbox: Inbox,
    pub(crate) net: NetSender,
    pub(crate) storage: StorageSender,
    pub(crate) teller: Teller,
    pub(crate) displays: Arc<Displays>,
    pub(crate) script: ScriptSide,
}

/// How script threads are started.
pub(crate) struct ScriptSide {
    pub(crate) host: Arc<dyn ScriptHost>,
    pub(crate) user_agent: Arc<str>,
    pub(crate) limits: ScriptLimits,
}

/// Where the coordinator is in its work.
struct Turn {
    /// What is to be taken before the inbox.
    next: VecDeque<Event>,
    tasks: Tasks,
    idle: Idle,
    ending: Option<Ending>,
}

impl Core {
    fn now(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Coordinator {
    /// A coordinator of an engine that is online or not, as `config` says, and has restored nothing yet.
    pub(crate) fn new(config: &EngineConfig, links: Links, next_id: u64) -> Self {
        let ids = Arc::new(IdSource::starting_at(next_id.max(1)));
        let registry = Registry::new(
            workers::settings(&config.script),
            Arc::clone(&ids),
            bgfetch_traits::ids::ClientId::new,
        );
        let machine = Machine::new(background_fetch::settings(&config.network));
        Self {
            core: Core { machine, registry, ids, started: Instant::now() },
            scripts: Scripts::default(),
            transfers: Transfers::default(),
            natives: Natives::default(),
            permissions: Permissions::new(config.permissions.clone()),
            turn: Turn {
                next: VecDeque::new(),
                tasks: Tasks::new(links.inbox.clone()),
                idle: Idle::default(),
                ending: None,
            },
            links,
        }
    }

    /// Takes events until the engine is told to end, and then ends it.
    pub(crate) fn run(mut self, events: &Receiver<Event>, ends: Ends) {
        while !self.has_ended() {
            let event = match self.turn.next.pop_front() {
                Some(event) => Some(event),
                None => self.receive(events),
            };
            if self.turn.ending.is_some() {
                self.take_while_ending(event);
                continue;
            }
            if let Some(event) = event {
                self.take(event);
            }
            self.timers_due();
            if self.turn.next.is_empty() && events.is_empty() {
                self.look_for_idleness();
            }
        }
        self.end(ends);
    }

    /// The next event; `None` when something is due before it.
    fn receive(&self, events: &Receiver<Event>) -> Option<Event> {
        let deadlines = [
            self.core.machine.next_deadline(),
            self.core.registry.next_deadline(),
            self.scripts.next_deadline(),
            self.turn.ending.as_ref().map(Ending::next_deadline),
        ];
        let received = match deadlines.into_iter().flatten().min() {
            Some(due) => {
                let due = self.core.started + Duration::from_millis(due);
                events.recv_deadline(due)
            }
            None => events.recv().map_err(RecvTimeoutError::from),
        };
        // The links hold a sender, so that there is always one.
        received.ok()
    }

    fn timers_due(&mut self) {
        let now = self.core.now();
        let due = |deadline: Option<u64>| deadline.is_some_and(|deadline| deadline <= now);
        if due(self.core.machine.next_deadline()) {
            self.machine(bgfetch_core::Input::Timer);
        }
        if due(self.core.registry.next_deadline()) {
            self.registry(bgfetch_service_worker::Input::Timer);
        }
        self.threads_due();
    }

    fn take(&mut self, event: Event) {
        self.turn.idle.something_happened(&event);
        match event {
            Event::Script(thread, message) => self.script(thread, message),
            Event::Thread(thread, event) => self.thread(thread, event),
            Event::Command(command) => self.command(command),
            Event::Checked(call) => self.fetch_checked(call),
            Event::RequestBody(record, stored) => self.request_body_stored(record, stored),
            Event::BackgroundFetch(input) => self.machine(input),
            Event::Transfer(record, attempt, event) => self.transfer(record, attempt, event),
            Event::Worker(run, report) => self.worker_report(run, report),
            Event::RegistrationFailed { scope, script_url, message } => {
                self.registration_failed(scope, script_url, message);
            }
            Event::ServiceWorker(input) => self.registry(input),
            Event::WindowOpened(opened) => self.window_opened(opened),
            Event::ClientNavigated(navigated) => self.client_navigated(navigated),
            Event::Task(task) => {
                let event = self.turn.tasks.woken(task);
                self.turn.next.extend(event);
            }
            Event::ThreadIdle { round, thread, performed } => self.thread_idle(round, thread, performed),
            Event::Cleared(key, reply) => self.links.storage.send(StorageMsg::Clear(key, reply)),
        }
    }

    fn command(&mut self, command: Command) {
        match command {
            Command::OpenWindow { window, url, reply } => self.open_window(window, url, reply),
            Command::Window(window, url, command) => self.window_command(window, url, command),
            Command::Ui { fetch, action, reply } => self.ui(fetch, action, reply),
            Command::Native(command) => self.native_command(command),
            Command::WhenIdle(reply) => self.turn.idle.wait(reply),
            Command::SetOnline(online) => {
                self.set_connectivity(Connectivity { online, ..self.core.machine.connectivity() });
            }
            Command::SetMetered(metered) => {
                self.set_connectivity(Connectivity { metered, ..self.core.machine.connectivity() });
            }
            Command::SetPermission { name, key, state } => self.set_permission(&name, key.as_ref(), state),
            Command::ClearData(key, reply) => {
                self.links.net.send(NetMsg::Clear(Some(key.clone())));
                self.clear_storage(
                    key,
                    reply.map(|cleared: Result<_, _>| cleared.map_err(EngineError::from)),
                );
            }
            Command::ClearStorage(key, reply) => {
                tracing::debug!(%key, "its server has the storage cleared");
                self.clear_storage(key, reply.map(|_| ()));
            }
            Command::Shutdown(reply) => self.begin_shutdown(reply),
        }
    }

    fn set_connectivity(&mut self, connectivity: Connectivity) {
        let before = self.core.machine.connectivity();
        let online = connectivity.online;
        if online != before.online {
            self.links.teller.event(EngineEvent::Connectivity { online });
            self.links.net.send(NetMsg::SetOnline(online));
            for thread in self.scripts.threads.values() {
                thread.sender.send(ScriptMsg::Online(online));
            }
        }
        self.machine(bgfetch_core::Input::Connectivity(connectivity));
    }

    /// Ends and deletes everything that is stored of a storage key.
    fn clear_storage(&mut self, key: StorageKey, reply: Reply<Result<(), StorageError>>) {
        self.registry(bgfetch_service_worker::Input::ClearStorage(key.clone()));
        self.remove_natives_of(&key);
        for thread in self.scripts.threads.values() {
            thread.sender.send(ScriptMsg::StorageCleared(key.clone()));
        }
        // After the background fetches of its registrations have ended, which is still to be done.
        self.later(Event::Cleared(key, reply));
    }

    /// Gives the machine an input, and does what it wants.
    fn machine(&mut self, input: bgfetch_core::Input) {
        let now = self.core.now();
        for effect in self.core.machine.handle(now, input) {
            self.perform_background_fetch(effect);
        }
    }

    /// Gives the registry an input, and does what it wants.
    fn registry(&mut self, input: bgfetch_service_worker::Input) {
        let now = self.core.now();
        for effect in self.core.registry.handle(now, input) {
            self.perform_service_worker(effect);
        }
    }

    /// An event that comes of what is being done now: taken before anything from outside.
    fn later(&mut self, event: Event) {
        self.turn.next.push_back(event);
    }
}

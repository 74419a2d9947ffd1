//! Script threads: who they are, what they say, how they end.

use std::any::Any;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;
use std::thread::JoinHandle;

use bgfetch_service_worker::RunId;
use bgfetch_traits::coordinator::{CoordinatorMsg, CoordinatorSender};
use bgfetch_traits::ids::{ClientId, StorageKey};
use bgfetch_traits::script::{ScriptMsg, ScriptSender};
use url::Url;

use super::Coordinator;
use super::clients::ClientEntry;
use super::inbox::{Event, Inbox, ThreadEvent};
use super::web_workers::WebWorker;
use super::windows::WindowEntry;
use super::workers::Run;
use crate::delegate::{EngineEvent, WindowId};
use crate::host::{Hosts, ScriptThread};

/// A thread that was told to end has so many milliseconds before its script is interrupted.
const PATIENCE: u64 = 1_000;
/// Stack of the threads that wait for others to end, in bytes.
const WATCHER_STACK: usize = 64 * 1024;

/// Names a script thread, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ThreadId(pub(crate) u64);

/// What a script thread is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Window(WindowId),
    /// A service worker.
    Worker(RunId),
    /// A dedicated or shared worker, which is this client.
    WebWorker(ClientId),
}

/// A script thread that has not ended.
pub(crate) struct Thread {
    pub(crate) sender: ScriptSender,
    interrupt: Box<dyn Fn() + Send>,
    pub(crate) role: Role,
    /// It was told to end, and is interrupted then.
    overdue: Option<u64>,
}

/// All that runs scripts.
#[derive(Default)]
pub(crate) struct Scripts {
    last: u64,
    pub(crate) threads: BTreeMap<ThreadId, Thread>,
    pub(crate) clients: HashMap<ClientId, ClientEntry>,
    /// Clients to be, and the threads that navigate to make them.
    pub(crate) reserved: HashMap<ClientId, ThreadId>,
    pub(crate) windows: BTreeMap<WindowId, WindowEntry>,
    pub(crate) runs: HashMap<RunId, Run>,
    /// Dedicated and shared workers.
    pub(crate) web_workers: BTreeMap<ClientId, WebWorker>,
    /// Scripts whose run failed since a page asked for them: that was told already.
    pub(crate) failed_runs: HashSet<Url>,
}

impl Scripts {
    pub(crate) fn next_thread(&mut self) -> ThreadId {
        self.last += 1;
        ThreadId(self.last)
    }

    /// A way to each thread that runs something of a storage key, once for each key.
    pub(crate) fn threads_by_key(&self) -> Vec<(&StorageKey, &ScriptSender)> {
        let mut found = BTreeMap::new();
        for client in self.clients.values() {
            if let Some(key) = &client.key {
                found.insert((client.thread, key), &client.sender);
            }
        }
        found.into_iter().map(|((_, key), sender)| (key, sender)).collect()
    }

    pub(crate) fn sender(&self, thread: ThreadId) -> Option<&ScriptSender> {
        Some(&self.threads.get(&thread)?.sender)
    }

    /// When the next thread is to be interrupted.
    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.threads.values().filter_map(|thread| thread.overdue).min()
    }
}

impl Coordinator {
    /// Whom a new script thread talks to.
    pub(super) fn hosts(&self, thread: ThreadId) -> Hosts {
        let inbox = self.links.inbox.clone();
        Hosts {
            coordinator: CoordinatorSender::new(move |message| inbox.post(Event::Script(thread, message))),
            net: self.links.net.clone(),
            storage: self.links.storage.clone(),
            user_agent: self.links.script.user_agent.clone(),
        }
    }

    /// Takes a started thread in charge.
    pub(super) fn adopt(&mut self, id: ThreadId, role: Role, started: ScriptThread) -> io::Result<()> {
        let ScriptThread { sender, interrupt, join } = started;
        if let Err(error) = watch(id, join, self.links.inbox.clone()) {
            // Nobody would learn of its end.
            sender.send(ScriptMsg::Shutdown);
            interrupt();
            return Err(error);
        }
        if !self.core.machine.connectivity().online {
            // A thread takes itself to be online until it is told otherwise.
            sender.send(ScriptMsg::Online(false));
        }
        self.scripts.threads.insert(id, Thread { sender, interrupt, role, overdue: None });
        Ok(())
    }

    /// Tells a thread to end; its script is interrupted `at_once`, or if it does not return soon.
    pub(super) fn end_thread(&mut self, id: ThreadId, at_once: bool) {
        let overdue = self.core.now().saturating_add(PATIENCE);
        let Some(thread) = self.scripts.threads.get_mut(&id) else { return };
        thread.sender.send(ScriptMsg::Shutdown);
        if at_once {
            thread.overdue = None;
            (thread.interrupt)();
        } else {
            thread.overdue.get_or_insert(overdue);
        }
    }

    /// Interrupts the threads that were told to end and did not.
    pub(super) fn threads_due(&mut self) {
        if self.scripts.next_deadline().is_none() {
            return;
        }
        let now = self.core.now();
        for (id, thread) in &mut self.scripts.threads {
            if thread.overdue.is_some_and(|overdue| overdue <= now) {
                tracing::warn!(thread = id.0, role = ?thread.role, "does not end; its script is interrupted");
                thread.overdue = None;
                (thread.interrupt)();
            }
        }
    }

    pub(super) fn thread(&mut self, id: ThreadId, event: ThreadEvent) {
        match event {
            ThreadEvent::Loaded(result) => self.window_loaded(id, result),
            ThreadEvent::Ended(problem) => self.thread_ended(id, problem.as_deref()),
        }
    }

    /// A thread is gone, and with it its clients, whether it said so or not.
    fn thread_ended(&mut self, id: ThreadId, problem: Option<&str>) {
        let Some(thread) = self.scripts.threads.remove(&id) else { return };
        if let Some(problem) = problem {
            tracing::error!(thread = id.0, role = ?thread.role, problem, "a script thread panicked");
        }
        let clients: Vec<_> =
            self.scripts.clients.iter().filter(|(_, c)| c.thread == id).map(|(id, _)| *id).collect();
        let reserved: Vec<_> =
            self.scripts.reserved.iter().filter(|(_, t)| **t == id).map(|(id, _)| *id).collect();
        for client in clients.into_iter().chain(reserved) {
            self.client_gone(client);
        }
        match thread.role {
            Role::Worker(run) => self.worker_ended(run, problem),
            Role::Window(window) => self.window_ended(window, id),
            Role::WebWorker(worker) => self.web_worker_ended(worker),
        }
    }

    /// A script thread says something. It is believed for its own environments only.
    pub(super) fn script(&mut self, thread: ThreadId, message: CoordinatorMsg) {
        match message {
            CoordinatorMsg::ClientCreated { client, client_type, frame_type, sender, creator, reply } => {
                let entry = ClientEntry::new(thread, client, frame_type, sender);
                self.client_created(entry, client_type, creator, reply);
            }
            CoordinatorMsg::ClientGone(client) => {
                if self.is_of(client, thread) {
                    self.client_gone(client);
                }
            }
            CoordinatorMsg::BackgroundFetch(client, message) if self.is_of(client, thread) => {
                self.background_fetch(client, message);
            }
            CoordinatorMsg::ServiceWorker(client, message) => self.service_worker(thread, client, message),
            CoordinatorMsg::Worker(client, message) if self.is_of(client, thread) => {
                self.web_worker(client, message);
            }
            CoordinatorMsg::Broadcast { from, channel, data } => {
                if self.is_of(from, thread) {
                    self.broadcast(from, &channel, &data);
                }
            }
            CoordinatorMsg::LocalStorageChanged { from, change } => {
                if self.is_of(from, thread) {
                    self.local_storage_changed(from, &change);
                }
            }
            CoordinatorMsg::QueryPermission { key, name, reply } => {
                reply.send(self.permissions.state(&name, &key));
            }
            CoordinatorMsg::Report(client, message) => {
                self.links.teller.event(EngineEvent::Console { client, message });
            }
            CoordinatorMsg::Focused(clients) => self.focused_within(thread, &clients),
            CoordinatorMsg::Navigate(client, url) => {
                if self.is_of(client, thread) {
                    self.navigate(thread, client, url);
                }
            }
            message @ (CoordinatorMsg::BackgroundFetch(..) | CoordinatorMsg::Worker(..)) => {
                // Dropping the reply rejects the promise that waits for it.
                tracing::warn!(thread = thread.0, ?message, "a script speaks for an environment not its own");
            }
        }
    }

    /// Whether an environment, or one to be, is of this thread.
    pub(super) fn is_of(&self, client: ClientId, thread: ThreadId) -> bool {
        let known = self.scripts.clients.get(&client).map(|entry| entry.thread);
        known.or_else(|| self.scripts.reserved.get(&client).copied()) == Some(thread)
    }
}

/// Waits for a thread to end, on another one, and says so.
fn watch(id: ThreadId, join: JoinHandle<()>, inbox: Inbox) -> io::Result<()> {
    let watcher = std::thread::Builder::new().name("join".to_owned()).stack_size(WATCHER_STACK);
    watcher.spawn(move || {
        let problem = join.join().err().map(|panic| panic_text(&*panic));
        inbox.post(Event::Thread(id, ThreadEvent::Ended(problem)));
    })?;
    Ok(())
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "it panicked".to_owned())
}

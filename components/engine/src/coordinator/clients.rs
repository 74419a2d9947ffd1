//! Environments of scripts: windows, workers and service workers.

use std::collections::BTreeMap;
use std::sync::Arc;

use bgfetch_policy::site::same_site;
use bgfetch_service_worker::{ClientInput, Input, NewClient};
use bgfetch_traits::ids::{ClientId, StorageKey};
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::{ScriptMsg, ScriptSender};
use bgfetch_traits::service_worker::{ClientType, FrameType, MessageData, RegistrationInfo, WorkerInfo};
use bgfetch_traits::web_storage::StorageChange;

use super::Coordinator;
use super::threads::{Role, ThreadId};

/// An environment in which scripts run.
pub(crate) struct ClientEntry {
    pub(crate) thread: ThreadId,
    pub(crate) key: Option<StorageKey>,
    pub(crate) client: Box<Client>,
    pub(crate) frame_type: FrameType,
    pub(crate) sender: ScriptSender,
}

impl ClientEntry {
    pub(crate) fn new(
        thread: ThreadId,
        client: Box<Client>,
        frame_type: FrameType,
        sender: ScriptSender,
    ) -> Self {
        Self { thread, key: StorageKey::of_origin(&client.origin), client, frame_type, sender }
    }
}

impl Coordinator {
    /// A client came to be, before any script of it runs.
    pub(super) fn client_created(
        &mut self,
        entry: ClientEntry,
        client_type: ClientType,
        creator: Option<ClientId>,
        reply: Reply<Option<(RegistrationInfo, WorkerInfo)>>,
    ) {
        let id = entry.client.id;
        let Some(thread) = self.scripts.threads.get(&entry.thread) else { return };
        let known = self.scripts.clients.contains_key(&id) || self.scripts.reserved.contains_key(&id);
        if known && !self.is_of(id, entry.thread) {
            tracing::warn!(client = %id, "a script wants to be a client that another one is");
            return;
        }
        // A service worker's environment is known by its run, and is no client.
        if matches!(thread.role, Role::Worker(_)) && self.scripts.clients.contains_key(&id) {
            return reply.send(None);
        }
        self.scripts.reserved.remove(&id);
        let creator = creator.filter(|creator| self.is_of(*creator, entry.thread));
        let creator = creator.or_else(|| self.owner_of(id)).or_else(|| self.first_client_of(entry.thread));
        let is_top_level = client_type == ClientType::Window && entry.frame_type == FrameType::TopLevel;
        let new = NewClient {
            client: (*entry.client).clone(),
            client_type,
            frame_type: entry.frame_type,
            creator,
            reply,
        };
        self.scripts.clients.insert(id, entry);
        self.registry(Input::Client(ClientInput::Created(Box::new(new))));
        if is_top_level {
            self.focus(id);
        }
    }

    /// The window opened last has the focus.
    fn focus(&mut self, focused: ClientId) {
        let top_level: Vec<_> = self
            .scripts
            .clients
            .iter()
            .filter(|(_, entry)| entry.frame_type == FrameType::TopLevel)
            .map(|(id, _)| *id)
            .collect();
        for client in top_level {
            let state = ClientInput::State { client, visible: true, focused: client == focused };
            self.registry(Input::Client(state));
        }
    }

    /// Script moved the focus within a window.
    pub(super) fn focused_within(&mut self, thread: ThreadId, focused: &[ClientId]) {
        let mut others: Vec<_> =
            self.scripts.clients.iter().filter(|(_, entry)| entry.thread == thread).collect();
        others.retain(|(id, entry)| entry.frame_type != FrameType::None && !focused.contains(id));
        let others: Vec<_> = others.into_iter().map(|(id, _)| *id).collect();
        for client in others {
            let state = ClientInput::State { client, visible: true, focused: false };
            self.registry(Input::Client(state));
        }
        for client in focused.iter().copied().filter(|id| self.is_of(*id, thread)).collect::<Vec<_>>() {
            let state = ClientInput::State { client, visible: true, focused: true };
            self.registry(Input::Client(state));
        }
    }

    fn first_client_of(&self, thread: ThreadId) -> Option<ClientId> {
        let of_thread = self.scripts.clients.iter().filter(|(_, entry)| entry.thread == thread);
        of_thread
            .filter(|(_, entry)| entry.frame_type == FrameType::TopLevel)
            .map(|(id, _)| *id)
            .min_by_key(|id| id.0)
    }

    /// A client is gone, or the navigation that was to make it came to nothing.
    pub(super) fn client_gone(&mut self, id: ClientId) {
        let entry = self.scripts.clients.remove(&id);
        let reserved = self.scripts.reserved.remove(&id);
        let is_worker = entry
            .as_ref()
            .and_then(|entry| self.scripts.threads.get(&entry.thread))
            .is_some_and(|thread| matches!(thread.role, Role::Worker(_)) && reserved.is_none());
        if !is_worker {
            self.registry(Input::Client(ClientInput::Gone(id)));
        }
        self.owner_gone(id);
    }

    /// Sends to an environment, unless it is gone.
    pub(super) fn post(&self, to: ClientId, message: ScriptMsg) {
        if let Some(entry) = self.scripts.clients.get(&to) {
            entry.sender.send(message);
        }
    }

    /// The clients on other threads that are meant, by thread.
    fn elsewhere(
        &self,
        than: ThreadId,
        is_meant: impl Fn(&ClientEntry) -> bool,
    ) -> impl Iterator<Item = (&ScriptSender, Vec<ClientId>)> {
        let mut others: BTreeMap<ThreadId, (&ScriptSender, Vec<ClientId>)> = BTreeMap::new();
        for (id, entry) in &self.scripts.clients {
            if entry.thread != than && is_meant(entry) {
                others.entry(entry.thread).or_insert_with(|| (&entry.sender, Vec::new())).1.push(*id);
            }
        }
        others.into_values()
    }

    /// A script changed its origin's local storage: windows on other threads get events.
    pub(super) fn local_storage_changed(&self, from: ClientId, change: &Arc<StorageChange>) {
        let Some(sender) = self.scripts.clients.get(&from).filter(|sender| sender.key.is_some()) else {
            return;
        };
        let is_meant = |entry: &ClientEntry| entry.key == sender.key && entry.frame_type != FrameType::None;
        for (thread, to) in self.elsewhere(sender.thread, is_meant) {
            thread.send(ScriptMsg::LocalStorageChanged { to, change: Arc::clone(change) });
        }
    }

    /// `BroadcastChannel.postMessage()`.
    pub(super) fn broadcast(&self, from: ClientId, channel: &str, data: &Arc<MessageData>) {
        let Some(sender) = self.scripts.clients.get(&from) else { return };
        let is_meant = |entry: &ClientEntry| {
            entry.client.origin == sender.client.origin
                && same_site(&entry.client.top_level_origin, &sender.client.top_level_origin)
        };
        for (thread, to) in self.elsewhere(sender.thread, is_meant) {
            let (channel, data) = (channel.to_owned(), Arc::clone(data));
            thread.send(ScriptMsg::Broadcast { to, channel, data });
        }
    }
}

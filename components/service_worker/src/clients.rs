//! [Clients](https://w3c.github.io/ServiceWorker/#service-worker-client-concept): who they are, who controls them,
//! and what workers may ask about them.

use bgfetch_traits::ids::{ClientId, RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{ClientInfo, ClientType, JobError, RegistrationInfo, WorkerInfo};

use crate::Registry;
use crate::io::{Effect, NewClient};
use crate::model::{ClientEntry, ReadyClient};
use crate::registry::Task;

impl Registry {
    /// A client's scripts are about to run.
    pub(crate) fn client_created(&mut self, new: NewClient) {
        let NewClient { client, client_type, frame_type, creator, reply } = new;
        let id = client.id;
        let reserved = self.clients.remove(id);
        let storage_key = StorageKey::of_origin(&client.origin);
        let controller = match &reserved {
            // Handle Fetch chose when the navigation began. A response may have made the origin opaque, though.
            Some(entry) if entry.ready.is_none() => {
                entry.controller.filter(|_| client.secure_context && entry.storage_key == storage_key)
            }
            _ => self.initial_controller(&client, storage_key.as_ref(), creator),
        };
        let (awaited_by, mail) = reserved.map(|entry| (entry.awaited_by, entry.mail)).unwrap_or_default();
        let ready = ReadyClient {
            client_type,
            frame_type,
            visible: client_type == ClientType::Window,
            focused: false,
            last_focus: None,
            ready_promises: Vec::new(),
            client,
        };
        let url = ready.client.url.clone();
        let mut entry = ClientEntry::reserved(id, url, storage_key);
        let creator = creator.and_then(|creator| self.clients.get(creator));
        if let Some(creator) = creator.filter(|_| !matches!(entry.url.scheme(), "http" | "https")) {
            entry.matched_url = creator.matched_url.clone();
        }
        entry.controller = controller;
        entry.ready = Some(ready);
        let info = entry.info();
        self.clients.insert(entry);
        let controlled_by = controller.and_then(|worker| self.controller_info(worker));
        self.answer(reply, controlled_by);
        // Who waited for its execution ready flag.
        for reply in awaited_by {
            self.answer(reply, info.clone());
        }
        for message in mail {
            self.out.effects.push(Effect::Post { to: id, message: Box::new(message) });
        }
    }

    /// The controller of a client that no navigation was announced for: see
    /// [control and use](https://w3c.github.io/ServiceWorker/#control-and-use).
    fn initial_controller(
        &self,
        client: &Client,
        storage_key: Option<&StorageKey>,
        creator: Option<ClientId>,
    ) -> Option<WorkerId> {
        let storage_key = storage_key.filter(|_| client.secure_context)?;
        if matches!(client.url.scheme(), "http" | "https") {
            return self.registrations.matching(storage_key, &client.url)?.active;
        }
        // Not fetched over HTTP: the creator's, if it is of the same origin.
        let creator = self.clients.get(creator?)?;
        creator.controller.filter(|_| creator.storage_key.as_ref() == Some(storage_key))
    }

    fn controller_info(&self, worker: WorkerId) -> Option<(RegistrationInfo, WorkerInfo)> {
        let worker = self.workers.get(worker)?;
        Some((self.registration(worker.registration)?, worker.info()))
    }

    pub(crate) fn client_state(&mut self, id: ClientId, visible: bool, focused: bool) {
        let number = self.clients.next_number();
        let Some(ready) = self.clients.get_mut(id).and_then(|client| client.ready.as_mut()) else { return };
        // Also if it had the focus before: a document has it with every frame in it that gets it.
        if focused {
            ready.last_focus = Some(number);
        }
        ready.visible = visible;
        ready.focused = focused;
    }

    /// [Handle Service Worker Client Unload](https://w3c.github.io/ServiceWorker/#on-client-unload-algorithm).
    pub(crate) fn client_gone(&mut self, id: ClientId) {
        let Some(gone) = self.clients.remove(id) else { return };
        // Clients.get() waits for the discarded flag, too.
        for reply in gone.awaited_by {
            self.answer(reply, None);
        }
        // Steps 2 to 6, as soon as this input is dealt with.
        if let Some(worker) = gone.controller.and_then(|worker| self.workers.get(worker)) {
            self.out.tasks.push_back(Task::Settled(worker.registration));
        }
    }

    /// Whether a client is [using](https://w3c.github.io/ServiceWorker/#dfn-use) a registration.
    pub(crate) fn is_used(&self, id: RegistrationId) -> bool {
        self.clients.iter().any(|client| self.used_by(client) == Some(id))
    }

    /// The registration that a client uses.
    pub(crate) fn used_by(&self, client: &ClientEntry) -> Option<RegistrationId> {
        client.controller.and_then(|worker| self.workers.get(worker)).map(|worker| worker.registration)
    }

    /// Everyone who is [using](https://w3c.github.io/ServiceWorker/#dfn-use) a registration, in order.
    pub(crate) fn users_of(&self, id: RegistrationId) -> Vec<ClientId> {
        self.clients
            .iter()
            .filter(|client| self.used_by(client) == Some(id))
            .map(|client| client.id)
            .collect()
    }

    /// Sets a client's active service worker, and
    /// [Notify Controller Change](https://w3c.github.io/ServiceWorker/#notify-controller-change-algorithm).
    pub(crate) fn set_controller(
        &mut self,
        to: ClientId,
        controller: Option<WorkerId>,
        registration: RegistrationId,
    ) {
        let Some(client) = self.clients.get_mut(to) else { return };
        client.controller = controller;
        // A client that is not ready is told its controller when it is.
        if client.ready.is_none() {
            return;
        }
        let Some(info) = self.registration(registration) else { return };
        let controller = controller.and_then(|worker| self.workers.get(worker)).map(|worker| worker.info());
        let message = ScriptMsg::RegistrationChanged {
            to,
            info,
            update_found: false,
            controller: Some(controller),
            redundant: Vec::new(),
        };
        self.out.effects.push(Effect::Post { to, message: Box::new(message) });
    }

    /// [`ready`](https://w3c.github.io/ServiceWorker/#navigator-service-worker-ready).
    pub(crate) fn ready(&mut self, from: ClientId, reply: Reply<RegistrationInfo>) {
        let Some(client) = self.clients.get_mut(from) else { return };
        if let Some(ready) = client.ready.as_mut() {
            ready.ready_promises.push(reply);
        }
        // Steps 3.1 to 3.4.
        let matching = client
            .storage_key
            .as_ref()
            .and_then(|key| self.registrations.matching(key, &client.matched_url))
            .filter(|registration| registration.active.is_some())
            .map(|registration| registration.id);
        if let Some(id) = matching {
            self.resolve_ready_promises(id);
        }
    }

    /// Activate, steps 6 and 7.
    pub(crate) fn resolve_ready_promises(&mut self, id: RegistrationId) {
        let Some(info) = self.registration(id) else { return };
        let mut promises = Vec::new();
        for client in self.clients.iter_mut() {
            let matching = client
                .storage_key
                .as_ref()
                .and_then(|key| self.registrations.matching(key, &client.matched_url))
                .is_some_and(|registration| registration.id == id);
            if matching && let Some(ready) = client.ready.as_mut() {
                promises.append(&mut ready.ready_promises);
            }
        }
        for promise in promises {
            self.answer(promise, info.clone());
        }
    }

    /// [`claim()`](https://w3c.github.io/ServiceWorker/#clients-claim).
    pub(crate) fn claim(&mut self, worker: WorkerId, reply: Reply<Result<(), JobError>>) {
        // Step 1.
        let registration = self.workers.get(worker).map(|worker| worker.registration);
        let registration = registration.and_then(|id| self.registrations.by_id.get(&id));
        let Some(registration) = registration.filter(|r| r.active == Some(worker)) else {
            let error = JobError::InvalidState("only an active worker can claim clients".into());
            return self.answer(reply, Err(error));
        };
        // Steps 3.1.1 to 3.1.6.
        let id = registration.id;
        let claimed: Vec<_> = self
            .clients
            .iter()
            .filter(|client| client.storage_key.as_ref() == Some(&registration.storage_key))
            .filter(|client| client.is_secure() && client.controller != Some(worker))
            .filter(|client| {
                let matching = self.registrations.matching(&registration.storage_key, &client.matched_url);
                matching.is_some_and(|matching| matching.id == id)
            })
            .map(|client| (client.id, self.used_by(client)))
            .collect();
        for (client, used) in claimed {
            // Steps 3.1.6.2 and 3.1.6.3.
            self.set_controller(client, Some(worker), id);
            // Step 3.1.6.1, after the client has left the other registration: before, it would be in its way.
            if let Some(used) = used.filter(|used| *used != id) {
                self.out.tasks.push_back(Task::Settled(used));
            }
        }
        // Step 3.2.
        self.answer(reply, Ok(()));
    }

    /// The storage key of the registration that a worker belongs to.
    pub(crate) fn key_of_worker(&self, worker: WorkerId) -> Option<&StorageKey> {
        let worker = self.workers.get(worker)?;
        Some(&self.registrations.by_id.get(&worker.registration)?.storage_key)
    }

    /// [`get(id)`](https://w3c.github.io/ServiceWorker/#clients-get).
    pub(crate) fn get_client(&mut self, worker: WorkerId, id: ClientId, reply: Reply<Option<ClientInfo>>) {
        // Steps 2.1 and 2.1.1.
        let key = self.key_of_worker(worker).cloned();
        let client = self.clients.get_mut(id).filter(|client| key.is_some() && client.storage_key == key);
        match client {
            None => self.answer(reply, None),
            // Step 2.1.2.
            Some(client) if client.ready.is_none() => client.awaited_by.push(reply),
            // Step 2.1.3. Where the text rejects for an insecure client, which no worker controls or matches, the
            // answer is that there is none.
            Some(client) => {
                let info = client.info().filter(|_| client.is_secure());
                self.answer(reply, info);
            }
        }
    }

    /// [`matchAll(options)`](https://w3c.github.io/ServiceWorker/#clients-matchall).
    pub(crate) fn match_all_clients(
        &self,
        worker: WorkerId,
        include_uncontrolled: bool,
        wanted: ClientType,
    ) -> Vec<ClientInfo> {
        let Some(key) = self.key_of_worker(worker) else { return Vec::new() };
        // Steps 2.1 and 2.2, then 2.5 by type.
        let mut matched: Vec<_> = self
            .clients
            .iter()
            .filter(|client| client.storage_key.as_ref() == Some(key) && client.is_secure())
            .filter(|client| include_uncontrolled || client.controller == Some(worker))
            .filter_map(|client| Some((client.ready.as_ref()?, client.info()?)))
            .filter(|(ready, _)| wanted == ClientType::All || wanted == ready.client_type)
            .collect();
        // Step 2.6.4: windows, the last focused first, then the others as they were made; then workers.
        matched.sort_by_key(|(ready, _)| {
            let is_worker = ready.client_type != ClientType::Window;
            (is_worker, ready.last_focus.is_none(), std::cmp::Reverse(ready.last_focus))
        });
        matched.into_iter().map(|(_, info)| info).collect()
    }
}

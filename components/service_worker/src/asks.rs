//! What scripts ask: each message checked (a script thread's word is not taken for which origin it is), and handed
//! to the algorithm that answers it.

use std::sync::Arc;

use bgfetch_traits::ids::{ClientId, RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{
    ClientInfo, FunctionalEvent, JobError, MessageData, MessageSource, NavigationPreload,
    NavigationPreloadRequest, RegistrationInfo, ScriptResource, ServiceWorkerMsg, ServiceWorkerState,
};
use url::Url;

use crate::Registry;
use crate::events::{Event, Then};
use crate::io::Effect;
use crate::jobs::{Job, JobPromise, JobType};
use crate::register::RegisterArguments;
use crate::registry::Task;

fn unknown_client() -> JobError {
    JobError::InvalidState("the document or worker that asks is gone".into())
}

impl Registry {
    pub(crate) fn ask(&mut self, from: ClientId, message: ServiceWorkerMsg) {
        use ServiceWorkerMsg as Msg;
        match message {
            Msg::Register { script_url, scope, worker_type, update_via_cache, reply } => {
                let arguments = RegisterArguments { script_url, scope, worker_type, update_via_cache };
                match self.environment(from) {
                    Some(client) => self.start_register(&client, arguments, reply),
                    None => self.answer(reply, Err(unknown_client())),
                }
            }
            Msg::Unregister(id, reply) => self.ask_unregister(from, id, reply),
            Msg::Update(id, reply) => self.ask_update(from, id, reply),
            Msg::NavigationPreload(id, request, reply) => {
                self.ask_navigation_preload(from, id, request, reply)
            }
            Msg::GetRegistration(url, reply) => {
                // Step 6 of getRegistration() is the binding's: it knows the client's origin.
                let key = self.key_of_environment(from);
                let key = key.filter(|key| StorageKey::of_url(&url).as_ref() == Some(key));
                let matching = key.and_then(|key| self.registrations.matching(&key, &url));
                let info = matching.map(|registration| self.workers.registration_info(registration));
                self.answer(reply, info);
            }
            Msg::GetRegistrations(reply) => {
                let key = self.key_of_environment(from);
                let mut all = self.registrations();
                all.retain(|(owner, _)| Some(owner) == key.as_ref());
                self.answer(reply, all.into_iter().map(|(_, info)| info).collect());
            }
            Msg::Ready(reply) => self.ready(from, reply),
            Msg::SkipWaiting(worker, reply) => self.skip_waiting(self.if_same(from, worker), reply),
            Msg::Claim(worker, reply) => match self.if_same(from, worker) {
                Some(worker) => self.claim(worker, reply),
                None => self.answer(reply, Err(unknown_client())),
            },
            Msg::PostMessage(worker, data) => self.post_message(from, worker, data),
            Msg::PostMessageToClient(worker, to, data) => self.post_message_to_client(from, worker, to, data),
            Msg::MatchAllClients { worker, include_uncontrolled, client_type, reply } => {
                let worker = self.if_same(from, worker);
                let clients = worker
                    .map(|worker| self.match_all_clients(worker, include_uncontrolled, client_type))
                    .unwrap_or_default();
                self.answer(reply, clients);
            }
            Msg::GetClient(worker, id, reply) => match self.if_same(from, worker) {
                Some(worker) => self.get_client(worker, id, reply),
                None => self.answer(reply, None),
            },
            Msg::OpenWindow(worker, url, reply) => self.open_window(from, worker, url, reply),
            Msg::NavigateClient { worker, client, url, reply } => {
                self.navigate_client(from, worker, client, url, reply);
            }
            Msg::HandleFetch(request, cancel, reply) => self.handle_fetch(from, request, cancel, reply),
            Msg::AddRoutes(worker, rules, reply) => {
                self.add_routes(self.if_same(from, worker), rules, reply);
            }
            Msg::ScriptImported(worker, script) => {
                if let Some(worker) = self.if_same(from, worker) {
                    self.script_imported(worker, script);
                }
            }
        }
    }

    /// The environment that asks: a client, or a running service worker.
    fn environment(&self, id: ClientId) -> Option<Client> {
        if let Some(client) = self.clients.get(id) {
            return client.ready.as_ref().map(|ready| ready.client.clone());
        }
        let worker = self.workers.get(*self.workers.environments.get(&id)?)?;
        Some(crate::runs::environment_of(&worker.script, id))
    }

    fn key_of_environment(&self, id: ClientId) -> Option<StorageKey> {
        match self.clients.get(id) {
            Some(client) => client.storage_key.clone(),
            None => self.key_of_worker(*self.workers.environments.get(&id)?).cloned(),
        }
    }

    /// The worker, if it is the one that asks.
    fn if_same(&self, from: ClientId, worker: WorkerId) -> Option<WorkerId> {
        (self.workers.environments.get(&from) == Some(&worker)).then_some(worker)
    }

    /// [`update()`](https://w3c.github.io/ServiceWorker/#service-worker-registration-update).
    fn ask_update(
        &mut self,
        from: ClientId,
        id: RegistrationId,
        reply: Reply<Result<RegistrationInfo, JobError>>,
    ) {
        let Some(client) = self.environment(from) else { return self.answer(reply, Err(unknown_client())) };
        let key = StorageKey::of_origin(&client.origin);
        // Steps 1 and 2.
        let registration = self.registrations.by_id.get(&id).filter(|r| Some(&r.storage_key) == key.as_ref());
        let newest = registration.and_then(|registration| registration.newest_worker());
        let newest = newest.and_then(|worker| self.workers.get(worker));
        // Step 3.
        let (Some(registration), Some(newest)) = (registration, newest) else {
            let error = JobError::InvalidState("the registration has no worker to update".into());
            return self.answer(reply, Err(error));
        };
        // Step 4.
        let asking = self.workers.environments.get(&from).and_then(|worker| self.workers.get(*worker));
        if asking.is_some_and(|worker| worker.state == ServiceWorkerState::Installing) {
            let error = "an installing worker cannot update its registration";
            return self.answer(reply, Err(JobError::InvalidState(error.into())));
        }
        // Steps 5 to 7.
        let kind = JobType::Update {
            script_url: newest.script.script_url.clone(),
            worker_type: newest.script.worker_type,
        };
        let (scope, key) = (registration.scope.clone(), registration.storage_key.clone());
        let promise = JobPromise::Registration(reply);
        self.schedule_job(key, Job::new(kind, scope, Some(promise), Some(Box::new(client))));
    }

    /// The methods of [`NavigationPreloadManager`](https://w3c.github.io/ServiceWorker/#navigationpreloadmanager).
    fn ask_navigation_preload(
        &mut self,
        from: ClientId,
        id: RegistrationId,
        request: NavigationPreloadRequest,
        reply: Reply<Result<NavigationPreload, JobError>>,
    ) {
        let key = self.key_of_environment(from);
        let registration = self.registrations.by_id.get_mut(&id);
        let Some(registration) = registration.filter(|r| Some(&r.storage_key) == key.as_ref()) else {
            return self.answer(reply, Err(JobError::InvalidState("the registration is gone".into())));
        };
        if request != NavigationPreloadRequest::GetState && registration.active.is_none() {
            let error = JobError::InvalidState("the registration has no active worker".into());
            return self.answer(reply, Err(error));
        }
        match request {
            NavigationPreloadRequest::GetState => {}
            NavigationPreloadRequest::SetEnabled(enabled) => {
                registration.navigation_preload.enabled = enabled
            }
            NavigationPreloadRequest::SetHeaderValue(value) => {
                registration.navigation_preload.header_value = value
            }
        }
        let state = registration.navigation_preload.clone();
        self.persist(id);
        self.answer(reply, Ok(state));
    }

    /// [`unregister()`](https://w3c.github.io/ServiceWorker/#navigator-service-worker-unregister).
    fn ask_unregister(&mut self, from: ClientId, id: RegistrationId, reply: Reply<Result<bool, JobError>>) {
        let Some(client) = self.environment(from) else { return self.answer(reply, Err(unknown_client())) };
        let key = StorageKey::of_origin(&client.origin);
        let registration = self.registrations.by_id.get(&id).filter(|r| Some(&r.storage_key) == key.as_ref());
        // One that was cleared is not known any more; unregistering it again is false, as in step 2 of Unregister.
        let Some(registration) = registration else { return self.answer(reply, Ok(false)) };
        let (scope, key) = (registration.scope.clone(), registration.storage_key.clone());
        let promise = JobPromise::Removed(reply);
        self.schedule_job(key, Job::new(JobType::Unregister, scope, Some(promise), Some(Box::new(client))));
    }

    /// [`skipWaiting()`](https://w3c.github.io/ServiceWorker/#service-worker-global-scope-skipwaiting).
    fn skip_waiting(&mut self, worker: Option<WorkerId>, reply: Reply<()>) {
        if let Some(worker) = worker.and_then(|worker| self.workers.get_mut(worker)) {
            // Steps 2.1 and 2.2.
            worker.skip_waiting = true;
            let registration = worker.registration;
            self.try_activate(registration);
        }
        // Step 2.3, when the worker has its `activate` event, if this activated it.
        self.out.tasks.push_back(Task::SkippedWaiting(reply));
    }

    /// [`ServiceWorker.postMessage()`](https://w3c.github.io/ServiceWorker/#service-worker-postmessage-options).
    fn post_message(&mut self, from: ClientId, worker: WorkerId, data: MessageData) {
        let Some(sender) = self.environment(from) else { return };
        let key = StorageKey::of_origin(&sender.origin);
        if key.is_none() || key.as_ref() != self.key_of_worker(worker) {
            tracing::warn!(%from, %worker, "a message to a worker that is gone, or of another origin");
            return;
        }
        // Step 6.2.1.
        let source = match self.workers.environments.get(&from).and_then(|id| self.workers.get(*id)) {
            Some(worker) => Some(MessageSource::Worker(worker.info())),
            None => self.client(from).map(MessageSource::Client),
        };
        let Some(source) = source else { return };
        // Step 6.2.2.
        let origin = sender.origin.ascii_serialization();
        // Steps 5, 6.1 and 6.2.3 to 6.2.7.
        let what = Box::new(FunctionalEvent::Message { data, source, origin });
        self.enqueue(worker, Event { what, then: Then::Nothing });
    }

    /// [`Client.postMessage()`](https://w3c.github.io/ServiceWorker/#client-postmessage-options).
    fn post_message_to_client(&mut self, from: ClientId, worker: WorkerId, to: ClientId, data: MessageData) {
        let Some(sender) = self.if_same(from, worker).and_then(|worker| self.workers.get(worker)) else {
            return;
        };
        let source = sender.info();
        let key = self.key_of_worker(worker).cloned();
        // Steps 4.1 to 4.3.
        let client = self.clients.get_mut(to).filter(|client| key.is_some() && client.storage_key == key);
        let Some(client) = client else { return };
        // Steps 4.4 and 4.5.
        let message = ScriptMsg::ClientMessage { to, from: source, data };
        if client.ready.is_some() {
            self.out.effects.push(Effect::Post { to, message: Box::new(message) });
        } else {
            client.mail.push(message);
        }
    }

    /// [`openWindow()`](https://w3c.github.io/ServiceWorker/#clients-openwindow).
    fn open_window(
        &mut self,
        from: ClientId,
        worker: WorkerId,
        url: Url,
        reply: Reply<Result<Option<ClientInfo>, JobError>>,
    ) {
        let key = self.if_same(from, worker).and_then(|worker| self.key_of_worker(worker)).cloned();
        let Some(storage_key) = key else { return self.answer(reply, Err(unknown_client())) };
        // Step 3.
        if url.as_str() == "about:blank" {
            return self.answer(reply, Err(JobError::Type("about:blank cannot be opened".into())));
        }
        // Step 4, whether a user asked for it, and the others, are the embedder's.
        self.out.effects.push(Effect::OpenWindow { worker, url, reply, storage_key });
    }

    /// [`navigate()`](https://w3c.github.io/ServiceWorker/#client-navigate).
    fn navigate_client(
        &mut self,
        from: ClientId,
        worker: WorkerId,
        client: ClientId,
        url: Url,
        reply: Reply<Result<Option<ClientInfo>, JobError>>,
    ) {
        let key = self.if_same(from, worker).and_then(|worker| self.key_of_worker(worker)).cloned();
        let Some(storage_key) = key else { return self.answer(reply, Err(unknown_client())) };
        // Step 3.
        if url.as_str() == "about:blank" {
            return self.answer(reply, Err(JobError::Type("a worker cannot navigate to about:blank".into())));
        }
        // Step 4, and the first of its task: a client that is gone has no browsing context.
        let controller = self.clients.get(client).and_then(|client| client.controller);
        if controller != Some(worker) {
            let error = JobError::Type("the client is gone, or this worker does not control it".into());
            return self.answer(reply, Err(error));
        }
        self.out.effects.push(Effect::NavigateClient { client, url, reply, storage_key });
    }

    /// [`importScripts()`](https://w3c.github.io/ServiceWorker/#importscripts)' fetch hook, steps 5 and 12 to 14:
    /// what a worker imported belongs to its script resource map, and is in use.
    fn script_imported(&mut self, worker: WorkerId, script: ScriptResource) {
        let now = self.out.now;
        let Some(worker) = self.workers.get_mut(worker) else { return };
        // Step 4: later, the map does not change.
        if !matches!(worker.state, ServiceWorkerState::Parsed | ServiceWorkerState::Installing) {
            return;
        }
        worker.script.used.insert(script.url.clone());
        if worker.script.scripts.iter().any(|known| known.url == script.url) {
            return;
        }
        Arc::make_mut(&mut worker.script.scripts).push(script);
        // Step 10.
        if let Some(registration) = self.registrations.by_id.get_mut(&worker.registration) {
            registration.last_update_check = Some(now);
        }
    }
}

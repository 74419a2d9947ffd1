//! What outlives the process, what ends with it, and what a user throws away.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bgfetch_traits::ids::{RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::service_worker::{
    Imports, JobError, ServiceWorkerState, StoredRegistration, StoredWorker,
};

use crate::Registry;
use crate::io::{Effect, Persist};
use crate::jobs::{Job, JobType, JobValue, Phase};
use crate::model::{Registration, Worker, WorkerScript};
use crate::router::Router;

impl Registry {
    /// Stores a registration as it is now, if there is something to store.
    ///
    /// Only an activated worker is stored as active. One that is activating is stored as waiting, so that it gets
    /// its `activate` event after a crash; unless another waits behind it: then it counts as activated, as
    /// [nothing keeps it from becoming that](https://w3c.github.io/ServiceWorker/#activation-algorithm).
    pub(crate) fn persist(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.by_id.get(&id) else { return };
        if self.registrations.is_unregistered(registration) {
            return;
        }
        let mut waiting = self.stored_worker(registration.waiting);
        let mut active = self.stored_worker(registration.active);
        if waiting.is_none() && registration.active.is_some_and(|worker| self.is_activating(worker)) {
            waiting = active.take();
        }
        if waiting.is_none() && active.is_none() {
            return;
        }
        let stored = StoredRegistration {
            registration: id,
            partition: registration.storage_key.clone(),
            scope: registration.scope.clone(),
            update_via_cache: registration.update_via_cache,
            navigation_preload: registration.navigation_preload.clone(),
            waiting,
            active,
        };
        let key = registration.storage_key.clone();
        if let Some(registration) = self.registrations.by_id.get_mut(&id) {
            registration.saved = true;
        }
        self.out.effects.push(Effect::Persist(key, Persist::Save(Box::new(stored))));
    }

    fn is_activating(&self, worker: WorkerId) -> bool {
        self.workers.get(worker).is_some_and(|worker| worker.state == ServiceWorkerState::Activating)
    }

    fn stored_worker(&self, worker: Option<WorkerId>) -> Option<StoredWorker> {
        let script = &self.workers.get(worker?)?.script;
        Some(StoredWorker {
            worker: script.id,
            script_url: script.script_url.clone(),
            worker_type: script.worker_type,
            scripts: script.scripts.as_ref().clone(),
            handles_fetch: script.handles_fetch.unwrap_or_default(),
            router_rules: script.router.rules().to_vec(),
        })
    }

    /// Takes a registration out of storage.
    pub(crate) fn forget(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.by_id.get_mut(&id) else { return };
        if std::mem::take(&mut registration.saved) {
            let key = registration.storage_key.clone();
            self.out.effects.push(Effect::Persist(key, Persist::Delete(id)));
        }
    }

    /// Takes over what storage kept. [A waiting worker becomes the active
    /// one](https://w3c.github.io/ServiceWorker/#user-agent-shutdown): nobody uses the registration yet.
    pub(crate) fn restore(&mut self, all: Vec<StoredRegistration>) {
        let mut restored = Vec::new();
        for stored in all {
            let id = stored.registration;
            let key = (stored.partition.clone(), stored.scope.as_str().to_owned());
            let waiting = stored.waiting.and_then(|w| self.restored(id, w, ServiceWorkerState::Installed));
            let active = stored.active.and_then(|w| self.restored(id, w, ServiceWorkerState::Activated));
            // What this crate stored is like this; a profile that something else wrote to may not be.
            let usable = !self.registrations.by_id.contains_key(&id)
                && !self.registrations.map.contains_key(&key)
                && StorageKey::of_url(&stored.scope).as_ref() == Some(&stored.partition)
                && stored.scope.fragment().is_none()
                && (waiting.is_some() || active.is_some())
                && waiting.as_ref().map(|w| w.script.id) != active.as_ref().map(|w| w.script.id);
            if !usable {
                tracing::warn!(registration = %id, scope = %stored.scope, "a stored registration is not usable");
                continue;
            }
            let slots = [waiting, active].map(|worker| {
                let id = worker.as_ref().map(|worker| worker.script.id);
                self.workers.by_id.extend(worker.map(|worker| (worker.script.id, worker)));
                id
            });
            let registration = Registration {
                id,
                storage_key: stored.partition,
                scope: stored.scope,
                update_via_cache: stored.update_via_cache,
                navigation_preload: stored.navigation_preload,
                installing: None,
                waiting: slots[0],
                active: slots[1],
                // Not stored: it is stale a day after the restart at the latest.
                last_update_check: Some(self.out.now),
                saved: true,
            };
            self.registrations.map.insert(key, id);
            self.registrations.by_id.insert(id, registration);
            restored.push(id);
        }
        for id in restored {
            self.try_activate(id);
        }
    }

    /// A stored worker, if it has its script and no other has its id.
    fn restored(
        &self,
        id: RegistrationId,
        stored: StoredWorker,
        state: ServiceWorkerState,
    ) -> Option<Worker> {
        let has_script = stored.scripts.first().is_some_and(|main| main.url == stored.script_url);
        if !has_script || self.workers.get(stored.worker).is_some() {
            return None;
        }
        // Rules were verified before they were stored.
        let router = Router::new(stored.router_rules).ok()?;
        let script = WorkerScript {
            id: stored.worker,
            script_url: stored.script_url,
            worker_type: stored.worker_type,
            used: stored.scripts.iter().map(|script| script.url.clone()).collect(),
            scripts: Arc::new(stored.scripts),
            handles_fetch: Some(stored.handles_fetch),
            router,
            imports: Imports::default(),
        };
        Some(Worker::new(script, id, state))
    }

    /// Clear Registration for everything of a storage key, at once: nobody waits for clients to leave. Jobs that
    /// want a registration fail; those that want it gone have what they want.
    pub(crate) fn clear_storage(&mut self, key: &StorageKey) {
        let error = JobError::Abort("the site's data was cleared".into());
        self.end_jobs(|owner| owner == key, &error);
        let ids: Vec<_> =
            self.registrations.by_id.values().filter(|r| r.storage_key == *key).map(|r| r.id).collect();
        for id in ids {
            let users = self.users_of(id);
            if let Some(registration) = self.registrations.by_id.get(&id) {
                let key = registration.key();
                if self.registrations.map.get(&key) == Some(&id) {
                    self.remove_from_map(&key);
                }
            }
            for client in users {
                self.set_controller(client, None, id);
            }
            self.clear_registration(id);
        }
    }

    /// Ends every job of some storage keys, and forgets what their fetches bring.
    fn end_jobs(&mut self, whose: impl Fn(&StorageKey) -> bool, error: &JobError) {
        self.jobs.fetches.retain(|_, queue| !whose(&queue.0));
        let (ended, rest) = std::mem::take(&mut self.jobs.queues).into_iter().partition(|(k, _)| whose(&k.0));
        self.jobs.queues = rest;
        let ended: BTreeMap<_, VecDeque<Job>> = ended;
        for mut job in ended.into_values().flatten() {
            let result = match job.kind {
                JobType::Unregister => Ok(JobValue::Removed(true)),
                JobType::Register { .. } | JobType::Update { .. } => Err(error.clone()),
            };
            for promise in job.settle() {
                self.answer_job(promise, result.clone());
            }
            // A worker that is in no slot yet has only its job to hold it.
            if let Phase::Running { worker, .. } = job.phase {
                self.discard_worker(worker);
            }
        }
    }

    /// [Handle User Agent Shutdown](https://w3c.github.io/ServiceWorker/#on-user-agent-shutdown-algorithm): what is
    /// stored is already as it has to be; installing workers are not stored, and waiting ones are activated by
    /// [`Registry::restore`].
    pub(crate) fn shut_down(&mut self) {
        self.out.shut_down = true;
        self.end_jobs(|_| true, &JobError::InvalidState("the engine is shutting down".into()));
        let workers: Vec<_> = self.workers.by_id.keys().copied().collect();
        for worker in workers {
            self.terminate(worker, "the engine is shutting down");
            self.fail_queued(worker, true, "the engine is shutting down");
        }
    }
}

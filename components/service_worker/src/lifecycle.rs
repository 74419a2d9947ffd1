//! [Install](https://w3c.github.io/ServiceWorker/#installation-algorithm),
//! [Activate](https://w3c.github.io/ServiceWorker/#activation-algorithm), and what follows from them.

use std::sync::Arc;

use bgfetch_traits::ids::{RegistrationId, WorkerId};
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{EventOutcome, FunctionalEvent, ServiceWorkerState, WorkerInfo};

use crate::Registry;
use crate::events::{Event, Then};
use crate::io::Effect;
use crate::jobs::{JobType, JobValue, Phase, QueueKey};
use crate::registry::Task;

impl Registry {
    /// [Install](https://w3c.github.io/ServiceWorker/#installation-algorithm), to its `install` event.
    pub(crate) fn install(&mut self, key: &QueueKey, worker: WorkerId, newest: Option<WorkerId>) {
        // Steps 1 and 2 are the job's phase.
        let Some(job) = self.jobs.first_mut(key) else { return };
        job.phase = Phase::Installing { worker, newest };
        let mode = match job.kind {
            JobType::Register { update_via_cache, .. } => Some(update_via_cache),
            JobType::Update { .. } | JobType::Unregister => None,
        };
        let Some(id) = self.registrations.map.get(key).copied() else { return };
        let Some(registration) = self.registrations.by_id.get_mut(&id) else { return };
        // Step 3.
        if let Some(mode) = mode {
            registration.update_via_cache = mode;
        }
        // Step 4.
        registration.installing = Some(worker);
        // Step 5.
        self.update_worker_state(worker, ServiceWorkerState::Installing);
        self.notify_registration(id, false, Vec::new());
        // Steps 6 and 7.
        if let Some(info) = self.registration(id) {
            self.resolve_job_promise(key, &JobValue::Registration(Box::new(info)));
        }
        // Steps 8 and 9.
        self.notify_registration(id, true, Vec::new());
        // Steps 10 and 11. Should Skip Event may be answered with false.
        let event = Event { what: Box::new(FunctionalEvent::Install), then: Then::Installed };
        self.enqueue(worker, event);
    }

    /// Install, from step 12 on: how the `install` event ended.
    pub(crate) fn install_ended(&mut self, worker: WorkerId, outcome: &EventOutcome) {
        let Some(key) = self.job_key_of(worker) else { return };
        let Some(Phase::Installing { worker: installing, newest }) =
            self.jobs.first(&key).map(|job| &job.phase)
        else {
            return;
        };
        let (installing, newest) = (*installing, *newest);
        let Some(id) = self.registrations.map.get(&key).copied() else { return };
        let still = self.registrations.by_id.get(&id).is_some_and(|r| r.installing == Some(worker));
        if installing != worker || !still {
            return;
        }
        // Step 12.
        if *outcome != EventOutcome::Completed {
            tracing::info!(%worker, ?outcome, "installing failed");
            return self.install_failed(&key, id, worker, newest);
        }
        // Steps 13 to 15.
        self.prune_unused_scripts(worker);
        // Step 16.
        let Some(registration) = self.registrations.by_id.get_mut(&id) else { return };
        let replaced = registration.waiting.take();
        // Steps 17 and 18.
        registration.waiting = registration.installing.take();
        let redundant = replaced.map(|old| self.replace_worker(old)).into_iter().flatten().collect();
        // Step 19.
        self.update_worker_state(worker, ServiceWorkerState::Installed);
        self.notify_registration(id, false, redundant);
        self.persist(id);
        // Step 20.
        self.finish_job(&key);
        // Steps 21 and 22.
        self.try_activate(id);
    }

    fn install_failed(
        &mut self,
        key: &QueueKey,
        id: RegistrationId,
        worker: WorkerId,
        newest: Option<WorkerId>,
    ) {
        // Steps 12.1 and 12.2. The text lets the worker run on; it would never get an event again.
        if let Some(registration) = self.registrations.by_id.get_mut(&id) {
            registration.installing = None;
        }
        let redundant = self.replace_worker(worker).into_iter().collect();
        self.notify_registration(id, false, redundant);
        // Step 12.3.
        if newest.is_none() {
            self.discard_registration(key);
        }
        // Step 12.4.
        self.finish_job(key);
    }

    fn prune_unused_scripts(&mut self, worker: WorkerId) {
        let Some(worker) = self.workers.get_mut(worker) else { return };
        let script = &mut worker.script;
        if script.scripts.iter().any(|resource| !script.used.contains(&resource.url)) {
            let used = &script.used;
            Arc::make_mut(&mut script.scripts).retain(|resource| used.contains(&resource.url));
        }
    }

    /// Ends a worker that another takes the place of, or that failed: terminated, and redundant.
    fn replace_worker(&mut self, worker: WorkerId) -> Option<WorkerInfo> {
        self.terminate(worker, "another worker took its place, or it failed to install");
        self.update_worker_state(worker, ServiceWorkerState::Redundant);
        let info = self.workers.get(worker).map(|worker| worker.info());
        self.discard_worker(worker);
        info
    }

    /// [Try Activate](https://w3c.github.io/ServiceWorker/#try-activate-algorithm).
    pub(crate) fn try_activate(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.by_id.get(&id) else { return };
        // Step 1.
        let Some(waiting) = registration.waiting.and_then(|worker| self.workers.get(worker)) else { return };
        // Steps 2 and 3.
        let may = match registration.active.and_then(|worker| self.workers.get(worker)) {
            None => true,
            Some(active) if active.state == ServiceWorkerState::Activating => false,
            Some(active) => active.has_no_pending_events() && (waiting.skip_waiting || !self.is_used(id)),
        };
        if may {
            self.activate(id);
        }
    }

    /// [Activate](https://w3c.github.io/ServiceWorker/#activation-algorithm), to its `activate` event.
    fn activate(&mut self, id: RegistrationId) {
        let users = self.users_of(id);
        let Some(registration) = self.registrations.by_id.get_mut(&id) else { return };
        // Step 1.
        let Some(worker) = registration.waiting.take() else { return };
        // Steps 3 and 4.
        let replaced = registration.active.replace(worker);
        // Step 2. What the old worker did not get goes to the new one, as the registration's task queues say.
        let mut redundant = Vec::new();
        if let Some(old) = replaced {
            let carried = self.take_functional_events(old);
            if let Some(worker) = self.workers.get_mut(worker) {
                worker.queue.extend(carried);
            }
            redundant.extend(self.replace_worker(old));
        }
        // Step 5.
        self.update_worker_state(worker, ServiceWorkerState::Activating);
        self.notify_registration(id, false, redundant);
        self.persist(id);
        // Steps 6 and 7.
        self.resolve_ready_promises(id);
        // Step 8.
        for client in users {
            self.set_controller(client, Some(worker), id);
        }
        // Steps 9 and 10.
        let event = Event { what: Box::new(FunctionalEvent::Activate), then: Then::Activated };
        self.enqueue(worker, event);
    }

    /// Activate, step 11: however the `activate` event ended.
    pub(crate) fn activate_ended(&mut self, worker: WorkerId) {
        let Some(entry) = self.workers.get(worker) else { return };
        let id = entry.registration;
        let active = self.registrations.by_id.get(&id).and_then(|registration| registration.active);
        if entry.state != ServiceWorkerState::Activating || active != Some(worker) {
            return;
        }
        self.update_worker_state(worker, ServiceWorkerState::Activated);
        self.notify_registration(id, false, Vec::new());
        self.persist(id);
        // What waited for this.
        self.out.tasks.push_back(Task::Pump(worker));
        // The text leaves a worker that installed meanwhile to wait for the next event or client.
        self.out.tasks.push_back(Task::Settled(id));
    }

    /// An event's extended lifetime ended, or a worker or client is gone: the last steps of
    /// [add lifetime promise](https://w3c.github.io/ServiceWorker/#extendableevent-add-lifetime-promise) and of
    /// [Handle Service Worker Client Unload](https://w3c.github.io/ServiceWorker/#on-client-unload-algorithm).
    pub(crate) fn settled(&mut self, id: RegistrationId) {
        let Some(registration) = self.registrations.by_id.get(&id) else { return };
        if self.registrations.is_unregistered(registration) {
            self.try_clear_registration(id);
        }
        self.try_activate(id);
    }

    /// [Update Worker State](https://w3c.github.io/ServiceWorker/#update-state-algorithm), steps 1 and 2; the
    /// others are [`Registry::notify_registration`].
    pub(crate) fn update_worker_state(&mut self, worker: WorkerId, state: ServiceWorkerState) {
        let Some(worker) = self.workers.get_mut(worker) else { return };
        tracing::debug!(worker = %worker.script.id, from = %worker.state, to = %state, "worker state");
        worker.state = state;
        let (registration, worker) = (worker.registration, worker.info());
        if let Some(known) = self.registrations.by_id.get(&registration) {
            let scope = known.scope.clone();
            self.out.effects.push(Effect::WorkerState { registration, scope, worker });
        }
    }

    /// Steps 3 and 4 of [Update Worker State](https://w3c.github.io/ServiceWorker/#update-state-algorithm),
    /// the tasks of [Update Registration State](https://w3c.github.io/ServiceWorker/#update-registration-state-algorithm),
    /// and `updatefound`: tells every environment of the origin how a registration is now.
    pub(crate) fn notify_registration(
        &mut self,
        id: RegistrationId,
        update_found: bool,
        redundant: Vec<WorkerInfo>,
    ) {
        let Some(registration) = self.registrations.by_id.get(&id) else { return };
        let info = self.workers.registration_info(registration);
        for to in self.environments_of(&registration.storage_key) {
            let message = ScriptMsg::RegistrationChanged {
                to,
                info: info.clone(),
                update_found,
                controller: None,
                redundant: redundant.clone(),
            };
            self.out.effects.push(Effect::Post { to, message: Box::new(message) });
        }
    }
}

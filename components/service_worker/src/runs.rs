//! Worker threads, from outside: [Run Service Worker](https://w3c.github.io/ServiceWorker/#run-service-worker-algorithm),
//! [Terminate Service Worker](https://w3c.github.io/ServiceWorker/#terminate-service-worker-algorithm), and when a
//! worker is stopped for having nothing to do.

use std::sync::Arc;

use bgfetch_traits::ids::{ClientId, WorkerId};
use bgfetch_traits::policy::Client;
use bgfetch_traits::service_worker::ServiceWorkerState;

use crate::Registry;
use crate::io::{Effect, RunId, WorkerStart};
use crate::model::{Run, RunState, WorkerScript};
use crate::registry::{Task, Timer};

impl Registry {
    /// [Run Service Worker](https://w3c.github.io/ServiceWorker/#run-service-worker-algorithm): starts it unless it
    /// runs or is being started. One that is being stopped is started when it has stopped.
    pub(crate) fn run_service_worker(&mut self, id: WorkerId) {
        if self.out.shut_down {
            return self.run_failed(id, "the engine is shutting down");
        }
        let Some(worker) = self.workers.get(id) else { return };
        // Step 1.
        if worker.run != RunState::Stopped {
            return;
        }
        // Step 2.
        if worker.state == ServiceWorkerState::Redundant {
            return self.run_failed(id, "the worker is redundant");
        }
        let registration = self.registrations.by_id.get(&worker.registration);
        let Some(registration) = registration else { return self.run_failed(id, "the registration is gone") };
        // Steps 3 to 8 and 9.1.
        let (info, registration) = (worker.info(), self.workers.registration_info(registration));
        let run = self.ids.run();
        let environment = self.ids.environment();
        let Some(worker) = self.workers.by_id.get_mut(&id) else { return };
        let timeout = match worker.state {
            ServiceWorkerState::Parsed => self.settings.install_timeout_ms,
            _ => self.settings.start_timeout_ms,
        };
        let deadline = self.out.now.saturating_add(timeout);
        worker.run = RunState::Starting(Run { id: run, environment, deadline: Some(deadline) });
        self.out.timers.insert((deadline, Timer::Run(run)));
        self.workers.runs.insert(run, id);
        self.workers.environments.insert(environment, id);
        tracing::debug!(worker = %id, %run, "starting worker");
        self.out.effects.push(Effect::StartWorker(Box::new(WorkerStart {
            run,
            worker: info,
            registration,
            environment: Box::new(environment_of(&worker.script, environment)),
            worker_type: worker.script.worker_type,
            scripts: Arc::clone(&worker.script.scripts),
            imports: worker.script.imports.clone(),
        })));
    }

    /// A worker's script ran.
    pub(crate) fn worker_running(&mut self, run: RunId, handles_fetch: bool) {
        let Some(id) = self.workers.runs.get(&run).copied() else { return };
        let Some(worker) = self.workers.by_id.get_mut(&id) else { return };
        // One that was told to stop meanwhile stays so.
        let RunState::Starting(starting) = worker.run else { return };
        if starting.id != run {
            return;
        }
        self.out.timers.extract(starting);
        worker.run = RunState::Running(Run { deadline: None, ..starting });
        // Run Service Worker, step 9.8: only the first evaluation counts.
        worker.script.handles_fetch.get_or_insert(handles_fetch);
        if worker.state == ServiceWorkerState::Parsed {
            self.out.tasks.push_back(Task::WorkerRan(id, Ok(())));
        }
        self.out.tasks.push_back(Task::Pump(id));
    }

    /// A worker's script did not parse, or threw.
    pub(crate) fn start_failed(&mut self, run: RunId, why: &str) {
        let Some(id) = self.workers.runs.get(&run).copied() else { return };
        let Some(worker) = self.workers.get(id) else { return };
        if !matches!(worker.run, RunState::Starting(starting) if starting.id == run) {
            return;
        }
        self.stop_thread(id);
        self.run_failed(id, why);
    }

    /// Run Service Worker's result is failure: for the job that makes the worker, and for every event that waits.
    fn run_failed(&mut self, id: WorkerId, why: &str) {
        tracing::info!(worker = %id, why, "worker did not start");
        if self.workers.get(id).is_some_and(|worker| worker.state == ServiceWorkerState::Parsed) {
            self.out.tasks.push_back(Task::WorkerRan(id, Err(why.to_owned())));
        }
        self.fail_queued(id, false, why);
    }

    /// [Terminate Service Worker](https://w3c.github.io/ServiceWorker/#terminate-service-worker-algorithm): what it
    /// was doing fails; functional events that it has not got yet wait for its next run.
    pub(crate) fn terminate(&mut self, id: WorkerId, why: &str) {
        let Some(worker) = self.workers.get(id) else { return };
        if matches!(worker.run, RunState::Starting(_) | RunState::Running(_)) {
            self.stop_thread(id);
        }
        // Step 1.3.
        self.fail_dispatched(id, why);
        // Step 1.4: other tasks than those of functional events are discarded.
        let functional = self.take_functional_events(id);
        self.fail_queued(id, true, why);
        if let Some(worker) = self.workers.get_mut(id) {
            worker.queue = functional;
        }
        self.out.tasks.push_back(Task::Pump(id));
    }

    /// Tells a worker's thread to end.
    fn stop_thread(&mut self, id: WorkerId) {
        let Some(worker) = self.workers.by_id.get_mut(&id) else { return };
        let Some(run) = worker.run.run() else { return };
        self.out.timers.extract(run);
        let deadline = self.out.now.saturating_add(self.settings.stop_timeout_ms);
        worker.run = RunState::Stopping(Run { deadline: Some(deadline), ..run });
        self.out.timers.insert((deadline, Timer::Run(run.id)));
        self.workers.environments.remove(&run.environment);
        self.out.effects.push(Effect::TerminateWorker { run: run.id, environment: run.environment });
    }

    /// A worker's thread is gone: as it was told to, or on its own.
    pub(crate) fn worker_stopped(&mut self, run: RunId, why: &str) {
        let Some(id) = self.workers.runs.remove(&run) else { return };
        let Some(worker) = self.workers.by_id.get_mut(&id) else { return };
        let before = worker.run;
        let Some(gone) = before.run().filter(|gone| gone.id == run) else { return };
        self.out.timers.extract(gone);
        self.workers.environments.remove(&gone.environment);
        worker.run = RunState::Stopped;
        tracing::debug!(worker = %id, %run, why, "worker stopped");
        match before {
            RunState::Starting(_) => self.run_failed(id, why),
            RunState::Running(_) => self.fail_dispatched(id, why),
            RunState::Stopping(_) | RunState::Stopped => {}
        }
        if self.workers.get(id).is_some_and(|worker| worker.state == ServiceWorkerState::Redundant) {
            self.discard_worker(id);
        } else {
            self.out.tasks.push_back(Task::Pump(id));
        }
    }

    /// A run has been starting, idle or stopping for too long.
    pub(crate) fn run_timed_out(&mut self, run: RunId) {
        let Some(id) = self.workers.runs.get(&run).copied() else { return };
        let Some(worker) = self.workers.get(id) else { return };
        match worker.run {
            RunState::Starting(starting) if starting.id == run => {
                self.start_failed(run, "the worker's script took too long");
            }
            RunState::Running(running) if running.id == run => {
                tracing::debug!(worker = %id, "stopping an idle worker");
                self.terminate(id, "it was idle");
            }
            RunState::Stopping(stopping) if stopping.id == run => {
                tracing::warn!(worker = %id, %run, "the worker's thread does not end");
                self.worker_stopped(run, "it did not say so in time");
            }
            _ => {}
        }
    }

    /// Starts or ends the time after which a worker without events is stopped.
    pub(crate) fn mind_idleness(&mut self, id: WorkerId) {
        let Some(worker) = self.workers.by_id.get_mut(&id) else { return };
        let RunState::Running(run) = worker.run else { return };
        let idle = worker.has_no_pending_events() && worker.state != ServiceWorkerState::Parsed;
        if idle == run.deadline.is_some() {
            return;
        }
        self.out.timers.extract(run);
        let deadline = idle.then(|| self.out.now.saturating_add(self.settings.idle_timeout_ms));
        worker.run = RunState::Running(Run { deadline, ..run });
        if let Some(deadline) = deadline {
            self.out.timers.insert((deadline, Timer::Run(run.id)));
        }
    }

    /// Forgets a worker that is redundant or never installed: at once if it does not run, else when it has stopped.
    pub(crate) fn discard_worker(&mut self, id: WorkerId) {
        self.fail_queued(id, true, "the worker is redundant");
        let Some(worker) = self.workers.get_mut(id) else { return };
        worker.state = ServiceWorkerState::Redundant;
        match worker.run {
            RunState::Stopped => drop(self.workers.by_id.remove(&id)),
            RunState::Starting(_) | RunState::Running(_) => self.stop_thread(id),
            RunState::Stopping(_) => {}
        }
    }
}

/// [Setup ServiceWorkerGlobalScope](https://w3c.github.io/ServiceWorker/#setup-serviceworkerglobalscope-algorithm),
/// what it says of the environment settings object.
pub(crate) fn environment_of(script: &WorkerScript, id: ClientId) -> Client {
    Client {
        id,
        policy: script.scripts.first().map(|main| main.policy.clone()).unwrap_or_default(),
        ..Client::of_url(&script.script_url)
    }
}

/// Taking a run's timer away.
trait Timers {
    fn extract(&mut self, run: Run);
}

impl Timers for std::collections::BTreeSet<(u64, Timer)> {
    fn extract(&mut self, run: Run) {
        if let Some(deadline) = run.deadline {
            self.remove(&(deadline, Timer::Run(run.id)));
        }
    }
}

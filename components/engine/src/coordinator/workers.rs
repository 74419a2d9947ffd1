//! Runs of service workers: threads that start, take events and end.

use bgfetch_service_worker::{DispatchId, Input, RunId, Settings, WorkerInput, WorkerStart};
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{EventOutcome, FrameType, FunctionalEvent, WorkerStarted};

use super::Coordinator;
use super::clients::ClientEntry;
use super::inbox::Event;
use super::threads::Role;
use crate::answers::reply_or;
use crate::config::ScriptLimits;
use crate::delegate::EngineEvent;
use crate::host::ServiceWorkerStart;

/// The registry's time limits.
pub(super) fn settings(limits: &ScriptLimits) -> Settings {
    let ms = |duration: std::time::Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let event = ms(limits.functional_event_time);
    Settings {
        idle_timeout_ms: ms(limits.worker_idle_time),
        install_timeout_ms: event,
        activate_timeout_ms: event,
        event_timeout_ms: event,
        ..Settings::default()
    }
}

impl Coordinator {
    pub(super) fn start_worker(&mut self, start: WorkerStart) {
        let WorkerStart { run, worker, registration, environment, .. } = &start;
        let run = *run;
        let (id, scope, script_url) = (worker.worker, registration.scope.clone(), worker.script_url.clone());
        let role = Role::Worker { run, worker: id, registration: registration.registration };
        let environment = environment.clone();
        let thread = self.scripts.next_thread();
        let started = self
            .links
            .script
            .host
            .start_service_worker(ServiceWorkerStart {
                environment: start.environment,
                worker: start.worker,
                registration: start.registration,
                worker_type: start.worker_type,
                scripts: start.scripts,
                imports_bypass_cache: start.imports_bypass_cache,
                hosts: self.hosts(thread),
                limits: self.links.script.limits.clone(),
            })
            .and_then(|started| self.adopt(thread, role, started));
        if let Err(error) = started {
            let why = format!("the worker's thread could not be started: {error}");
            tracing::error!(worker = %id, %run, why);
            self.links.teller.event(EngineEvent::WorkerFailed { scope, script_url, message: why.clone() });
            let failed = WorkerInput::Started(run, WorkerStarted::Failed(why.clone()));
            self.later(Event::ServiceWorker(Input::Worker(failed)));
            self.later(Event::ServiceWorker(Input::Worker(WorkerInput::Stopped(run, why))));
            return;
        }
        self.scripts.runs.insert(run, thread);
        let Some(sender) = self.scripts.sender(thread).cloned() else { return };
        let entry = ClientEntry::new(thread, environment, FrameType::None, sender.clone());
        self.scripts.clients.insert(entry.client.id, entry);
        self.links.teller.event(EngineEvent::WorkerRunning { worker: id, running: true });
        let (inbox, teller) = (self.links.inbox.clone(), self.links.teller.clone());
        let ended = WorkerStarted::Failed("the worker's thread ended before its script had run".into());
        sender.send(ScriptMsg::RunWorker(reply_or(ended, move |started| {
            if let WorkerStarted::Failed(message) = &started {
                let message = message.clone();
                teller.event(EngineEvent::WorkerFailed { scope, script_url, message });
            }
            inbox.post(Event::ServiceWorker(Input::Worker(WorkerInput::Started(run, started))));
        })));
    }

    pub(super) fn dispatch_event(&mut self, run: RunId, dispatch: DispatchId, event: FunctionalEvent) {
        let thread = self.scripts.runs.get(&run).and_then(|thread| self.scripts.threads.get(thread));
        let Some((thread, Role::Worker { worker, registration, .. })) = thread.map(|t| (t, t.role)) else {
            // Its end is on the way.
            return;
        };
        let name = event.name();
        let (inbox, teller) = (self.links.inbox.clone(), self.links.teller.clone());
        let crashed = EventOutcome::WorkerFailed("the worker's thread ended during the event".into());
        let reply = reply_or(crashed, move |outcome: EventOutcome| {
            let error = error_of(&outcome);
            teller.event(EngineEvent::FunctionalEvent { registration, worker, name, error });
            inbox.post(Event::ServiceWorker(Input::Worker(WorkerInput::EventEnded(dispatch, outcome))));
        });
        thread.sender.send(ScriptMsg::FunctionalEvent(event, reply));
    }
}

/// What went wrong, in words.
fn error_of(outcome: &EventOutcome) -> Option<String> {
    match outcome {
        EventOutcome::Completed => None,
        EventOutcome::Rejected(message) | EventOutcome::WorkerFailed(message) => Some(message.clone()),
        EventOutcome::TimedOut => Some("it took too long".to_owned()),
    }
}

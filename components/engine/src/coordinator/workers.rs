//! Runs of service workers: threads that start, take events and end.

use bgfetch_service_worker::{DispatchId, Input, RunId, Settings, WorkerInput, WorkerStart};
use bgfetch_traits::ids::{RegistrationId, WorkerId};
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{EventOutcome, FrameType, FunctionalEvent, WorkerStarted};
use url::Url;

use super::Coordinator;
use super::clients::ClientEntry;
use super::inbox::{Event, WorkerReport};
use super::threads::{Role, ThreadId};
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

/// A run of a service worker whose thread has not ended.
pub(crate) struct Run {
    pub(crate) thread: ThreadId,
    worker: WorkerId,
    registration: RegistrationId,
    scope: Url,
    script_url: Url,
}

impl Run {
    fn failed(&self, message: String) -> EngineEvent {
        let (scope, script_url) = (self.scope.clone(), self.script_url.clone());
        EngineEvent::WorkerFailed { scope, script_url, message }
    }
}

impl Coordinator {
    pub(super) fn start_worker(&mut self, start: WorkerStart) {
        let id = start.run;
        let thread = self.scripts.next_thread();
        let run = Run {
            thread,
            worker: start.worker.worker,
            registration: start.registration.registration,
            scope: start.registration.scope.clone(),
            script_url: start.worker.script_url.clone(),
        };
        let environment = start.environment.clone();
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
                imports: start.imports,
                hosts: self.hosts(thread),
                limits: self.links.script.limits.clone(),
            })
            .and_then(|started| self.adopt(thread, Role::Worker(id), started));
        let sender = self.scripts.sender(thread).cloned();
        let worker = run.worker;
        self.scripts.runs.insert(id, run);
        let sender = match (started, sender) {
            (Ok(()), Some(sender)) => sender,
            (started, _) => {
                let why = started.err().map_or_else(String::new, |error| error.to_string());
                let why = format!("the worker's thread could not be started: {why}");
                self.worker_report(id, WorkerReport::Started(WorkerStarted::Failed(why.clone())));
                self.scripts.runs.remove(&id);
                let stopped = WorkerInput::Stopped(id, why);
                return self.later(Event::ServiceWorker(Input::Worker(stopped)));
            }
        };
        let entry = ClientEntry::new(thread, environment, FrameType::None, sender.clone());
        self.scripts.clients.insert(entry.client.id, entry);
        self.links.teller.event(EngineEvent::WorkerRunning { worker, running: true });
        let inbox = self.links.inbox.clone();
        let ended = WorkerStarted::Failed("the worker's thread ended before its script had run".into());
        sender.send(ScriptMsg::RunWorker(reply_or(ended, move |started| {
            inbox.post(Event::Worker(id, WorkerReport::Started(started)));
        })));
    }

    pub(super) fn dispatch_event(&mut self, id: RunId, dispatch: DispatchId, event: FunctionalEvent) {
        let sender = self.scripts.runs.get(&id).and_then(|run| self.scripts.sender(run.thread));
        // Without one, its end is on the way, and ends the event too.
        let Some(sender) = sender else { return };
        let name = event.name();
        let inbox = self.links.inbox.clone();
        let crashed = EventOutcome::WorkerFailed("the worker's thread ended during the event".into());
        let reply = reply_or(crashed, move |outcome: EventOutcome| {
            inbox.post(Event::Worker(id, WorkerReport::EventEnded { dispatch, name, outcome }));
        });
        sender.send(ScriptMsg::FunctionalEvent(event, reply));
    }

    /// A worker's thread has done something.
    pub(super) fn worker_report(&mut self, id: RunId, report: WorkerReport) {
        let run = self.scripts.runs.get(&id);
        let input = match report {
            WorkerReport::Started(started) => {
                if let (WorkerStarted::Failed(message), Some(run)) = (&started, run) {
                    self.links.teller.event(run.failed(message.clone()));
                    let script_url = run.script_url.clone();
                    self.scripts.failed_runs.insert(script_url);
                }
                WorkerInput::Started(id, started)
            }
            WorkerReport::EventEnded { dispatch, name, outcome } => {
                if let Some(run) = run {
                    let error = error_of(&outcome);
                    let install_failed = error.clone().filter(|_| name == "install");
                    let Run { registration, worker, .. } = *run;
                    self.links.teller.event(EngineEvent::FunctionalEvent {
                        registration,
                        worker,
                        name,
                        error,
                    });
                    if let Some(why) = install_failed {
                        let message = format!("it could not be installed: {why}");
                        self.links.teller.event(run.failed(message));
                    }
                }
                WorkerInput::EventEnded(dispatch, outcome)
            }
        };
        self.later(Event::ServiceWorker(Input::Worker(input)));
    }

    /// A worker's thread is gone.
    pub(super) fn worker_ended(&mut self, id: RunId, problem: Option<&str>) {
        if let Some(run) = self.scripts.runs.remove(&id) {
            let worker = run.worker;
            self.links.teller.event(EngineEvent::WorkerRunning { worker, running: false });
        }
        let why = problem.unwrap_or("its thread has ended").to_owned();
        self.registry(Input::Worker(WorkerInput::Stopped(id, why)));
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

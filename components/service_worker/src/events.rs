//! The functional-event queue: events wait in order until their worker runs, then several may be under way at once.

use std::collections::VecDeque;
use std::sync::Arc;

use bgfetch_traits::fetch::{Request, RequestMode};
use bgfetch_traits::ids::{ClientId, RegistrationId, WorkerId};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{EventOutcome, FetchOutcome, FunctionalEvent, ServiceWorkerState};
use parking_lot::Mutex;

use crate::Registry;
use crate::io::{DispatchId, Effect};
use crate::model::{RunState, Worker};
use crate::registry::{Task, Timer};

/// An event that waits for its worker.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) what: Box<FunctionalEvent>,
    pub(crate) then: Then,
}

/// What follows the end of an event.
#[derive(Debug)]
pub(crate) enum Then {
    /// Install goes on.
    Installed,
    /// Activate goes on.
    Activated,
    /// Someone wants to know.
    Report(Reply<EventOutcome>),
    /// A fetch event: whether a soft update follows.
    Fetched { soft_update: bool },
    /// Nothing: messages.
    Nothing,
}

/// An event that a worker has.
#[derive(Debug)]
pub(crate) struct Dispatched {
    then: Then,
    /// The reply of a fetch event, as long as the worker has not used it.
    fetch: Option<SharedReply<FetchOutcome>>,
    deadline: u64,
    name: &'static str,
}

/// A reply that two may use, and only the first one does.
#[derive(Debug)]
struct SharedReply<T>(Arc<Mutex<Option<Reply<T>>>>);

impl<T: Send + 'static> SharedReply<T> {
    /// The registry's half, and the worker's.
    fn split(reply: Reply<T>) -> (Self, Reply<T>) {
        let shared = Arc::new(Mutex::new(Some(reply)));
        let worker = Arc::clone(&shared);
        let answer = Reply::new(move |value| {
            // Taken out before it is used: whoever answers may take its time.
            let reply = worker.lock().take();
            if let Some(reply) = reply {
                reply.send(value);
            }
        });
        (Self(shared), answer)
    }

    fn take(&self) -> Option<Reply<T>> {
        self.0.lock().take()
    }
}

impl Event {
    /// Whether it is a [functional event](https://w3c.github.io/ServiceWorker/#dfn-functional-events): it waits
    /// until its worker is activated, and outlives it.
    fn is_functional(&self) -> bool {
        matches!(*self.what, FunctionalEvent::Fetch { .. } | FunctionalEvent::BackgroundFetch { .. })
    }
}

impl Worker {
    /// Where in the queue the first event is that it may have now.
    fn next_event(&self) -> Option<usize> {
        let activating = self.state == ServiceWorkerState::Activating;
        self.queue.iter().position(|event| !activating || !event.is_functional())
    }
}

impl Registry {
    /// Adds an event to a worker's queue.
    pub(crate) fn enqueue(&mut self, worker: WorkerId, event: Event) {
        match self.workers.get_mut(worker) {
            Some(worker) if worker.state != ServiceWorkerState::Redundant => worker.queue.push_back(event),
            _ => return self.fail_event(event, "the worker is redundant"),
        }
        self.out.tasks.push_back(Task::Pump(worker));
    }

    /// Gives a worker what waits for it, or starts it.
    pub(crate) fn pump(&mut self, id: WorkerId) {
        loop {
            let Some(worker) = self.workers.get_mut(id) else { return };
            let Some(index) = worker.next_event() else { break };
            let RunState::Running(_) = worker.run else { return self.run_service_worker(id) };
            let Some(event) = worker.queue.remove(index) else { break };
            self.dispatch(id, event);
        }
        self.mind_idleness(id);
    }

    fn dispatch(&mut self, id: WorkerId, event: Event) {
        let timeout = match *event.what {
            FunctionalEvent::Install => self.settings.install_timeout_ms,
            FunctionalEvent::Activate => self.settings.activate_timeout_ms,
            _ => self.settings.event_timeout_ms,
        };
        let deadline = self.out.now.saturating_add(timeout);
        let dispatch = self.ids.dispatch();
        let Some(worker) = self.workers.by_id.get_mut(&id) else { return };
        let Some(run) = worker.run.run() else { return };
        let name = event.what.name();
        let (what, fetch) = share_reply(*event.what);
        worker.dispatched.insert(dispatch, Dispatched { then: event.then, fetch, deadline, name });
        self.workers.dispatches.insert(dispatch, id);
        self.out.timers.insert((deadline, Timer::Event(dispatch)));
        tracing::trace!(worker = %id, %dispatch, name, "event dispatched");
        self.out.effects.push(Effect::DispatchEvent {
            run: run.id,
            environment: run.environment,
            dispatch,
            event: what,
        });
    }

    /// A worker says that an event's extended lifetime ended.
    pub(crate) fn event_ended(&mut self, dispatch: DispatchId, outcome: EventOutcome) {
        // One that was given up before is not there any more.
        let Some(worker) = self.workers.dispatches.get(&dispatch).copied() else { return };
        self.end_dispatch(worker, dispatch, outcome, "the worker did not answer the fetch event");
        self.out.tasks.push_back(Task::Pump(worker));
    }

    /// An event took too long: its worker is stopped, with everything else that it was doing.
    pub(crate) fn event_timed_out(&mut self, dispatch: DispatchId) {
        let Some(worker) = self.workers.dispatches.get(&dispatch).copied() else { return };
        let why = "an event took too long and the worker was stopped";
        tracing::info!(%worker, %dispatch, why);
        self.end_dispatch(worker, dispatch, EventOutcome::TimedOut, why);
        self.terminate(worker, why);
    }

    /// Takes an event out of the worker's set of extended events and goes on with what follows it.
    fn end_dispatch(&mut self, id: WorkerId, dispatch: DispatchId, outcome: EventOutcome, why: &str) {
        self.workers.dispatches.remove(&dispatch);
        let Some(worker) = self.workers.get_mut(id) else { return };
        let registration = worker.registration;
        let Some(ended) = worker.dispatched.remove(&dispatch) else { return };
        self.out.timers.remove(&(ended.deadline, Timer::Event(dispatch)));
        tracing::trace!(worker = %id, %dispatch, name = ended.name, ?outcome, "event ended");
        if let Some(reply) = ended.fetch.and_then(|fetch| fetch.take()) {
            self.answer(reply, FetchOutcome::Error(why.to_owned()));
        }
        self.go_on(id, registration, ended.then, outcome);
        self.out.tasks.push_back(Task::Settled(registration));
    }

    /// Ends every event that a worker has, because its thread is gone or told to go.
    pub(crate) fn fail_dispatched(&mut self, id: WorkerId, why: &str) {
        let Some(worker) = self.workers.get(id) else { return };
        let dispatches: Vec<_> = worker.dispatched.keys().copied().collect();
        for dispatch in dispatches {
            self.end_dispatch(id, dispatch, EventOutcome::WorkerFailed(why.to_owned()), why);
        }
    }

    /// Ends the events that wait for a worker: those that it could have now, or `all`.
    pub(crate) fn fail_queued(&mut self, id: WorkerId, all: bool, why: &str) {
        while let Some(worker) = self.workers.get_mut(id) {
            let index = if all { (!worker.queue.is_empty()).then_some(0) } else { worker.next_event() };
            let Some(event) = index.and_then(|index| worker.queue.remove(index)) else { return };
            let registration = worker.registration;
            self.fail_undispatched(id, registration, event, why);
        }
    }

    /// Ends an event that belongs to no worker's queue.
    fn fail_event(&mut self, event: Event, why: &str) {
        match event.then {
            Then::Report(reply) => self.answer(reply, EventOutcome::WorkerFailed(why.to_owned())),
            Then::Fetched { .. } => self.give_back_request(*event.what),
            Then::Installed | Then::Activated | Then::Nothing => {}
        }
    }

    fn fail_undispatched(&mut self, id: WorkerId, registration: RegistrationId, event: Event, why: &str) {
        // Create Fetch Event and Dispatch, step 21: as nobody entered respondWith(), the result is null.
        self.give_back_request(*event.what);
        self.go_on(id, registration, event.then, EventOutcome::WorkerFailed(why.to_owned()));
    }

    fn give_back_request(&mut self, event: FunctionalEvent) {
        if let FunctionalEvent::Fetch { request, reply, .. } = event {
            self.answer(reply, FetchOutcome::Network(request));
        }
    }

    fn go_on(&mut self, worker: WorkerId, id: RegistrationId, then: Then, outcome: EventOutcome) {
        match then {
            Then::Installed => self.out.tasks.push_back(Task::InstallEnded(worker, outcome)),
            Then::Activated => self.out.tasks.push_back(Task::ActivateEnded(worker)),
            Then::Report(reply) => {
                self.answer(reply, outcome);
                // Fire Functional Event, steps 5.1 and 8.
                let now = self.out.now;
                if self.registrations.by_id.get(&id).is_some_and(|registration| registration.is_stale(now)) {
                    self.out.tasks.push_back(Task::SoftUpdate(id));
                }
            }
            // Create Fetch Event and Dispatch, step 19.
            Then::Fetched { soft_update: true } => self.soft_update_later(id),
            Then::Fetched { soft_update: false } | Then::Nothing => {}
        }
    }

    /// What a worker that is about to be replaced has not got yet, and its successor shall have: see the
    /// [task queues](https://w3c.github.io/ServiceWorker/#dfn-service-worker-registration-task-queue) of a
    /// registration.
    pub(crate) fn take_functional_events(&mut self, id: WorkerId) -> VecDeque<Event> {
        let Some(worker) = self.workers.get_mut(id) else { return VecDeque::new() };
        let (functional, others) =
            std::mem::take(&mut worker.queue).into_iter().partition(Event::is_functional);
        worker.queue = others;
        functional
    }

    /// [Fire Functional Event](https://w3c.github.io/ServiceWorker/#fire-functional-event-algorithm).
    pub(crate) fn fire_functional_event(
        &mut self,
        id: RegistrationId,
        event: FunctionalEvent,
        reply: Reply<EventOutcome>,
    ) {
        let event = Event { what: Box::new(event), then: Then::Report(reply) };
        // Steps 1 and 2. Where the text asserts, the event's owner is told, and may try again.
        let Some(registration) = self.registrations.by_id.get(&id) else {
            return self.fail_event(event, "the registration is gone");
        };
        let Some(active) = registration.active else {
            return self.fail_event(event, "the registration has no active worker");
        };
        // Steps 3 to 8: Should Skip Event may be answered with false; the queue does the rest.
        self.enqueue(active, event);
    }

    /// Gives a fetch event to the active worker of a registration, or its request back for the network: the last
    /// steps of [Handle Fetch](https://w3c.github.io/ServiceWorker/#on-fetch-request-algorithm), and
    /// [Create Fetch Event and Dispatch](https://w3c.github.io/ServiceWorker/#create-fetch-event-and-dispatch-algorithm).
    pub(crate) fn create_fetch_event_and_dispatch(
        &mut self,
        id: RegistrationId,
        fetch: FetchEvent,
        soft_update: bool,
    ) {
        let active = self.registrations.by_id.get(&id).and_then(|registration| registration.active);
        let handles = active.and_then(|worker| self.workers.get(worker)).and_then(|w| w.script.handles_fetch);
        let FetchEvent { request, client, resulting_client, cancel, reply } = fetch;
        // Step 11: Should Skip Event. (Step 12, for listeners that are empty functions, is a
        // permission that is not used.)
        let Some(active) = active.filter(|_| handles == Some(true)) else {
            self.answer(reply, FetchOutcome::Network(request));
            self.soft_update_after(id, soft_update);
            return;
        };
        // Steps 15 to 17: the queue waits for the activation and runs the worker.
        // Step 7: whether the request is preloaded, which the worker's thread does.
        let is_preloaded =
            request.head.mode == RequestMode::Navigate && request.head.method == http::Method::GET;
        let preload = self.registrations.by_id.get(&id).map(|registration| &registration.navigation_preload);
        let preload = preload.filter(|preload| is_preloaded && preload.enabled);
        let preload = preload.map(|preload| preload.header_value.clone());
        let what =
            Box::new(FunctionalEvent::Fetch { request, client, resulting_client, preload, cancel, reply });
        self.enqueue(active, Event { what, then: Then::Fetched { soft_update } });
    }
}

/// A fetch that a worker may answer.
pub(crate) struct FetchEvent {
    pub(crate) request: Box<Request>,
    pub(crate) client: Option<ClientId>,
    pub(crate) resulting_client: Option<ClientId>,
    pub(crate) cancel: CancelHandle,
    pub(crate) reply: Reply<FetchOutcome>,
}

/// Keeps hold of a fetch event's reply, for the case that its worker never uses it.
fn share_reply(event: FunctionalEvent) -> (Box<FunctionalEvent>, Option<SharedReply<FetchOutcome>>) {
    match event {
        FunctionalEvent::Fetch { request, client, resulting_client, preload, cancel, reply } => {
            let (kept, reply) = SharedReply::split(reply);
            let event = FunctionalEvent::Fetch { request, client, resulting_client, preload, cancel, reply };
            (Box::new(event), Some(kept))
        }
        other => (Box::new(other), None),
    }
}

//! [`SharedWorkerGlobalScope`](https://html.spec.whatwg.org/multipage/workers.html#shared-workers-and-the-sharedworkerglobalscope-interface).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Fallible, PlatformObject, Realm, ToJs, platform_object, trace_fields};
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::service_worker::WorkerType;
use bgfetch_traits::worker::{PortOnItsWay, WorkerMsg};

use crate::agent::{Agent, TaskSource};
use crate::bindings::SharedWorkerGlobalScopeMethods;
use crate::dom::events::message_event::{self, Message};
use crate::dom::messaging::channel::PortHandle;
use crate::dom::{MessagePort, WorkerGlobalScope};
use crate::environment::Environment;

/// `SharedWorkerGlobalScope`.
pub(crate) struct SharedWorkerGlobalScope {
    worker_global_scope: WorkerGlobalScope,
    name: DomString,
    /// Its script has run.
    has_begun: Cell<bool>,
    /// Who has connected before that.
    waiting: RefCell<Vec<PortHandle>>,
}

trace_fields!(SharedWorkerGlobalScope { worker_global_scope });
platform_object!(SharedWorkerGlobalScope: WorkerGlobalScope via worker_global_scope);

impl SharedWorkerGlobalScope {
    pub(super) fn new(name: &str, worker_type: WorkerType) -> Self {
        Self {
            worker_global_scope: WorkerGlobalScope::new_inherited(worker_type),
            name: name.into(),
            has_begun: Cell::new(false),
            waiting: RefCell::default(),
        }
    }

    /// Somebody connects.
    pub(super) fn add(&self, realm: &Realm, handle: PortHandle) {
        if self.has_begun.get() {
            self.fire(realm, handle);
        } else {
            self.waiting.borrow_mut().push(handle);
        }
    }

    /// Its script has run: who has connected is told to it.
    pub(super) fn begin(&self, realm: &Realm) {
        self.has_begun.set(true);
        for handle in self.waiting.take() {
            self.fire(realm, handle);
        }
    }

    /// [`SharedWorker()`](https://html.spec.whatwg.org/multipage/workers.html#dom-sharedworker), step 11.7.4.
    fn fire(&self, realm: &Realm, handle: PortHandle) {
        let this = self.root();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            let inside_port = MessagePort::transfer_in(realm, handle)?;
            let message = Message {
                data: "".to_js(realm)?,
                origin: String::new(),
                source: Some(inside_port.as_value().clone()),
                ports: vec![inside_port],
            };
            message_event::fire(realm, &this, "connect", message).map(drop)
        });
    }
}

thread_local! {
    /// Ports of those who have connected before there was a global object.
    static EARLY: RefCell<Vec<PortOnItsWay>> = const { RefCell::new(Vec::new()) };
}

/// Somebody connects to the shared worker of this thread.
pub(crate) fn connect(agent: &Agent, port: PortOnItsWay) {
    match agent.realms().first() {
        Some(realm) => {
            if let Some(global) = realm.global_as::<SharedWorkerGlobalScope>() {
                connect_to(realm, &global, port);
            }
        }
        None => EARLY.with_borrow_mut(|early| early.push(port)),
    }
}

/// Those who have connected already.
pub(super) fn take_early() -> Vec<PortOnItsWay> {
    EARLY.take()
}

pub(super) fn connect_to(realm: &Realm, global: &SharedWorkerGlobalScope, port: PortOnItsWay) {
    if let Ok(handle) = port.0.downcast::<PortHandle>() {
        global.add(realm, *handle);
    }
}

impl SharedWorkerGlobalScopeMethods for SharedWorkerGlobalScope {
    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.clone())
    }

    /// [`close()`](https://html.spec.whatwg.org/multipage/workers.html#dom-sharedworkerglobalscope-close)
    fn close(&self, realm: &Realm) -> Fallible<()> {
        let environment = Environment::of(realm);
        environment.hosts.coordinator.send(CoordinatorMsg::Worker(environment.id, WorkerMsg::Closing));
        Agent::current().close();
        Ok(())
    }
}

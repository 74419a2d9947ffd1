//! [`Worker`](https://html.spec.whatwg.org/multipage/workers.html#dedicated-workers-and-the-worker-interface).

use std::cell::{OnceCell, RefCell};

use bgfetch_js::{Fallible, Member, Object, Realm, Root, Value, platform_object, trace_fields};
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::Destination;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::worker::{WorkerMsg, WorkerObjectId};

use super::owned;
use crate::bindings::{StructuredSerializeOptions, WorkerMethods, WorkerOptions};
use crate::dom::messaging::channel::PortHandle;
use crate::dom::{EventTarget, MessagePort};
use crate::environment::Environment;

/// `Worker`.
pub(crate) struct Worker {
    event_target: EventTarget,
    object: WorkerObjectId,
    /// The worker's environment.
    worker: ClientId,
    /// What the constructor was called with, until the object is there.
    arguments: RefCell<Option<(String, WorkerOptions)>>,
    /// The [outside port](https://html.spec.whatwg.org/multipage/workers.html#concept-port-outside), an implicit one.
    outside_port: OnceCell<Member<MessagePort>>,
}

trace_fields!(Worker { event_target, outside_port });
platform_object!(Worker: EventTarget via event_target);

impl Worker {
    /// Its thread has ended.
    pub(super) fn ended(&self) {
        if let Some(port) = self.outside_port.get() {
            port.disentangle();
        }
    }

    fn post(&self, realm: &Realm, message: &Value, transfer: &[Object]) -> Fallible<()> {
        self.outside_port.get().map_or(Ok(()), |port| port.post(realm, message, transfer))
    }
}

impl WorkerMethods for Worker {
    fn constructor(_: &Realm, script_url: String, options: WorkerOptions) -> Fallible<Self> {
        Ok(Self {
            event_target: EventTarget::new_inherited(),
            object: WorkerObjectId::new(),
            worker: ClientId::new(),
            arguments: RefCell::new(Some((script_url, options))),
            outside_port: OnceCell::new(),
        })
    }

    /// [`Worker()`](https://html.spec.whatwg.org/multipage/workers.html#dom-worker)
    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        let Some((script_url, options)) = this.arguments.take() else { return Ok(()) };
        // Steps 6 to 8.
        let (outside, inside_port) = PortHandle::pair();
        let outside_port = MessagePort::implicit(realm, outside, &this.upcast())?;
        // Steps 2 to 5.
        let request =
            owned::request(realm, &script_url, options, Destination::Worker, (this.object, inside_port))?;
        outside_port.enable(realm);
        let _first = this.outside_port.set(outside_port.into());
        owned::add(realm, this.object, this.upcast());
        // Step 9.
        let environment = Environment::of(realm);
        let start = WorkerMsg::Start(this.worker, request);
        environment.hosts.coordinator.send(CoordinatorMsg::Worker(environment.id, start));
        Ok(())
    }

    /// [`terminate()`](https://html.spec.whatwg.org/multipage/workers.html#dom-worker-terminate)
    fn terminate(&self, realm: &Realm) -> Fallible<()> {
        // [Terminate a worker](https://html.spec.whatwg.org/multipage/workers.html#terminate-a-worker): steps 1 to 3 are
        // the coordinator's.
        let environment = Environment::of(realm);
        let terminate = WorkerMsg::Terminate(self.worker);
        environment.hosts.coordinator.send(CoordinatorMsg::Worker(environment.id, terminate));
        // Step 4.
        self.ended();
        owned::remove(self.object);
        Ok(())
    }

    fn post_message_with_transfer(
        &self,
        realm: &Realm,
        message: Value,
        transfer: Vec<Object>,
    ) -> Fallible<()> {
        self.post(realm, &message, &transfer)
    }

    fn post_message(
        &self,
        realm: &Realm,
        message: Value,
        options: StructuredSerializeOptions,
    ) -> Fallible<()> {
        self.post(realm, &message, &options.transfer)
    }
}

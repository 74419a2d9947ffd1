//! [`SharedWorker`](https://html.spec.whatwg.org/multipage/workers.html#shared-workers-and-the-sharedworker-interface).

use std::cell::{OnceCell, RefCell};

use bgfetch_js::{Exception, Fallible, Member, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::Destination;
use bgfetch_traits::worker::{WorkerMsg, WorkerObjectId};

use super::owned;
use crate::bindings::{DomStringOrSharedWorkerOptions, SharedWorkerMethods, WorkerOptions};
use crate::dom::{EventTarget, MessagePort};
use crate::environment::Environment;

/// `SharedWorker`.
pub(crate) struct SharedWorker {
    event_target: EventTarget,
    object: WorkerObjectId,
    /// What the constructor was called with, until the object is there.
    arguments: RefCell<Option<(String, WorkerOptions)>>,
    /// The [outside port](https://html.spec.whatwg.org/multipage/workers.html#concept-port-outside).
    port: OnceCell<Member<MessagePort>>,
}

trace_fields!(SharedWorker { event_target, port });
platform_object!(SharedWorker: EventTarget via event_target);

impl SharedWorkerMethods for SharedWorker {
    fn constructor(_: &Realm, script_url: String, options: DomStringOrSharedWorkerOptions) -> Fallible<Self> {
        // Step 2. A worker ends with its last owner, also if it asked to live a little longer.
        let options = match options {
            DomStringOrSharedWorkerOptions::DomString(name) => {
                WorkerOptions { name, ..WorkerOptions::default() }
            }
            DomStringOrSharedWorkerOptions::SharedWorkerOptions(options) => options.parent,
        };
        Ok(Self {
            event_target: EventTarget::new_inherited(),
            object: WorkerObjectId::new(),
            arguments: RefCell::new(Some((script_url, options))),
            port: OnceCell::new(),
        })
    }

    /// [`SharedWorker()`](https://html.spec.whatwg.org/multipage/workers.html#dom-sharedworker)
    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        let Some((script_url, options)) = this.arguments.take() else { return Ok(()) };
        // Steps 6 to 8.
        let (outside_port, inside_port) = MessagePort::with_other_end(realm)?;
        // Steps 3 to 5, and 9.
        let parts = (this.object, inside_port);
        let request = owned::request(realm, &script_url, options, Destination::SharedWorker, parts)?;
        let _first = this.port.set(outside_port.into());
        owned::add(realm, this.object, this.upcast());
        // Steps 10 and 11.
        let environment = Environment::of(realm);
        let connect = CoordinatorMsg::Worker(environment.id, WorkerMsg::Connect(request));
        environment.hosts.coordinator.send(connect);
        Ok(())
    }

    fn port(&self, _: &Realm) -> Fallible<Root<MessagePort>> {
        let port = self.port.get().map(|port| (**port).clone());
        port.ok_or_else(|| Exception::dom("InvalidStateError", "the worker is not there yet"))
    }
}

//! [`DedicatedWorkerGlobalScope`](https://html.spec.whatwg.org/multipage/workers.html#dedicated-workers-and-the-dedicatedworkerglobalscope-interface).

use std::cell::OnceCell;

use bgfetch_js::{
    DomString, ErrorLocation, Fallible, Member, Object, PlatformObject, Realm, Value, platform_object,
    trace_fields,
};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::script::{ScriptMsg, ScriptSender};
use bgfetch_traits::service_worker::WorkerType;
use bgfetch_traits::worker::{WorkerError, WorkerEvent, WorkerObjectId};

use crate::agent::Agent;
use crate::bindings::{DedicatedWorkerGlobalScopeMethods, StructuredSerializeOptions};
use crate::dom::messaging::channel::PortHandle;
use crate::dom::{MessagePort, WorkerGlobalScope};

/// `DedicatedWorkerGlobalScope`.
pub(crate) struct DedicatedWorkerGlobalScope {
    worker_global_scope: WorkerGlobalScope,
    name: DomString,
    owner: Owner,
    /// The [inside port](https://html.spec.whatwg.org/multipage/workers.html#inside-port), an implicit one.
    inside_port: OnceCell<Member<MessagePort>>,
}

/// The object that stands for a dedicated worker.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) sender: ScriptSender,
    pub(super) client: ClientId,
    pub(super) object: WorkerObjectId,
}

impl Owner {
    /// Tells it something.
    pub(super) fn tell(&self, event: WorkerEvent) {
        self.sender.send(ScriptMsg::WorkerEvent { to: self.client, object: self.object, event });
    }
}

trace_fields!(DedicatedWorkerGlobalScope { worker_global_scope, inside_port });
platform_object!(DedicatedWorkerGlobalScope: WorkerGlobalScope via worker_global_scope);

impl DedicatedWorkerGlobalScope {
    pub(super) fn new(name: &str, worker_type: WorkerType, owner: Owner) -> Self {
        Self {
            worker_global_scope: WorkerGlobalScope::new_inherited(worker_type),
            name: name.into(),
            owner,
            inside_port: OnceCell::new(),
        }
    }

    /// Gives it its end of the channel, from which no message comes before [`DedicatedWorkerGlobalScope::begin`].
    pub(super) fn set_port(&self, realm: &Realm, handle: PortHandle) -> Fallible<()> {
        let port = MessagePort::implicit(realm, handle, &self.root().upcast())?;
        let _first = self.inside_port.set(port.into());
        Ok(())
    }

    /// Its script has run: messages may come.
    pub(super) fn begin(&self, realm: &Realm) {
        if let Some(port) = self.inside_port.get() {
            port.enable(realm);
        }
    }

    /// An exception was not handled in the worker: [report an
    /// exception](https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception), step 7.2.
    pub(crate) fn tell_owner_of_error(&self, message: String, location: &ErrorLocation) {
        let ErrorLocation { file, line, column, .. } = location.clone();
        self.owner.tell(WorkerEvent::Error(WorkerError { message, file, line, column }));
    }

    fn post(&self, realm: &Realm, message: &Value, transfer: &[Object]) -> Fallible<()> {
        self.inside_port.get().map_or(Ok(()), |port| port.post(realm, message, transfer))
    }
}

impl DedicatedWorkerGlobalScopeMethods for DedicatedWorkerGlobalScope {
    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.clone())
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

    /// [`close()`](https://html.spec.whatwg.org/multipage/workers.html#dom-dedicatedworkerglobalscope-close)
    fn close(&self, _: &Realm) -> Fallible<()> {
        Agent::current().close();
        Ok(())
    }
}

crate::dom::globals::animation_frames::animation_frame_provider!(DedicatedWorkerGlobalScope);

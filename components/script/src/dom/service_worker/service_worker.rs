//! [`ServiceWorker`](https://w3c.github.io/ServiceWorker/#serviceworker-interface).

use std::cell::Cell;

use bgfetch_js::{Exception, Fallible, Object, Realm, Value, platform_object, trace_fields};
use bgfetch_traits::ids::WorkerId;
use bgfetch_traits::service_worker::{ServiceWorkerMsg, ServiceWorkerState, WorkerInfo};
use url::Url;

use super::tell;
use crate::bindings::{self, ServiceWorkerMethods, StructuredSerializeOptions};
use crate::clone;
use crate::dom::EventTarget;
use crate::dom::events::event;
use crate::environment::Environment;

/// `ServiceWorker`.
pub(crate) struct ServiceWorker {
    event_target: EventTarget,
    worker: WorkerId,
    script_url: Url,
    state: Cell<ServiceWorkerState>,
}

trace_fields!(ServiceWorker { event_target });
platform_object!(ServiceWorker: EventTarget via event_target);

impl ServiceWorker {
    pub(super) fn new(info: &WorkerInfo) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            worker: info.worker,
            script_url: info.script_url.clone(),
            state: Cell::new(info.state),
        }
    }

    /// [Update Worker State](https://w3c.github.io/ServiceWorker/#update-worker-state), step 4.
    pub(super) fn set_state(&self, realm: &Realm, state: ServiceWorkerState) -> Fallible<()> {
        if self.state.replace(state) != state {
            event::fire(realm, self, "statechange")?;
        }
        Ok(())
    }

    /// [`postMessage()`](https://w3c.github.io/ServiceWorker/#service-worker-postmessage-options)
    fn post(&self, realm: &Realm, message: &Value, transfer: &[Object]) -> Fallible<()> {
        // Not in the text (https://github.com/w3c/ServiceWorker/issues/1221): a client that is gone cannot be the source.
        if Environment::try_of(realm).is_none() {
            let message = "the document of this service worker object is not shown any more";
            return Err(Exception::dom("InvalidStateError", message));
        }
        // Step 4.
        let data = clone::serialize(realm, message, transfer)?;
        // Steps 5 and 6 are the coordinator's, and the worker's: see `functional_events`.
        tell(realm, ServiceWorkerMsg::PostMessage(self.worker, data));
        Ok(())
    }
}

impl ServiceWorkerMethods for ServiceWorker {
    fn script_url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.script_url.as_str().to_owned())
    }

    fn state(&self, _: &Realm) -> Fallible<bindings::ServiceWorkerState> {
        Ok(match self.state.get() {
            ServiceWorkerState::Parsed => bindings::ServiceWorkerState::Parsed,
            ServiceWorkerState::Installing => bindings::ServiceWorkerState::Installing,
            ServiceWorkerState::Installed => bindings::ServiceWorkerState::Installed,
            ServiceWorkerState::Activating => bindings::ServiceWorkerState::Activating,
            ServiceWorkerState::Activated => bindings::ServiceWorkerState::Activated,
            ServiceWorkerState::Redundant => bindings::ServiceWorkerState::Redundant,
        })
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

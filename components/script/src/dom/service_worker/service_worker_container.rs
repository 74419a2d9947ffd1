//! `ServiceWorkerContainer`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::ServiceWorkerContainerMethods;
use crate::dom::EventTarget;

/// `ServiceWorkerContainer`.
pub(crate) struct ServiceWorkerContainer {
    event_target: EventTarget,
}

trace_fields!(ServiceWorkerContainer { event_target });
platform_object!(ServiceWorkerContainer: EventTarget via event_target);

impl ServiceWorkerContainerMethods for ServiceWorkerContainer {}

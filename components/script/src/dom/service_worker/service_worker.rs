//! `ServiceWorker`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::ServiceWorkerMethods;
use crate::dom::EventTarget;

/// `ServiceWorker`.
pub(crate) struct ServiceWorker {
    event_target: EventTarget,
}

trace_fields!(ServiceWorker { event_target });
platform_object!(ServiceWorker: EventTarget via event_target);

impl ServiceWorkerMethods for ServiceWorker {}

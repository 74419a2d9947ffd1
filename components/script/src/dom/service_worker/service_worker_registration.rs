//! `ServiceWorkerRegistration`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::ServiceWorkerRegistrationMethods;
use crate::dom::EventTarget;

/// `ServiceWorkerRegistration`.
pub(crate) struct ServiceWorkerRegistration {
    event_target: EventTarget,
}

trace_fields!(ServiceWorkerRegistration { event_target });
platform_object!(ServiceWorkerRegistration: EventTarget via event_target);

impl ServiceWorkerRegistrationMethods for ServiceWorkerRegistration {}

//! `BackgroundFetchRegistration`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::BackgroundFetchRegistrationMethods;
use crate::dom::EventTarget;

/// `BackgroundFetchRegistration`.
pub(crate) struct BackgroundFetchRegistration {
    event_target: EventTarget,
}

trace_fields!(BackgroundFetchRegistration { event_target });
platform_object!(BackgroundFetchRegistration: EventTarget via event_target);

impl BackgroundFetchRegistrationMethods for BackgroundFetchRegistration {}

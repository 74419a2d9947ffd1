//! `CustomEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::CustomEventMethods;
use crate::dom::Event;

/// `CustomEvent`.
pub(crate) struct CustomEvent {
    event: Event,
}

trace_fields!(CustomEvent { event });
platform_object!(CustomEvent: Event via event);

impl CustomEventMethods for CustomEvent {}

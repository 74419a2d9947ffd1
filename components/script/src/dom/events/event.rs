//! `Event`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::EventMethods;

/// `Event`.
pub(crate) struct Event {
    reflector: Reflector,
}

trace_fields!(Event {});
platform_object!(Event);

impl EventMethods for Event {}

//! `EventTarget`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::EventTargetMethods;

/// `EventTarget`.
pub(crate) struct EventTarget {
    reflector: Reflector,
}

trace_fields!(EventTarget {});
platform_object!(EventTarget);

impl EventTargetMethods for EventTarget {}

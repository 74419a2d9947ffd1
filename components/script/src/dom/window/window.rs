//! `Window`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::WindowMethods;
use crate::dom::EventTarget;

/// `Window`.
pub(crate) struct Window {
    event_target: EventTarget,
}

trace_fields!(Window { event_target });
platform_object!(Window: EventTarget via event_target);

impl WindowMethods for Window {}

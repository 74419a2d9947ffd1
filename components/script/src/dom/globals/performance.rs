//! `Performance`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::PerformanceMethods;
use crate::dom::EventTarget;

/// `Performance`.
pub(crate) struct Performance {
    event_target: EventTarget,
}

trace_fields!(Performance { event_target });
platform_object!(Performance: EventTarget via event_target);

impl PerformanceMethods for Performance {}

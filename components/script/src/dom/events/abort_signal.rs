//! `AbortSignal`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::AbortSignalMethods;
use crate::dom::EventTarget;

/// `AbortSignal`.
pub(crate) struct AbortSignal {
    event_target: EventTarget,
}

trace_fields!(AbortSignal { event_target });
platform_object!(AbortSignal: EventTarget via event_target);

impl AbortSignalMethods for AbortSignal {}

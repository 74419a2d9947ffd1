//! `ErrorEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::ErrorEventMethods;
use crate::dom::Event;

/// `ErrorEvent`.
pub(crate) struct ErrorEvent {
    event: Event,
}

trace_fields!(ErrorEvent { event });
platform_object!(ErrorEvent: Event via event);

impl ErrorEventMethods for ErrorEvent {}

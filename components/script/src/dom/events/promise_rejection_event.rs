//! `PromiseRejectionEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::PromiseRejectionEventMethods;
use crate::dom::Event;

/// `PromiseRejectionEvent`.
pub(crate) struct PromiseRejectionEvent {
    event: Event,
}

trace_fields!(PromiseRejectionEvent { event });
platform_object!(PromiseRejectionEvent: Event via event);

impl PromiseRejectionEventMethods for PromiseRejectionEvent {}

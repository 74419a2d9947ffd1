//! `ExtendableEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::ExtendableEventMethods;
use crate::dom::Event;

/// `ExtendableEvent`.
pub(crate) struct ExtendableEvent {
    event: Event,
}

trace_fields!(ExtendableEvent { event });
platform_object!(ExtendableEvent: Event via event);

impl ExtendableEventMethods for ExtendableEvent {}

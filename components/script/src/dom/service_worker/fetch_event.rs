//! `FetchEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::FetchEventMethods;
use crate::dom::ExtendableEvent;

/// `FetchEvent`.
pub(crate) struct FetchEvent {
    extendable_event: ExtendableEvent,
}

trace_fields!(FetchEvent { extendable_event });
platform_object!(FetchEvent: ExtendableEvent via extendable_event);

impl FetchEventMethods for FetchEvent {}

//! `ExtendableMessageEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::ExtendableMessageEventMethods;
use crate::dom::ExtendableEvent;

/// `ExtendableMessageEvent`.
pub(crate) struct ExtendableMessageEvent {
    extendable_event: ExtendableEvent,
}

trace_fields!(ExtendableMessageEvent { extendable_event });
platform_object!(ExtendableMessageEvent: ExtendableEvent via extendable_event);

impl ExtendableMessageEventMethods for ExtendableMessageEvent {}

//! `MessageEvent`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::MessageEventMethods;
use crate::dom::Event;

/// `MessageEvent`.
pub(crate) struct MessageEvent {
    event: Event,
}

trace_fields!(MessageEvent { event });
platform_object!(MessageEvent: Event via event);

impl MessageEventMethods for MessageEvent {}

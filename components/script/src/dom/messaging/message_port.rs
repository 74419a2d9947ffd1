//! `MessagePort`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::MessagePortMethods;
use crate::dom::EventTarget;

/// `MessagePort`.
pub(crate) struct MessagePort {
    event_target: EventTarget,
}

trace_fields!(MessagePort { event_target });
platform_object!(MessagePort: EventTarget via event_target);

impl MessagePortMethods for MessagePort {}

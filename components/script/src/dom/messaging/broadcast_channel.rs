//! `BroadcastChannel`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::BroadcastChannelMethods;
use crate::dom::EventTarget;

/// `BroadcastChannel`.
pub(crate) struct BroadcastChannel {
    event_target: EventTarget,
}

trace_fields!(BroadcastChannel { event_target });
platform_object!(BroadcastChannel: EventTarget via event_target);

impl BroadcastChannelMethods for BroadcastChannel {}

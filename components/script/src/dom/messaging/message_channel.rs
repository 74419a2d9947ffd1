//! `MessageChannel`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::MessageChannelMethods;

/// `MessageChannel`.
pub(crate) struct MessageChannel {
    reflector: Reflector,
}

trace_fields!(MessageChannel {});
platform_object!(MessageChannel);

impl MessageChannelMethods for MessageChannel {}

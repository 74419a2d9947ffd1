//! `TextEncoder`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::TextEncoderMethods;

/// `TextEncoder`.
pub(crate) struct TextEncoder {
    reflector: Reflector,
}

trace_fields!(TextEncoder {});
platform_object!(TextEncoder);

impl TextEncoderMethods for TextEncoder {}

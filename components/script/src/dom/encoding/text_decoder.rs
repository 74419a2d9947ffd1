//! `TextDecoder`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::TextDecoderMethods;

/// `TextDecoder`.
pub(crate) struct TextDecoder {
    reflector: Reflector,
}

trace_fields!(TextDecoder {});
platform_object!(TextDecoder);

impl TextDecoderMethods for TextDecoder {}

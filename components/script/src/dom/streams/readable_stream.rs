//! `ReadableStream`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::ReadableStreamMethods;

/// `ReadableStream`.
pub(crate) struct ReadableStream {
    reflector: Reflector,
}

trace_fields!(ReadableStream {});
platform_object!(ReadableStream);

impl ReadableStreamMethods for ReadableStream {}

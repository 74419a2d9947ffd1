//! `ReadableStreamDefaultReader`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::ReadableStreamDefaultReaderMethods;

/// `ReadableStreamDefaultReader`.
pub(crate) struct ReadableStreamDefaultReader {
    reflector: Reflector,
}

trace_fields!(ReadableStreamDefaultReader {});
platform_object!(ReadableStreamDefaultReader);

impl ReadableStreamDefaultReaderMethods for ReadableStreamDefaultReader {}

//! `ReadableStreamDefaultController`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::ReadableStreamDefaultControllerMethods;

/// `ReadableStreamDefaultController`.
pub(crate) struct ReadableStreamDefaultController {
    reflector: Reflector,
}

trace_fields!(ReadableStreamDefaultController {});
platform_object!(ReadableStreamDefaultController);

impl ReadableStreamDefaultControllerMethods for ReadableStreamDefaultController {}

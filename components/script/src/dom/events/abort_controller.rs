//! `AbortController`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::AbortControllerMethods;

/// `AbortController`.
pub(crate) struct AbortController {
    reflector: Reflector,
}

trace_fields!(AbortController {});
platform_object!(AbortController);

impl AbortControllerMethods for AbortController {}

//! `DOMException`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::DOMExceptionMethods;

/// `DOMException`.
pub(crate) struct DOMException {
    reflector: Reflector,
}

trace_fields!(DOMException {});
platform_object!(DOMException);

impl DOMExceptionMethods for DOMException {}

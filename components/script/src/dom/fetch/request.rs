//! `Request`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::RequestMethods;

/// `Request`.
pub(crate) struct Request {
    reflector: Reflector,
}

trace_fields!(Request {});
platform_object!(Request);

impl RequestMethods for Request {}

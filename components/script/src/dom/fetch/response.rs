//! `Response`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::ResponseMethods;

/// `Response`.
pub(crate) struct Response {
    reflector: Reflector,
}

trace_fields!(Response {});
platform_object!(Response);

impl ResponseMethods for Response {}

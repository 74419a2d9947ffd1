//! `URL`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::URLMethods;

/// `URL`.
pub(crate) struct URL {
    reflector: Reflector,
}

trace_fields!(URL {});
platform_object!(URL);

impl URLMethods for URL {}

//! `URLSearchParams`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::URLSearchParamsMethods;

/// `URLSearchParams`.
pub(crate) struct URLSearchParams {
    reflector: Reflector,
}

trace_fields!(URLSearchParams {});
platform_object!(URLSearchParams);

impl URLSearchParamsMethods for URLSearchParams {}

//! `Navigator`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::NavigatorMethods;

/// `Navigator`.
pub(crate) struct Navigator {
    reflector: Reflector,
}

trace_fields!(Navigator {});
platform_object!(Navigator);

impl NavigatorMethods for Navigator {}

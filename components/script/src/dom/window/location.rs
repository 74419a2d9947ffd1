//! `Location`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::LocationMethods;

/// `Location`.
pub(crate) struct Location {
    reflector: Reflector,
}

trace_fields!(Location {});
platform_object!(Location);

impl LocationMethods for Location {}

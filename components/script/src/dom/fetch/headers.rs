//! `Headers`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::HeadersMethods;

/// `Headers`.
pub(crate) struct Headers {
    reflector: Reflector,
}

trace_fields!(Headers {});
platform_object!(Headers);

impl HeadersMethods for Headers {}

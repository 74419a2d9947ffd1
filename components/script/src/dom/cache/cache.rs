//! `Cache`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::CacheMethods;

/// `Cache`.
pub(crate) struct Cache {
    reflector: Reflector,
}

trace_fields!(Cache {});
platform_object!(Cache);

impl CacheMethods for Cache {}

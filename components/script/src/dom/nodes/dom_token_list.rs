//! `DOMTokenList`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::DOMTokenListMethods;

/// `DOMTokenList`.
pub(crate) struct DOMTokenList {
    reflector: Reflector,
}

trace_fields!(DOMTokenList {});
platform_object!(DOMTokenList);

impl DOMTokenListMethods for DOMTokenList {}

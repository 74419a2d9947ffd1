//! `NamedNodeMap`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::NamedNodeMapMethods;

/// `NamedNodeMap`.
pub(crate) struct NamedNodeMap {
    reflector: Reflector,
}

trace_fields!(NamedNodeMap {});
platform_object!(NamedNodeMap);

impl NamedNodeMapMethods for NamedNodeMap {}

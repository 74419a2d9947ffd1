//! `NodeList`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::NodeListMethods;

/// `NodeList`.
pub(crate) struct NodeList {
    reflector: Reflector,
}

trace_fields!(NodeList {});
platform_object!(NodeList);

impl NodeListMethods for NodeList {}

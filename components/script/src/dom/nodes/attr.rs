//! `Attr`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::AttrMethods;
use crate::dom::Node;

/// `Attr`.
pub(crate) struct Attr {
    node: Node,
}

trace_fields!(Attr { node });
platform_object!(Attr: Node via node);

impl AttrMethods for Attr {}

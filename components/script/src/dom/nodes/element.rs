//! `Element`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::ElementMethods;
use crate::dom::Node;

/// `Element`.
pub(crate) struct Element {
    node: Node,
}

trace_fields!(Element { node });
platform_object!(Element: Node via node);

impl ElementMethods for Element {}

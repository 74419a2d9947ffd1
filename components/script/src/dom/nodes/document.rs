//! `Document`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::DocumentMethods;
use crate::dom::Node;

/// `Document`.
pub(crate) struct Document {
    node: Node,
}

trace_fields!(Document { node });
platform_object!(Document: Node via node);

impl DocumentMethods for Document {}

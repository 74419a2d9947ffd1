//! `DocumentType`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::DocumentTypeMethods;
use crate::dom::Node;

/// `DocumentType`.
pub(crate) struct DocumentType {
    node: Node,
}

trace_fields!(DocumentType { node });
platform_object!(DocumentType: Node via node);

impl DocumentTypeMethods for DocumentType {}

//! `DocumentFragment`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::DocumentFragmentMethods;
use crate::dom::Node;

/// `DocumentFragment`.
pub(crate) struct DocumentFragment {
    node: Node,
}

trace_fields!(DocumentFragment { node });
platform_object!(DocumentFragment: Node via node);

impl DocumentFragmentMethods for DocumentFragment {}

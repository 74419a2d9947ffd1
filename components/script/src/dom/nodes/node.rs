//! `Node`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::NodeMethods;
use crate::dom::EventTarget;

/// `Node`.
pub(crate) struct Node {
    event_target: EventTarget,
}

trace_fields!(Node { event_target });
platform_object!(Node: EventTarget via event_target);

impl NodeMethods for Node {}

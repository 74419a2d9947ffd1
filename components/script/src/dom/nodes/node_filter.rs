//! [`NodeFilter`](https://dom.spec.whatwg.org/#interface-nodefilter): what a walk through a tree shows.

use std::cell::Cell;

use bgfetch_js::{Exception, Fallible, Realm, Root, Traced, trace_fields};

use crate::bindings::NodeFilter;
use crate::dom::Node;

/// What a filter says of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Accept,
    /// Neither the node nor what is below it.
    Reject,
    /// Not the node, but what is below it.
    Skip,
    /// A number without a meaning: not the node, and what is below it depends on the direction.
    Other,
}

/// What node iterators and tree walkers have in common: [`whatToShow`](https://dom.spec.whatwg.org/#concept-traversal-whattoshow),
/// [filter](https://dom.spec.whatwg.org/#concept-traversal-filter) and the
/// [active flag](https://dom.spec.whatwg.org/#concept-traversal-active).
pub(super) struct Traversal {
    pub(super) what_to_show: u32,
    filter: Option<Traced<NodeFilter>>,
    active: Cell<bool>,
}

trace_fields!(Traversal { filter });

impl Traversal {
    pub(super) fn new(what_to_show: u32, filter: Option<NodeFilter>) -> Self {
        Self { what_to_show, filter: filter.map(Into::into), active: Cell::new(false) }
    }

    pub(super) fn filter(&self) -> Option<NodeFilter> {
        self.filter.as_ref().map(|filter| (**filter).clone())
    }

    /// [Filters](https://dom.spec.whatwg.org/#concept-node-filter) a node.
    pub(super) fn verdict(&self, realm: &Realm, node: &Root<Node>) -> Fallible<Verdict> {
        // Step 1.
        if self.active.get() {
            return Err(Exception::dom("InvalidStateError", "the filter asks the traversal that asks it"));
        }
        // Steps 2 and 3.
        let bit = 1_u32 << (node.kind() as u32 - 1);
        if self.what_to_show & bit == 0 {
            return Ok(Verdict::Skip);
        }
        // Step 4.
        let Some(filter) = &self.filter else { return Ok(Verdict::Accept) };
        // Steps 5 to 8.
        self.active.set(true);
        let result = filter.accept_node(realm, &bgfetch_js::Value::UNDEFINED, node.clone());
        self.active.set(false);
        Ok(match result? {
            1 => Verdict::Accept,
            2 => Verdict::Reject,
            3 => Verdict::Skip,
            _ => Verdict::Other,
        })
    }
}

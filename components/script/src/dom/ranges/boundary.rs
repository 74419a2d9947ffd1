//! [Boundary points](https://dom.spec.whatwg.org/#concept-range-bp): where ranges start and end.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;

use bgfetch_js::{Exception, Fallible, Member, Root, trace_fields};

use crate::dom::nodes::traversal;
use crate::dom::{Node, NodeKind};

/// A [boundary point](https://dom.spec.whatwg.org/#concept-range-bp).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BoundaryPoint {
    pub(crate) node: Root<Node>,
    /// In code units of text, or children of other nodes.
    pub(crate) offset: u32,
}

impl BoundaryPoint {
    pub(super) fn new(node: &Root<Node>, offset: u32) -> Self {
        Self { node: node.clone(), offset }
    }

    /// The point that script means, if there is one.
    pub(super) fn checked(node: &Root<Node>, offset: u32) -> Fallible<Self> {
        if node.kind() == NodeKind::DocumentType {
            return Err(Exception::dom(
                "InvalidNodeTypeError",
                "a doctype has nothing that could be a range",
            ));
        }
        let length = node.length();
        if offset > length {
            let message = format!("the offset {offset} is greater than the node's length {length}");
            return Err(Exception::dom("IndexSizeError", message));
        }
        Ok(Self::new(node, offset))
    }

    /// The point right before a node, if that has a parent.
    pub(super) fn before(node: &Root<Node>) -> Option<Self> {
        Some(Self { node: node.parent()?, offset: node.index() })
    }

    /// The point right after a node, if that has a parent.
    pub(super) fn after(node: &Root<Node>) -> Option<Self> {
        Some(Self { node: node.parent()?, offset: node.index() + 1 })
    }

    /// The [position](https://dom.spec.whatwg.org/#concept-range-bp-position) of a point relative to another one of the same
    /// tree.
    pub(super) fn position(&self, other: &Self) -> Ordering {
        // Step 2.
        if self.node == other.node {
            return self.offset.cmp(&other.offset);
        }
        // Steps 3 and 4.
        if let Some(child) = child_towards(&self.node, &other.node) {
            return if child.index() < self.offset { Ordering::Greater } else { Ordering::Less };
        }
        if let Some(child) = child_towards(&other.node, &self.node) {
            return if child.index() < other.offset { Ordering::Less } else { Ordering::Greater };
        }
        // Step 5.
        if traversal::is_before(&self.node, &other.node) { Ordering::Less } else { Ordering::Greater }
    }
}

/// The child of `ancestor` that `node` is or is below.
fn child_towards(ancestor: &Root<Node>, node: &Root<Node>) -> Option<Root<Node>> {
    let mut child = node.clone();
    loop {
        let parent = child.parent()?;
        if parent == *ancestor {
            return Some(child);
        }
        child = parent;
    }
}

/// A boundary point that a range has.
pub(crate) struct Boundary {
    node: RefCell<Member<Node>>,
    offset: Cell<u32>,
}

trace_fields!(Boundary { node });

impl Boundary {
    fn new(point: BoundaryPoint) -> Self {
        Self { node: RefCell::new(point.node.into()), offset: Cell::new(point.offset) }
    }

    /// Where it is.
    pub(crate) fn get(&self) -> BoundaryPoint {
        BoundaryPoint { node: self.node(), offset: self.offset.get() }
    }

    /// The node that it is in.
    pub(super) fn node(&self) -> Root<Node> {
        (**self.node.borrow()).clone()
    }

    pub(super) fn is_in(&self, node: &Root<Node>) -> bool {
        **self.node.borrow() == *node
    }

    pub(super) const fn offset(&self) -> &Cell<u32> {
        &self.offset
    }

    pub(super) fn set(&self, node: &Root<Node>, offset: u32) {
        let before = self.node.replace(node.clone().into());
        drop(before);
        self.offset.set(offset);
    }
}

/// [Start](https://dom.spec.whatwg.org/#concept-range-start) and [end](https://dom.spec.whatwg.org/#concept-range-end) of a range.
pub(crate) struct Boundaries {
    pub(super) start: Boundary,
    pub(super) end: Boundary,
}

trace_fields!(Boundaries { start, end });

impl Boundaries {
    pub(super) fn new(start: BoundaryPoint, end: BoundaryPoint) -> Self {
        Self { start: Boundary::new(start), end: Boundary::new(end) }
    }

    pub(super) fn is_collapsed(&self) -> bool {
        self.start.get() == self.end.get()
    }

    pub(super) fn each(&self) -> [&Boundary; 2] {
        [&self.start, &self.end]
    }
}

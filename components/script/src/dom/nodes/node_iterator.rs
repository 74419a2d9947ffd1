//! [`NodeIterator`](https://dom.spec.whatwg.org/#interface-nodeiterator).

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, Trace, Tracer, platform_object, trace_fields};

use super::node_filter::{Traversal, Verdict};
use super::traversal::{following, following_skipping_children, preceding};
use crate::bindings::{NodeFilter, NodeIteratorMethods};
use crate::dom::Node;
use crate::dom::ranges::live;

/// `NodeIterator`.
pub(crate) struct NodeIterator {
    reflector: Reflector,
    /// Only this object holds it for long: it is what is traced.
    position: Rc<Position>,
    traversal: Traversal,
}

impl Trace for NodeIterator {
    fn trace(&self, tracer: &mut Tracer) {
        self.position.trace(tracer);
        self.traversal.trace(tracer);
    }
}

platform_object!(NodeIterator);

/// Where an iterator is, which follows what becomes of the tree.
pub(crate) struct Position {
    root: Member<Node>,
    /// [Reference](https://dom.spec.whatwg.org/#nodeiterator-reference)
    reference: RefCell<Member<Node>>,
    /// [Pointer before reference](https://dom.spec.whatwg.org/#nodeiterator-pointer-before-reference)
    before_reference: Cell<bool>,
}

trace_fields!(Position { root, reference });

impl Position {
    fn reference(&self) -> Root<Node> {
        (**self.reference.borrow()).clone()
    }

    fn set(&self, reference: Root<Node>, before: bool) {
        let old = self.reference.replace(reference.into());
        drop(old);
        self.before_reference.set(before);
    }

    /// [Pre-remove steps](https://dom.spec.whatwg.org/#nodeiterator-pre-removing-steps) for a node that leaves its tree.
    pub(crate) fn before_removal(&self, node: &Root<Node>) {
        // Step 1.
        if node.is_inclusive_ancestor_of(&self.root) || !node.is_inclusive_ancestor_of(&self.reference()) {
            return;
        }
        // Step 2.
        if self.before_reference.get() {
            if let Some(next) = following_skipping_children(node, &self.root) {
                self.set(next, true);
                return;
            }
            self.before_reference.set(false);
        }
        // Step 3.
        if let Some(reference) = preceding(node, &self.root) {
            self.set(reference, false);
        }
    }
}

/// Which way an iterator goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    Next,
    Previous,
}

impl NodeIterator {
    /// An iterator that is before its root.
    pub(super) fn new(root: &Root<Node>, what_to_show: u32, filter: Option<NodeFilter>) -> Self {
        let position = Rc::new(Position {
            root: root.clone().into(),
            reference: RefCell::new(root.clone().into()),
            before_reference: Cell::new(true),
        });
        live::follow_by_iterator(&position);
        Self { reflector: Reflector::new(), position, traversal: Traversal::new(what_to_show, filter) }
    }

    /// [Traverses](https://dom.spec.whatwg.org/#concept-nodeiterator-traverse).
    fn traverse(&self, realm: &Realm, direction: Direction) -> Fallible<Option<Root<Node>>> {
        // Steps 1 and 2.
        let root = &self.position.root;
        let mut node = self.position.reference();
        let mut before = self.position.before_reference.get();
        // Step 3.
        loop {
            match direction {
                Direction::Next if before => before = false,
                Direction::Previous if !before => before = true,
                Direction::Next => match following(&node, root) {
                    Some(next) => node = next,
                    None => return Ok(None),
                },
                Direction::Previous => match preceding(&node, root) {
                    Some(previous) => node = previous,
                    None => return Ok(None),
                },
            }
            if self.traversal.verdict(realm, &node)? == Verdict::Accept {
                // Steps 4 to 6.
                self.position.set(node.clone(), before);
                return Ok(Some(node));
            }
        }
    }
}

impl NodeIteratorMethods for NodeIterator {
    fn root(&self, _: &Realm) -> Fallible<Root<Node>> {
        Ok((*self.position.root).clone())
    }

    fn reference_node(&self, _: &Realm) -> Fallible<Root<Node>> {
        Ok(self.position.reference())
    }

    fn pointer_before_reference_node(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.position.before_reference.get())
    }

    fn what_to_show(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.traversal.what_to_show)
    }

    fn filter(&self, _: &Realm) -> Fallible<Option<NodeFilter>> {
        Ok(self.traversal.filter())
    }

    fn next_node(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        self.traverse(realm, Direction::Next)
    }

    fn previous_node(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        self.traverse(realm, Direction::Previous)
    }

    fn detach(&self, _: &Realm) -> Fallible<()> {
        // Does nothing, as specified.
        Ok(())
    }
}

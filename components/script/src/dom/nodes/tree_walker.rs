//! [`TreeWalker`](https://dom.spec.whatwg.org/#interface-treewalker).

use std::cell::RefCell;

use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use super::node_filter::{Traversal, Verdict};
use crate::bindings::{NodeFilter, TreeWalkerMethods};
use crate::dom::Node;

/// `TreeWalker`.
pub(crate) struct TreeWalker {
    reflector: Reflector,
    root: Member<Node>,
    current: RefCell<Member<Node>>,
    traversal: Traversal,
}

trace_fields!(TreeWalker { root, current, traversal });
platform_object!(TreeWalker);

/// Which end of a list of children a walk begins with.
#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Backward,
}

impl Direction {
    fn child(self, node: &Root<Node>) -> Option<Root<Node>> {
        match self {
            Self::Forward => node.first(),
            Self::Backward => node.last(),
        }
    }

    fn sibling(self, node: &Root<Node>) -> Option<Root<Node>> {
        match self {
            Self::Forward => node.next(),
            Self::Backward => node.previous(),
        }
    }
}

impl TreeWalker {
    /// A walker that starts at its root.
    pub(super) fn new(root: Root<Node>, what_to_show: u32, filter: Option<NodeFilter>) -> Self {
        Self {
            reflector: Reflector::new(),
            current: RefCell::new(root.clone().into()),
            root: root.into(),
            traversal: Traversal::new(what_to_show, filter),
        }
    }

    fn current(&self) -> Root<Node> {
        (**self.current.borrow()).clone()
    }

    fn go_to(&self, node: Root<Node>) -> Option<Root<Node>> {
        let before = self.current.replace(node.clone().into());
        drop(before);
        Some(node)
    }

    fn is_root(&self, node: &Root<Node>) -> bool {
        *self.root == *node
    }

    fn verdict(&self, realm: &Realm, node: &Root<Node>) -> Fallible<Verdict> {
        self.traversal.verdict(realm, node)
    }

    /// [Traverses children](https://dom.spec.whatwg.org/#concept-traverse-children).
    fn children(&self, realm: &Realm, direction: Direction) -> Fallible<Option<Root<Node>>> {
        // Steps 1 and 2.
        let current = self.current();
        let mut node = direction.child(&current);
        // Step 3.
        while let Some(candidate) = node {
            match self.verdict(realm, &candidate)? {
                Verdict::Accept => return Ok(self.go_to(candidate)),
                Verdict::Skip => {
                    if let Some(child) = direction.child(&candidate) {
                        node = Some(child);
                        continue;
                    }
                }
                Verdict::Reject | Verdict::Other => {}
            }
            node = self.beside_or_above(candidate, direction, &current);
        }
        Ok(None)
    }

    /// Step 3.4 of traversing children: the next sibling of the node or of the nearest ancestor that has one.
    fn beside_or_above(
        &self,
        node: Root<Node>,
        direction: Direction,
        top: &Root<Node>,
    ) -> Option<Root<Node>> {
        let mut node = node;
        loop {
            if let Some(sibling) = direction.sibling(&node) {
                return Some(sibling);
            }
            node = node.parent().filter(|parent| !self.is_root(parent) && parent != top)?;
        }
    }

    /// [Traverses siblings](https://dom.spec.whatwg.org/#concept-traverse-siblings).
    fn siblings(&self, realm: &Realm, direction: Direction) -> Fallible<Option<Root<Node>>> {
        // Steps 1 and 2.
        let mut node = self.current();
        if self.is_root(&node) {
            return Ok(None);
        }
        // Step 3.
        loop {
            let mut sibling = direction.sibling(&node);
            while let Some(candidate) = sibling {
                let verdict = self.verdict(realm, &candidate)?;
                if verdict == Verdict::Accept {
                    return Ok(self.go_to(candidate));
                }
                let inner = direction.child(&candidate).filter(|_| verdict != Verdict::Reject);
                sibling = inner.or_else(|| direction.sibling(&candidate));
                node = candidate;
            }
            match node.parent() {
                Some(parent) if !self.is_root(&parent) => node = parent,
                _ => return Ok(None),
            }
            if self.verdict(realm, &node)? == Verdict::Accept {
                return Ok(None);
            }
        }
    }
}

impl TreeWalkerMethods for TreeWalker {
    fn root(&self, _: &Realm) -> Fallible<Root<Node>> {
        Ok((*self.root).clone())
    }

    fn what_to_show(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.traversal.what_to_show)
    }

    fn filter(&self, _: &Realm) -> Fallible<Option<NodeFilter>> {
        Ok(self.traversal.filter())
    }

    fn current_node(&self, _: &Realm) -> Fallible<Root<Node>> {
        Ok(self.current())
    }

    fn set_current_node(&self, _: &Realm, value: Root<Node>) -> Fallible<()> {
        self.go_to(value);
        Ok(())
    }

    /// [`parentNode()`](https://dom.spec.whatwg.org/#dom-treewalker-parentnode)
    fn parent_node(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        let mut node = self.current();
        while !self.is_root(&node) {
            let Some(parent) = node.parent() else { break };
            if self.verdict(realm, &parent)? == Verdict::Accept {
                return Ok(self.go_to(parent));
            }
            node = parent;
        }
        Ok(None)
    }

    fn first_child(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        self.children(realm, Direction::Forward)
    }

    fn last_child(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        self.children(realm, Direction::Backward)
    }

    fn previous_sibling(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        self.siblings(realm, Direction::Backward)
    }

    fn next_sibling(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        self.siblings(realm, Direction::Forward)
    }

    /// [`previousNode()`](https://dom.spec.whatwg.org/#dom-treewalker-previousnode)
    fn previous_node(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        let mut node = self.current();
        while !self.is_root(&node) {
            // Step 2.1.
            let mut sibling = node.previous();
            while let Some(candidate) = sibling {
                node = candidate;
                let mut verdict = self.verdict(realm, &node)?;
                while verdict != Verdict::Reject
                    && let Some(last) = node.last()
                {
                    node = last;
                    verdict = self.verdict(realm, &node)?;
                }
                if verdict == Verdict::Accept {
                    return Ok(self.go_to(node));
                }
                sibling = node.previous();
            }
            // Steps 2.2 to 2.4.
            if self.is_root(&node) {
                return Ok(None);
            }
            let Some(parent) = node.parent() else { return Ok(None) };
            node = parent;
            if self.verdict(realm, &node)? == Verdict::Accept {
                return Ok(self.go_to(node));
            }
        }
        Ok(None)
    }

    /// [`nextNode()`](https://dom.spec.whatwg.org/#dom-treewalker-nextnode)
    fn next_node(&self, realm: &Realm) -> Fallible<Option<Root<Node>>> {
        let mut node = self.current();
        let mut verdict = Verdict::Accept;
        loop {
            // Step 3.1.
            while verdict != Verdict::Reject
                && let Some(first) = node.first()
            {
                node = first;
                verdict = self.verdict(realm, &node)?;
                if verdict == Verdict::Accept {
                    return Ok(self.go_to(node));
                }
            }
            // Steps 3.2 to 3.4.
            let mut temporary = node.clone();
            node = loop {
                if self.is_root(&temporary) {
                    return Ok(None);
                }
                if let Some(sibling) = temporary.next() {
                    break sibling;
                }
                let Some(parent) = temporary.parent() else { return Ok(None) };
                temporary = parent;
            };
            // Step 3.5.
            verdict = self.verdict(realm, &node)?;
            if verdict == Verdict::Accept {
                return Ok(self.go_to(node));
            }
        }
    }
}

//! [Tree order](https://dom.spec.whatwg.org/#concept-tree-order).

use bgfetch_js::Root;

use crate::dom::{Element, Node};

/// The children of a node, in order; the tree may change meanwhile only behind the node that was given last.
pub(crate) struct Children(Option<Root<Node>>);

impl Iterator for Children {
    type Item = Root<Node>;

    fn next(&mut self) -> Option<Root<Node>> {
        let node = self.0.take()?;
        self.0 = node.next();
        Some(node)
    }
}

/// The nodes below a node, in tree order.
pub(crate) struct Descendants {
    root: Root<Node>,
    next: Option<Root<Node>>,
}

impl Iterator for Descendants {
    type Item = Root<Node>;

    fn next(&mut self) -> Option<Root<Node>> {
        let node = self.next.take()?;
        self.next = following(&node, &self.root);
        Some(node)
    }
}

/// The node after `node` in tree order, within `root`.
pub(crate) fn following(node: &Root<Node>, root: &Root<Node>) -> Option<Root<Node>> {
    node.first().or_else(|| following_skipping_children(node, root))
}

/// The node after `node` and all that is below it in tree order, within `root`.
pub(super) fn following_skipping_children(node: &Root<Node>, root: &Root<Node>) -> Option<Root<Node>> {
    let mut current = node.clone();
    while current != *root {
        if let Some(sibling) = current.next() {
            return Some(sibling);
        }
        current = current.parent()?;
    }
    None
}

/// The node before `node` in tree order, within `root`.
pub(super) fn preceding(node: &Root<Node>, root: &Root<Node>) -> Option<Root<Node>> {
    if node == root {
        return None;
    }
    let Some(mut last) = node.previous() else { return node.parent() };
    while let Some(child) = last.last() {
        last = child;
    }
    Some(last)
}

impl Node {
    /// Its [children](https://dom.spec.whatwg.org/#concept-tree-child).
    pub(crate) fn children_in_order(&self) -> Children {
        Children(self.first())
    }

    /// Its [descendants](https://dom.spec.whatwg.org/#concept-tree-descendant).
    pub(crate) fn descendants(&self) -> Descendants {
        use bgfetch_js::PlatformObject;
        Descendants { root: self.root(), next: self.first() }
    }

    /// Itself and its descendants, as a list that later changes do not touch.
    pub(crate) fn inclusive_descendants(&self) -> Vec<Root<Self>> {
        use bgfetch_js::PlatformObject;
        std::iter::once(self.root()).chain(self.descendants()).collect()
    }

    /// Its [shadow-including inclusive descendants](https://dom.spec.whatwg.org/#concept-shadow-including-inclusive-descendant),
    /// in shadow-including tree order, as a list that later changes do not touch.
    pub(crate) fn shadow_including_inclusive_descendants(&self) -> Vec<Root<Self>> {
        let nodes = self.inclusive_descendants();
        if !super::shadow_root::exist() {
            return nodes;
        }
        // A stack rather than recursion, since pages nest deeply; what is on top comes next.
        let mut result = Vec::with_capacity(nodes.len());
        let mut stack = nodes;
        stack.reverse();
        while let Some(node) = stack.pop() {
            if let Some(shadow) = node.shadow() {
                stack.extend(shadow.inclusive_descendants().into_iter().rev());
            }
            result.push(node);
        }
        result
    }

    /// The elements among its children.
    pub(crate) fn child_elements(&self) -> impl Iterator<Item = Root<Element>> + use<> {
        self.children_in_order().filter_map(|node| node.as_element())
    }

    /// The elements among its descendants.
    pub(crate) fn descendant_elements(&self) -> impl Iterator<Item = Root<Element>> + use<> {
        self.descendants().filter_map(|node| node.as_element())
    }

    /// The element before it among its siblings.
    pub(crate) fn previous_element(&self) -> Option<Root<Element>> {
        let mut node = self.previous();
        while let Some(current) = node {
            if let Some(element) = current.as_element() {
                return Some(element);
            }
            node = current.previous();
        }
        None
    }

    /// The element after it among its siblings.
    pub(crate) fn next_element(&self) -> Option<Root<Element>> {
        let mut node = self.next();
        while let Some(current) = node {
            if let Some(element) = current.as_element() {
                return Some(element);
            }
            node = current.next();
        }
        None
    }
}

/// Whether `first` comes before `second`; they are in one tree and neither contains the other.
pub(crate) fn is_before(first: &Root<Node>, second: &Root<Node>) -> bool {
    let (first, second) = (inclusive_ancestors(first), inclusive_ancestors(second));
    let pairs = first.iter().rev().zip(second.iter().rev());
    let Some((first, second)) = pairs.into_iter().find(|(first, second)| first != second) else {
        return false;
    };
    let mut node = first.next();
    while let Some(current) = node {
        if current == *second {
            return true;
        }
        node = current.next();
    }
    false
}

fn inclusive_ancestors(node: &Root<Node>) -> Vec<Root<Node>> {
    std::iter::successors(Some(node.clone()), |node| node.parent()).collect()
}

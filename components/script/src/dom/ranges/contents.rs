//! [Deleting](https://dom.spec.whatwg.org/#dom-range-deletecontents), [extracting](https://dom.spec.whatwg.org/#concept-range-extract)
//! and [cloning](https://dom.spec.whatwg.org/#concept-range-clone) what is in a range.
//!
//! The standard's algorithms call themselves for the nodes on the way down to either end. Pages nest deeply, so here these
//! ways are lists.

use bgfetch_js::{DomString, Exception, Fallible, Realm, Root};

use super::boundary::BoundaryPoint;
use super::range::{Range, has_data};
use crate::dom::nodes::traversal::following;
use crate::dom::nodes::{clone, mutation};
use crate::dom::{DocumentFragment, Node, NodeKind};

/// [`deleteContents()`](https://dom.spec.whatwg.org/#dom-range-deletecontents)
pub(super) fn delete(realm: &Realm, range: &Range) -> Fallible<()> {
    // Steps 1 and 2.
    let (start, end) = (range.start(), range.end());
    if start == end {
        return Ok(());
    }
    // Step 3.
    if start.node == end.node && has_data(&start.node) {
        return cut(realm, &start.node, start.offset, end.offset - start.offset);
    }
    // Step 4.
    let contained = outermost_contained(range, &start, &end);
    // Steps 5 and 6.
    let after = after_removal(&start, &end);
    // Steps 7 to 9.
    if has_data(&start.node) {
        cut(realm, &start.node, start.offset, u32::MAX)?;
    }
    for node in &contained {
        mutation::remove(realm, node);
    }
    if has_data(&end.node) {
        cut(realm, &end.node, 0, end.offset)?;
    }
    // Step 10.
    range.collapse_to(&after);
    Ok(())
}

/// The contained nodes whose parents are not contained.
fn outermost_contained(range: &Range, start: &BoundaryPoint, end: &BoundaryPoint) -> Vec<Root<Node>> {
    let common = range.common_ancestor();
    let mut contained: Vec<Root<Node>> = Vec::new();
    let mut node = following(&start.node, &common);
    while let Some(current) = node {
        if BoundaryPoint::new(&current, 0).position(end).is_ge() {
            break;
        }
        node = following(&current, &common);
        let within_last = contained.last().is_some_and(|last| last.is_inclusive_ancestor_of(&current));
        if !within_last && range.has_within(&current) {
            contained.push(current);
        }
    }
    contained
}

/// Where a range is when its contents are gone.
fn after_removal(start: &BoundaryPoint, end: &BoundaryPoint) -> BoundaryPoint {
    let mut reference = start.node.clone();
    if reference.is_inclusive_ancestor_of(&end.node) {
        return start.clone();
    }
    while let Some(parent) = reference.parent() {
        if parent.is_inclusive_ancestor_of(&end.node) {
            return BoundaryPoint::new(&parent, reference.index() + 1);
        }
        reference = parent;
    }
    start.clone()
}

/// Removes some of a node's data.
fn cut(realm: &Realm, node: &Root<Node>, offset: u32, count: u32) -> Fallible<()> {
    match node.as_character_data() {
        Some(data) => data.replace(realm, offset, count, &DomString::default()),
        None => Ok(()),
    }
}

/// [Extracts](https://dom.spec.whatwg.org/#concept-range-extract) what is in a range.
pub(super) fn extract(realm: &Realm, range: &Range) -> Fallible<Root<DocumentFragment>> {
    Taking { realm, moves: true }.take(range)
}

/// [Clones](https://dom.spec.whatwg.org/#concept-range-clone) what is in a range.
pub(super) fn copy(realm: &Realm, range: &Range) -> Fallible<Root<DocumentFragment>> {
    Taking { realm, moves: false }.take(range)
}

/// Extracting, if it `moves`, or cloning.
struct Taking<'r> {
    realm: &'r Realm,
    moves: bool,
}

impl Taking<'_> {
    fn take(&self, range: &Range) -> Fallible<Root<DocumentFragment>> {
        // Steps 1 to 3.
        let (start, end) = (range.start(), range.end());
        let fragment = DocumentFragment::create(self.realm, &start.node.owner_doc())?;
        let target: Root<Node> = fragment.upcast();
        if start == end {
            return Ok(fragment);
        }
        // Step 4.
        if start.node == end.node && has_data(&start.node) {
            let part = self.data(&start.node, start.offset, end.offset - start.offset)?;
            mutation::append(self.realm, &part, &target);
            return Ok(fragment);
        }
        // Steps 5 to 9.
        let common = range.common_ancestor();
        let (first, last) = (way_down(&common, &start.node), way_down(&common, &end.node));
        // Steps 10 and 11.
        let from = first.first().map_or(start.offset, |child| child.index() + 1);
        let to = last.first().map_or(end.offset, |child| child.index());
        let contained = children(&common, from, to);
        if contained.iter().any(|node| node.kind() == NodeKind::DocumentType) {
            return Err(Exception::dom("HierarchyRequestError", "a doctype cannot be in a fragment"));
        }
        // Steps 12 and 13.
        let after = after_removal(&start, &end);
        // Steps 14 to 18.
        if let Some(part) = self.start_part(&first, &start)? {
            mutation::append(self.realm, &part, &target);
        }
        self.whole(&contained, &target)?;
        self.end_part(&last, &end, &target)?;
        // Step 19.
        if self.moves {
            range.collapse_to(&after);
        }
        Ok(fragment)
    }

    /// Steps 14 and 15, from the innermost node on: what the nodes on the way to the start have behind it.
    fn start_part(&self, way: &[Root<Node>], start: &BoundaryPoint) -> Fallible<Option<Root<Node>>> {
        let mut inner: Option<(Root<Node>, Root<Node>)> = None;
        for node in way.iter().rev() {
            if has_data(node) {
                inner = Some((node.clone(), self.data(node, start.offset, u32::MAX)?));
                continue;
            }
            let copy = self.alone(node)?;
            let from = inner.as_ref().map_or(start.offset, |(child, _)| child.index() + 1);
            if let Some((_, inner)) = &inner {
                mutation::append(self.realm, inner, &copy);
            }
            self.whole(&children(node, from, u32::MAX), &copy)?;
            inner = Some((node.clone(), copy));
        }
        Ok(inner.map(|(_, copy)| copy))
    }

    /// Steps 17 and 18, from the outermost node on: what the nodes on the way to the end have before it.
    fn end_part(&self, way: &[Root<Node>], end: &BoundaryPoint, target: &Root<Node>) -> Fallible<()> {
        let mut target = target.clone();
        for (place, node) in way.iter().enumerate() {
            if has_data(node) {
                mutation::append(self.realm, &self.data(node, 0, end.offset)?, &target);
                break;
            }
            let copy = self.alone(node)?;
            mutation::append(self.realm, &copy, &target);
            let to = way.get(place + 1).map_or(end.offset, |child| child.index());
            self.whole(&children(node, 0, to), &copy)?;
            target = copy;
        }
        Ok(())
    }

    /// A node with some of another one's data.
    fn data(&self, node: &Root<Node>, offset: u32, count: u32) -> Fallible<Root<Node>> {
        let copy = self.alone(node)?;
        if let (Some(from), Some(to)) = (node.as_character_data(), copy.as_character_data()) {
            to.set_text(self.realm, from.substring(offset, count)?);
        }
        if self.moves {
            cut(self.realm, node, offset, count)?;
        }
        Ok(copy)
    }

    fn alone(&self, node: &Root<Node>) -> Fallible<Root<Node>> {
        clone::clone(self.realm, node, None, false)
    }

    /// Nodes with all that is below them.
    fn whole(&self, nodes: &[Root<Node>], target: &Root<Node>) -> Fallible<()> {
        for node in nodes {
            if self.moves {
                mutation::append(self.realm, node, target);
            } else {
                mutation::append(self.realm, &clone::clone(self.realm, node, None, true)?, target);
            }
        }
        Ok(())
    }
}

/// The nodes from a child of `ancestor` down to `node`; none if that is `ancestor`.
fn way_down(ancestor: &Root<Node>, node: &Root<Node>) -> Vec<Root<Node>> {
    let up = std::iter::successors(Some(node.clone()), |node| node.parent());
    let mut way: Vec<_> = up.take_while(|node| node != ancestor).collect();
    way.reverse();
    way
}

fn children(node: &Root<Node>, from: u32, to: u32) -> Vec<Root<Node>> {
    let count = to.saturating_sub(from);
    node.children_in_order().skip(from as usize).take(count as usize).collect()
}

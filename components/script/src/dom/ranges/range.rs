//! [`Range`](https://dom.spec.whatwg.org/#interface-range): live.

use std::cmp::Ordering;

use bgfetch_js::{DomString, Exception, Fallible, Realm, Root, platform_object, trace_fields};

use super::boundary::BoundaryPoint;
use super::{contents, insertion, live};
use crate::bindings::RangeMethods;
use crate::dom::nodes::traversal::following;
use crate::dom::{AbstractRange, DocumentFragment, Node, NodeKind, Window};

/// `Range`.
pub(crate) struct Range {
    abstract_range: AbstractRange,
}

trace_fields!(Range { abstract_range });
platform_object!(Range: AbstractRange via abstract_range);

impl Range {
    fn new(start: BoundaryPoint, end: BoundaryPoint) -> Self {
        let abstract_range = AbstractRange::new_inherited(start, end);
        live::follow_by_range(abstract_range.boundaries());
        Self { abstract_range }
    }

    /// A live range.
    pub(super) fn create(realm: &Realm, start: BoundaryPoint, end: BoundaryPoint) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(start, end))
    }

    /// A live range at the start of a node.
    pub(crate) fn at_start_of(realm: &Realm, node: &Root<Node>) -> Fallible<Root<Self>> {
        Self::create(realm, BoundaryPoint::new(node, 0), BoundaryPoint::new(node, 0))
    }

    /// Its [root](https://dom.spec.whatwg.org/#concept-range-root).
    fn range_root(&self) -> Root<Node> {
        self.start().node.tree_root()
    }

    /// [Sets its start](https://dom.spec.whatwg.org/#concept-range-bp-set).
    pub(super) fn set_start_to(&self, point: &BoundaryPoint) {
        let boundaries = self.boundaries();
        if self.range_root() != point.node.tree_root() || point.position(&self.end()) == Ordering::Greater {
            boundaries.end.set(&point.node, point.offset);
        }
        boundaries.start.set(&point.node, point.offset);
    }

    /// [Sets its end](https://dom.spec.whatwg.org/#concept-range-bp-set).
    pub(super) fn set_end_to(&self, point: &BoundaryPoint) {
        let boundaries = self.boundaries();
        if self.range_root() != point.node.tree_root() || point.position(&self.start()) == Ordering::Less {
            boundaries.start.set(&point.node, point.offset);
        }
        boundaries.end.set(&point.node, point.offset);
    }

    /// Both at once.
    pub(super) fn collapse_to(&self, point: &BoundaryPoint) {
        self.boundaries().each().into_iter().for_each(|boundary| boundary.set(&point.node, point.offset));
    }

    /// [Selects](https://dom.spec.whatwg.org/#concept-range-select) a node within the range.
    pub(super) fn select(&self, node: &Root<Node>) -> Fallible<()> {
        let (before, after) = beside(BoundaryPoint::before(node).zip(BoundaryPoint::after(node)))?;
        self.boundaries().start.set(&before.node, before.offset);
        self.boundaries().end.set(&after.node, after.offset);
        Ok(())
    }

    /// Whether a node is [contained](https://dom.spec.whatwg.org/#contained).
    pub(super) fn has_within(&self, node: &Root<Node>) -> bool {
        node.tree_root() == self.range_root()
            && BoundaryPoint::new(node, 0).position(&self.start()) == Ordering::Greater
            && BoundaryPoint::new(node, node.length()).position(&self.end()) == Ordering::Less
    }

    /// Where a point is: before the range, in it, or after it.
    fn side_of(&self, point: &BoundaryPoint) -> Ordering {
        if point.position(&self.start()) == Ordering::Less {
            return Ordering::Less;
        }
        if point.position(&self.end()) == Ordering::Greater { Ordering::Greater } else { Ordering::Equal }
    }

    /// The lowest node that has both ends in it.
    pub(super) fn common_ancestor(&self) -> Root<Node> {
        let (mut container, end) = (self.start().node, self.end().node);
        while !container.is_inclusive_ancestor_of(&end) {
            let Some(parent) = container.parent() else { break };
            container = parent;
        }
        container
    }
}

/// A point beside a node, which needs a parent for that.
fn beside<T>(point: Option<T>) -> Fallible<T> {
    point.ok_or_else(|| Exception::dom("InvalidNodeTypeError", "the node has no parent"))
}

impl RangeMethods for Range {
    fn constructor(realm: &Realm) -> Fallible<Self> {
        let document: Root<Node> = Window::document_of(realm)?.upcast();
        Ok(Self::new(BoundaryPoint::new(&document, 0), BoundaryPoint::new(&document, 0)))
    }

    fn common_ancestor_container(&self, _: &Realm) -> Fallible<Root<Node>> {
        Ok(self.common_ancestor())
    }

    fn set_start(&self, _: &Realm, node: Root<Node>, offset: u32) -> Fallible<()> {
        self.set_start_to(&BoundaryPoint::checked(&node, offset)?);
        Ok(())
    }

    fn set_end(&self, _: &Realm, node: Root<Node>, offset: u32) -> Fallible<()> {
        self.set_end_to(&BoundaryPoint::checked(&node, offset)?);
        Ok(())
    }

    fn set_start_before(&self, _: &Realm, node: Root<Node>) -> Fallible<()> {
        self.set_start_to(&beside(BoundaryPoint::before(&node))?);
        Ok(())
    }

    fn set_start_after(&self, _: &Realm, node: Root<Node>) -> Fallible<()> {
        self.set_start_to(&beside(BoundaryPoint::after(&node))?);
        Ok(())
    }

    fn set_end_before(&self, _: &Realm, node: Root<Node>) -> Fallible<()> {
        self.set_end_to(&beside(BoundaryPoint::before(&node))?);
        Ok(())
    }

    fn set_end_after(&self, _: &Realm, node: Root<Node>) -> Fallible<()> {
        self.set_end_to(&beside(BoundaryPoint::after(&node))?);
        Ok(())
    }

    fn collapse(&self, _: &Realm, to_start: bool) -> Fallible<()> {
        self.collapse_to(&if to_start { self.start() } else { self.end() });
        Ok(())
    }

    fn select_node(&self, _: &Realm, node: Root<Node>) -> Fallible<()> {
        self.select(&node)
    }

    /// [`selectNodeContents()`](https://dom.spec.whatwg.org/#dom-range-selectnodecontents)
    fn select_node_contents(&self, _: &Realm, node: Root<Node>) -> Fallible<()> {
        let start = BoundaryPoint::checked(&node, 0)?;
        self.boundaries().start.set(&start.node, 0);
        self.boundaries().end.set(&node, node.length());
        Ok(())
    }

    /// [`compareBoundaryPoints()`](https://dom.spec.whatwg.org/#dom-range-compareboundarypoints)
    fn compare_boundary_points(&self, _: &Realm, how: u16, source_range: Root<Self>) -> Fallible<i16> {
        // Step 1.
        if how > 3 {
            let message = format!("{how} is none of START_TO_START (0) to END_TO_START (3)");
            return Err(Exception::dom("NotSupportedError", message));
        }
        // Step 2.
        if self.range_root() != source_range.range_root() {
            return Err(other_tree());
        }
        // Steps 3 and 4.
        let this = if matches!(how, 0 | 3) { self.start() } else { self.end() };
        let other = if matches!(how, 0 | 1) { source_range.start() } else { source_range.end() };
        Ok(this.position(&other) as i16)
    }

    fn delete_contents(&self, realm: &Realm) -> Fallible<()> {
        contents::delete(realm, self)
    }

    fn extract_contents(&self, realm: &Realm) -> Fallible<Root<DocumentFragment>> {
        contents::extract(realm, self)
    }

    fn clone_contents(&self, realm: &Realm) -> Fallible<Root<DocumentFragment>> {
        contents::copy(realm, self)
    }

    fn insert_node(&self, realm: &Realm, node: Root<Node>) -> Fallible<()> {
        insertion::insert(realm, self, &node)
    }

    fn surround_contents(&self, realm: &Realm, new_parent: Root<Node>) -> Fallible<()> {
        insertion::surround(realm, self, &new_parent)
    }

    fn clone_range(&self, realm: &Realm) -> Fallible<Root<Self>> {
        Self::create(realm, self.start(), self.end())
    }

    fn detach(&self, _: &Realm) -> Fallible<()> {
        // Does nothing, as specified.
        Ok(())
    }

    /// [`isPointInRange()`](https://dom.spec.whatwg.org/#dom-range-ispointinrange)
    fn is_point_in_range(&self, _: &Realm, node: Root<Node>, offset: u32) -> Fallible<bool> {
        if node.tree_root() != self.range_root() {
            return Ok(false);
        }
        Ok(self.side_of(&BoundaryPoint::checked(&node, offset)?) == Ordering::Equal)
    }

    /// [`comparePoint()`](https://dom.spec.whatwg.org/#dom-range-comparepoint)
    fn compare_point(&self, _: &Realm, node: Root<Node>, offset: u32) -> Fallible<i16> {
        if node.tree_root() != self.range_root() {
            return Err(other_tree());
        }
        Ok(self.side_of(&BoundaryPoint::checked(&node, offset)?) as i16)
    }

    /// [`intersectsNode()`](https://dom.spec.whatwg.org/#dom-range-intersectsnode)
    fn intersects_node(&self, _: &Realm, node: Root<Node>) -> Fallible<bool> {
        // Step 1.
        if node.tree_root() != self.range_root() {
            return Ok(false);
        }
        // Steps 2 and 3.
        let Some((before, after)) = BoundaryPoint::before(&node).zip(BoundaryPoint::after(&node)) else {
            return Ok(true);
        };
        // Steps 4 to 6.
        Ok(before.position(&self.end()) == Ordering::Less
            && after.position(&self.start()) == Ordering::Greater)
    }

    fn create_contextual_fragment(
        &self,
        realm: &Realm,
        string: DomString,
    ) -> Fallible<Root<DocumentFragment>> {
        insertion::contextual_fragment(realm, self, &string)
    }

    /// [The stringification behavior](https://dom.spec.whatwg.org/#dom-range-stringifier)
    fn stringify(&self, _: &Realm) -> Fallible<DomString> {
        let (start, end) = (self.start(), self.end());
        let mut units: Vec<u16> = Vec::new();
        // Step 2.
        let start_text = start.node.as_text();
        if let Some(text) = start_text.as_ref().filter(|_| start.node == end.node) {
            return text.substring(start.offset, end.offset - start.offset);
        }
        // Step 3.
        if let Some(text) = start_text {
            units.extend(text.substring(start.offset, u32::MAX)?.to_utf16());
        }
        // Step 4.
        let common = self.common_ancestor();
        let mut node = following(&start.node, &common);
        while let Some(current) = node {
            if BoundaryPoint::new(&current, 0).position(&end).is_ge() {
                break;
            }
            if let Some(text) = current.as_text().filter(|_| self.has_within(&current)) {
                units.extend(text.text().to_utf16());
            }
            node = following(&current, &common);
        }
        // Steps 5 and 6.
        if let Some(text) = end.node.as_text() {
            units.extend(text.substring(0, end.offset)?.to_utf16());
        }
        Ok(DomString::from_utf16(&units))
    }
}

fn other_tree() -> Exception {
    Exception::dom("WrongDocumentError", "they are not in the same tree")
}

/// Whether a node is a text or another one with data.
pub(super) fn has_data(node: &Root<Node>) -> bool {
    matches!(
        node.kind(),
        NodeKind::Text | NodeKind::CdataSection | NodeKind::ProcessingInstruction | NodeKind::Comment
    )
}

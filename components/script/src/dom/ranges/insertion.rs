//! [Inserting](https://dom.spec.whatwg.org/#concept-range-insert) into a range,
//! [surrounding](https://dom.spec.whatwg.org/#dom-range-surroundcontents) what is in it, and
//! [parsing](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-range-createcontextualfragment) markup where
//! it is.

use bgfetch_js::{Exception, Fallible, Realm, Root};

use super::boundary::BoundaryPoint;
use super::contents;
use super::range::Range;
use crate::dom::html::parsing::parse_fragment;
use crate::dom::nodes::{fragment_html, mutation};
use crate::dom::{DocumentFragment, HTMLScriptElement, Node, NodeKind};

/// [Inserts](https://dom.spec.whatwg.org/#concept-range-insert) a node at the start of a range.
pub(super) fn insert(realm: &Realm, range: &Range, node: &Root<Node>) -> Fallible<()> {
    let start = range.start();
    let text = start.node.as_text();
    // Step 1.
    let no_place = matches!(start.node.kind(), NodeKind::ProcessingInstruction | NodeKind::Comment)
        || (text.is_some() && start.node.parent().is_none())
        || start.node == *node;
    if no_place {
        return Err(Exception::dom(
            "HierarchyRequestError",
            "nothing can be inserted where the range starts",
        ));
    }
    // Steps 2 to 4.
    let mut reference = match &text {
        Some(_) => Some(start.node.clone()),
        None => start.node.children_in_order().nth(start.offset as usize),
    };
    // Step 5.
    let parent = reference.as_ref().and_then(|reference| reference.parent()).unwrap_or(start.node);
    // Step 6.
    mutation::ensure_pre_insert_validity(node, &parent, reference.as_ref())?;
    // Step 7.
    if let Some(text) = text {
        reference = Some(text.split(realm, start.offset)?.upcast());
    }
    // Step 8.
    if reference.as_ref() == Some(node) {
        reference = node.next();
    }
    // Step 9.
    mutation::remove(realm, node);
    // Steps 10 and 11.
    let offset = reference.as_ref().map_or_else(|| parent.length(), |reference| reference.index());
    let count = if node.kind() == NodeKind::DocumentFragment { node.length() } else { 1 };
    // Step 12.
    mutation::pre_insert(realm, node, &parent, reference.as_ref())?;
    // Step 13.
    if range.boundaries().is_collapsed() {
        range.set_end_to(&BoundaryPoint::new(&parent, offset + count));
    }
    Ok(())
}

/// [`surroundContents()`](https://dom.spec.whatwg.org/#dom-range-surroundcontents)
pub(super) fn surround(realm: &Realm, range: &Range, new_parent: &Root<Node>) -> Fallible<()> {
    // Step 1.
    let common = range.common_ancestor();
    let ends = [range.start().node, range.end().node];
    let is_cut = |end: &Root<Node>| {
        let up = std::iter::successors(Some(end.clone()), |node| node.parent());
        up.take_while(|node| *node != common).any(|node| node.as_text().is_none())
    };
    if ends.iter().any(is_cut) {
        let message = "the range begins or ends in a node that is not wholly in it";
        return Err(Exception::dom("InvalidStateError", message));
    }
    // Step 2.
    if matches!(new_parent.kind(), NodeKind::Document | NodeKind::DocumentType | NodeKind::DocumentFragment) {
        return Err(Exception::dom(
            "InvalidNodeTypeError",
            "this kind of node cannot be around others there",
        ));
    }
    // Step 3.
    let fragment = contents::extract(realm, range)?;
    // Step 4.
    if new_parent.first().is_some() {
        mutation::replace_all(realm, None, new_parent);
    }
    // Steps 5 to 7.
    insert(realm, range, new_parent)?;
    mutation::pre_insert(realm, &fragment.upcast(), new_parent, None)?;
    range.select(new_parent)
}

/// [`createContextualFragment()`](https://html.spec.whatwg.org/multipage/dynamic-markup-insertion.html#dom-range-createcontextualfragment);
/// there are no trusted types here.
pub(super) fn contextual_fragment(
    realm: &Realm,
    range: &Range,
    html: &str,
) -> Fallible<Root<DocumentFragment>> {
    // Steps 2 to 5.
    let node = range.start().node;
    let element = match node.kind() {
        NodeKind::Element => node.as_element(),
        NodeKind::Text | NodeKind::CdataSection | NodeKind::Comment => node.parent_as_element(),
        _ => None,
    };
    // Step 6.
    let document = node.owner_doc();
    let is_root =
        |element: &Root<crate::dom::Element>| document.is_html_document() && element.is_html_named("html");
    let context = match element.filter(|element| !is_root(element)) {
        Some(element) => element,
        None => fragment_html::new_body(realm, &document)?,
    };
    // Step 7.
    let fragment = parse_fragment(realm, &context, html)?;
    // Step 8.
    for script in fragment.descendants().filter_map(|node| node.downcast::<HTMLScriptElement>()) {
        script.state.already_started.set(false);
    }
    Ok(fragment)
}

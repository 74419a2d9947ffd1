//! What a node says as text: [`nodeName`](https://dom.spec.whatwg.org/#dom-node-nodename),
//! [`nodeValue`](https://dom.spec.whatwg.org/#dom-node-nodevalue),
//! [`textContent`](https://dom.spec.whatwg.org/#dom-node-textcontent).

use bgfetch_js::{DomString, Fallible, Realm, Root};

use super::mutation;
use crate::dom::ranges::live;
use crate::dom::{Attr, DocumentType, Node, NodeKind, ProcessingInstruction, Text};

pub(super) fn node_name(node: &Root<Node>) -> DomString {
    match node.kind() {
        NodeKind::Element => {
            node.as_element().map(|element| element.upper_qualified_name()).unwrap_or_default()
        }
        NodeKind::Attribute => node.downcast::<Attr>().map(|attr| attr.qualified_name()).unwrap_or_default(),
        NodeKind::DocumentType => node.downcast::<DocumentType>().map(|t| t.type_name()).unwrap_or_default(),
        NodeKind::Text => "#text".into(),
        NodeKind::CdataSection => "#cdata-section".into(),
        NodeKind::ProcessingInstruction => {
            node.downcast::<ProcessingInstruction>().map(|node| node.target_name()).unwrap_or_default()
        }
        NodeKind::Comment => "#comment".into(),
        NodeKind::Document => "#document".into(),
        NodeKind::DocumentFragment => "#document-fragment".into(),
    }
}

pub(super) fn node_value(node: &Root<Node>) -> Option<DomString> {
    if let Some(attr) = node.downcast::<Attr>() {
        return Some(attr.text());
    }
    node.as_character_data().map(|data| data.text())
}

pub(super) fn set_node_value(realm: &Realm, node: &Root<Node>, value: DomString) -> Fallible<()> {
    if let Some(attr) = node.downcast::<Attr>() {
        attr.set_existing_value(realm, value);
    } else if let Some(data) = node.as_character_data() {
        data.set_text(realm, value);
    }
    Ok(())
}

/// [Get text content](https://dom.spec.whatwg.org/#get-text-content).
pub(super) fn get(node: &Root<Node>) -> Option<DomString> {
    match node.kind() {
        NodeKind::DocumentFragment | NodeKind::Element => Some(descendant_text(node)),
        _ => node_value(node),
    }
}

/// [Set text content](https://dom.spec.whatwg.org/#set-text-content).
pub(super) fn set(realm: &Realm, node: &Root<Node>, value: DomString) -> Fallible<()> {
    match node.kind() {
        NodeKind::DocumentFragment | NodeKind::Element => string_replace_all(realm, node, value),
        _ => set_node_value(realm, node, value),
    }
}

/// [String replace all](https://dom.spec.whatwg.org/#string-replace-all).
pub(crate) fn string_replace_all(realm: &Realm, parent: &Root<Node>, value: DomString) -> Fallible<()> {
    let text =
        if value.is_empty() { None } else { Some(Text::create(realm, &parent.owner_doc(), value)?.upcast()) };
    mutation::replace_all(realm, text.as_ref(), parent);
    Ok(())
}

/// [Descendant text content](https://dom.spec.whatwg.org/#concept-descendant-text-content).
pub(crate) fn descendant_text(node: &Root<Node>) -> DomString {
    concatenate(node.descendants())
}

/// [Child text content](https://dom.spec.whatwg.org/#concept-child-text-content).
pub(crate) fn child_text(node: &Root<Node>) -> DomString {
    concatenate(node.children_in_order())
}

fn concatenate(nodes: impl Iterator<Item = Root<Node>>) -> DomString {
    let texts: Vec<DomString> = nodes.filter_map(|node| node.as_text()).map(|text| text.text()).collect();
    match texts.as_slice() {
        [only] => only.clone(),
        texts if texts.iter().any(DomString::has_lone_surrogate) => {
            let units: Vec<u16> = texts.iter().flat_map(|text| text.to_utf16()).collect();
            DomString::from_utf16(&units)
        }
        texts => texts.iter().map(DomString::as_str).collect::<String>().into(),
    }
}

/// [`normalize()`](https://dom.spec.whatwg.org/#dom-node-normalize)
pub(super) fn normalize(realm: &Realm, node: &Root<Node>) -> Fallible<()> {
    let texts: Vec<Root<Text>> = node.descendants().filter_map(|node| node.as_text()).collect();
    for text in texts {
        let node: Root<Node> = text.upcast();
        // It was merged into one before it.
        if node.parent().is_none() {
            continue;
        }
        // Step 2.
        if text.text().is_empty() {
            mutation::remove(realm, &node);
            continue;
        }
        // Steps 3 to 7.
        let mut merged = Vec::new();
        let mut next = node.next();
        while let Some(sibling) = next.as_ref().and_then(|node| node.as_text()) {
            next = sibling.next();
            merged.push(sibling);
        }
        if merged.is_empty() {
            continue;
        }
        let mut length = text.units();
        let added: Vec<u16> = merged.iter().flat_map(|sibling| sibling.text().to_utf16()).collect();
        text.replace(realm, length, 0, &DomString::from_utf16(&added))?;
        for sibling in &merged {
            live::text_merged(&sibling.upcast(), &node, length);
            length += sibling.units();
        }
        for sibling in merged {
            mutation::remove(realm, &sibling.upcast());
        }
    }
    Ok(())
}

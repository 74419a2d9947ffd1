//! [Cloning](https://dom.spec.whatwg.org/#concept-node-clone) and [comparing](https://dom.spec.whatwg.org/#concept-node-equals)
//! nodes.

use bgfetch_js::{Exception, Fallible, Realm, Root};

use super::{mutation, shadow_root};
use crate::dom::html::custom_elements::construct;
use crate::dom::html::hooks;
use crate::dom::{
    Attr, CDATASection, Comment, Document, DocumentFragment, DocumentType, Node, NodeKind,
    ProcessingInstruction, Text,
};

/// [Clones a node](https://dom.spec.whatwg.org/#concept-node-clone), for `document` if one is given.
pub(crate) fn clone(
    realm: &Realm,
    node: &Root<Node>,
    document: Option<&Root<Document>>,
    subtree: bool,
) -> Fallible<Root<Node>> {
    let own = node.owner_doc();
    let document = document.unwrap_or(&own);
    let copy = clone_single(realm, node, document)?;
    if let (Some(from), Some(to)) = (node.as_element(), copy.as_element()) {
        hooks::cloned(realm, &from, &to, subtree)?;
    }
    // Below each original, its copy; a loop rather than recursion, since pages nest deeply.
    let mut stack = Vec::new();
    clone_shadow(realm, node, &copy, &mut stack)?;
    if subtree {
        stack.push((node.clone(), copy.clone()));
    }
    {
        let inner: Option<Root<Document>> = copy.downcast();
        let document = inner.as_ref().unwrap_or(document);
        while let Some((from, to)) = stack.pop() {
            for child in from.children_in_order() {
                let copied = clone_single(realm, &child, document)?;
                if let (Some(from), Some(to)) = (child.as_element(), copied.as_element()) {
                    hooks::cloned(realm, &from, &to, true)?;
                }
                mutation::append(realm, &copied, &to);
                clone_shadow(realm, &child, &copied, &mut stack)?;
                stack.push((child, copied));
            }
        }
    }
    Ok(copy)
}

/// Step 6 of cloning a node: copies a shadow root that is clonable; what is to be copied below it goes onto the stack.
fn clone_shadow(
    realm: &Realm,
    from: &Root<Node>,
    to: &Root<Node>,
    stack: &mut Vec<(Root<Node>, Root<Node>)>,
) -> Fallible<()> {
    let Some(shadow) = from.shadow() else { return Ok(()) };
    if let (Some(init), Some(host)) = (shadow.to_clone(), to.as_element()) {
        let copy = shadow_root::attach(realm, &host, init)?;
        stack.push((shadow.upcast(), copy.upcast()));
    }
    Ok(())
}

/// [Clones a single node](https://dom.spec.whatwg.org/#clone-a-single-node).
fn clone_single(realm: &Realm, node: &Root<Node>, document: &Root<Document>) -> Fallible<Root<Node>> {
    let lost = || Exception::dom("NotSupportedError", "this node cannot be cloned");
    Ok(match node.kind() {
        NodeKind::Element => {
            let element = node.as_element().ok_or_else(lost)?;
            let (name, is_value) = (element.name().clone(), element.is_value());
            let copy = construct::create_element(realm, document, name, is_value, false)?;
            copy.copy_attributes(realm, &element);
            copy.upcast()
        }
        NodeKind::Attribute => {
            let attr = node.downcast::<Attr>().ok_or_else(lost)?;
            Attr::create(realm, document, attr.name().clone(), attr.text(), None)?.upcast()
        }
        NodeKind::Text => {
            let text = node.as_text().ok_or_else(lost)?;
            Text::create(realm, document, text.text())?.upcast()
        }
        NodeKind::CdataSection => {
            let text = node.as_text().ok_or_else(lost)?;
            CDATASection::create(realm, document, text.text())?.upcast()
        }
        NodeKind::ProcessingInstruction => {
            let instruction = node.downcast::<ProcessingInstruction>().ok_or_else(lost)?;
            let target = instruction.target_name();
            ProcessingInstruction::create(realm, document, target, instruction.text())?.upcast()
        }
        NodeKind::Comment => {
            let comment = node.as_character_data().ok_or_else(lost)?;
            Comment::create(realm, document, comment.text())?.upcast()
        }
        NodeKind::Document => node.downcast::<Document>().ok_or_else(lost)?.copy(realm)?.upcast(),
        NodeKind::DocumentType => {
            let doctype = node.downcast::<DocumentType>().ok_or_else(lost)?;
            doctype.copy(realm, document)?.upcast()
        }
        NodeKind::DocumentFragment => DocumentFragment::create(realm, document)?.upcast(),
    })
}

/// [Equals](https://dom.spec.whatwg.org/#concept-node-equals).
pub(super) fn equals(first: &Root<Node>, second: &Root<Node>) -> bool {
    let mut stack = vec![(first.clone(), second.clone())];
    while let Some((first, second)) = stack.pop() {
        if !equals_alone(&first, &second) {
            return false;
        }
        let (mut left, mut right) = (first.children_in_order(), second.children_in_order());
        loop {
            match (left.next(), right.next()) {
                (Some(first), Some(second)) => stack.push((first, second)),
                (None, None) => break,
                _ => return false,
            }
        }
    }
    true
}

fn equals_alone(first: &Root<Node>, second: &Root<Node>) -> bool {
    if first.kind() != second.kind() {
        return false;
    }
    match first.kind() {
        NodeKind::Element => match (first.as_element(), second.as_element()) {
            (Some(first), Some(second)) => {
                first.name() == second.name() && first.has_same_attributes(&second)
            }
            _ => false,
        },
        NodeKind::Attribute => match (first.downcast::<Attr>(), second.downcast::<Attr>()) {
            (Some(first), Some(second)) => {
                first.name().expanded() == second.name().expanded() && first.text() == second.text()
            }
            _ => false,
        },
        NodeKind::DocumentType => match (first.downcast::<DocumentType>(), second.downcast::<DocumentType>())
        {
            (Some(first), Some(second)) => first.is_equal(&second),
            _ => false,
        },
        NodeKind::ProcessingInstruction
            if first.downcast::<ProcessingInstruction>().map(|node| node.target_name())
                != second.downcast::<ProcessingInstruction>().map(|node| node.target_name()) =>
        {
            false
        }
        NodeKind::Text | NodeKind::CdataSection | NodeKind::ProcessingInstruction | NodeKind::Comment => {
            super::text_content::node_value(first) == super::text_content::node_value(second)
        }
        NodeKind::Document | NodeKind::DocumentFragment => true,
    }
}

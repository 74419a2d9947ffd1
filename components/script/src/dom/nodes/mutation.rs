//! [Mutation algorithms](https://dom.spec.whatwg.org/#mutation-algorithms) of trees.

use bgfetch_js::{Exception, Fallible, Realm, Root};

use super::node::not_found;
use super::{mutation_observer, slots};
use crate::dom::html::custom_elements::reactions::{self, Lifecycle};
use crate::dom::html::custom_elements::upgrade;
use crate::dom::html::hooks;
use crate::dom::ranges::live;
use crate::dom::{Document, Node, NodeKind};

/// [Ensure pre-insert validity](https://dom.spec.whatwg.org/#concept-node-ensure-pre-insertion-validity).
pub(crate) fn ensure_pre_insert_validity(
    node: &Root<Node>,
    parent: &Root<Node>,
    child: Option<&Root<Node>>,
) -> Fallible<()> {
    ensure_parent_and_kind(node, parent, child)?;
    // Step 6.
    if parent.kind() != NodeKind::Document {
        return Ok(());
    }
    let doctype_follows = |child: &Root<Node>| any_from(Some(child.clone()), NodeKind::DocumentType);
    let ok = match node.kind() {
        NodeKind::DocumentFragment => {
            let elements = node.child_elements().count();
            let has_text = node.children_in_order().any(|child| child.as_text().is_some());
            !has_text
                && (elements == 0
                    || (elements == 1
                        && parent.child_elements().next().is_none()
                        && !child.is_some_and(doctype_follows)))
        }
        NodeKind::Element => parent.child_elements().next().is_none() && !child.is_some_and(doctype_follows),
        NodeKind::DocumentType => {
            let has = |kind| parent.children_in_order().any(|child| child.kind() == kind);
            !has(NodeKind::DocumentType)
                && match child {
                    Some(child) => !any_before(child, NodeKind::Element),
                    None => !has(NodeKind::Element),
                }
        }
        _ => true,
    };
    if ok { Ok(()) } else { Err(hierarchy("a document takes one doctype, before one element, and no text")) }
}

/// Steps 1 to 5 of ensuring validity, which inserting and replacing share.
fn ensure_parent_and_kind(
    node: &Root<Node>,
    parent: &Root<Node>,
    child: Option<&Root<Node>>,
) -> Fallible<()> {
    // Step 1.
    if !matches!(parent.kind(), NodeKind::Document | NodeKind::DocumentFragment | NodeKind::Element) {
        return Err(hierarchy("this kind of node has no children"));
    }
    // Step 2.
    if is_host_including_inclusive_ancestor(node, parent) {
        return Err(hierarchy("a node cannot be put into itself or below itself"));
    }
    // Step 3.
    if child.is_some_and(|child| child.parent().as_ref() != Some(parent)) {
        return Err(not_found("the reference node is not a child of this node"));
    }
    // Step 4.
    if matches!(node.kind(), NodeKind::Document | NodeKind::Attribute) {
        return Err(hierarchy("this kind of node cannot be inserted"));
    }
    // Step 5.
    let of_document = parent.kind() == NodeKind::Document;
    if (matches!(node.kind(), NodeKind::Text | NodeKind::CdataSection) && of_document)
        || (node.kind() == NodeKind::DocumentType && !of_document)
    {
        return Err(hierarchy("text does not belong into a document, nor a doctype anywhere else"));
    }
    Ok(())
}

/// [Host-including inclusive ancestor](https://dom.spec.whatwg.org/#concept-tree-host-including-inclusive-ancestor).
fn is_host_including_inclusive_ancestor(node: &Root<Node>, other: &Root<Node>) -> bool {
    if node.is_inclusive_ancestor_of(other) {
        return true;
    }
    let host = other.tree_root().downcast::<crate::dom::DocumentFragment>().and_then(|root| root.host());
    host.is_some_and(|host| is_host_including_inclusive_ancestor(node, &host.upcast()))
}

fn any_from(mut node: Option<Root<Node>>, kind: NodeKind) -> bool {
    while let Some(current) = node {
        if current.kind() == kind {
            return true;
        }
        node = current.next();
    }
    false
}

fn any_before(child: &Root<Node>, kind: NodeKind) -> bool {
    let mut node = child.previous();
    while let Some(current) = node {
        if current.kind() == kind {
            return true;
        }
        node = current.previous();
    }
    false
}

fn hierarchy(message: &str) -> Exception {
    Exception::dom("HierarchyRequestError", message)
}

/// [Pre-insert](https://dom.spec.whatwg.org/#concept-node-pre-insert).
pub(crate) fn pre_insert(
    realm: &Realm,
    node: &Root<Node>,
    parent: &Root<Node>,
    child: Option<&Root<Node>>,
) -> Fallible<()> {
    // Step 1.
    ensure_pre_insert_validity(node, parent, child)?;
    // Steps 2 and 3.
    let next = child.filter(|child| *child == node).and_then(|child| child.next());
    let reference = if child == Some(node) { next } else { child.cloned() };
    // Step 4.
    insert(realm, node, parent, reference.as_ref());
    Ok(())
}

/// [Append](https://dom.spec.whatwg.org/#concept-node-append) where validity is known.
pub(crate) fn append(realm: &Realm, node: &Root<Node>, parent: &Root<Node>) {
    insert(realm, node, parent, None);
}

/// [Insert](https://dom.spec.whatwg.org/#concept-node-insert).
pub(crate) fn insert(realm: &Realm, node: &Root<Node>, parent: &Root<Node>, child: Option<&Root<Node>>) {
    insert_observed(realm, node, parent, child, true);
}

/// Inserts; if not `observed`, with the suppress observers flag.
fn insert_observed(
    realm: &Realm,
    node: &Root<Node>,
    parent: &Root<Node>,
    child: Option<&Root<Node>>,
    observed: bool,
) {
    let previous = child.map_or_else(|| parent.last(), |child| child.previous());
    let inserted = insert_without_running(realm, node, parent, child);
    // Step 8.
    if observed && !inserted.is_empty() {
        mutation_observer::queue_tree_record(realm, parent, &inserted, &[], previous, child.cloned());
    }
    run_insertion(realm, parent, &inserted);
}

/// Steps 1 to 7 of inserting; gives the nodes that were inserted.
fn insert_without_running(
    realm: &Realm,
    node: &Root<Node>,
    parent: &Root<Node>,
    child: Option<&Root<Node>>,
) -> Vec<Root<Node>> {
    // Steps 1 to 4.
    let nodes: Vec<_> = if node.kind() == NodeKind::DocumentFragment {
        let nodes: Vec<_> = node.children_in_order().collect();
        nodes.iter().for_each(|child| remove_observed(realm, child, false));
        if !nodes.is_empty() {
            mutation_observer::queue_tree_record(realm, node, &[], &nodes, None, None);
        }
        nodes
    } else {
        vec![node.clone()]
    };
    // Step 5.
    if let Some(child) = child {
        live::before_insertion(parent, child, nodes.len());
    }
    // Step 7.
    let document = parent.owner_doc();
    for node in &nodes {
        adopt(realm, node, &document);
        attach(node, parent, child);
    }
    if !nodes.is_empty() {
        Node::touch();
    }
    nodes
}

/// Steps 7.7 to 12 of inserting.
fn run_insertion(realm: &Realm, parent: &Root<Node>, nodes: &[Root<Node>]) {
    if nodes.is_empty() {
        return;
    }
    let connected = parent.is_in_document();
    let mut static_list = Vec::new();
    for node in nodes {
        slots::inserted(realm, node, parent);
        for node in node.shadow_including_inclusive_descendants() {
            node.set_in_document(connected);
            hooks::inserted(realm, &node);
            if connected && reactions::are_in_use() {
                custom_element_inserted(realm, &node);
            }
            static_list.push(node);
        }
    }
    // Step 9.
    hooks::children_changed(realm, parent);
    // Steps 10 to 12: only these run script.
    for node in static_list.into_iter().filter(|_| connected) {
        if node.is_in_document() {
            hooks::post_connected(realm, &node);
        }
    }
}

/// Step 7.7.2 of inserting.
fn custom_element_inserted(realm: &Realm, node: &Root<Node>) {
    let Some(element) = node.as_element() else { return };
    if element.is_custom() {
        reactions::enqueue_callback(realm, &element, Lifecycle::Connected);
    } else {
        upgrade::try_to_upgrade(realm, &element);
    }
}

/// Puts a node without a parent before `child`, or last.
fn attach(node: &Root<Node>, parent: &Root<Node>, child: Option<&Root<Node>>) {
    let previous = child.map_or_else(|| parent.last(), |child| child.previous());
    node.links.parent.set(Some(parent));
    node.links.previous_sibling.set(previous.as_ref());
    node.links.next_sibling.set(child);
    match &previous {
        Some(previous) => previous.links.next_sibling.set(Some(node)),
        None => parent.links.first_child.set(Some(node)),
    }
    match child {
        Some(child) => child.links.previous_sibling.set(Some(node)),
        None => parent.links.last_child.set(Some(node)),
    }
}

/// Takes a node out of its parent, without any further steps but those for what follows trees.
fn detach(node: &Root<Node>) {
    let Some(parent) = node.parent() else { return };
    live::before_removal(node, &parent);
    let (previous, next) = (node.previous(), node.next());
    match &previous {
        Some(previous) => previous.links.next_sibling.set(next.as_ref()),
        None => parent.links.first_child.set(next.as_ref()),
    }
    match &next {
        Some(next) => next.links.previous_sibling.set(previous.as_ref()),
        None => parent.links.last_child.set(previous.as_ref()),
    }
    node.links.parent.set(None);
    node.links.previous_sibling.set(None);
    node.links.next_sibling.set(None);
    Node::touch();
}

/// [Remove](https://dom.spec.whatwg.org/#concept-node-remove).
pub(crate) fn remove(realm: &Realm, node: &Root<Node>) {
    remove_observed(realm, node, true);
}

/// Removes; if not `observed`, with the suppress observers flag.
fn remove_observed(realm: &Realm, node: &Root<Node>, observed: bool) {
    let Some(parent) = node.parent() else { return };
    // Steps 5 to 7.
    let (previous, next) = (node.previous(), node.next());
    detach(node);
    // Steps 8 to 10.
    slots::removed(realm, node, &parent);
    // Steps 11 to 14.
    for node in node.shadow_including_inclusive_descendants() {
        let was_connected = node.is_in_document();
        node.set_in_document(false);
        hooks::removed(realm, &node, was_connected);
        if was_connected
            && reactions::are_in_use()
            && let Some(element) = node.as_element().filter(|element| element.is_custom())
        {
            reactions::enqueue_callback(realm, &element, Lifecycle::Disconnected);
        }
    }
    // Step 15.
    mutation_observer::add_transient_observers(node, &parent);
    // Step 16.
    if observed {
        mutation_observer::queue_tree_record(realm, &parent, &[], std::slice::from_ref(node), previous, next);
    }
    // Step 17.
    hooks::children_changed(realm, &parent);
}

/// [Adopt](https://dom.spec.whatwg.org/#concept-node-adopt).
pub(crate) fn adopt(realm: &Realm, node: &Root<Node>, document: &Root<Document>) {
    // Steps 1 and 2.
    let old = node.owner_doc();
    remove(realm, node);
    // Step 3.
    if old != *document {
        for node in node.shadow_including_inclusive_descendants() {
            node.set_owner_doc(document);
            if let Some(element) = node.as_element() {
                element.set_attribute_documents(document);
                if element.is_custom() {
                    let (old, new) = (old.clone().into(), document.clone().into());
                    reactions::enqueue_callback(realm, &element, Lifecycle::Adopted { old, new });
                }
                hooks::adopted(realm, &element);
            }
        }
    }
}

/// [Replace](https://dom.spec.whatwg.org/#concept-node-replace) `child` with `node`.
pub(crate) fn replace(
    realm: &Realm,
    child: &Root<Node>,
    node: &Root<Node>,
    parent: &Root<Node>,
) -> Fallible<()> {
    // Steps 1 to 6.
    ensure_replace_validity(node, parent, child)?;
    // Steps 7 and 8.
    let next = child.next();
    let reference = if next.as_ref() == Some(node) { node.next() } else { next };
    // Step 9.
    let previous = child.previous();
    // Steps 10 and 11.
    let mut removed = Vec::new();
    if child.parent().is_some() {
        removed.push(child.clone());
        remove_observed(realm, child, false);
    }
    // Step 12.
    let nodes = inserted_by(node);
    // Step 13.
    insert_observed(realm, node, parent, reference.as_ref(), false);
    // Step 14.
    mutation_observer::queue_tree_record(realm, parent, &nodes, &removed, previous, reference);
    Ok(())
}

fn ensure_replace_validity(node: &Root<Node>, parent: &Root<Node>, child: &Root<Node>) -> Fallible<()> {
    ensure_parent_and_kind(node, parent, Some(child))?;
    if parent.kind() != NodeKind::Document {
        return Ok(());
    }
    let doctype_follows = any_from(child.next(), NodeKind::DocumentType);
    let other = |kind| parent.children_in_order().any(|other| other.kind() == kind && other != *child);
    let ok = match node.kind() {
        NodeKind::DocumentFragment => {
            let elements = node.child_elements().count();
            let has_text = node.children_in_order().any(|child| child.as_text().is_some());
            !has_text && (elements == 0 || (elements == 1 && !other(NodeKind::Element) && !doctype_follows))
        }
        NodeKind::Element => !other(NodeKind::Element) && !doctype_follows,
        NodeKind::DocumentType => !other(NodeKind::DocumentType) && !any_before(child, NodeKind::Element),
        _ => true,
    };
    if ok { Ok(()) } else { Err(hierarchy("a document takes one doctype, before one element, and no text")) }
}

/// The nodes that inserting `node` inserts, for a record; none if nobody would see it.
fn inserted_by(node: &Root<Node>) -> Vec<Root<Node>> {
    match node.kind() {
        _ if !mutation_observer::is_anything_observed() => Vec::new(),
        NodeKind::DocumentFragment => node.children_in_order().collect(),
        _ => vec![node.clone()],
    }
}

/// [Replace all](https://dom.spec.whatwg.org/#concept-node-replace-all) children of `parent` with `node`.
pub(crate) fn replace_all(realm: &Realm, node: Option<&Root<Node>>, parent: &Root<Node>) {
    // Steps 1 to 4.
    let removed: Vec<_> = parent.children_in_order().collect();
    let added = node.map(inserted_by).unwrap_or_default();
    // Steps 5 and 6.
    for child in &removed {
        remove_observed(realm, child, false);
    }
    if let Some(node) = node {
        insert_observed(realm, node, parent, None, false);
    }
    // Step 7.
    if !added.is_empty() || !removed.is_empty() {
        mutation_observer::queue_tree_record(realm, parent, &added, &removed, None, None);
    }
}

/// [`replaceChildren()`](https://dom.spec.whatwg.org/#dom-parentnode-replacechildren), from step 2 on.
pub(super) fn replace_children(realm: &Realm, node: &Root<Node>, parent: &Root<Node>) -> Fallible<()> {
    ensure_pre_insert_validity(node, parent, None)?;
    replace_all(realm, Some(node), parent);
    Ok(())
}

//! The mixins [`ParentNode`](https://dom.spec.whatwg.org/#interface-parentnode),
//! [`NonElementParentNode`](https://dom.spec.whatwg.org/#interface-nonelementparentnode),
//! [`ChildNode`](https://dom.spec.whatwg.org/#interface-childnode) and
//! [`NonDocumentTypeChildNode`](https://dom.spec.whatwg.org/#interface-nondocumenttypechildnode): written once, and
//! implemented for each interface that includes them by a macro.

use std::cell::OnceCell;

use bgfetch_js::{Fallible, Member, Realm, Root, trace_fields};

use super::html_collection::Filter;
use super::{mutation, selectors};
use crate::bindings::NodeOrDomString;
use crate::dom::globals::window_or_worker::once;
use crate::dom::{Document, DocumentFragment, Element, HTMLCollection, Node, NodeList, Text};

/// What a parent has one of.
#[derive(Default)]
pub(crate) struct ParentNodeCache {
    children: OnceCell<Member<HTMLCollection>>,
}

trace_fields!(ParentNodeCache { children });

impl ParentNodeCache {
    /// [`children`](https://dom.spec.whatwg.org/#dom-parentnode-children)
    pub(super) fn children(&self, realm: &Realm, node: &Root<Node>) -> Fallible<Root<HTMLCollection>> {
        once(&self.children, || realm.wrap(HTMLCollection::new(node, Filter::Children)))
    }
}

/// [Converts nodes into a node](https://dom.spec.whatwg.org/#convert-nodes-into-a-node).
pub(super) fn convert(
    realm: &Realm,
    nodes: Vec<NodeOrDomString>,
    document: &Root<Document>,
) -> Fallible<Root<Node>> {
    let one = |node| match node {
        NodeOrDomString::Node(node) => Ok(node),
        NodeOrDomString::DomString(text) => Text::create(realm, document, text).map(|text| text.upcast()),
    };
    let mut nodes = nodes.into_iter().map(one).collect::<Fallible<Vec<Root<Node>>>>()?;
    if nodes.len() == 1
        && let Some(only) = nodes.pop()
    {
        return Ok(only);
    }
    let fragment: Root<Node> = DocumentFragment::create(realm, document)?.upcast();
    for node in nodes {
        mutation::pre_insert(realm, &node, &fragment, None)?;
    }
    Ok(fragment)
}

/// [`prepend()`](https://dom.spec.whatwg.org/#dom-parentnode-prepend)
pub(super) fn prepend(realm: &Realm, parent: &Root<Node>, nodes: Vec<NodeOrDomString>) -> Fallible<()> {
    let node = convert(realm, nodes, &parent.owner_doc())?;
    mutation::pre_insert(realm, &node, parent, parent.first().as_ref())
}

/// [`append()`](https://dom.spec.whatwg.org/#dom-parentnode-append)
pub(super) fn append(realm: &Realm, parent: &Root<Node>, nodes: Vec<NodeOrDomString>) -> Fallible<()> {
    let node = convert(realm, nodes, &parent.owner_doc())?;
    mutation::pre_insert(realm, &node, parent, None)
}

/// [`replaceChildren()`](https://dom.spec.whatwg.org/#dom-parentnode-replacechildren)
pub(super) fn replace_children(
    realm: &Realm,
    parent: &Root<Node>,
    nodes: Vec<NodeOrDomString>,
) -> Fallible<()> {
    let node = convert(realm, nodes, &parent.owner_doc())?;
    mutation::replace_children(realm, &node, parent)
}

/// [`querySelector()`](https://dom.spec.whatwg.org/#dom-parentnode-queryselector)
pub(crate) fn query_selector(root: &Root<Node>, text: &str) -> Fallible<Option<Root<Element>>> {
    let list = selectors::parse(text)?;
    let mut matching = list.matcher(root);
    Ok(root.descendant_elements().find(|element| matching.matches(element)))
}

/// [`querySelectorAll()`](https://dom.spec.whatwg.org/#dom-parentnode-queryselectorall)
pub(super) fn query_selector_all(realm: &Realm, root: &Root<Node>, text: &str) -> Fallible<Root<NodeList>> {
    let list = selectors::parse(text)?;
    let mut matching = list.matcher(root);
    let found = root
        .descendant_elements()
        .filter(|element| matching.matches(element))
        .map(|element| element.upcast());
    realm.wrap(NodeList::of(root, found.collect()))
}

/// [`getElementById()`](https://dom.spec.whatwg.org/#dom-nonelementparentnode-getelementbyid)
pub(crate) fn element_by_id(root: &Root<Node>, id: &str) -> Option<Root<Element>> {
    if id.is_empty() { None } else { root.descendant_elements().find(|element| element.has_id(id)) }
}

/// Whether one of the nodes is this one.
fn is_among(nodes: &[NodeOrDomString], node: &Root<Node>) -> bool {
    nodes.iter().any(|known| matches!(known, NodeOrDomString::Node(known) if known == node))
}

/// [`before()`](https://dom.spec.whatwg.org/#dom-childnode-before)
pub(super) fn before(realm: &Realm, this: &Root<Node>, nodes: Vec<NodeOrDomString>) -> Fallible<()> {
    let Some(parent) = this.parent() else { return Ok(()) };
    let mut viable = this.previous();
    while let Some(node) = viable.take_if(|node| is_among(&nodes, node)) {
        viable = node.previous();
    }
    let node = convert(realm, nodes, &this.owner_doc())?;
    let reference = viable.map_or_else(|| parent.first(), |viable| viable.next());
    mutation::pre_insert(realm, &node, &parent, reference.as_ref())
}

/// [`after()`](https://dom.spec.whatwg.org/#dom-childnode-after)
pub(super) fn after(realm: &Realm, this: &Root<Node>, nodes: Vec<NodeOrDomString>) -> Fallible<()> {
    let Some(parent) = this.parent() else { return Ok(()) };
    let viable = viable_next_sibling(this, &nodes);
    let node = convert(realm, nodes, &this.owner_doc())?;
    mutation::pre_insert(realm, &node, &parent, viable.as_ref())
}

fn viable_next_sibling(this: &Root<Node>, nodes: &[NodeOrDomString]) -> Option<Root<Node>> {
    let mut viable = this.next();
    while let Some(node) = viable.take_if(|node| is_among(nodes, node)) {
        viable = node.next();
    }
    viable
}

/// [`replaceWith()`](https://dom.spec.whatwg.org/#dom-childnode-replacewith)
pub(super) fn replace_with(realm: &Realm, this: &Root<Node>, nodes: Vec<NodeOrDomString>) -> Fallible<()> {
    let Some(parent) = this.parent() else { return Ok(()) };
    let viable = viable_next_sibling(this, &nodes);
    let node = convert(realm, nodes, &this.owner_doc())?;
    if this.parent().as_ref() == Some(&parent) {
        mutation::replace(realm, this, &node, &parent)
    } else {
        mutation::pre_insert(realm, &node, &parent, viable.as_ref())
    }
}

/// Implements `ParentNode` for an interface with a field `parent_node`.
macro_rules! parent_node {
    ($name:ident) => {
        impl $crate::bindings::ParentNodeMethods for $name {
            fn children(
                &self,
                realm: &bgfetch_js::Realm,
            ) -> bgfetch_js::Fallible<bgfetch_js::Root<$crate::dom::HTMLCollection>> {
                self.parent_node.children(realm, &bgfetch_js::PlatformObject::root(self).upcast())
            }

            fn first_element_child(
                &self,
                _: &bgfetch_js::Realm,
            ) -> bgfetch_js::Fallible<Option<bgfetch_js::Root<$crate::dom::Element>>> {
                Ok(self.child_elements().next())
            }

            fn last_element_child(
                &self,
                _: &bgfetch_js::Realm,
            ) -> bgfetch_js::Fallible<Option<bgfetch_js::Root<$crate::dom::Element>>> {
                Ok(self.last().and_then(|node| node.as_element().or_else(|| node.previous_element())))
            }

            fn child_element_count(&self, _: &bgfetch_js::Realm) -> bgfetch_js::Fallible<u32> {
                Ok(u32::try_from(self.child_elements().count()).unwrap_or(u32::MAX))
            }

            fn prepend(
                &self,
                realm: &bgfetch_js::Realm,
                nodes: Vec<$crate::bindings::NodeOrDomString>,
            ) -> bgfetch_js::Fallible<()> {
                $crate::dom::nodes::parent_node::prepend(
                    realm,
                    &bgfetch_js::PlatformObject::root(self).upcast(),
                    nodes,
                )
            }

            fn append(
                &self,
                realm: &bgfetch_js::Realm,
                nodes: Vec<$crate::bindings::NodeOrDomString>,
            ) -> bgfetch_js::Fallible<()> {
                $crate::dom::nodes::parent_node::append(
                    realm,
                    &bgfetch_js::PlatformObject::root(self).upcast(),
                    nodes,
                )
            }

            fn replace_children(
                &self,
                realm: &bgfetch_js::Realm,
                nodes: Vec<$crate::bindings::NodeOrDomString>,
            ) -> bgfetch_js::Fallible<()> {
                let this = bgfetch_js::PlatformObject::root(self).upcast();
                $crate::dom::nodes::parent_node::replace_children(realm, &this, nodes)
            }

            fn query_selector(
                &self,
                _: &bgfetch_js::Realm,
                selectors: bgfetch_js::DomString,
            ) -> bgfetch_js::Fallible<Option<bgfetch_js::Root<$crate::dom::Element>>> {
                let this = bgfetch_js::PlatformObject::root(self).upcast();
                $crate::dom::nodes::parent_node::query_selector(&this, &selectors)
            }

            fn query_selector_all(
                &self,
                realm: &bgfetch_js::Realm,
                selectors: bgfetch_js::DomString,
            ) -> bgfetch_js::Fallible<bgfetch_js::Root<$crate::dom::NodeList>> {
                let this = bgfetch_js::PlatformObject::root(self).upcast();
                $crate::dom::nodes::parent_node::query_selector_all(realm, &this, &selectors)
            }
        }
    };
}
pub(crate) use parent_node;

/// Implements `NonElementParentNode`.
macro_rules! non_element_parent_node {
    ($name:ident) => {
        impl $crate::bindings::NonElementParentNodeMethods for $name {
            fn get_element_by_id(
                &self,
                _: &bgfetch_js::Realm,
                element_id: bgfetch_js::DomString,
            ) -> bgfetch_js::Fallible<Option<bgfetch_js::Root<$crate::dom::Element>>> {
                let this = bgfetch_js::PlatformObject::root(self).upcast();
                Ok($crate::dom::nodes::parent_node::element_by_id(&this, &element_id))
            }
        }
    };
}
pub(crate) use non_element_parent_node;

/// Implements `ChildNode`.
macro_rules! child_node {
    ($name:ident) => {
        impl $crate::bindings::ChildNodeMethods for $name {
            fn before(
                &self,
                realm: &bgfetch_js::Realm,
                nodes: Vec<$crate::bindings::NodeOrDomString>,
            ) -> bgfetch_js::Fallible<()> {
                $crate::dom::nodes::parent_node::before(
                    realm,
                    &bgfetch_js::PlatformObject::root(self).upcast(),
                    nodes,
                )
            }

            fn after(
                &self,
                realm: &bgfetch_js::Realm,
                nodes: Vec<$crate::bindings::NodeOrDomString>,
            ) -> bgfetch_js::Fallible<()> {
                $crate::dom::nodes::parent_node::after(
                    realm,
                    &bgfetch_js::PlatformObject::root(self).upcast(),
                    nodes,
                )
            }

            fn replace_with(
                &self,
                realm: &bgfetch_js::Realm,
                nodes: Vec<$crate::bindings::NodeOrDomString>,
            ) -> bgfetch_js::Fallible<()> {
                $crate::dom::nodes::parent_node::replace_with(
                    realm,
                    &bgfetch_js::PlatformObject::root(self).upcast(),
                    nodes,
                )
            }

            fn remove(&self, realm: &bgfetch_js::Realm) -> bgfetch_js::Fallible<()> {
                $crate::dom::nodes::mutation::remove(realm, &bgfetch_js::PlatformObject::root(self).upcast());
                Ok(())
            }
        }
    };
}
pub(crate) use child_node;

/// Implements `NonDocumentTypeChildNode`.
macro_rules! non_document_type_child_node {
    ($name:ident) => {
        impl $crate::bindings::NonDocumentTypeChildNodeMethods for $name {
            fn previous_element_sibling(
                &self,
                _: &bgfetch_js::Realm,
            ) -> bgfetch_js::Fallible<Option<bgfetch_js::Root<$crate::dom::Element>>> {
                Ok(self.previous_element())
            }

            fn next_element_sibling(
                &self,
                _: &bgfetch_js::Realm,
            ) -> bgfetch_js::Fallible<Option<bgfetch_js::Root<$crate::dom::Element>>> {
                Ok(self.next_element())
            }
        }
    };
}
pub(crate) use non_document_type_child_node;

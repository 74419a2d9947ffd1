//! What script sees of a [`Node`](https://dom.spec.whatwg.org/#interface-node).

use bgfetch_js::{DomString, Exception, Fallible, PlatformObject, Realm, Root};

use super::node::not_found;
use super::{clone, mutation, namespaces, text_content};
use crate::bindings::{GetRootNodeOptions, NodeMethods};
use crate::dom::globals::window_or_worker::once;
use crate::dom::{Document, Element, Node, NodeKind, NodeList, ShadowRoot};

impl NodeMethods for Node {
    fn node_type(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.kind() as u16)
    }

    fn node_name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(text_content::node_name(&self.root()))
    }

    fn base_uri(&self, _: &Realm) -> Fallible<String> {
        Ok(self.owner_doc().base_url().into())
    }

    fn is_connected(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_in_document())
    }

    fn owner_document(&self, _: &Realm) -> Fallible<Option<Root<Document>>> {
        Ok(self.document.borrow().as_ref().map(|document| (**document).clone()))
    }

    fn get_root_node(&self, _: &Realm, options: GetRootNodeOptions) -> Fallible<Root<Self>> {
        Ok(if options.composed { self.shadow_including_root() } else { self.tree_root() })
    }

    fn parent_node(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(self.parent())
    }

    fn parent_element(&self, _: &Realm) -> Fallible<Option<Root<Element>>> {
        Ok(self.parent_as_element())
    }

    fn has_child_nodes(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.first().is_some())
    }

    fn child_nodes(&self, realm: &Realm) -> Fallible<Root<NodeList>> {
        once(&self.child_nodes, || realm.wrap(NodeList::children_of(&self.root())))
    }

    fn first_child(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(self.first())
    }

    fn last_child(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(self.last())
    }

    fn previous_sibling(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(self.previous())
    }

    fn next_sibling(&self, _: &Realm) -> Fallible<Option<Root<Self>>> {
        Ok(self.next())
    }

    fn node_value(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(text_content::node_value(&self.root()))
    }

    fn set_node_value(&self, realm: &Realm, value: Option<DomString>) -> Fallible<()> {
        text_content::set_node_value(realm, &self.root(), value.unwrap_or_default())
    }

    fn text_content(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(text_content::get(&self.root()))
    }

    fn set_text_content(&self, realm: &Realm, value: Option<DomString>) -> Fallible<()> {
        text_content::set(realm, &self.root(), value.unwrap_or_default())
    }

    fn normalize(&self, realm: &Realm) -> Fallible<()> {
        text_content::normalize(realm, &self.root())
    }

    /// [`cloneNode()`](https://dom.spec.whatwg.org/#dom-node-clonenode)
    fn clone_node(&self, realm: &Realm, subtree: bool) -> Fallible<Root<Self>> {
        if self.kind() == NodeKind::DocumentFragment && self.root().downcast::<ShadowRoot>().is_some() {
            return Err(Exception::dom("NotSupportedError", "a shadow root cannot be cloned on its own"));
        }
        clone::clone(realm, &self.root(), None, subtree)
    }

    fn is_equal_node(&self, _: &Realm, other_node: Option<Root<Self>>) -> Fallible<bool> {
        Ok(other_node.is_some_and(|other| clone::equals(&self.root(), &other)))
    }

    fn is_same_node(&self, _: &Realm, other_node: Option<Root<Self>>) -> Fallible<bool> {
        Ok(other_node.is_some_and(|other| other == self.root()))
    }

    fn compare_document_position(&self, _: &Realm, other: Root<Self>) -> Fallible<u16> {
        Ok(self.position_of(&other))
    }

    fn contains(&self, _: &Realm, other: Option<Root<Self>>) -> Fallible<bool> {
        Ok(other.is_some_and(|other| self.is_inclusive_ancestor_of(&other)))
    }

    fn lookup_prefix(&self, _: &Realm, namespace: Option<DomString>) -> Fallible<Option<DomString>> {
        Ok(namespaces::lookup_prefix(&self.root(), namespace))
    }

    fn lookup_namespace_uri(&self, _: &Realm, prefix: Option<DomString>) -> Fallible<Option<DomString>> {
        let prefix = prefix.filter(|prefix| !prefix.is_empty());
        Ok(namespaces::locate(&self.root(), prefix.as_deref()))
    }

    fn is_default_namespace(&self, _: &Realm, namespace: Option<DomString>) -> Fallible<bool> {
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        Ok(namespaces::locate(&self.root(), None) == namespace)
    }

    /// [`insertBefore()`](https://dom.spec.whatwg.org/#dom-node-insertbefore)
    fn insert_before(
        &self,
        realm: &Realm,
        node: Root<Self>,
        child: Option<Root<Self>>,
    ) -> Fallible<Root<Self>> {
        mutation::pre_insert(realm, &node, &self.root(), child.as_ref())?;
        Ok(node)
    }

    /// [`appendChild()`](https://dom.spec.whatwg.org/#dom-node-appendchild)
    fn append_child(&self, realm: &Realm, node: Root<Self>) -> Fallible<Root<Self>> {
        mutation::pre_insert(realm, &node, &self.root(), None)?;
        Ok(node)
    }

    /// [`replaceChild()`](https://dom.spec.whatwg.org/#dom-node-replacechild)
    fn replace_child(&self, realm: &Realm, node: Root<Self>, child: Root<Self>) -> Fallible<Root<Self>> {
        mutation::replace(realm, &child, &node, &self.root())?;
        Ok(child)
    }

    /// [`removeChild()`](https://dom.spec.whatwg.org/#dom-node-removechild)
    fn remove_child(&self, realm: &Realm, child: Root<Self>) -> Fallible<Root<Self>> {
        // [Pre-remove](https://dom.spec.whatwg.org/#concept-node-pre-remove).
        if child.parent() != Some(self.root()) {
            return Err(not_found("the node to remove is not a child of this node"));
        }
        mutation::remove(realm, &child);
        Ok(child)
    }
}

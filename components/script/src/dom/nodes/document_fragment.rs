//! [`DocumentFragment`](https://dom.spec.whatwg.org/#interface-documentfragment).

use std::cell::RefCell;

use bgfetch_js::{Fallible, Member, Realm, Root, platform_object, trace_fields};

use super::parent_node::ParentNodeCache;
use crate::bindings::DocumentFragmentMethods;
use crate::dom::{Document, Element, Node, NodeKind, Window};

/// `DocumentFragment`.
pub(crate) struct DocumentFragment {
    node: Node,
    pub(super) parent_node: ParentNodeCache,
    /// [Host](https://dom.spec.whatwg.org/#concept-documentfragment-host): the template whose contents it is, or the element
    /// whose shadow root it is.
    host: RefCell<Option<Member<Element>>>,
}

trace_fields!(DocumentFragment { node, parent_node, host });
platform_object!(DocumentFragment: Node via node);

impl DocumentFragment {
    /// For interfaces that inherit.
    pub(super) fn new_inherited(document: &Root<Document>) -> Self {
        Self {
            node: Node::new_inherited(NodeKind::DocumentFragment, Some(document)),
            parent_node: ParentNodeCache::default(),
            host: RefCell::default(),
        }
    }

    /// An empty fragment.
    pub(crate) fn create(realm: &Realm, document: &Root<Document>) -> Fallible<Root<Self>> {
        realm.wrap(Self::new_inherited(document))
    }

    /// Its host, if it has one.
    pub(crate) fn host(&self) -> Option<Root<Element>> {
        self.host.borrow().as_ref().map(|host| (**host).clone())
    }

    /// Makes it the contents of a template, or an element's shadow root.
    pub(crate) fn set_host(&self, host: &Root<Element>) {
        let before = self.host.replace(Some(host.clone().into()));
        drop(before);
    }
}

impl DocumentFragmentMethods for DocumentFragment {
    fn constructor(realm: &Realm) -> Fallible<Self> {
        Ok(Self::new_inherited(&Window::document_of(realm)?))
    }
}

super::parent_node!(DocumentFragment);
super::non_element_parent_node!(DocumentFragment);

//! [`NodeList`](https://dom.spec.whatwg.org/#interface-nodelist).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::NodeListMethods;
use crate::dom::{HTMLFormElement, Node};

/// `NodeList`.
pub(crate) struct NodeList {
    reflector: Reflector,
    root: Member<Node>,
    content: Content,
    nodes: RefCell<Vec<Member<Node>>>,
    /// The tree's version when `nodes` was made.
    version: Cell<u64>,
}

/// What a list has in it.
enum Content {
    /// Does not change.
    Static,
    /// `childNodes`
    Children,
    /// [`getElementsByName()`](https://html.spec.whatwg.org/multipage/dom.html#dom-document-getelementsbyname)
    Named(DomString),
    /// The controls of that name of the form that is the root.
    OfForm(DomString),
}

trace_fields!(NodeList { root, nodes });
platform_object!(NodeList);

impl NodeList {
    fn new(root: &Root<Node>, content: Content, nodes: Vec<Root<Node>>) -> Self {
        Self {
            reflector: Reflector::new(),
            root: root.clone().into(),
            content,
            nodes: RefCell::new(nodes.into_iter().map(Into::into).collect()),
            version: Cell::new(0),
        }
    }

    /// The children of a node, live.
    pub(super) fn children_of(node: &Root<Node>) -> Self {
        Self::new(node, Content::Children, Vec::new())
    }

    /// These nodes; `root` is any node of their document.
    pub(crate) fn of(root: &Root<Node>, nodes: Vec<Root<Node>>) -> Self {
        Self::new(root, Content::Static, nodes)
    }

    /// The elements of that name below `root`, live.
    pub(super) fn named(root: &Root<Node>, name: DomString) -> Self {
        Self::new(root, Content::Named(name), Vec::new())
    }

    /// The controls of that name of `form`, live.
    pub(crate) fn of_form(form: &Root<Node>, name: DomString) -> Self {
        Self::new(form, Content::OfForm(name), Vec::new())
    }

    /// What is in it now.
    pub(crate) fn current(&self) -> Vec<Root<Node>> {
        self.refresh();
        self.nodes.borrow().iter().map(|node| (**node).clone()).collect()
    }

    fn refresh(&self) {
        let version = super::node::tree_version();
        if self.version.replace(version) == version {
            return;
        }
        let nodes: Vec<Member<Node>> = match &self.content {
            Content::Static => return,
            Content::Children => self.root.children_in_order().map(Into::into).collect(),
            Content::OfForm(name) => {
                let form = self.root.downcast::<HTMLFormElement>();
                let named = form.map(|form| form.named_controls(name)).unwrap_or_default();
                named.into_iter().map(|element| Member::from(element.upcast::<Node>())).collect()
            }
            Content::Named(name) => {
                let elements = self.root.descendant_elements();
                let named =
                    elements.filter(|e| e.is_html() && e.plain_attribute("name").as_ref() == Some(name));
                named.map(|element| Member::from(element.upcast::<Node>())).collect()
            }
        };
        let before = self.nodes.replace(nodes);
        drop(before);
    }
}

impl NodeListMethods for NodeList {
    fn item(&self, _: &Realm, index: u32) -> Fallible<Option<Root<Node>>> {
        self.refresh();
        Ok(self.nodes.borrow().get(index as usize).map(|node| (**node).clone()))
    }

    fn indexed_length(&self) -> u32 {
        self.refresh();
        u32::try_from(self.nodes.borrow().len()).unwrap_or(u32::MAX)
    }

    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.indexed_length())
    }
}

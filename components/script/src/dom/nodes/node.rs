//! [`Node`](https://dom.spec.whatwg.org/#interface-node).

use std::cell::{Cell, OnceCell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields,
};

use super::mutation_observer::RegisteredObserver;
use super::{clone, mutation, namespaces, text_content};
use crate::bindings::{GetRootNodeOptions, NodeMethods};
use crate::dom::globals::window_or_worker::once;
use crate::dom::{
    CSSStyleProperties, CharacterData, Document, Element, Event, EventTarget, NodeList, ShadowRoot, Text,
};

/// `Node`.
pub(crate) struct Node {
    event_target: EventTarget,
    kind: NodeKind,
    /// [Node document](https://dom.spec.whatwg.org/#concept-node-document); `None` for documents, which are their own.
    document: RefCell<Option<Member<Document>>>,
    /// Whether it is [connected](https://dom.spec.whatwg.org/#connected).
    connected: Cell<bool>,
    pub(super) links: Links,
    child_nodes: OnceCell<Member<NodeList>>,
    rare: OnceCell<Box<Rare>>,
}

/// What few nodes have.
#[derive(Default)]
struct Rare {
    /// [Assigned slot](https://dom.spec.whatwg.org/#slotable-assigned-slot)
    assigned_slot: RefCell<Option<Member<Element>>>,
    /// [Manual slot assignment](https://dom.spec.whatwg.org/#slottable-manual-slot-assignment)
    manual_slot: RefCell<Option<Member<Element>>>,
    /// [Shadow root](https://dom.spec.whatwg.org/#concept-element-shadow-root) of a shadow host.
    shadow: OnceCell<Member<ShadowRoot>>,
    /// `style` of an element that has one.
    style: OnceCell<Member<CSSStyleProperties>>,
    /// [Registered observer list](https://dom.spec.whatwg.org/#registered-observer-list)
    observers: RefCell<Vec<RegisteredObserver>>,
}

thread_local! {
    /// Rises with every change of any tree or attribute: what live collections go by.
    static TREE_VERSION: Cell<u64> = const { Cell::new(1) };
}

/// A number that is another one whenever a tree of this thread has changed.
pub(super) fn tree_version() -> u64 {
    TREE_VERSION.get()
}

/// Where a node is in its tree.
#[derive(Default)]
pub(super) struct Links {
    pub(super) parent: Link,
    pub(super) first_child: Link,
    pub(super) last_child: Link,
    pub(super) previous_sibling: Link,
    pub(super) next_sibling: Link,
}

/// One edge of the tree.
#[derive(Default)]
pub(super) struct Link(RefCell<Option<Member<Node>>>);

impl Link {
    pub(super) fn get(&self) -> Option<Root<Node>> {
        self.0.borrow().as_ref().map(|node| (**node).clone())
    }

    pub(super) fn set(&self, node: Option<&Root<Node>>) {
        let before = self.0.replace(node.map(|node| node.clone().into()));
        drop(before);
    }
}

impl bgfetch_js::Trace for Link {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        self.0.trace(tracer);
    }
}

trace_fields!(Links { parent, first_child, last_child, previous_sibling, next_sibling });
trace_fields!(Rare { assigned_slot, manual_slot, shadow, style, observers });
trace_fields!(Node { event_target, document, links, child_nodes, rare });
platform_object!(Node: EventTarget via event_target);

/// What kind of node it is; the numbers are those of [`nodeType`](https://dom.spec.whatwg.org/#dom-node-nodetype).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Element = 1,
    Attribute = 2,
    Text = 3,
    CdataSection = 4,
    ProcessingInstruction = 7,
    Comment = 8,
    Document = 9,
    DocumentType = 10,
    DocumentFragment = 11,
}

impl Node {
    /// For interfaces that inherit; `document` is `None` for documents only.
    pub(crate) fn new_inherited(kind: NodeKind, document: Option<&Root<Document>>) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            kind,
            document: RefCell::new(document.map(|document| document.clone().into())),
            connected: Cell::new(kind == NodeKind::Document),
            links: Links::default(),
            child_nodes: OnceCell::new(),
            rare: OnceCell::new(),
        }
    }

    /// What kind of node it is.
    pub(crate) const fn kind(&self) -> NodeKind {
        self.kind
    }

    /// Its [node document](https://dom.spec.whatwg.org/#concept-node-document); a document itself.
    pub(crate) fn owner_doc(&self) -> Root<Document> {
        let document = self.document.borrow().as_ref().map(|document| (**document).clone());
        document
            .or_else(|| self.root().downcast())
            .unwrap_or_else(|| unreachable!("a node that is no document has a node document"))
    }

    pub(super) fn set_owner_doc(&self, document: &Root<Document>) {
        let before = self.document.replace(Some(document.clone().into()));
        drop(before);
    }

    /// Whether it is [connected](https://dom.spec.whatwg.org/#connected).
    pub(crate) fn is_in_document(&self) -> bool {
        self.connected.get()
    }

    pub(super) fn set_in_document(&self, connected: bool) {
        self.connected.set(connected);
    }

    /// Its [parent](https://dom.spec.whatwg.org/#concept-tree-parent).
    pub(crate) fn parent(&self) -> Option<Root<Self>> {
        self.links.parent.get()
    }

    /// Its [first child](https://dom.spec.whatwg.org/#concept-tree-first-child).
    pub(crate) fn first(&self) -> Option<Root<Self>> {
        self.links.first_child.get()
    }

    /// Its [last child](https://dom.spec.whatwg.org/#concept-tree-last-child).
    pub(crate) fn last(&self) -> Option<Root<Self>> {
        self.links.last_child.get()
    }

    /// Its [previous sibling](https://dom.spec.whatwg.org/#concept-tree-previous-sibling).
    pub(crate) fn previous(&self) -> Option<Root<Self>> {
        self.links.previous_sibling.get()
    }

    /// Its [next sibling](https://dom.spec.whatwg.org/#concept-tree-next-sibling).
    pub(crate) fn next(&self) -> Option<Root<Self>> {
        self.links.next_sibling.get()
    }

    /// The element that it is.
    pub(crate) fn as_element(&self) -> Option<Root<Element>> {
        if self.kind == NodeKind::Element { self.root().downcast() } else { None }
    }

    /// The text node that it is.
    pub(crate) fn as_text(&self) -> Option<Root<Text>> {
        match self.kind {
            NodeKind::Text | NodeKind::CdataSection => self.root().downcast(),
            _ => None,
        }
    }

    /// The text, comment or processing instruction that it is.
    pub(crate) fn as_character_data(&self) -> Option<Root<CharacterData>> {
        match self.kind {
            NodeKind::Text | NodeKind::CdataSection | NodeKind::ProcessingInstruction | NodeKind::Comment => {
                self.root().downcast()
            }
            _ => None,
        }
    }

    /// Its [parent element](https://dom.spec.whatwg.org/#parent-element).
    pub(crate) fn parent_as_element(&self) -> Option<Root<Element>> {
        self.parent()?.as_element()
    }

    /// Its [root](https://dom.spec.whatwg.org/#concept-tree-root).
    pub(crate) fn tree_root(&self) -> Root<Self> {
        let mut node = self.root();
        while let Some(parent) = node.parent() {
            node = parent;
        }
        node
    }

    /// Whether it is an [inclusive ancestor](https://dom.spec.whatwg.org/#concept-tree-inclusive-ancestor) of `other`.
    pub(crate) fn is_inclusive_ancestor_of(&self, other: &Root<Self>) -> bool {
        let this = self.root();
        let mut node = Some(other.clone());
        while let Some(current) = node {
            if current == this {
                return true;
            }
            node = current.parent();
        }
        false
    }

    /// [Its parent for events](https://dom.spec.whatwg.org/#get-the-parent) that were dispatched at `first`: of a node in a
    /// slot, the slot; of a shadow root, its host, unless the event stays within; of a document, its window, but for `load`.
    pub(crate) fn event_parent(&self, event: &Event, first: &Root<EventTarget>) -> Option<Root<EventTarget>> {
        match self.kind {
            NodeKind::Document if event.type_name() == "load" => None,
            NodeKind::Document => {
                let document: Root<Document> = self.root().downcast()?;
                document.window().map(|window| window.upcast())
            }
            NodeKind::DocumentFragment => {
                let shadow: Root<ShadowRoot> = self.root().downcast()?;
                let first = first.downcast::<Self>().map(|first| first.tree_root());
                if !event.composed_flag() && first == Some(self.root()) {
                    return None;
                }
                shadow.host().map(|host| host.upcast())
            }
            _ => {
                let slot = self.assigned_slot_element().map(|slot| slot.upcast());
                slot.or_else(|| self.parent().map(|parent| parent.upcast()))
            }
        }
    }

    fn rare(&self) -> &Rare {
        self.rare.get_or_init(Box::default)
    }

    /// The [slot](https://dom.spec.whatwg.org/#slotable-assigned-slot) that it is assigned to.
    pub(crate) fn assigned_slot_element(&self) -> Option<Root<Element>> {
        self.rare.get()?.assigned_slot.borrow().as_ref().map(|slot| (**slot).clone())
    }

    /// Assigns it to a slot, or to none.
    pub(crate) fn set_assigned_slot(&self, slot: Option<&Root<Element>>) {
        let before = self.rare().assigned_slot.replace(slot.map(|slot| slot.clone().into()));
        drop(before);
    }

    /// The slot whose `assign()` was given it.
    pub(crate) fn manual_slot(&self) -> Option<Root<Element>> {
        self.rare.get()?.manual_slot.borrow().as_ref().map(|slot| (**slot).clone())
    }

    /// Says which slot's `assign()` was given it.
    pub(crate) fn set_manual_slot(&self, slot: Option<&Root<Element>>) {
        let before = self.rare().manual_slot.replace(slot.map(|slot| slot.clone().into()));
        drop(before);
    }

    /// Of an element, its [shadow root](https://dom.spec.whatwg.org/#concept-element-shadow-root).
    pub(crate) fn shadow(&self) -> Option<Root<ShadowRoot>> {
        self.rare.get()?.shadow.get().map(|shadow| (**shadow).clone())
    }

    /// Gives an element its shadow root, if it has none.
    pub(super) fn set_shadow(&self, shadow: &Root<ShadowRoot>) {
        self.rare().shadow.get_or_init(|| shadow.clone().into());
    }

    /// Of an element, its [inline style](https://drafts.csswg.org/cssom/#dom-elementcssinlinestyle-style).
    pub(crate) fn inline_style(&self, realm: &Realm) -> Fallible<Root<CSSStyleProperties>> {
        let element = self.as_element().ok_or_else(|| Exception::type_error("only elements have a style"))?;
        once(&self.rare().style, || CSSStyleProperties::create(realm, &element))
    }

    /// Runs `f` with its [registered observer list](https://dom.spec.whatwg.org/#registered-observer-list).
    pub(super) fn with_registered_observers<R>(
        &self,
        f: impl FnOnce(&mut Vec<RegisteredObserver>) -> R,
    ) -> R {
        f(&mut self.rare().observers.borrow_mut())
    }

    /// Runs `f` with its registered observers, if there are any.
    pub(super) fn each_registered_observer(&self, f: impl FnMut(&RegisteredObserver)) {
        if let Some(rare) = self.rare.get() {
            rare.observers.borrow().iter().for_each(f);
        }
    }

    /// Its [shadow-including root](https://dom.spec.whatwg.org/#concept-shadow-including-root).
    pub(crate) fn shadow_including_root(&self) -> Root<Self> {
        let mut root = self.tree_root();
        while let Some(host) = root.downcast::<ShadowRoot>().and_then(|shadow| shadow.host()) {
            root = host.tree_root();
        }
        root
    }

    /// Whether it is a
    /// [shadow-including inclusive ancestor](https://dom.spec.whatwg.org/#concept-shadow-including-inclusive-ancestor) of
    /// `other`.
    pub(crate) fn is_shadow_including_inclusive_ancestor_of(&self, other: &Root<Self>) -> bool {
        let mut inner = other.clone();
        loop {
            if self.is_inclusive_ancestor_of(&inner) {
                return true;
            }
            let shadow = inner.tree_root().downcast::<ShadowRoot>();
            let Some(host) = shadow.and_then(|shadow| shadow.host()) else { return false };
            inner = host.upcast();
        }
    }

    /// Tells live collections that something in the tree changed.
    pub(crate) fn touch() {
        TREE_VERSION.set(TREE_VERSION.get() + 1);
    }

    /// Bitmask of [`compareDocumentPosition()`](https://dom.spec.whatwg.org/#dom-node-comparedocumentposition).
    fn position_of(&self, other: &Root<Self>) -> u16 {
        const DISCONNECTED: u16 = 0x01;
        const PRECEDING: u16 = 0x02;
        const FOLLOWING: u16 = 0x04;
        const CONTAINS: u16 = 0x08;
        const CONTAINED_BY: u16 = 0x10;
        const IMPLEMENTATION_SPECIFIC: u16 = 0x20;
        let this = self.root();
        // Step 1.
        if this == *other {
            return 0;
        }
        // Steps 2 to 5.
        if let Some(precedes) = namespaces::compare_attributes(&this, other) {
            return IMPLEMENTATION_SPECIFIC | if precedes { PRECEDING } else { FOLLOWING };
        }
        let (first, second) = (namespaces::owner_or_self(other), namespaces::owner_or_self(&this));
        // Step 6.
        if first.tree_root() != second.tree_root() {
            let precedes = first.to_object().identity() < second.to_object().identity();
            return DISCONNECTED | IMPLEMENTATION_SPECIFIC | if precedes { PRECEDING } else { FOLLOWING };
        }
        // Steps 7 and 8.
        let (first_is_attribute, second_is_attribute) = (first != *other, second != this);
        if first == second {
            return if second_is_attribute { CONTAINS | PRECEDING } else { CONTAINED_BY | FOLLOWING };
        }
        if !first_is_attribute && first.is_inclusive_ancestor_of(&second) {
            return CONTAINS | PRECEDING;
        }
        if !second_is_attribute && second.is_inclusive_ancestor_of(&first) {
            return CONTAINED_BY | FOLLOWING;
        }
        // Steps 9 and 10.
        if super::traversal::is_before(&first, &second) { PRECEDING } else { FOLLOWING }
    }
}

/// A node that an operation needs and that is not where it should be.
pub(super) fn not_found(what: &str) -> Exception {
    Exception::dom("NotFoundError", what)
}

impl NodeMethods for Node {
    fn node_type(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.kind as u16)
    }

    fn node_name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(text_content::node_name(&self.root()))
    }

    fn base_uri(&self, _: &Realm) -> Fallible<String> {
        Ok(self.owner_doc().base_url().into())
    }

    fn is_connected(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.connected.get())
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
        if self.kind == NodeKind::DocumentFragment && self.root().downcast::<ShadowRoot>().is_some() {
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

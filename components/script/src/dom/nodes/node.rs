//! [`Node`](https://dom.spec.whatwg.org/#interface-node).

use std::cell::{Cell, OnceCell, RefCell};

use bgfetch_js::{Exception, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::html_collection::{Collections, Filter};
use super::mutation_observer::RegisteredObserver;
use super::namespaces;
use crate::dom::globals::window_or_worker::once;
use crate::dom::{
    CSSStyleProperties, CharacterData, Document, Element, Event, EventTarget, HTMLCollection, NodeList,
    ShadowRoot, Text,
};

/// `Node`.
pub(crate) struct Node {
    event_target: EventTarget,
    kind: NodeKind,
    /// [Node document](https://dom.spec.whatwg.org/#concept-node-document); `None` for documents, which are their own.
    pub(super) document: RefCell<Option<Member<Document>>>,
    /// Whether it is [connected](https://dom.spec.whatwg.org/#connected).
    connected: Cell<bool>,
    pub(super) links: Links,
    pub(super) child_nodes: OnceCell<Member<NodeList>>,
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
    collections: Collections,
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
trace_fields!(Rare { assigned_slot, manual_slot, shadow, style, observers, collections });
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

    /// Its [index](https://dom.spec.whatwg.org/#concept-tree-index) among its siblings.
    pub(crate) fn index(&self) -> u32 {
        let before = std::iter::successors(self.previous(), |node| node.previous());
        u32::try_from(before.count()).unwrap_or(u32::MAX)
    }

    /// Its [length](https://dom.spec.whatwg.org/#concept-node-length).
    pub(crate) fn length(&self) -> u32 {
        match (self.kind, self.as_character_data()) {
            (NodeKind::DocumentType | NodeKind::Attribute, _) => 0,
            (_, Some(data)) => data.units(),
            _ => u32::try_from(self.children_in_order().count()).unwrap_or(u32::MAX),
        }
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

    /// A live collection of the elements below it that `filter` lets through: the same one as before, if script asked for it
    /// lately.
    pub(crate) fn collection(&self, realm: &Realm, filter: Filter) -> Fallible<Root<HTMLCollection>> {
        self.rare().collections.get(realm, &self.root(), filter)
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
    pub(super) fn position_of(&self, other: &Root<Self>) -> u16 {
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

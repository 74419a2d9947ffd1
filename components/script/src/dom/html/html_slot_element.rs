//! [`HTMLSlotElement`](https://html.spec.whatwg.org/multipage/scripting.html#the-slot-element).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Member, PlatformObject, Realm, Root, platform_object, trace_fields};

use super::reflect;
use crate::bindings::{AssignedNodesOptions, ElementOrText, HTMLSlotElementMethods};
use crate::dom::nodes::slots;
use crate::dom::{Element, HTMLElement, Node};

/// `HTMLSlotElement`.
pub(crate) struct HTMLSlotElement {
    html_element: HTMLElement,
    /// [Assigned nodes](https://dom.spec.whatwg.org/#slot-assigned-nodes)
    assigned: RefCell<Vec<Member<Node>>>,
    /// [Manually assigned nodes](https://html.spec.whatwg.org/multipage/scripting.html#manually-assigned-nodes)
    by_hand: RefCell<Vec<Member<Node>>>,
}

trace_fields!(HTMLSlotElement { html_element, assigned, by_hand });
platform_object!(HTMLSlotElement: HTMLElement via html_element);

fn roots(nodes: &RefCell<Vec<Member<Node>>>) -> Vec<Root<Node>> {
    nodes.borrow().iter().map(|node| (**node).clone()).collect()
}

impl HTMLSlotElement {
    /// A `slot` element.
    pub(super) const fn new(html_element: HTMLElement) -> Self {
        Self { html_element, assigned: RefCell::new(Vec::new()), by_hand: RefCell::new(Vec::new()) }
    }

    /// Its [name](https://dom.spec.whatwg.org/#slot-name).
    pub(crate) fn slot_name(&self) -> DomString {
        self.plain_attribute("name").unwrap_or_default()
    }

    /// What is assigned to it.
    pub(crate) fn assigned(&self) -> Vec<Root<Node>> {
        roots(&self.assigned)
    }

    /// Sets what is assigned to it.
    pub(crate) fn set_assigned(&self, nodes: Vec<Root<Node>>) {
        let before = self.assigned.replace(nodes.into_iter().map(Into::into).collect());
        drop(before);
    }

    /// What `assign()` was given.
    pub(crate) fn assigned_by_hand(&self) -> Vec<Root<Node>> {
        roots(&self.by_hand)
    }

    /// Whether `assign()` was given that node.
    pub(crate) fn is_assigned_by_hand(&self, node: &Root<Node>) -> bool {
        self.by_hand.borrow().iter().any(|known| **known == *node)
    }

    fn nodes(&self, options: &AssignedNodesOptions) -> Vec<Root<Node>> {
        if options.flatten { slots::find_flattened(&self.root()) } else { self.assigned() }
    }
}

impl HTMLSlotElementMethods for HTMLSlotElement {
    reflect::string!(name, set_name, "name");

    fn assigned_nodes(&self, _: &Realm, options: AssignedNodesOptions) -> Fallible<Vec<Root<Node>>> {
        Ok(self.nodes(&options))
    }

    fn assigned_elements(&self, _: &Realm, options: AssignedNodesOptions) -> Fallible<Vec<Root<Element>>> {
        Ok(self.nodes(&options).iter().filter_map(|node| node.as_element()).collect())
    }

    /// [`assign()`](https://html.spec.whatwg.org/multipage/scripting.html#dom-slot-assign)
    fn assign(&self, realm: &Realm, nodes: Vec<ElementOrText>) -> Fallible<()> {
        // Step 1; a node is in one slot's list at most.
        for node in self.by_hand.take() {
            node.set_manual_slot(None);
        }
        let this: Root<Element> = self.root().upcast();
        let mut by_hand: Vec<Root<Node>> = Vec::new();
        // Steps 2 to 4.
        for node in nodes {
            let node: Root<Node> = match node {
                ElementOrText::Element(element) => element.upcast(),
                ElementOrText::Text(text) => text.upcast(),
            };
            if by_hand.contains(&node) {
                continue;
            }
            let before = node.manual_slot().filter(|slot| *slot != this);
            if let Some(other) = before.and_then(|slot| slot.downcast::<Self>()) {
                other.by_hand.borrow_mut().retain(|known| **known != node);
            }
            node.set_manual_slot(Some(&this));
            by_hand.push(node);
        }
        let before = self.by_hand.replace(by_hand.into_iter().map(Into::into).collect());
        drop(before);
        // Step 5.
        slots::assign_for_tree(realm, &self.tree_root());
        Ok(())
    }
}

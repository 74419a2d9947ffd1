//! [Slots and slottables](https://dom.spec.whatwg.org/#shadow-tree-slots).

use bgfetch_js::{DomString, PlatformObject, Realm, Root};

use super::{mutation_observer, shadow_root};
use crate::dom::{Element, HTMLSlotElement, Node, NodeKind, ShadowRoot};

impl Node {
    /// Whether it is a [slottable](https://dom.spec.whatwg.org/#concept-slotable).
    pub(crate) fn is_slottable(&self) -> bool {
        matches!(self.kind(), NodeKind::Element | NodeKind::Text | NodeKind::CdataSection)
    }

    /// Its [name](https://dom.spec.whatwg.org/#slotable-name) as a slottable.
    fn slottable_name(&self) -> DomString {
        self.as_element().and_then(|element| element.plain_attribute("slot")).unwrap_or_default()
    }

    /// The element that it is, if that is a slot in a shadow tree.
    fn as_slot_of_shadow_tree(&self) -> Option<(Root<HTMLSlotElement>, Root<ShadowRoot>)> {
        let slot = self.root().downcast::<HTMLSlotElement>()?;
        let root = self.tree_root().downcast::<ShadowRoot>()?;
        Some((slot, root))
    }
}

fn slots_below(root: &Root<Node>) -> impl Iterator<Item = Root<HTMLSlotElement>> + use<> {
    root.descendants().filter_map(|node| node.downcast::<HTMLSlotElement>())
}

/// [Finds a slot](https://dom.spec.whatwg.org/#find-a-slot) for a slottable; with `open`, only one that a page may know.
pub(crate) fn find_slot(slottable: &Root<Node>, open: bool) -> Option<Root<HTMLSlotElement>> {
    // Steps 1 to 4.
    let shadow = slottable.parent()?.as_element()?.shadow()?;
    if open && shadow.is_closed() {
        return None;
    }
    let mut slots = slots_below(&shadow.clone().upcast());
    // Steps 5 and 6.
    if shadow.assigns_manually() {
        return slots.find(|slot| slot.is_assigned_by_hand(slottable));
    }
    let name = slottable.slottable_name();
    slots.find(|slot| slot.slot_name() == name)
}

/// [Finds slottables](https://dom.spec.whatwg.org/#find-slotables) of a slot.
fn find_slottables(slot: &Root<HTMLSlotElement>) -> Vec<Root<Node>> {
    // Steps 2 to 4.
    let Some(shadow) = slot.tree_root().downcast::<ShadowRoot>() else { return Vec::new() };
    let Some(host) = shadow.host() else { return Vec::new() };
    let host: Root<Node> = host.upcast();
    // Steps 5 and 6.
    if shadow.assigns_manually() {
        let by_hand = slot.assigned_by_hand().into_iter();
        return by_hand.filter(|node| node.parent().as_ref() == Some(&host)).collect();
    }
    let children = host.children_in_order().filter(|node| node.is_slottable());
    children.filter(|node| find_slot(node, false).as_ref() == Some(slot)).collect()
}

/// [Finds flattened slottables](https://dom.spec.whatwg.org/#find-flattened-slotables): slots among them are replaced by
/// what they show.
pub(crate) fn find_flattened(slot: &Root<HTMLSlotElement>) -> Vec<Root<Node>> {
    if slot.tree_root().downcast::<ShadowRoot>().is_none() {
        return Vec::new();
    }
    let mut result = Vec::new();
    // A stack rather than recursion, since pages nest deeply; what is on top comes next.
    let mut stack = shown_by(slot);
    stack.reverse();
    while let Some(node) = stack.pop() {
        match node.as_slot_of_shadow_tree() {
            Some((inner, _)) => stack.extend(shown_by(&inner).into_iter().rev()),
            None => result.push(node),
        }
    }
    result
}

/// Steps 3 and 4 of finding flattened slottables: what is assigned, or else the slot's own children.
fn shown_by(slot: &Root<HTMLSlotElement>) -> Vec<Root<Node>> {
    let slottables = find_slottables(slot);
    if slottables.is_empty() {
        return slot.children_in_order().filter(|node| node.is_slottable()).collect();
    }
    slottables
}

/// [Assigns slottables](https://dom.spec.whatwg.org/#assign-slotables) to a slot.
pub(crate) fn assign_slottables(realm: &Realm, slot: &Root<HTMLSlotElement>) {
    let slottables = find_slottables(slot);
    if slottables != slot.assigned() {
        mutation_observer::signal_slot_change(realm, slot);
    }
    for slottable in &slottables {
        slottable.set_assigned_slot(Some(&slot.clone().upcast()));
    }
    slot.set_assigned(slottables);
}

/// [Assigns slottables for a tree](https://dom.spec.whatwg.org/#assign-slotables-for-a-tree).
pub(crate) fn assign_for_tree(realm: &Realm, root: &Root<Node>) {
    for node in root.inclusive_descendants() {
        if let Some(slot) = node.downcast::<HTMLSlotElement>() {
            assign_slottables(realm, &slot);
        }
    }
}

/// [Assigns a slot](https://dom.spec.whatwg.org/#assign-a-slot) to a slottable.
pub(crate) fn assign_slot(realm: &Realm, slottable: &Root<Node>) {
    if let Some(slot) = find_slot(slottable, false) {
        assign_slottables(realm, &slot);
    }
}

/// Steps 7.4 to 7.6 of [inserting](https://dom.spec.whatwg.org/#concept-node-insert).
pub(super) fn inserted(realm: &Realm, node: &Root<Node>, parent: &Root<Node>) {
    if !shadow_root::exist() {
        return;
    }
    let shadow = parent.as_element().and_then(|parent| parent.shadow());
    if shadow.is_some_and(|shadow| !shadow.assigns_manually()) && node.is_slottable() {
        assign_slot(realm, node);
    }
    let root = node.tree_root();
    if root.downcast::<ShadowRoot>().is_none() {
        return;
    }
    fallback_changed(realm, parent);
    if node.inclusive_descendants().iter().any(|node| node.downcast::<HTMLSlotElement>().is_some()) {
        assign_for_tree(realm, &root);
    }
}

/// What a slot shows has changed if its children did and nothing is assigned to it.
fn fallback_changed(realm: &Realm, parent: &Root<Node>) {
    if let Some((slot, _)) = parent.as_slot_of_shadow_tree()
        && slot.assigned().is_empty()
    {
        mutation_observer::signal_slot_change(realm, &slot);
    }
}

/// Steps 8 to 10 of [removing](https://dom.spec.whatwg.org/#concept-node-remove).
pub(super) fn removed(realm: &Realm, node: &Root<Node>, parent: &Root<Node>) {
    if !shadow_root::exist() {
        return;
    }
    let slot = node.assigned_slot_element().and_then(|slot| slot.downcast::<HTMLSlotElement>());
    if let Some(slot) = slot {
        node.set_assigned_slot(None);
        assign_slottables(realm, &slot);
    }
    let root = parent.tree_root();
    if root.downcast::<ShadowRoot>().is_none() {
        return;
    }
    fallback_changed(realm, parent);
    if node.inclusive_descendants().iter().any(|node| node.downcast::<HTMLSlotElement>().is_some()) {
        assign_for_tree(realm, &root);
        assign_for_tree(realm, node);
    }
}

/// [Attribute change steps](https://dom.spec.whatwg.org/#slotable-name) of `slot` on any element and
/// [of `name`](https://dom.spec.whatwg.org/#slot-name) on slots.
pub(crate) fn attribute_changed(realm: &Realm, element: &Root<Element>, name: &str) {
    if !shadow_root::exist() {
        return;
    }
    let node: Root<Node> = element.clone().upcast();
    match name {
        "slot" => {
            let slot = node.assigned_slot_element().and_then(|slot| slot.downcast::<HTMLSlotElement>());
            if let Some(slot) = slot {
                node.set_assigned_slot(None);
                assign_slottables(realm, &slot);
            }
            assign_slot(realm, &node);
        }
        "name" if node.as_slot_of_shadow_tree().is_some() => assign_for_tree(realm, &node.tree_root()),
        _ => {}
    }
}

/// Implements the mixin [`Slottable`](https://dom.spec.whatwg.org/#mixin-slotable) for an interface.
macro_rules! slottable {
    ($name:ident) => {
        impl $crate::bindings::SlottableMethods for $name {
            fn assigned_slot(
                &self,
                _: &bgfetch_js::Realm,
            ) -> bgfetch_js::Fallible<Option<bgfetch_js::Root<$crate::dom::HTMLSlotElement>>> {
                let this = bgfetch_js::PlatformObject::root(self).upcast();
                Ok($crate::dom::nodes::slots::find_slot(&this, true))
            }
        }
    };
}
pub(crate) use slottable;

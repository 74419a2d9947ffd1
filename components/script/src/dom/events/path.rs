//! [Event paths](https://dom.spec.whatwg.org/#event-path) and
//! [retargeting](https://dom.spec.whatwg.org/#retarget): what shadow trees hide from events.

use bgfetch_js::{Member, PlatformObject, Root, trace_fields};

use super::event::Event;
use super::event_target::EventTarget;
use crate::dom::html::activation;
use crate::dom::{Element, MouseEvent, Node, ShadowRoot, Window};

/// A [struct of a path](https://dom.spec.whatwg.org/#event-path). There are no touches here, so it has no list of their targets.
pub(super) struct PathItem {
    /// [Invocation target](https://dom.spec.whatwg.org/#event-path-invocation-target)
    pub(super) invocation_target: Member<EventTarget>,
    /// [Whether that is in a shadow tree](https://dom.spec.whatwg.org/#event-path-invocation-target-in-shadow-tree).
    pub(super) in_shadow_tree: bool,
    /// [Shadow-adjusted target](https://dom.spec.whatwg.org/#event-path-shadow-adjusted-target)
    pub(super) target: Option<Member<EventTarget>>,
    /// [relatedTarget](https://dom.spec.whatwg.org/#event-path-relatedtarget)
    pub(super) related_target: Option<Member<EventTarget>>,
    /// [Whether it is the root of a closed tree](https://dom.spec.whatwg.org/#event-path-root-of-closed-tree).
    pub(super) root_of_closed_tree: bool,
    /// [Whether it is a slot in a closed tree](https://dom.spec.whatwg.org/#event-path-slot-in-closed-tree).
    pub(super) slot_in_closed_tree: bool,
}

trace_fields!(PathItem { invocation_target, target, related_target });

/// [Retargets](https://dom.spec.whatwg.org/#retarget) `target` against `other`: what of it a tree around its own may see.
pub(super) fn retarget(target: Root<EventTarget>, other: &Root<EventTarget>) -> Root<EventTarget> {
    let other: Option<Root<Node>> = other.downcast();
    let mut target = target;
    loop {
        let Some(node) = target.downcast::<Node>() else { return target };
        let Some(root) = node.tree_root().downcast::<ShadowRoot>() else { return target };
        let root_node: Root<Node> = root.upcast();
        if other.as_ref().is_some_and(|other| root_node.is_shadow_including_inclusive_ancestor_of(other)) {
            return target;
        }
        let Some(host) = root.host() else { return target };
        target = host.upcast();
    }
}

/// What steps 5.3 to 5.9 of [dispatch](https://dom.spec.whatwg.org/#concept-event-dispatch) find out.
pub(super) struct Path {
    pub(super) items: Vec<PathItem>,
    /// [Activation target](https://dom.spec.whatwg.org/#concept-event-dispatch)
    pub(super) activation_target: Option<Root<Element>>,
}

/// Appends to a path ([steps](https://dom.spec.whatwg.org/#concept-event-path-append)).
fn append(
    items: &mut Vec<PathItem>,
    invocation_target: &Root<EventTarget>,
    target: Option<Root<EventTarget>>,
    related_target: Option<Root<EventTarget>>,
    slot_in_closed_tree: bool,
) {
    let node = invocation_target.downcast::<Node>();
    let shadow_root = node.as_ref().and_then(|node| node.downcast::<ShadowRoot>());
    items.push(PathItem {
        invocation_target: invocation_target.clone().into(),
        in_shadow_tree: node.is_some_and(|node| node.tree_root().downcast::<ShadowRoot>().is_some()),
        target: target.map(Into::into),
        related_target: related_target.map(Into::into),
        root_of_closed_tree: shadow_root.is_some_and(|root| root.is_closed()),
        slot_in_closed_tree,
    });
}

/// Steps 5.2 to 5.9 of [dispatch](https://dom.spec.whatwg.org/#concept-event-dispatch).
pub(super) fn build(
    event: &Root<Event>,
    target: &Root<EventTarget>,
    target_override: Root<EventTarget>,
    mut related_target: Option<Root<EventTarget>>,
) -> Path {
    let first = target;
    let mut target = target.clone();
    let mut items = Vec::new();
    append(&mut items, &target, Some(target_override), related_target.clone(), false);
    // Steps 5.4 and 5.5.
    let is_activation = event.downcast::<MouseEvent>().is_some() && event.type_name() == "click";
    let mut activation_target = activatable(is_activation, &target);
    // Steps 5.6 and 5.7.
    let mut slottable = assigned(&target);
    let mut slot_in_closed_tree = false;
    let mut parent = get_the_parent(&target, event, first);
    while let Some(current) = parent {
        let node: Option<Root<Node>> = current.downcast();
        // Step 5.9.1.
        if slottable.take().is_some() {
            let root = node.as_ref().and_then(|slot| slot.tree_root().downcast::<ShadowRoot>());
            slot_in_closed_tree = root.is_some_and(|root| root.is_closed());
        }
        // Step 5.9.2.
        slottable = assigned(&current);
        // Step 5.9.3.
        related_target = event.related().map(|related| retarget(related, &current));
        // Steps 5.9.6 to 5.9.8.
        let root_of_target = target.downcast::<Node>().map(|node| node.tree_root());
        let inside = current.downcast::<Window>().is_some()
            || root_of_target
                .zip(node)
                .is_some_and(|(root, node)| root.is_shadow_including_inclusive_ancestor_of(&node));
        if inside {
            if event.bubbles_flag() && activation_target.is_none() {
                activation_target = activatable(is_activation, &current);
            }
            append(&mut items, &current, None, related_target.clone(), slot_in_closed_tree);
        } else if related_target.as_ref() == Some(&current) {
            break;
        } else {
            target = current.clone();
            if activation_target.is_none() {
                activation_target = activatable(is_activation, &target);
            }
            append(&mut items, &current, Some(target.clone()), related_target.clone(), slot_in_closed_tree);
        }
        // Steps 5.9.9 and 5.9.10.
        slot_in_closed_tree = false;
        parent = get_the_parent(&current, event, first);
    }
    Path { items, activation_target }
}

fn activatable(is_activation: bool, target: &Root<EventTarget>) -> Option<Root<Element>> {
    target
        .downcast::<Element>()
        .filter(|element| is_activation && activation::has_activation_behavior(element))
}

fn assigned(target: &Root<EventTarget>) -> Option<Root<Element>> {
    target.downcast::<Node>()?.assigned_slot_element()
}

/// [Get the parent](https://dom.spec.whatwg.org/#get-the-parent): only nodes have one.
fn get_the_parent(
    target: &Root<EventTarget>,
    event: &Event,
    first: &Root<EventTarget>,
) -> Option<Root<EventTarget>> {
    target.downcast::<Node>()?.event_parent(event, first)
}

/// [`composedPath()`](https://dom.spec.whatwg.org/#dom-event-composedpath) as `current` may see it.
pub(super) fn composed(path: &[PathItem], current: &Root<EventTarget>) -> Vec<Root<EventTarget>> {
    // Steps 3 to 9: how deep in closed trees the current target is, counted from the outermost item in.
    let mut hidden_level = 0_i64;
    let mut current_index = 0;
    let mut current_level = 0;
    for (index, item) in path.iter().enumerate().rev() {
        hidden_level += i64::from(item.root_of_closed_tree);
        if *item.invocation_target == *current {
            (current_index, current_level) = (index, hidden_level);
            break;
        }
        hidden_level -= i64::from(item.slot_in_closed_tree);
    }
    // Steps 10 to 12: from there towards the target.
    let mut inner = Vec::new();
    let (mut level, mut max) = (current_level, current_level);
    for item in path.iter().take(current_index).rev() {
        level += i64::from(item.root_of_closed_tree);
        if level <= max {
            inner.push((*item.invocation_target).clone());
        }
        if item.slot_in_closed_tree {
            level -= 1;
            max = max.min(level);
        }
    }
    let mut composed: Vec<_> = inner.into_iter().rev().collect();
    composed.push(current.root());
    // Steps 13 to 15: from there out.
    let (mut level, mut max) = (current_level, current_level);
    for item in path.iter().skip(current_index + 1) {
        level += i64::from(item.slot_in_closed_tree);
        if level <= max {
            composed.push((*item.invocation_target).clone());
        }
        if item.root_of_closed_tree {
            level -= 1;
            max = max.min(level);
        }
    }
    composed
}

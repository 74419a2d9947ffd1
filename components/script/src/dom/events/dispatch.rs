//! [Event dispatch](https://dom.spec.whatwg.org/#concept-event-dispatch).

use bgfetch_js::{Fallible, Member, PlatformObject, Realm, Root};

use super::event_target::{EventTarget, Listener};
use super::path::{self, PathItem};
use crate::dom::html::activation::Activation;
use crate::dom::{Event, HTMLFormElement, Node, ShadowRoot, Window};
use crate::report;

impl EventTarget {
    /// [Dispatches](https://dom.spec.whatwg.org/#concept-event-dispatch) `event` here; `false` if it was canceled.
    pub(crate) fn dispatch(&self, realm: &Realm, event: &Root<Event>) -> Fallible<bool> {
        self.dispatch_as(realm, event, self.root())
    }

    /// Dispatches `event` here with the
    /// [legacy target override flag](https://dom.spec.whatwg.org/#concept-event-dispatch): a window's document is what
    /// listeners see as the target.
    pub(crate) fn dispatch_for_document(&self, realm: &Realm, event: &Root<Event>) -> Fallible<bool> {
        let document = self.root().downcast::<Window>().and_then(|window| window.current_document());
        let target_override = document.map_or_else(|| self.root(), |document| document.upcast());
        self.dispatch_as(realm, event, target_override)
    }

    fn dispatch_as(
        &self,
        realm: &Realm,
        event: &Root<Event>,
        target_override: Root<EventTarget>,
    ) -> Fallible<bool> {
        let target = self.root();
        // Step 1.
        event.flags.dispatch.set(true);
        // Step 4.
        let related = event.related();
        let retargeted = related.clone().map(|related| path::retarget(related, &target));
        let mut clear_targets = false;
        let mut activation = Activation::none();
        // Step 6.
        if retargeted.as_ref() != Some(&target) || related.as_ref() == Some(&target) {
            let path = path::build(event, &target, target_override, retargeted);
            // Steps 6.10 and 6.11.
            clear_targets = must_clear(&path.items);
            event.path.replace(path.items);
            // Step 6.12.
            activation = Activation::prepare(path.activation_target);
            // Steps 6.13 and 6.14.
            walk(realm, event);
        }
        // Steps 7 to 10.
        event.phase.set(Event::NONE);
        let current = event.current_target.replace(None);
        let path = event.path.take();
        drop((current, path));
        event.flags.dispatch.set(false);
        event.flags.stop_propagation.set(false);
        event.flags.stop_immediate_propagation.set(false);
        // Step 11.
        if clear_targets {
            let target = event.target.replace(None);
            drop(target);
            event.set_related(None);
        }
        // Step 12.
        activation.finish(realm, event)?;
        // Step 13.
        Ok(!event.is_canceled())
    }
}

/// Step 6.11: whether what is left in the event would tell of nodes in a shadow tree.
fn must_clear(path: &[PathItem]) -> bool {
    let Some(last) = path.iter().rev().find(|item| item.target.is_some()) else { return false };
    let in_shadow_tree = |target: &Option<Member<EventTarget>>| {
        let node = target.as_ref().and_then(|target| target.downcast::<Node>());
        node.is_some_and(|node| node.tree_root().downcast::<ShadowRoot>().is_some())
    };
    in_shadow_tree(&last.target) || in_shadow_tree(&last.related_target)
}

/// What the invocation of one item of a path needs of it, so that nothing stays borrowed while script runs.
struct Stop {
    current: Root<EventTarget>,
    target: Option<Root<EventTarget>>,
    related_target: Option<Root<EventTarget>>,
    in_shadow_tree: bool,
    at_target: bool,
}

/// The items of an event's path, each with the target that it shows.
fn stops(event: &Event) -> Vec<Stop> {
    let root = |member: &Option<Member<EventTarget>>| member.as_ref().map(|member| (**member).clone());
    let mut target = None;
    let path = event.path.borrow();
    let stop = |item: &PathItem| {
        // [Invoke](https://dom.spec.whatwg.org/#concept-event-listener-invoke), steps 1 and 2.
        target = root(&item.target).or_else(|| target.clone());
        Stop {
            current: (*item.invocation_target).clone(),
            target: target.clone(),
            related_target: root(&item.related_target),
            in_shadow_tree: item.in_shadow_tree,
            at_target: item.target.is_some(),
        }
    };
    path.iter().map(stop).collect()
}

/// Steps 6.13 and 6.14: capture from the outermost in, then bubble from the target out.
fn walk(realm: &Realm, event: &Root<Event>) {
    let stops = stops(event);
    for stop in stops.iter().rev() {
        event.phase.set(if stop.at_target { Event::AT_TARGET } else { Event::CAPTURING_PHASE });
        invoke(realm, stop, event, true);
    }
    for stop in &stops {
        if !stop.at_target && !event.bubbles_flag() {
            continue;
        }
        event.phase.set(if stop.at_target { Event::AT_TARGET } else { Event::BUBBLING_PHASE });
        invoke(realm, stop, event, false);
    }
}

/// Whether it is a form that is told of what another form below it does. No standard says so, but all browsers keep the
/// submission and the reset of a form from the forms around it, which script can make though markup cannot.
fn is_of_nested_form(stop: &Stop, event: &Event) -> bool {
    matches!(&*event.type_name(), "submit" | "reset")
        && stop.target.as_ref() != Some(&stop.current)
        && stop.current.downcast::<HTMLFormElement>().is_some()
}

/// [Legacy event types](https://dom.spec.whatwg.org/#concept-event-listener-invoke), step 11.2.
const LEGACY_TYPES: [(&str, &str); 4] = [
    ("animationend", "webkitAnimationEnd"),
    ("animationiteration", "webkitAnimationIteration"),
    ("animationstart", "webkitAnimationStart"),
    ("transitionend", "webkitTransitionEnd"),
];

/// [Invoke](https://dom.spec.whatwg.org/#concept-event-listener-invoke).
fn invoke(realm: &Realm, stop: &Stop, event: &Root<Event>, capturing: bool) {
    // Steps 3 and 4.
    let before = event.target.replace(stop.target.clone().map(Into::into));
    drop(before);
    event.set_related(stop.related_target.clone());
    // Step 6.
    if event.flags.stop_propagation.get() {
        return;
    }
    if !capturing && is_of_nested_form(stop, event) {
        event.flags.stop_propagation.set(true);
        return;
    }
    // Step 7.
    let before = event.current_target.replace(Some(stop.current.clone().into()));
    drop(before);
    // Step 8: listeners added from here on are not called.
    let listeners = stop.current.listeners();
    // Step 10.
    let found = inner_invoke(realm, stop, event, &listeners, capturing);
    // Step 11.
    if !found && event.trusted_flag() {
        let original = event.type_name();
        let legacy = LEGACY_TYPES.iter().find(|(current, _)| original == *current);
        if let Some((_, legacy)) = legacy {
            event.set_type((*legacy).into());
            inner_invoke(realm, stop, event, &listeners, capturing);
            event.set_type(original);
        }
    }
}

/// [Inner invoke](https://dom.spec.whatwg.org/#concept-event-listener-inner-invoke); whether there was a listener.
fn inner_invoke(
    realm: &Realm,
    stop: &Stop,
    event: &Root<Event>,
    listeners: &[Listener],
    capturing: bool,
) -> bool {
    let event_type = event.type_name();
    let mut found = false;
    for listener in listeners.iter().filter(|listener| listener.event_type == event_type) {
        if !stop.current.has_listener_with_id(listener.id) {
            continue;
        }
        // Steps 2.2 to 2.4.
        found = true;
        if listener.capture != capturing {
            continue;
        }
        // Step 2.5.
        if listener.once {
            stop.current.remove_listener(listener.id);
        }
        // Steps 2.6 to 2.8.
        let callback_realm = listener.realm(realm, &stop.current);
        let window = callback_realm.global_as::<Window>();
        let outer = window.as_ref().map(|window| {
            let current = if stop.in_shadow_tree { window.current_event() } else { Some(event.clone()) };
            window.replace_current_event(current)
        });
        // Steps 2.9 to 2.12; nothing here wants to know how long a listener takes (step 2.10).
        event.flags.in_passive_listener.set(listener.passive);
        if let Err(exception) = listener.call(realm, &stop.current, event) {
            report::report_exception(&callback_realm, exception);
        }
        event.flags.in_passive_listener.set(false);
        // Step 2.13.
        if let (Some(window), Some(outer)) = (window, outer) {
            window.replace_current_event(outer);
        }
        // Step 2.14.
        if event.flags.stop_immediate_propagation.get() {
            break;
        }
    }
    found
}

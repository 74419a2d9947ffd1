//! [Event handlers](https://html.spec.whatwg.org/multipage/webappapis.html#event-handlers): `onclick` and the like, as
//! IDL attributes and, on elements, as content attributes.

use bgfetch_js::{
    Callback, Fallible, Object, PlatformObject, Realm, Root, ToJs, Trace, Traced, Tracer, Value,
};

use super::event_target::EventTarget;
use crate::dom::{ErrorEvent, Event};

/// An event handler of a target.
pub(crate) struct Handler {
    /// What was set: any object, of which only callable ones are called.
    value: Option<Traced<Object>>,
    /// Its listener; it keeps its place in the order when the value changes.
    listener: u64,
}

impl Trace for Handler {
    fn trace(&self, tracer: &mut Tracer) {
        self.value.trace(tracer);
    }
}

/// The value of an event handler IDL attribute.
pub(crate) fn get(_: &Realm, target: &EventTarget, name: &'static str) -> Fallible<Value> {
    let handlers = target.handlers.borrow();
    let value = handlers.get(name).and_then(|handler| handler.value.as_ref());
    Ok(value.map_or(Value::NULL, |object| object.as_value().clone()))
}

/// Sets an event handler IDL attribute; what is not an object counts as `null`.
pub(crate) fn set(realm: &Realm, target: &EventTarget, name: &'static str, value: &Value) -> Fallible<()> {
    let Some(object) = value.as_object() else {
        // [Deactivate an event handler](https://html.spec.whatwg.org/multipage/webappapis.html#deactivate-an-event-handler).
        let removed = target.handlers.borrow_mut().remove(name);
        if let Some(handler) = &removed {
            target.remove_listener(handler.listener);
        }
        return Ok(());
    };
    crate::dom::messaging::message_port::handler_set(realm, target, name)?;
    crate::dom::service_worker::service_worker_container::handler_set(realm, target, name);
    crate::dom::service_worker::functional_events::listener_added(realm, target, name);
    // [Activate an event handler](https://html.spec.whatwg.org/multipage/webappapis.html#activate-an-event-handler).
    let known = target.handlers.borrow().get(name).map(|handler| handler.listener);
    let listener = known.unwrap_or_else(|| target.add_handler_listener(name));
    let replaced =
        target.handlers.borrow_mut().insert(name, Handler { value: Some(object.into()), listener });
    drop(replaced);
    Ok(())
}

/// [The event handler processing algorithm](https://html.spec.whatwg.org/multipage/webappapis.html#the-event-handler-processing-algorithm).
pub(super) fn process(
    realm: &Realm,
    current: &Root<EventTarget>,
    event: &Root<Event>,
    name: &str,
) -> Fallible<()> {
    let value = current.handlers.borrow().get(name).and_then(|handler| handler.value.clone());
    // Steps 1 and 2.
    let Some(callback) = value.and_then(|object| Callback::new(object.as_value()).ok()) else {
        return Ok(());
    };
    // Step 3.
    let is_global = realm.global().is_same(&current.to_object());
    let error = event.downcast::<ErrorEvent>().filter(|_| is_global && name == "error");
    // Step 4.
    let result = match &error {
        Some(error) => callback.call(realm, current.as_value(), &error.handler_arguments(realm)?)?,
        None => callback.call(realm, current.as_value(), &[event.to_js(realm)?])?,
    };
    // Step 5.
    let cancels = match error {
        Some(_) => result.as_bool() == Some(true),
        None => result.as_bool() == Some(false),
    };
    if cancels {
        event.cancel();
    }
    Ok(())
}

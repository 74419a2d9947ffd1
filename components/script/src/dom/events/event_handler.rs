//! [Event handlers](https://html.spec.whatwg.org/multipage/webappapis.html#event-handlers): `onclick` and the like, as
//! IDL attributes and, on elements, as content attributes.

use bgfetch_js::{
    Callback, DomString, Fallible, FromJs, Object, PlatformObject, Realm, Root, ToJs, Trace, Traced, Tracer,
    Value,
};

use super::event_target::EventTarget;
use crate::dom::html::content_handlers;
use crate::dom::{BeforeUnloadEvent, ErrorEvent, Event};
use crate::report;

/// An event handler of a target.
pub(crate) struct Handler {
    value: HandlerValue,
    /// Its listener; it keeps its place in the order when the value changes.
    listener: u64,
}

/// [The value of an event handler](https://html.spec.whatwg.org/multipage/webappapis.html#event-handler-value).
enum HandlerValue {
    /// What was set: any object, of which only callable ones are called.
    Object(Traced<Object>),
    /// [Internal raw uncompiled handler](https://html.spec.whatwg.org/multipage/webappapis.html#internal-raw-uncompiled-handler):
    /// a content attribute's text, compiled when it is first needed.
    Source(String),
    /// The text was no function. The listener stays where it is, for a later value.
    Null,
}

impl Trace for Handler {
    fn trace(&self, tracer: &mut Tracer) {
        if let HandlerValue::Object(object) = &self.value {
            object.trace(tracer);
        }
    }
}

/// The value of an event handler IDL attribute.
pub(crate) fn get(realm: &Realm, target: &EventTarget, name: &'static str) -> Fallible<Value> {
    let target = content_handlers::determine_target(&target.root(), name);
    let value = target.and_then(|target| current_value(realm, &target, name));
    Ok(value.map_or(Value::NULL, Object::into_value))
}

/// [Gets the current value](https://html.spec.whatwg.org/multipage/webappapis.html#getting-the-current-value-of-the-event-handler)
/// of an event handler.
fn current_value(realm: &Realm, target: &Root<EventTarget>, name: &str) -> Option<Object> {
    let source = {
        let handlers = target.handlers.borrow();
        match &handlers.get(name)?.value {
            HandlerValue::Object(object) => return Some((**object).clone()),
            HandlerValue::Source(source) => source.clone(),
            HandlerValue::Null => return None,
        }
    };
    // Steps 3.3 and 3.4.
    let document = content_handlers::document_of(target)?;
    if !document.runs_scripts() {
        return None;
    }
    let realm = document.realm().unwrap_or_else(|| realm.clone());
    let (value, compiled) = match content_handlers::compile(&realm, target, &document, name, &source) {
        Ok(function) => {
            let object = function.as_object().clone();
            (HandlerValue::Object(object.clone().into()), Ok(object))
        }
        // Step 3.8.
        Err(exception) => (HandlerValue::Null, Err(exception)),
    };
    let replaced = match target.handlers.borrow_mut().get_mut(name) {
        Some(handler) => Some(std::mem::replace(&mut handler.value, value)),
        None => None,
    };
    drop(replaced);
    compiled.map_err(|exception| report::report_exception(&realm, exception)).ok()
}

/// The [associated realm](https://webidl.spec.whatwg.org/#dfn-associated-realm) of an event handler's callback; of one that is
/// not compiled yet, the realm in which it will be.
pub(super) fn callback_realm(realm: &Realm, target: &Root<EventTarget>, name: &str) -> Realm {
    let object = match target.handlers.borrow().get(name).map(|handler| &handler.value) {
        Some(HandlerValue::Object(object)) => Some((**object).clone()),
        _ => None,
    };
    match object {
        Some(object) => object.associated_realm(realm),
        None => content_handlers::document_of(target)
            .and_then(|document| document.realm())
            .unwrap_or_else(|| realm.clone()),
    }
}

/// Sets an event handler IDL attribute; what is not an object counts as `null`.
pub(crate) fn set(realm: &Realm, target: &EventTarget, name: &'static str, value: &Value) -> Fallible<()> {
    let Some(target) = content_handlers::determine_target(&target.root(), name) else { return Ok(()) };
    match value.as_object() {
        Some(object) => activate(realm, &target, name, HandlerValue::Object(object.into())),
        None => {
            deactivate(&target, name);
            Ok(())
        }
    }
}

/// Sets an event handler by its content attribute; `None` if that was removed.
pub(crate) fn set_source(
    realm: &Realm,
    target: &Root<EventTarget>,
    name: &'static str,
    source: Option<&str>,
) -> Fallible<()> {
    let Some(target) = content_handlers::determine_target(target, name) else { return Ok(()) };
    match source {
        Some(source) => activate(realm, &target, name, HandlerValue::Source(source.to_owned())),
        None => {
            deactivate(&target, name);
            Ok(())
        }
    }
}

/// [Deactivates an event handler](https://html.spec.whatwg.org/multipage/webappapis.html#deactivate-an-event-handler).
fn deactivate(target: &EventTarget, name: &str) {
    let removed = target.handlers.borrow_mut().remove(name);
    if let Some(handler) = &removed {
        target.remove_listener(handler.listener);
    }
}

/// [Activates an event handler](https://html.spec.whatwg.org/multipage/webappapis.html#activate-an-event-handler).
fn activate(realm: &Realm, target: &EventTarget, name: &'static str, value: HandlerValue) -> Fallible<()> {
    crate::dom::messaging::message_port::handler_set(realm, target, name)?;
    crate::dom::service_worker::service_worker_container::handler_set(realm, target, name);
    crate::dom::service_worker::functional_events::listener_added(realm, target, name);
    let known = target.handlers.borrow().get(name).map(|handler| handler.listener);
    let listener = known.unwrap_or_else(|| target.add_handler_listener(name));
    let replaced = target.handlers.borrow_mut().insert(name, Handler { value, listener });
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
    // Steps 1 and 2.
    let value = current_value(realm, current, name);
    let Some(callback) = value.and_then(|object| Callback::new(object.as_value()).ok()) else {
        return Ok(());
    };
    // Step 3.
    let is_global = realm.global().is_same(&current.to_object());
    let error = event.downcast::<ErrorEvent>().filter(|_| is_global && name == "error");
    // Step 4.
    let result = match &error {
        Some(error) => callback.call(realm, &current.to_value(), &error.handler_arguments(realm)?)?,
        None => callback.call(realm, &current.to_value(), &[event.to_js(realm)?])?,
    };
    // Step 5.
    if error.is_some() {
        if result.as_bool() == Some(true) {
            event.cancel();
        }
    } else if let Some(question) = event.downcast::<BeforeUnloadEvent>().filter(|_| name == "beforeunload") {
        // The return type is `DOMString?`.
        if !result.is_nullish() {
            let text = DomString::from_js(realm, &result)?;
            event.cancel();
            if question.question().is_empty() {
                question.set_question(text);
            }
        }
    } else if result.as_bool() == Some(false) {
        event.cancel();
    }
    Ok(())
}

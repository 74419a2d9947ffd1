//! [`ErrorEvent`](https://html.spec.whatwg.org/multipage/webappapis.html#the-errorevent-interface).

use bgfetch_js::{
    DomString, ErrorLocation, Fallible, Realm, ToJs, Traced, Value, platform_object, trace_fields,
};

use crate::bindings::{ErrorEventInit, ErrorEventMethods, EventInit};
use crate::dom::{Event, EventTarget};

/// `ErrorEvent`.
pub(crate) struct ErrorEvent {
    event: Event,
    message: DomString,
    filename: String,
    lineno: u32,
    colno: u32,
    error: Traced<Value>,
}

trace_fields!(ErrorEvent { event, error });
platform_object!(ErrorEvent: Event via event);

impl ErrorEvent {
    /// What an `onerror` handler of a global object is called with.
    pub(super) fn handler_arguments(&self, realm: &Realm) -> Fallible<[Value; 5]> {
        Ok([
            self.message.to_value(realm)?,
            self.filename.as_str().to_js(realm)?,
            self.lineno.to_js(realm)?,
            self.colno.to_js(realm)?,
            (*self.error).clone(),
        ])
    }
}

/// Fires an `error` event for an uncaught exception at a realm's global object; whether something handled it.
pub(crate) fn fire_at_global(
    realm: &Realm,
    description: &str,
    location: &ErrorLocation,
    error: &Value,
) -> bool {
    let Some(global) = realm.global_as::<EventTarget>() else { return false };
    fire(realm, &global, &format!("Uncaught {description}"), location, error)
}

/// Fires an `error` event with a message at a target; whether something handled it.
pub(crate) fn fire(
    realm: &Realm,
    target: &EventTarget,
    message: &str,
    location: &ErrorLocation,
    error: &Value,
) -> bool {
    let init = EventInit { cancelable: true, ..EventInit::default() };
    let made = realm.wrap(ErrorEvent {
        event: Event::new_inherited(realm, "error".into(), &init),
        message: message.into(),
        filename: location.file.clone(),
        lineno: location.line,
        colno: location.column,
        error: error.clone().into(),
    });
    let Ok(event) = made else { return false };
    event.set_trusted();
    matches!(target.dispatch(realm, &event.upcast()), Ok(false))
}

/// Fires the `error` event of a script with muted errors at a realm's global object; whether something handled it.
pub(crate) fn fire_muted(realm: &Realm) -> bool {
    let Some(global) = realm.global_as::<EventTarget>() else { return false };
    let init = EventInit { cancelable: true, ..EventInit::default() };
    let made = realm.wrap(ErrorEvent {
        event: Event::new_inherited(realm, "error".into(), &init),
        message: "Script error.".into(),
        filename: String::new(),
        lineno: 0,
        colno: 0,
        error: Value::NULL.into(),
    });
    let Ok(event) = made else { return false };
    event.set_trusted();
    matches!(global.dispatch(realm, &event.upcast()), Ok(false))
}

impl ErrorEventMethods for ErrorEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: ErrorEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            message: event_init_dict.message,
            filename: event_init_dict.filename,
            lineno: event_init_dict.lineno,
            colno: event_init_dict.colno,
            error: event_init_dict.error.unwrap_or_default().into(),
        })
    }

    fn message(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.message.clone())
    }

    fn filename(&self, _: &Realm) -> Fallible<String> {
        Ok(self.filename.clone())
    }

    fn lineno(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.lineno)
    }

    fn colno(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.colno)
    }

    fn error(&self, _: &Realm) -> Fallible<Value> {
        Ok((*self.error).clone())
    }
}

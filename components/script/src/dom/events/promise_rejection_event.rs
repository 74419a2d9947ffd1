//! [`PromiseRejectionEvent`](https://html.spec.whatwg.org/multipage/webappapis.html#the-promiserejectionevent-interface).

use bgfetch_js::{DomString, Fallible, Object, Promise, Realm, Traced, Value, platform_object, trace_fields};

use crate::bindings::{EventInit, PromiseRejectionEventInit, PromiseRejectionEventMethods};
use crate::dom::{Event, EventTarget};

/// `PromiseRejectionEvent`.
pub(crate) struct PromiseRejectionEvent {
    event: Event,
    promise: Traced<Object>,
    reason: Traced<Value>,
}

trace_fields!(PromiseRejectionEvent { event, promise, reason });
platform_object!(PromiseRejectionEvent: Event via event);

/// Fires `unhandledrejection` or `rejectionhandled` at a realm's global object; `false` if it was canceled.
pub(crate) fn fire_at_global(
    realm: &Realm,
    event_type: &str,
    promise: &Promise<Value>,
    reason: &Value,
) -> Fallible<bool> {
    let Some(global) = realm.global_as::<EventTarget>() else { return Ok(true) };
    let init = EventInit { cancelable: event_type == "unhandledrejection", ..EventInit::default() };
    let event = realm.wrap(PromiseRejectionEvent {
        event: Event::new_inherited(realm, event_type.into(), &init),
        promise: promise.as_object().clone().into(),
        reason: reason.clone().into(),
    })?;
    event.set_trusted();
    global.dispatch(realm, &event.upcast())
}

impl PromiseRejectionEventMethods for PromiseRejectionEvent {
    fn constructor(
        realm: &Realm,
        type_: DomString,
        event_init_dict: PromiseRejectionEventInit,
    ) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            promise: event_init_dict.promise.into(),
            reason: event_init_dict.reason.unwrap_or_default().into(),
        })
    }

    fn promise(&self, _: &Realm) -> Fallible<Object> {
        Ok((*self.promise).clone())
    }

    fn reason(&self, _: &Realm) -> Fallible<Value> {
        Ok((*self.reason).clone())
    }
}

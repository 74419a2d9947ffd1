//! [`createEvent()`](https://dom.spec.whatwg.org/#dom-document-createevent).

use bgfetch_js::{DomString, Exception, Fallible, PlatformObject, Realm, Root};

use crate::bindings::{
    CompositionEventMethods, CustomEventMethods, DragEventMethods, EventInit, FocusEventMethods,
    HashChangeEventMethods, KeyboardEventMethods, MessageEventMethods, MouseEventMethods,
    StorageEventMethods, UIEventMethods,
};
use crate::dom::{
    BeforeUnloadEvent, CompositionEvent, CustomEvent, DragEvent, Event, FocusEvent, HashChangeEvent,
    KeyboardEvent, MessageEvent, MouseEvent, StorageEvent, TextEvent, UIEvent,
};

/// An event of the interface that one of the old names means, not yet initialized.
pub(crate) fn create(realm: &Realm, interface: &DomString) -> Fallible<Root<Event>> {
    let name = DomString::default();
    let event = match interface.to_ascii_lowercase().as_str() {
        "event" | "events" | "htmlevents" | "svgevents" => {
            realm.wrap(Event::new_inherited(realm, name, &EventInit::default()))
        }
        "beforeunloadevent" => wrap(realm, Ok(BeforeUnloadEvent::new(realm))),
        "compositionevent" => wrap(realm, CompositionEvent::constructor(realm, name, Default::default())),
        "customevent" => wrap(realm, CustomEvent::constructor(realm, name, Default::default())),
        "dragevent" => wrap(realm, DragEvent::constructor(realm, name, Default::default())),
        "focusevent" => wrap(realm, FocusEvent::constructor(realm, name, Default::default())),
        "hashchangeevent" => wrap(realm, HashChangeEvent::constructor(realm, name, Default::default())),
        "keyboardevent" => wrap(realm, KeyboardEvent::constructor(realm, name, Default::default())),
        "messageevent" => wrap(realm, MessageEvent::constructor(realm, name, Default::default())),
        "mouseevent" | "mouseevents" => wrap(realm, MouseEvent::constructor(realm, name, Default::default())),
        "storageevent" => wrap(realm, StorageEvent::constructor(realm, name, Default::default())),
        "textevent" => wrap(realm, Ok(TextEvent::new(realm))),
        "uievent" | "uievents" => wrap(realm, UIEvent::constructor(realm, name, Default::default())),
        _ => {
            let message = format!("{interface:?} is no interface that createEvent() makes events of");
            return Err(Exception::dom("NotSupportedError", message));
        }
    }?;
    event.set_uninitialized();
    Ok(event)
}

fn wrap<T>(realm: &Realm, event: Fallible<T>) -> Fallible<Root<Event>>
where
    T: PlatformObject + bgfetch_js::DerivedFrom<Event>,
{
    Ok(realm.wrap(event?)?.upcast())
}

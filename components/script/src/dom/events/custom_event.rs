//! [`CustomEvent`](https://dom.spec.whatwg.org/#interface-customevent).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Realm, Traced, Value, platform_object, trace_fields};

use crate::bindings::{CustomEventInit, CustomEventMethods, EventMethods};
use crate::dom::Event;

/// `CustomEvent`.
pub(crate) struct CustomEvent {
    event: Event,
    detail: RefCell<Traced<Value>>,
}

trace_fields!(CustomEvent { event, detail });
platform_object!(CustomEvent: Event via event);

impl CustomEventMethods for CustomEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: CustomEventInit) -> Fallible<Self> {
        let event = Event::new_inherited(realm, type_, &event_init_dict.parent);
        Ok(Self { event, detail: RefCell::new(event_init_dict.detail.into()) })
    }

    fn detail(&self, _: &Realm) -> Fallible<Value> {
        Ok((**self.detail.borrow()).clone())
    }

    fn init_custom_event(
        &self,
        realm: &Realm,
        type_: DomString,
        bubbles: bool,
        cancelable: bool,
        detail: Value,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.event.init_event(realm, type_, bubbles, cancelable)?;
        let replaced = self.detail.replace(detail.into());
        drop(replaced);
        Ok(())
    }
}

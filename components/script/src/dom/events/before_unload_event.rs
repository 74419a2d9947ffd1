//! [`BeforeUnloadEvent`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-beforeunloadevent-interface).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use crate::bindings::{BeforeUnloadEventMethods, EventInit};
use crate::dom::Event;

/// `BeforeUnloadEvent`.
pub(crate) struct BeforeUnloadEvent {
    event: Event,
    return_value: RefCell<DomString>,
}

trace_fields!(BeforeUnloadEvent { event });
platform_object!(BeforeUnloadEvent: Event via event);

impl BeforeUnloadEvent {
    /// An event that is not initialized yet.
    pub(super) fn new(realm: &Realm) -> Self {
        let event = Event::new_inherited(realm, DomString::default(), &EventInit::default());
        Self { event, return_value: RefCell::default() }
    }

    /// What the page would ask.
    pub(crate) fn question(&self) -> DomString {
        self.return_value.borrow().clone()
    }

    /// Sets what the page would ask.
    pub(super) fn set_question(&self, text: DomString) {
        self.return_value.replace(text);
    }
}

impl BeforeUnloadEventMethods for BeforeUnloadEvent {
    fn return_value(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.question())
    }

    fn set_return_value(&self, _: &Realm, value: DomString) -> Fallible<()> {
        self.set_question(value);
        Ok(())
    }
}

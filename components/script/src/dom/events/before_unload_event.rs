//! [`BeforeUnloadEvent`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-beforeunloadevent-interface).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use crate::bindings::{BeforeUnloadEventMethods, EventInit};
use crate::dom::{Event, Window};

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

    /// Fires `beforeunload` at a realm's window.
    pub(crate) fn fire(realm: &Realm) -> Fallible<()> {
        let Some(window) = realm.global_as::<Window>() else { return Ok(()) };
        let init = EventInit { cancelable: true, ..EventInit::default() };
        let event = Event::new_inherited(realm, "beforeunload".into(), &init);
        let event = realm.wrap(Self { event, return_value: RefCell::default() })?;
        event.set_trusted();
        window.dispatch_for_document(realm, &event.upcast()).map(drop)
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

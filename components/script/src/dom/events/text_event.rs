//! [`TextEvent`](https://w3c.github.io/uievents/#interface-textevent).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::{TextEventMethods, UIEventInit};
use crate::dom::{UIEvent, Window};

/// `TextEvent`: only `createEvent()` makes one.
pub(crate) struct TextEvent {
    ui_event: UIEvent,
    data: RefCell<DomString>,
}

trace_fields!(TextEvent { ui_event });
platform_object!(TextEvent: UIEvent via ui_event);

impl TextEvent {
    /// An event that is not initialized yet.
    pub(super) fn new(realm: &Realm) -> Self {
        let ui_event = UIEvent::new_inherited(realm, DomString::default(), &UIEventInit::default());
        Self { ui_event, data: RefCell::default() }
    }
}

impl TextEventMethods for TextEvent {
    fn data(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.data.borrow().clone())
    }

    fn init_text_event(
        &self,
        realm: &Realm,
        type_: DomString,
        bubbles: bool,
        cancelable: bool,
        view: Option<Root<Window>>,
        data: DomString,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.ui_event.initialize(realm, type_, (bubbles, cancelable), view, 0)?;
        self.data.replace(data);
        Ok(())
    }
}

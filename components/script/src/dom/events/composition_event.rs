//! [`CompositionEvent`](https://w3c.github.io/uievents/#interface-compositionevent).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::{CompositionEventInit, CompositionEventMethods};
use crate::dom::{UIEvent, Window};

/// `CompositionEvent`.
pub(crate) struct CompositionEvent {
    ui_event: UIEvent,
    data: RefCell<String>,
}

trace_fields!(CompositionEvent { ui_event });
platform_object!(CompositionEvent: UIEvent via ui_event);

impl CompositionEventMethods for CompositionEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: CompositionEventInit) -> Fallible<Self> {
        Ok(Self {
            ui_event: UIEvent::new_inherited(realm, type_, &event_init_dict.parent),
            data: RefCell::new(event_init_dict.data.into_string()),
        })
    }

    fn data(&self, _: &Realm) -> Fallible<String> {
        Ok(self.data.borrow().clone())
    }

    fn init_composition_event(
        &self,
        realm: &Realm,
        type_arg: DomString,
        bubbles_arg: bool,
        cancelable_arg: bool,
        view_arg: Option<Root<Window>>,
        data_arg: DomString,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.ui_event.initialize(realm, type_arg, (bubbles_arg, cancelable_arg), view_arg, 0)?;
        self.data.replace(data_arg.into_string());
        Ok(())
    }
}

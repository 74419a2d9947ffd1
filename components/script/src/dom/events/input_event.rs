//! [`InputEvent`](https://w3c.github.io/uievents/#interface-inputevent).

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use crate::bindings::{InputEventInit, InputEventMethods};
use crate::dom::UIEvent;

/// `InputEvent`.
pub(crate) struct InputEvent {
    ui_event: UIEvent,
    data: Option<String>,
    is_composing: bool,
    input_type: DomString,
}

trace_fields!(InputEvent { ui_event });
platform_object!(InputEvent: UIEvent via ui_event);

impl InputEventMethods for InputEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: InputEventInit) -> Fallible<Self> {
        Ok(Self {
            ui_event: UIEvent::new_inherited(realm, type_, &event_init_dict.parent),
            data: event_init_dict.data.map(DomString::into_string),
            is_composing: event_init_dict.is_composing,
            input_type: event_init_dict.input_type,
        })
    }

    fn data(&self, _: &Realm) -> Fallible<Option<String>> {
        Ok(self.data.clone())
    }

    fn is_composing(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_composing)
    }

    fn input_type(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.input_type.clone())
    }
}

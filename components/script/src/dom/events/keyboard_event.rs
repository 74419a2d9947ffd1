//! [`KeyboardEvent`](https://w3c.github.io/uievents/#interface-keyboardevent).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use super::mouse_event::more_modifiers;
use crate::bindings::{KeyboardEventInit, KeyboardEventMethods};
use crate::dom::{UIEvent, Window};

/// `KeyboardEvent`.
pub(crate) struct KeyboardEvent {
    ui_event: UIEvent,
    key: RefCell<DomString>,
    code: DomString,
    location: Cell<u32>,
    /// Control, shift, alt, meta.
    modifiers: Cell<[bool; 4]>,
    /// Names of further modifiers that are active.
    more_modifiers: Vec<&'static str>,
    repeat: bool,
    is_composing: bool,
    char_code: u32,
    key_code: u32,
}

trace_fields!(KeyboardEvent { ui_event });
platform_object!(KeyboardEvent: UIEvent via ui_event);

impl KeyboardEventMethods for KeyboardEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: KeyboardEventInit) -> Fallible<Self> {
        let keys = &event_init_dict.parent;
        Ok(Self {
            ui_event: UIEvent::new_inherited(realm, type_, &keys.parent),
            location: Cell::new(event_init_dict.location),
            modifiers: Cell::new([keys.ctrl_key, keys.shift_key, keys.alt_key, keys.meta_key]),
            more_modifiers: more_modifiers(keys),
            key: RefCell::new(event_init_dict.key),
            code: event_init_dict.code,
            repeat: event_init_dict.repeat,
            is_composing: event_init_dict.is_composing,
            char_code: event_init_dict.char_code,
            key_code: event_init_dict.key_code,
        })
    }

    fn key(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.key.borrow().clone())
    }

    fn code(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.code.clone())
    }

    fn location(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.location.get())
    }

    fn ctrl_key(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.modifiers.get()[0])
    }

    fn shift_key(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.modifiers.get()[1])
    }

    fn alt_key(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.modifiers.get()[2])
    }

    fn meta_key(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.modifiers.get()[3])
    }

    fn repeat(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.repeat)
    }

    fn is_composing(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_composing)
    }

    fn char_code(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.char_code)
    }

    fn key_code(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.key_code)
    }

    fn get_modifier_state(&self, _: &Realm, key_arg: DomString) -> Fallible<bool> {
        let names = ["Control", "Shift", "Alt", "Meta"];
        let active = names.iter().zip(self.modifiers.get()).any(|(name, active)| active && key_arg == *name);
        Ok(active || self.more_modifiers.iter().any(|name| key_arg == *name))
    }

    fn init_keyboard_event(
        &self,
        realm: &Realm,
        type_arg: DomString,
        bubbles_arg: bool,
        cancelable_arg: bool,
        view_arg: Option<Root<Window>>,
        key_arg: DomString,
        location_arg: u32,
        ctrl_key: bool,
        alt_key: bool,
        shift_key: bool,
        meta_key: bool,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.ui_event.initialize(realm, type_arg, (bubbles_arg, cancelable_arg), view_arg, 0)?;
        self.key.replace(key_arg);
        self.location.set(location_arg);
        self.modifiers.set([ctrl_key, shift_key, alt_key, meta_key]);
        Ok(())
    }
}

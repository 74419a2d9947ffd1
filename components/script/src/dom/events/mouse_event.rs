//! [`MouseEvent`](https://w3c.github.io/pointerevents/#dom-mouseevent).

use std::cell::Cell;

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::{EventModifierInit, MouseEventInit, MouseEventMethods};
use crate::dom::{EventTarget, UIEvent, Window};

/// `MouseEvent`.
pub(crate) struct MouseEvent {
    ui_event: UIEvent,
    screen: Cell<(i32, i32)>,
    client: Cell<(i32, i32)>,
    /// Control, shift, alt, meta.
    modifiers: Cell<[bool; 4]>,
    /// Names of further modifiers that are active.
    more_modifiers: Vec<&'static str>,
    button: Cell<i16>,
    buttons: u16,
}

trace_fields!(MouseEvent { ui_event });
platform_object!(MouseEvent: UIEvent via ui_event);

impl MouseEvent {
    /// For interfaces that inherit.
    pub(crate) fn new_inherited(realm: &Realm, event_type: DomString, init: &MouseEventInit) -> Self {
        let keys = &init.parent;
        let ui_event = UIEvent::new_inherited(realm, event_type, &keys.parent);
        ui_event.set_related(init.related_target.clone());
        Self {
            ui_event,
            screen: Cell::new((init.screen_x, init.screen_y)),
            client: Cell::new((init.client_x, init.client_y)),
            modifiers: Cell::new([keys.ctrl_key, keys.shift_key, keys.alt_key, keys.meta_key]),
            more_modifiers: more_modifiers(keys),
            button: Cell::new(init.button),
            buttons: init.buttons,
        }
    }
}

/// The modifiers that have no attribute of their own, of which are active.
pub(super) fn more_modifiers(keys: &EventModifierInit) -> Vec<&'static str> {
    let all = [
        (keys.modifier_alt_graph, "AltGraph"),
        (keys.modifier_caps_lock, "CapsLock"),
        (keys.modifier_fn, "Fn"),
        (keys.modifier_fn_lock, "FnLock"),
        (keys.modifier_hyper, "Hyper"),
        (keys.modifier_num_lock, "NumLock"),
        (keys.modifier_scroll_lock, "ScrollLock"),
        (keys.modifier_super, "Super"),
        (keys.modifier_symbol, "Symbol"),
        (keys.modifier_symbol_lock, "SymbolLock"),
    ];
    all.into_iter().filter(|(active, _)| *active).map(|(_, name)| name).collect()
}

impl MouseEventMethods for MouseEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: MouseEventInit) -> Fallible<Self> {
        Ok(Self::new_inherited(realm, type_, &event_init_dict))
    }

    fn screen_x(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.screen.get().0)
    }

    fn screen_y(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.screen.get().1)
    }

    fn client_x(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.client.get().0)
    }

    fn client_y(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.client.get().1)
    }

    // Documents do not scroll, so that the page begins where the viewport does.

    fn page_x(&self, realm: &Realm) -> Fallible<f64> {
        self.client_x(realm).map(f64::from)
    }

    fn page_y(&self, realm: &Realm) -> Fallible<f64> {
        self.client_y(realm).map(f64::from)
    }

    fn x(&self, realm: &Realm) -> Fallible<f64> {
        self.client_x(realm).map(f64::from)
    }

    fn y(&self, realm: &Realm) -> Fallible<f64> {
        self.client_y(realm).map(f64::from)
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

    fn button(&self, _: &Realm) -> Fallible<i16> {
        Ok(self.button.get())
    }

    fn buttons(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.buttons)
    }

    fn related_target(&self, _: &Realm) -> Fallible<Option<Root<EventTarget>>> {
        Ok(self.related())
    }

    fn get_modifier_state(&self, _: &Realm, key_arg: DomString) -> Fallible<bool> {
        let names = ["Control", "Shift", "Alt", "Meta"];
        let active = names.iter().zip(self.modifiers.get()).any(|(name, active)| active && key_arg == *name);
        Ok(active || self.more_modifiers.iter().any(|name| key_arg == *name))
    }
    fn init_mouse_event(
        &self,
        realm: &Realm,
        type_arg: DomString,
        bubbles_arg: bool,
        cancelable_arg: bool,
        view_arg: Option<Root<Window>>,
        detail_arg: i32,
        screen_x_arg: i32,
        screen_y_arg: i32,
        client_x_arg: i32,
        client_y_arg: i32,
        ctrl_key_arg: bool,
        alt_key_arg: bool,
        shift_key_arg: bool,
        meta_key_arg: bool,
        button_arg: i16,
        related_target_arg: Option<Root<EventTarget>>,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.ui_event.initialize(realm, type_arg, (bubbles_arg, cancelable_arg), view_arg, detail_arg)?;
        self.screen.set((screen_x_arg, screen_y_arg));
        self.client.set((client_x_arg, client_y_arg));
        self.modifiers.set([ctrl_key_arg, shift_key_arg, alt_key_arg, meta_key_arg]);
        self.button.set(button_arg);
        self.set_related(related_target_arg);
        Ok(())
    }
}

//! [`UIEvent`](https://w3c.github.io/uievents/#interface-uievent).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use crate::bindings::{EventMethods, UIEventInit, UIEventMethods};
use crate::dom::{Event, Window};

/// `UIEvent`.
pub(crate) struct UIEvent {
    event: Event,
    view: RefCell<Option<Member<Window>>>,
    detail: Cell<i32>,
    which: u32,
}

trace_fields!(UIEvent { event, view });
platform_object!(UIEvent: Event via event);

impl UIEvent {
    /// For interfaces that inherit.
    pub(crate) fn new_inherited(realm: &Realm, event_type: DomString, init: &UIEventInit) -> Self {
        Self {
            event: Event::new_inherited(realm, event_type, &init.parent),
            view: RefCell::new(init.view.clone().map(Into::into)),
            detail: Cell::new(init.detail),
            which: init.which,
        }
    }

    /// What the `init...Event()` of this interface and those that inherit have in common.
    pub(super) fn initialize(
        &self,
        realm: &Realm,
        event_type: DomString,
        (bubbles, cancelable): (bool, bool),
        view: Option<Root<Window>>,
        detail: i32,
    ) -> Fallible<()> {
        self.event.init_event(realm, event_type, bubbles, cancelable)?;
        let before = self.view.replace(view.map(Into::into));
        drop(before);
        self.detail.set(detail);
        Ok(())
    }
}

impl UIEventMethods for UIEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: UIEventInit) -> Fallible<Self> {
        Ok(Self::new_inherited(realm, type_, &event_init_dict))
    }

    fn view(&self, _: &Realm) -> Fallible<Option<Root<Window>>> {
        Ok(self.view.borrow().as_ref().map(|view| (**view).clone()))
    }

    fn detail(&self, _: &Realm) -> Fallible<i32> {
        Ok(self.detail.get())
    }

    fn which(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.which)
    }

    fn init_ui_event(
        &self,
        realm: &Realm,
        type_arg: DomString,
        bubbles_arg: bool,
        cancelable_arg: bool,
        view_arg: Option<Root<Window>>,
        detail_arg: i32,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.initialize(realm, type_arg, (bubbles_arg, cancelable_arg), view_arg, detail_arg)
    }
}

//! [`Event`](https://dom.spec.whatwg.org/#interface-event).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use super::path::{self, PathItem};
use crate::bindings::{EventInit, EventMethods};
use crate::dom::EventTarget;
use crate::environment::Environment;

/// `Event`.
pub(crate) struct Event {
    reflector: Reflector,
    event_type: RefCell<DomString>,
    bubbles: Cell<bool>,
    cancelable: Cell<bool>,
    composed: bool,
    is_trusted: Cell<bool>,
    time_stamp: Cell<f64>,
    /// `NONE`, `CAPTURING_PHASE`, `AT_TARGET` or `BUBBLING_PHASE`.
    pub(super) phase: Cell<u16>,
    pub(super) target: RefCell<Option<Member<EventTarget>>>,
    pub(super) current_target: RefCell<Option<Member<EventTarget>>>,
    /// [Related target](https://dom.spec.whatwg.org/#event-relatedtarget), of those interfaces that have one.
    pub(super) related_target: RefCell<Option<Member<EventTarget>>>,
    /// [Path](https://dom.spec.whatwg.org/#event-path).
    pub(super) path: RefCell<Vec<PathItem>>,
    pub(super) flags: Flags,
}

/// [An event's flags](https://dom.spec.whatwg.org/#stop-propagation-flag).
#[derive(Default)]
pub(super) struct Flags {
    pub(super) stop_propagation: Cell<bool>,
    pub(super) stop_immediate_propagation: Cell<bool>,
    pub(super) canceled: Cell<bool>,
    pub(super) in_passive_listener: Cell<bool>,
    pub(super) initialized: Cell<bool>,
    pub(super) dispatch: Cell<bool>,
}

trace_fields!(Event { target, current_target, related_target, path });
platform_object!(Event);

impl Event {
    /// The state of an event that its constructor or [`Event::trusted`] makes, for interfaces that inherit.
    pub(crate) fn new_inherited(realm: &Realm, event_type: DomString, init: &EventInit) -> Self {
        let event = Self {
            reflector: Reflector::new(),
            event_type: RefCell::new(event_type),
            bubbles: Cell::new(init.bubbles),
            cancelable: Cell::new(init.cancelable),
            composed: init.composed,
            is_trusted: Cell::new(false),
            time_stamp: Cell::new(0.0),
            phase: Cell::new(Self::NONE),
            target: RefCell::default(),
            current_target: RefCell::default(),
            related_target: RefCell::default(),
            path: RefCell::default(),
            flags: Flags::default(),
        };
        event.flags.initialized.set(true);
        let elapsed = Environment::of(realm).time_origin.elapsed();
        event.time_stamp.set(crate::dom::performance::coarsen(elapsed));
        event
    }

    /// [Creates an event](https://dom.spec.whatwg.org/#concept-event-create) that the browser fires.
    pub(crate) fn trusted(realm: &Realm, event_type: &str, init: &EventInit) -> Fallible<Root<Self>> {
        let event = realm.wrap(Self::new_inherited(realm, event_type.into(), init))?;
        event.set_trusted();
        Ok(event)
    }

    pub(super) const NONE: u16 = 0;
    pub(super) const CAPTURING_PHASE: u16 = 1;
    pub(super) const AT_TARGET: u16 = 2;
    pub(super) const BUBBLING_PHASE: u16 = 3;

    /// Its type.
    pub(crate) fn type_name(&self) -> DomString {
        self.event_type.borrow().clone()
    }

    /// Gives it another type for a while, for listeners of a legacy name.
    pub(super) fn set_type(&self, event_type: DomString) {
        self.event_type.replace(event_type);
    }

    /// Says that the browser made it.
    pub(crate) fn set_trusted(&self) {
        self.is_trusted.set(true);
    }

    /// As `createEvent()` makes it: its [initialized flag](https://dom.spec.whatwg.org/#initialized-flag) is not set.
    pub(super) fn set_uninitialized(&self) {
        self.flags.initialized.set(false);
    }

    pub(super) fn set_untrusted(&self) {
        self.is_trusted.set(false);
    }

    /// Whether the browser made it.
    pub(crate) fn trusted_flag(&self) -> bool {
        self.is_trusted.get()
    }

    /// Whether a listener canceled it.
    pub(crate) fn is_canceled(&self) -> bool {
        self.flags.canceled.get()
    }

    /// Whether it is being dispatched: its [dispatch flag](https://dom.spec.whatwg.org/#dispatch-flag).
    pub(crate) fn is_dispatched(&self) -> bool {
        self.flags.dispatch.get()
    }

    /// Whether it bubbles.
    pub(crate) fn bubbles_flag(&self) -> bool {
        self.bubbles.get()
    }

    /// Whether it goes on from a shadow tree to the tree around it: its
    /// [composed flag](https://dom.spec.whatwg.org/#composed-flag).
    pub(crate) const fn composed_flag(&self) -> bool {
        self.composed
    }

    /// Its related target.
    pub(crate) fn related(&self) -> Option<Root<EventTarget>> {
        Self::member(&self.related_target)
    }

    /// Sets its related target.
    pub(crate) fn set_related(&self, target: Option<Root<EventTarget>>) {
        let before = self.related_target.replace(target.map(Into::into));
        drop(before);
    }

    /// Its target, if that is an element.
    pub(crate) fn target_element(&self) -> Option<Root<crate::dom::Element>> {
        Self::member(&self.target)?.downcast()
    }

    /// [Sets the canceled flag](https://dom.spec.whatwg.org/#set-the-canceled-flag).
    pub(crate) fn cancel(&self) {
        if self.cancelable.get() && !self.flags.in_passive_listener.get() {
            self.flags.canceled.set(true);
        }
    }

    fn member(of: &RefCell<Option<Member<EventTarget>>>) -> Option<Root<EventTarget>> {
        of.borrow().as_ref().map(|target| (**target).clone())
    }
}

impl EventMethods for Event {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: EventInit) -> Fallible<Self> {
        Ok(Self::new_inherited(realm, type_, &event_init_dict))
    }

    fn type_(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.type_name())
    }

    fn target(&self, _: &Realm) -> Fallible<Option<Root<EventTarget>>> {
        Ok(Self::member(&self.target))
    }

    fn src_element(&self, realm: &Realm) -> Fallible<Option<Root<EventTarget>>> {
        self.target(realm)
    }

    fn current_target(&self, _: &Realm) -> Fallible<Option<Root<EventTarget>>> {
        Ok(Self::member(&self.current_target))
    }

    fn composed_path(&self, _: &Realm) -> Fallible<Vec<Root<EventTarget>>> {
        Ok(match Self::member(&self.current_target) {
            Some(current) => path::composed(&self.path.borrow(), &current),
            None => Vec::new(),
        })
    }

    fn event_phase(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.phase.get())
    }

    fn stop_propagation(&self, _: &Realm) -> Fallible<()> {
        self.flags.stop_propagation.set(true);
        Ok(())
    }

    fn cancel_bubble(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.flags.stop_propagation.get())
    }

    fn set_cancel_bubble(&self, _: &Realm, value: bool) -> Fallible<()> {
        if value {
            self.flags.stop_propagation.set(true);
        }
        Ok(())
    }

    fn stop_immediate_propagation(&self, _: &Realm) -> Fallible<()> {
        self.flags.stop_propagation.set(true);
        self.flags.stop_immediate_propagation.set(true);
        Ok(())
    }

    fn bubbles(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.bubbles.get())
    }

    fn cancelable(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.cancelable.get())
    }

    fn return_value(&self, _: &Realm) -> Fallible<bool> {
        Ok(!self.flags.canceled.get())
    }

    fn set_return_value(&self, _: &Realm, value: bool) -> Fallible<()> {
        if !value {
            self.cancel();
        }
        Ok(())
    }

    fn prevent_default(&self, _: &Realm) -> Fallible<()> {
        self.cancel();
        Ok(())
    }

    fn default_prevented(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.flags.canceled.get())
    }

    fn composed(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.composed)
    }

    fn is_trusted(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.is_trusted.get())
    }

    fn time_stamp(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.time_stamp.get())
    }

    /// [`initEvent()`](https://dom.spec.whatwg.org/#dom-event-initevent)
    fn init_event(&self, _: &Realm, type_: DomString, bubbles: bool, cancelable: bool) -> Fallible<()> {
        if self.flags.dispatch.get() {
            return Ok(());
        }
        self.flags.initialized.set(true);
        self.flags.stop_propagation.set(false);
        self.flags.stop_immediate_propagation.set(false);
        self.flags.canceled.set(false);
        self.set_untrusted();
        self.target.replace(None);
        *self.event_type.borrow_mut() = type_;
        self.bubbles.set(bubbles);
        self.cancelable.set(cancelable);
        Ok(())
    }
}

/// [Fires an event](https://dom.spec.whatwg.org/#concept-event-fire) of that type at `target`, neither bubbling nor
/// cancelable; `false` if it was canceled.
pub(crate) fn fire<T>(realm: &Realm, target: &T, event_type: &str) -> Fallible<bool>
where
    T: bgfetch_js::DerivedFrom<EventTarget>,
{
    fire_with(realm, target, event_type, false, false)
}

/// [Fires an event](https://dom.spec.whatwg.org/#concept-event-fire) that may bubble or be canceled; `false` if it was.
pub(crate) fn fire_with<T>(
    realm: &Realm,
    target: &T,
    event_type: &str,
    bubbles: bool,
    cancelable: bool,
) -> Fallible<bool>
where
    T: bgfetch_js::DerivedFrom<EventTarget>,
{
    let init = EventInit { bubbles, cancelable, ..EventInit::default() };
    let event = Event::trusted(realm, event_type, &init)?;
    target.root().upcast().dispatch(realm, &event)
}

//! [`ToggleEvent`](https://html.spec.whatwg.org/multipage/interaction.html#the-toggleevent-interface).

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use crate::bindings::{ToggleEventInit, ToggleEventMethods};
use crate::dom::{Element, Event, EventTarget};

/// `ToggleEvent`.
pub(crate) struct ToggleEvent {
    event: Event,
    old_state: DomString,
    new_state: DomString,
    source: Option<Member<Element>>,
}

trace_fields!(ToggleEvent { event, source });
platform_object!(ToggleEvent: Event via event);

impl ToggleEvent {
    fn new(realm: &Realm, event_type: DomString, init: ToggleEventInit) -> Self {
        Self {
            event: Event::new_inherited(realm, event_type, &init.parent),
            old_state: init.old_state,
            new_state: init.new_state,
            source: init.source.map(Into::into),
        }
    }

    /// Fires `toggle` at an element.
    pub(crate) fn fire(realm: &Realm, target: &Root<Element>, old: &str, new: &str) -> Fallible<()> {
        let init =
            ToggleEventInit { old_state: old.into(), new_state: new.into(), ..ToggleEventInit::default() };
        let event = realm.wrap(Self::new(realm, "toggle".into(), init))?;
        event.set_trusted();
        target.upcast::<EventTarget>().dispatch(realm, &event.upcast())?;
        Ok(())
    }
}

impl ToggleEventMethods for ToggleEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: ToggleEventInit) -> Fallible<Self> {
        Ok(Self::new(realm, type_, event_init_dict))
    }

    fn old_state(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.old_state.clone())
    }

    fn new_state(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.new_state.clone())
    }

    fn source(&self, _: &Realm) -> Fallible<Option<Root<Element>>> {
        Ok(self.source.as_ref().map(|source| (**source).clone()))
    }
}

//! [`PopStateEvent`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-popstateevent-interface).

use bgfetch_js::{DomString, Fallible, Realm, Traced, Value, platform_object, trace_fields};

use crate::bindings::{EventInit, PopStateEventInit, PopStateEventMethods};
use crate::dom::{Event, EventTarget};

/// `PopStateEvent`.
pub(crate) struct PopStateEvent {
    event: Event,
    state: Traced<Value>,
    has_ua_visual_transition: bool,
}

trace_fields!(PopStateEvent { event, state });
platform_object!(PopStateEvent: Event via event);

impl PopStateEvent {
    /// Fires `popstate` at a realm's window.
    pub(crate) fn fire(realm: &Realm, state: Value) -> Fallible<()> {
        let Some(global) = realm.global_as::<EventTarget>() else { return Ok(()) };
        let event = realm.wrap(Self {
            event: Event::new_inherited(realm, "popstate".into(), &EventInit::default()),
            state: state.into(),
            has_ua_visual_transition: false,
        })?;
        event.set_trusted();
        global.dispatch(realm, &event.upcast())?;
        Ok(())
    }
}

impl PopStateEventMethods for PopStateEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: PopStateEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            state: event_init_dict.state.into(),
            has_ua_visual_transition: event_init_dict.has_ua_visual_transition,
        })
    }

    fn state(&self, _: &Realm) -> Fallible<Value> {
        Ok((*self.state).clone())
    }

    fn has_ua_visual_transition(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.has_ua_visual_transition)
    }
}

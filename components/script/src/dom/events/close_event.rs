//! [`CloseEvent`](https://websockets.spec.whatwg.org/#the-closeevent-interface).

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use crate::bindings::{CloseEventInit, CloseEventMethods, EventInit};
use crate::dom::{Event, EventTarget};

/// `CloseEvent`.
pub(crate) struct CloseEvent {
    event: Event,
    was_clean: bool,
    code: u16,
    reason: String,
}

trace_fields!(CloseEvent { event });
platform_object!(CloseEvent: Event via event);

impl CloseEvent {
    /// Fires `close` at a target.
    pub(crate) fn fire(
        realm: &Realm,
        target: &EventTarget,
        was_clean: bool,
        code: u16,
        reason: String,
    ) -> Fallible<()> {
        let event = Event::new_inherited(realm, "close".into(), &EventInit::default());
        let event = realm.wrap(Self { event, was_clean, code, reason })?;
        event.set_trusted();
        target.dispatch(realm, &event.upcast()).map(drop)
    }
}

impl CloseEventMethods for CloseEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: CloseEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            was_clean: event_init_dict.was_clean,
            code: event_init_dict.code,
            reason: event_init_dict.reason,
        })
    }

    fn was_clean(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.was_clean)
    }

    fn code(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.code)
    }

    fn reason(&self, _: &Realm) -> Fallible<String> {
        Ok(self.reason.clone())
    }
}

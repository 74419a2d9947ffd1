//! [`BackgroundFetchEvent`](https://wicg.github.io/background-fetch/#background-fetch-event).

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::ids::BackgroundFetchId;
use bgfetch_traits::service_worker::BackgroundFetchEventKind;

use crate::bindings::{BackgroundFetchEventInit, BackgroundFetchEventMethods, EventInit};
use crate::dom::{BackgroundFetchRegistration, ExtendableEvent};

/// `BackgroundFetchEvent`.
pub(crate) struct BackgroundFetchEvent {
    extendable_event: ExtendableEvent,
    registration: Member<BackgroundFetchRegistration>,
}

trace_fields!(BackgroundFetchEvent { extendable_event, registration });
platform_object!(BackgroundFetchEvent: ExtendableEvent via extendable_event);

impl BackgroundFetchEvent {
    /// For interfaces that inherit.
    pub(super) fn new_inherited(
        realm: &Realm,
        event_type: DomString,
        init: &EventInit,
        registration: Root<BackgroundFetchRegistration>,
    ) -> Self {
        let extendable_event = ExtendableEvent::new_inherited(realm, event_type, init);
        Self { extendable_event, registration: registration.into() }
    }

    /// An event that the browser fires.
    pub(crate) fn trusted(
        realm: &Realm,
        kind: BackgroundFetchEventKind,
        registration: Root<BackgroundFetchRegistration>,
    ) -> Fallible<Root<Self>> {
        let event = Self::new_inherited(realm, kind.as_str().into(), &EventInit::default(), registration);
        let event = realm.wrap(event)?;
        event.set_trusted();
        Ok(event)
    }

    /// Its [background fetch](https://wicg.github.io/background-fetch/#backgroundfetchevent-background-fetch).
    pub(super) fn background_fetch(&self) -> BackgroundFetchId {
        self.registration.background_fetch()
    }
}

impl BackgroundFetchEventMethods for BackgroundFetchEvent {
    fn constructor(realm: &Realm, type_: DomString, init: BackgroundFetchEventInit) -> Fallible<Self> {
        Ok(Self::new_inherited(realm, type_, &init.parent.parent, init.registration))
    }

    fn registration(&self, _: &Realm) -> Fallible<Root<BackgroundFetchRegistration>> {
        Ok((*self.registration).clone())
    }
}

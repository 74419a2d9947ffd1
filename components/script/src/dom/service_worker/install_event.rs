//! [`InstallEvent`](https://w3c.github.io/ServiceWorker/#installevent-interface).

use bgfetch_js::{DomString, Fallible, Realm, Root, platform_object, trace_fields};

use crate::bindings::{EventInit, ExtendableEventInit, InstallEventMethods};
use crate::dom::ExtendableEvent;

/// `InstallEvent`.
pub(crate) struct InstallEvent {
    extendable_event: ExtendableEvent,
}

trace_fields!(InstallEvent { extendable_event });
platform_object!(InstallEvent: ExtendableEvent via extendable_event);

impl InstallEvent {
    /// The `install` event that the browser fires.
    pub(super) fn trusted(realm: &Realm) -> Fallible<Root<Self>> {
        let event = ExtendableEvent::new_inherited(realm, "install".into(), &EventInit::default());
        let event = realm.wrap(Self { extendable_event: event })?;
        event.set_trusted();
        Ok(event)
    }
}

impl InstallEventMethods for InstallEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: ExtendableEventInit) -> Fallible<Self> {
        let event = ExtendableEvent::new_inherited(realm, type_, &event_init_dict.parent);
        Ok(Self { extendable_event: event })
    }
}

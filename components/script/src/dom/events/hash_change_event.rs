//! [`HashChangeEvent`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-hashchangeevent-interface).

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};
use url::Url;

use crate::bindings::{EventInit, HashChangeEventInit, HashChangeEventMethods};
use crate::dom::{Event, EventTarget};

/// `HashChangeEvent`.
pub(crate) struct HashChangeEvent {
    event: Event,
    old_url: String,
    new_url: String,
}

trace_fields!(HashChangeEvent { event });
platform_object!(HashChangeEvent: Event via event);

impl HashChangeEvent {
    /// Fires `hashchange` at a realm's window.
    pub(crate) fn fire(realm: &Realm, old_url: Url, new_url: Url) -> Fallible<()> {
        let Some(global) = realm.global_as::<EventTarget>() else { return Ok(()) };
        let event = realm.wrap(Self {
            event: Event::new_inherited(realm, "hashchange".into(), &EventInit::default()),
            old_url: old_url.into(),
            new_url: new_url.into(),
        })?;
        event.set_trusted();
        global.dispatch(realm, &event.upcast())?;
        Ok(())
    }
}

impl HashChangeEventMethods for HashChangeEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: HashChangeEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            old_url: event_init_dict.old_url,
            new_url: event_init_dict.new_url,
        })
    }

    fn old_url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.old_url.clone())
    }

    fn new_url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.new_url.clone())
    }
}

//! [`PageTransitionEvent`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-pagetransitionevent-interface).

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use crate::bindings::{PageTransitionEventInit, PageTransitionEventMethods};
use crate::dom::{Event, Window};

/// `PageTransitionEvent`.
pub(crate) struct PageTransitionEvent {
    event: Event,
    persisted: bool,
}

trace_fields!(PageTransitionEvent { event });
platform_object!(PageTransitionEvent: Event via event);

impl PageTransitionEvent {
    /// [Fires a page transition event](https://html.spec.whatwg.org/multipage/nav-history-apis.html#fire-a-page-transition-event)
    /// at a realm's window; no page is kept when it is left, so none is persisted.
    pub(crate) fn fire(realm: &Realm, event_type: &str) -> Fallible<()> {
        let Some(window) = realm.global_as::<Window>() else { return Ok(()) };
        let mut init = PageTransitionEventInit::default();
        init.parent.bubbles = true;
        init.parent.cancelable = true;
        let event = realm.wrap(Self {
            event: Event::new_inherited(realm, event_type.into(), &init.parent),
            persisted: init.persisted,
        })?;
        event.set_trusted();
        window.dispatch_for_document(realm, &event.upcast())?;
        Ok(())
    }
}

impl PageTransitionEventMethods for PageTransitionEvent {
    fn constructor(
        realm: &Realm,
        type_: DomString,
        event_init_dict: PageTransitionEventInit,
    ) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            persisted: event_init_dict.persisted,
        })
    }

    fn persisted(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.persisted)
    }
}

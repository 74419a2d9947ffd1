//! [`BackgroundFetchUpdateUIEvent`](https://wicg.github.io/background-fetch/#background-fetch-update-ui-event).

use std::cell::Cell;

use bgfetch_js::{DomString, Exception, Fallible, Promise, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::background_fetch::BackgroundFetchMsg;
use bgfetch_traits::service_worker::BackgroundFetchEventKind;

use super::{ask, icons};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    BackgroundFetchEventInit, BackgroundFetchUIOptions, BackgroundFetchUpdateUIEventMethods, EventInit,
};
use crate::dom::{BackgroundFetchEvent, BackgroundFetchRegistration};
use crate::environment::Environment;

/// `BackgroundFetchUpdateUIEvent`.
pub(crate) struct BackgroundFetchUpdateUIEvent {
    background_fetch_event: BackgroundFetchEvent,
    /// [UI updated flag](https://wicg.github.io/background-fetch/#backgroundfetchupdateuievent-ui-updated-flag).
    ui_updated: Cell<bool>,
}

trace_fields!(BackgroundFetchUpdateUIEvent { background_fetch_event });
platform_object!(BackgroundFetchUpdateUIEvent: BackgroundFetchEvent via background_fetch_event);

impl BackgroundFetchUpdateUIEvent {
    /// An event that the browser fires.
    pub(crate) fn trusted(
        realm: &Realm,
        kind: BackgroundFetchEventKind,
        registration: Root<BackgroundFetchRegistration>,
    ) -> Fallible<Root<Self>> {
        let init = EventInit::default();
        let event = BackgroundFetchEvent::new_inherited(realm, kind.as_str().into(), &init, registration);
        let event = realm.wrap(Self { background_fetch_event: event, ui_updated: Cell::new(false) })?;
        event.set_trusted();
        Ok(event)
    }
}

impl BackgroundFetchUpdateUIEventMethods for BackgroundFetchUpdateUIEvent {
    fn constructor(realm: &Realm, type_: DomString, init: BackgroundFetchEventInit) -> Fallible<Self> {
        let event = BackgroundFetchEvent::new_inherited(realm, type_, &init.parent.parent, init.registration);
        Ok(Self { background_fetch_event: event, ui_updated: Cell::new(false) })
    }

    /// [`updateUI()`](https://wicg.github.io/background-fetch/#background-fetch-update-ui-event-update-ui)
    fn update_ui(&self, realm: &Realm, options: BackgroundFetchUIOptions) -> Fallible<Promise<()>> {
        // Step 1.
        let refused = |message: &str| Err(Exception::dom("InvalidStateError", message));
        if !self.trusted_flag() {
            return refused("the event was not fired by the browser");
        }
        if self.ui_updated.get() {
            return refused("updateUI() was called on this event already");
        }
        if !self.is_active() {
            return refused("the event has been handled");
        }
        // Step 2.
        self.ui_updated.set(true);
        // Steps 4 to 6.
        let environment = Environment::of(realm);
        let fetch = self.background_fetch();
        let title = options.title.map(DomString::into_string);
        let icons = options.icons.map(|icons| icons::resolve(&environment, icons));
        // Step 7.
        let owner = realm.clone();
        Agent::current().promise(TaskSource::BackgroundFetch, realm, async move {
            ask(&owner, |reply| BackgroundFetchMsg::UpdateUi { fetch, title, icons, reply }).await
        })
    }
}

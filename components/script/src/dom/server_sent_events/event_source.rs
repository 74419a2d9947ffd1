//! [`EventSource`](https://html.spec.whatwg.org/multipage/server-sent-events.html#the-eventsource-interface).

use std::cell::Cell;

use bgfetch_js::{Exception, Fallible, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::net::CancelHandle;
use url::Url;

use super::connection;
use crate::bindings::{EventSourceInit, EventSourceMethods};
use crate::dom::EventTarget;
use crate::environment::Environment;

/// `EventSource`.
pub(crate) struct EventSource {
    event_target: EventTarget,
    pub(super) url: Url,
    pub(super) with_credentials: bool,
    pub(super) ready_state: Cell<ReadyState>,
    /// Ends what is under way.
    pub(super) cancel: CancelHandle,
}

trace_fields!(EventSource { event_target });
platform_object!(EventSource: EventTarget via event_target);

/// [`readyState`](https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-readystate)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadyState {
    Connecting,
    Open,
    Closed,
}

impl EventSourceMethods for EventSource {
    /// [`new EventSource()`](https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource)
    fn constructor(realm: &Realm, url: String, event_source_init_dict: EventSourceInit) -> Fallible<Self> {
        // Steps 3 and 4.
        let parsed = Environment::of(realm).parse_url(&url).map_err(|error| {
            Exception::dom("SyntaxError", format!("{url:?} is not the URL of an event source: {error}"))
        })?;
        // Steps 5 to 7.
        Ok(Self {
            event_target: EventTarget::new_inherited(),
            url: parsed,
            with_credentials: event_source_init_dict.with_credentials,
            ready_state: Cell::new(ReadyState::Connecting),
            cancel: CancelHandle::new(),
        })
    }

    /// Steps 8 to 15. As long as it is not closed, it is not collected: an event may come.
    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        connection::begin(realm, this);
        Ok(())
    }

    fn url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url.as_str().to_owned())
    }

    fn with_credentials(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.with_credentials)
    }

    fn ready_state(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.ready_state.get() as u16)
    }

    /// [`close()`](https://html.spec.whatwg.org/multipage/server-sent-events.html#dom-eventsource-close)
    fn close(&self, _: &Realm) -> Fallible<()> {
        self.ready_state.set(ReadyState::Closed);
        self.cancel.cancel();
        Ok(())
    }
}

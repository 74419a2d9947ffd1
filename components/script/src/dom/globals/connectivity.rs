//! Whether the machine is online, as pages see it.

use std::cell::Cell;

use crate::agent::{Agent, TaskSource};
use crate::dom::EventTarget;
use crate::dom::events::event;
use crate::report::report_exception;

thread_local! {
    static ONLINE: Cell<bool> = const { Cell::new(true) };
}

/// [`navigator.onLine`](https://html.spec.whatwg.org/multipage/system-state.html#dom-navigator-online)
pub(super) fn is_online() -> bool {
    ONLINE.get()
}

/// The machine went online or offline: [changes and
/// events](https://html.spec.whatwg.org/multipage/system-state.html#browser-state).
pub(crate) fn changed(agent: &Agent, online: bool) {
    agent.queue(TaskSource::Networking, move || {
        if ONLINE.replace(online) == online {
            return;
        }
        for realm in Agent::current().realms() {
            let Some(global) = realm.global_as::<EventTarget>() else { continue };
            if let Err(exception) = event::fire(&realm, &*global, if online { "online" } else { "offline" }) {
                report_exception(&realm, exception);
            }
        }
    });
}

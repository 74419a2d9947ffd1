//! [`WindowClient`](https://w3c.github.io/ServiceWorker/#windowclient).

use bgfetch_js::{Exception, Fallible, Promise, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::service_worker::ClientInfo;

use crate::bindings::{DocumentVisibilityState, WindowClientMethods};
use crate::dom::Client;

/// `WindowClient`.
pub(crate) struct WindowClient {
    client: Client,
}

trace_fields!(WindowClient { client });
platform_object!(WindowClient: Client via client);

impl WindowClient {
    /// [Creates a window client](https://w3c.github.io/ServiceWorker/#create-windowclient-algorithm).
    pub(super) fn create(realm: &Realm, info: ClientInfo) -> Fallible<Root<Self>> {
        realm.wrap(Self { client: Client::new_inherited(info) })
    }
}

impl WindowClientMethods for WindowClient {
    fn visibility_state(&self, _: &Realm) -> Fallible<DocumentVisibilityState> {
        Ok(if self.info().visible {
            DocumentVisibilityState::Visible
        } else {
            DocumentVisibilityState::Hidden
        })
    }

    fn focused(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.info().focused)
    }

    fn ancestor_origins(&self, _: &Realm) -> Fallible<Vec<String>> {
        // A window's frames run on its own thread and are of its own origin, and are not told apart here: every
        // client is a top-level window, which has no ancestors.
        Ok(Vec::new())
    }

    /// [`focus()`](https://w3c.github.io/ServiceWorker/#client-focus)
    fn focus(&self, _: &Realm) -> Fallible<Promise<Root<WindowClient>>> {
        // Step 1: without a user interface there is never transient activation.
        Err(Exception::dom("InvalidAccessError", "no window of this origin has transient activation"))
    }
}

//! [`WindowClient`](https://w3c.github.io/ServiceWorker/#windowclient).

use bgfetch_js::{Exception, Fallible, Promise, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::service_worker::{ClientInfo, ServiceWorkerMsg};

use super::ask_job;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{DocumentVisibilityState, WindowClientMethods};
use crate::dom::{Client, ServiceWorkerGlobalScope};
use crate::environment::Environment;

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

    /// [`navigate()`](https://w3c.github.io/ServiceWorker/#client-navigate)
    fn navigate(&self, realm: &Realm, url: String) -> Fallible<Promise<Option<Root<WindowClient>>>> {
        // Steps 1 and 2.
        let url = Environment::of(realm)
            .parse_url(&url)
            .map_err(|error| Exception::type_error(format!("{url:?} is no URL: {error}")))?;
        // Steps 3 and on are the coordinator's, and the client's.
        let Some(global) = realm.global_as::<ServiceWorkerGlobalScope>() else {
            return Err(Exception::type_error("only a service worker navigates clients"));
        };
        let (worker, client, owner) = (global.worker_id(), self.info().id, realm.clone());
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            let message = |reply| ServiceWorkerMsg::NavigateClient { worker, client, url, reply };
            let info = ask_job(&owner, message).await?;
            info.map(|info| WindowClient::create(&owner, info)).transpose()
        })
    }

    /// [`focus()`](https://w3c.github.io/ServiceWorker/#client-focus)
    fn focus(&self, _: &Realm) -> Fallible<Promise<Root<WindowClient>>> {
        // Step 1: without a user interface there is never transient activation.
        Err(Exception::dom("InvalidAccessError", "no window of this origin has transient activation"))
    }
}

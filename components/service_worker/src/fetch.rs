//! [Handle Fetch](https://w3c.github.io/ServiceWorker/#on-fetch-request-algorithm).

use bgfetch_traits::fetch::{Destination, Request};
use bgfetch_traits::ids::{ClientId, StorageKey};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::policy::is_potentially_trustworthy;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::FetchOutcome;
use url::Url;

use crate::Registry;
use crate::events::FetchEvent;
use crate::io::Navigation;
use crate::model::ClientEntry;
use crate::registry::Task;

impl Registry {
    /// Handle Fetch for a [non-subresource request](https://fetch.spec.whatwg.org/#non-subresource-request): the
    /// client that it makes gets its controller here.
    pub(crate) fn handle_navigation(&mut self, navigation: Navigation) {
        let Navigation { request, reserved_client, force_reload, cancel, reply } = navigation;
        let url = request.head.url.clone();
        // Step 9.5.
        let storage_key = StorageKey::of_url(&url);
        // Steps 8, 9.2 and 9.3.
        let skip = force_reload
            || matches!(request.head.destination, Destination::Embed | Destination::Object)
            || !is_potentially_trustworthy(&url);
        // Steps 9.6 and 9.7.
        let matching =
            storage_key.as_ref().filter(|_| !skip).and_then(|key| self.registrations.matching(key, &url));
        let matching = matching.and_then(|registration| Some((registration.id, registration.active?)));
        // Step 9.8. The text leaves the controller of a redirected navigation that matches nothing any more; only that of a
        // worker's script stays.
        let by_client = matches!(request.head.destination, Destination::Worker | Destination::SharedWorker);
        let before = self.clients.get(reserved_client).and_then(|client| client.controller);
        self.reserve_client(reserved_client, url, storage_key);
        let Some((id, active)) = matching else {
            if let Some(client) = self.clients.get_mut(reserved_client).filter(|_| by_client) {
                client.controller = before;
            }
            return self.answer(reply, FetchOutcome::Network(request));
        };
        if let Some(client) = self.clients.get_mut(reserved_client) {
            client.controller = Some(active);
        }
        // A worker's script is asked for by a client, a document by nobody that a page may know.
        let client = self.clients.get(request.client.id).filter(|_| by_client).map(|client| client.id);
        // Steps 12 and on: a non-subresource request is followed by a soft update.
        let fetch = FetchEvent { request, client, resulting_client: Some(reserved_client), cancel, reply };
        self.route(id, fetch, true);
    }

    /// Makes a reserved client without a controller, in place of what an earlier URL of the same navigation made.
    fn reserve_client(&mut self, id: ClientId, url: Url, storage_key: Option<StorageKey>) {
        let mut entry = ClientEntry::reserved(id, url, storage_key);
        if let Some(before) = self.clients.get_mut(id) {
            if before.storage_key == entry.storage_key {
                entry.awaited_by = std::mem::take(&mut before.awaited_by);
                entry.mail = std::mem::take(&mut before.mail);
            }
            let awaited_by = std::mem::take(&mut before.awaited_by);
            let used = self.clients.get(id).and_then(|client| self.used_by(client));
            for reply in awaited_by {
                self.answer(reply, None);
            }
            self.out.tasks.extend(used.map(Task::Settled));
        }
        self.clients.insert(entry);
    }

    /// Handle Fetch for a [subresource request](https://fetch.spec.whatwg.org/#subresource-request).
    pub(crate) fn handle_fetch(
        &mut self,
        from: ClientId,
        request: Box<Request>,
        cancel: CancelHandle,
        reply: Reply<FetchOutcome>,
    ) {
        // Step 8.
        let skip = matches!(request.head.destination, Destination::Embed | Destination::Object);
        // Step 10. Service workers' own requests go to the network: they are no clients.
        let client = self.clients.get(from).filter(|client| !skip && client.ready.is_some());
        let Some(id) = client.and_then(|client| self.used_by(client)) else {
            return self.answer(reply, FetchOutcome::Network(request));
        };
        // Step 12.
        let now = self.out.now;
        let stale = self.registrations.by_id.get(&id).is_some_and(|registration| registration.is_stale(now));
        let fetch = FetchEvent { request, client: Some(from), resulting_client: None, cancel, reply };
        self.route(id, fetch, stale);
    }
}

//! What the registry knows: registrations, workers, clients.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use bgfetch_traits::ids::{ClientId, RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{
    ClientInfo, ClientType, FrameType, Imports, NavigationPreload, RegistrationInfo, ScriptResource,
    ServiceWorkerState, UpdateViaCache, WorkerInfo, WorkerType,
};
use url::Url;

use crate::events::{Dispatched, Event};
use crate::io::{DispatchId, RunId};
use crate::jobs::QueueKey;
use crate::router::Router;

/// Seconds after which a registration is
/// [stale](https://w3c.github.io/ServiceWorker/#service-worker-registration-stale).
const STALE_AFTER_S: u64 = 86_400;

/// A [service worker registration](https://w3c.github.io/ServiceWorker/#dfn-service-worker-registration).
#[derive(Debug)]
pub(crate) struct Registration {
    pub(crate) id: RegistrationId,
    pub(crate) storage_key: StorageKey,
    pub(crate) scope: Url,
    pub(crate) update_via_cache: UpdateViaCache,
    pub(crate) navigation_preload: NavigationPreload,
    pub(crate) installing: Option<WorkerId>,
    pub(crate) waiting: Option<WorkerId>,
    pub(crate) active: Option<WorkerId>,
    /// [Last update check time](https://w3c.github.io/ServiceWorker/#dfn-last-update-check-time), in milliseconds.
    pub(crate) last_update_check: Option<u64>,
    /// Whether storage has it.
    pub(crate) saved: bool,
}

impl Registration {
    /// [Get Newest Worker](https://w3c.github.io/ServiceWorker/#get-newest-worker-algorithm).
    pub(crate) fn newest_worker(&self) -> Option<WorkerId> {
        self.installing.or(self.waiting).or(self.active)
    }

    pub(crate) fn is_stale(&self, now: u64) -> bool {
        self.last_update_check.is_some_and(|checked| now.saturating_sub(checked) / 1000 > STALE_AFTER_S)
    }

    /// Where it is in the [registration map](https://w3c.github.io/ServiceWorker/#dfn-scope-to-registration-map)
    /// and whose jobs it shares.
    pub(crate) fn key(&self) -> QueueKey {
        (self.storage_key.clone(), self.scope.as_str().to_owned())
    }
}

/// All registrations: those in the registration map, and unregistered ones that still have clients.
#[derive(Debug, Default)]
pub(crate) struct Registrations {
    /// In the order they were made.
    pub(crate) by_id: BTreeMap<RegistrationId, Registration>,
    /// The registration map.
    pub(crate) map: BTreeMap<QueueKey, RegistrationId>,
}

impl Registrations {
    /// [Get Registration](https://w3c.github.io/ServiceWorker/#get-registration-algorithm).
    pub(crate) fn get(&self, key: &QueueKey) -> Option<&Registration> {
        self.by_id.get(self.map.get(key)?)
    }

    /// [Match Service Worker Registration](https://w3c.github.io/ServiceWorker/#scope-match-algorithm).
    pub(crate) fn matching(&self, storage_key: &StorageKey, client_url: &Url) -> Option<&Registration> {
        // Steps 2 to 6: the longest scope of this storage key that the serialized URL starts with.
        let client_url = client_url.as_str();
        let longest = self
            .map
            .range((storage_key.clone(), String::new())..)
            .take_while(|((entry_key, _), _)| entry_key == storage_key)
            .filter(|((_, scope), _)| client_url.starts_with(scope.as_str()))
            .max_by_key(|((_, scope), _)| scope.len());
        // Steps 7 to 9.
        longest.and_then(|(_, id)| self.by_id.get(id))
    }

    /// Whether it is [unregistered](https://w3c.github.io/ServiceWorker/#dfn-service-worker-registration-unregistered).
    pub(crate) fn is_unregistered(&self, registration: &Registration) -> bool {
        self.map.get(&registration.key()) != Some(&registration.id)
    }
}

/// Whether and how a worker runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunState {
    Stopped,
    /// Its script runs for the first time in this run.
    Starting(Run),
    Running(Run),
    /// Told to stop; its thread is not gone yet.
    Stopping(Run),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) id: RunId,
    pub(crate) environment: ClientId,
    /// When it has been starting, idle or stopping for too long.
    pub(crate) deadline: Option<u64>,
}

impl RunState {
    pub(crate) const fn run(self) -> Option<Run> {
        match self {
            Self::Stopped => None,
            Self::Starting(run) | Self::Running(run) | Self::Stopping(run) => Some(run),
        }
    }
}

/// A [service worker](https://w3c.github.io/ServiceWorker/#dfn-service-worker).
#[derive(Debug)]
pub(crate) struct Worker {
    pub(crate) script: WorkerScript,
    pub(crate) registration: RegistrationId,
    pub(crate) state: ServiceWorkerState,
    pub(crate) skip_waiting: bool,
    pub(crate) run: RunState,
    /// Events not yet given to it, in order.
    pub(crate) queue: VecDeque<Event>,
    /// Its [set of extended events](https://w3c.github.io/ServiceWorker/#dfn-set-of-extended-events).
    pub(crate) dispatched: BTreeMap<DispatchId, Dispatched>,
}

/// What a worker's code is.
#[derive(Debug)]
pub(crate) struct WorkerScript {
    pub(crate) id: WorkerId,
    pub(crate) script_url: Url,
    pub(crate) worker_type: WorkerType,
    /// [Script resource map](https://w3c.github.io/ServiceWorker/#dfn-script-resource-map), main script first.
    pub(crate) scripts: Arc<Vec<ScriptResource>>,
    /// [Set of used scripts](https://w3c.github.io/ServiceWorker/#dfn-set-of-used-scripts).
    pub(crate) used: BTreeSet<Url>,
    /// Whether the [set of event types to handle](https://w3c.github.io/ServiceWorker/#dfn-set-of-event-types-to-handle)
    /// contains `fetch`; `None` until the script
    /// [has ever been evaluated](https://w3c.github.io/ServiceWorker/#dfn-has-ever-been-evaluated-flag).
    pub(crate) handles_fetch: Option<bool>,
    /// Its [list of router rules](https://w3c.github.io/ServiceWorker/#service-worker-list-of-router-rules).
    pub(crate) router: Router,
    /// How it imports scripts while it installs.
    pub(crate) imports: Imports,
}

impl Worker {
    pub(crate) fn new(script: WorkerScript, registration: RegistrationId, state: ServiceWorkerState) -> Self {
        Self {
            script,
            registration,
            state,
            skip_waiting: false,
            run: RunState::Stopped,
            queue: VecDeque::new(),
            dispatched: BTreeMap::new(),
        }
    }

    /// [Service Worker Has No Pending Events](https://w3c.github.io/ServiceWorker/#service-worker-has-no-pending-events-algorithm).
    pub(crate) fn has_no_pending_events(&self) -> bool {
        self.dispatched.is_empty()
    }

    pub(crate) fn info(&self) -> WorkerInfo {
        WorkerInfo { worker: self.script.id, script_url: self.script.script_url.clone(), state: self.state }
    }
}

/// All workers that are in a slot of a registration, install, or still run.
#[derive(Debug, Default)]
pub(crate) struct Workers {
    pub(crate) by_id: BTreeMap<WorkerId, Worker>,
    pub(crate) runs: BTreeMap<RunId, WorkerId>,
    pub(crate) dispatches: BTreeMap<DispatchId, WorkerId>,
    pub(crate) environments: BTreeMap<ClientId, WorkerId>,
}

impl Workers {
    pub(crate) fn get(&self, id: WorkerId) -> Option<&Worker> {
        self.by_id.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: WorkerId) -> Option<&mut Worker> {
        self.by_id.get_mut(&id)
    }

    fn info(&self, id: Option<WorkerId>) -> Option<WorkerInfo> {
        Some(self.get(id?)?.info())
    }

    pub(crate) fn registration_info(&self, registration: &Registration) -> RegistrationInfo {
        RegistrationInfo {
            registration: registration.id,
            scope: registration.scope.clone(),
            update_via_cache: registration.update_via_cache,
            installing: self.info(registration.installing),
            waiting: self.info(registration.waiting),
            active: self.info(registration.active),
        }
    }
}

/// A [service worker client](https://w3c.github.io/ServiceWorker/#dfn-service-worker-client).
#[derive(Debug)]
pub(crate) struct ClientEntry {
    pub(crate) id: ClientId,
    pub(crate) url: Url,
    /// What registrations are matched by: its URL, or its creator's if it was not fetched over HTTP.
    pub(crate) matched_url: Url,
    pub(crate) storage_key: Option<StorageKey>,
    /// Its [active service worker](https://html.spec.whatwg.org/multipage/webappapis.html#active-service-worker).
    pub(crate) controller: Option<WorkerId>,
    /// What is known once it is [execution ready](https://html.spec.whatwg.org/multipage/webappapis.html#concept-environment-execution-ready-flag).
    pub(crate) ready: Option<ReadyClient>,
    /// Until then: who waits for it, and what it is to be told.
    pub(crate) awaited_by: Vec<Reply<Option<ClientInfo>>>,
    pub(crate) mail: Vec<ScriptMsg>,
}

/// A client whose scripts run.
#[derive(Debug)]
pub(crate) struct ReadyClient {
    pub(crate) client: Client,
    pub(crate) client_type: ClientType,
    pub(crate) frame_type: FrameType,
    pub(crate) visible: bool,
    pub(crate) focused: bool,
    /// Rises with each focus; `None` if it never had it.
    pub(crate) last_focus: Option<u64>,
    /// Pending [ready promises](https://w3c.github.io/ServiceWorker/#serviceworkercontainer-ready-promise).
    pub(crate) ready_promises: Vec<Reply<RegistrationInfo>>,
}

impl ClientEntry {
    pub(crate) fn reserved(id: ClientId, url: Url, storage_key: Option<StorageKey>) -> Self {
        let matched_url = url.clone();
        Self {
            id,
            url,
            matched_url,
            storage_key,
            controller: None,
            ready: None,
            awaited_by: Vec::new(),
            mail: Vec::new(),
        }
    }

    pub(crate) fn is_secure(&self) -> bool {
        self.ready.as_ref().is_some_and(|ready| ready.client.secure_context)
    }

    /// As a worker sees it; `None` until it is execution ready.
    pub(crate) fn info(&self) -> Option<ClientInfo> {
        let ready = self.ready.as_ref()?;
        Some(ClientInfo {
            id: self.id,
            url: self.url.clone(),
            client_type: ready.client_type,
            frame_type: ready.frame_type,
            visible: ready.visible,
            focused: ready.focused,
            controller: self.controller,
        })
    }
}

/// All clients, in the order they were made.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    by_order: BTreeMap<u64, ClientEntry>,
    order: BTreeMap<ClientId, u64>,
    /// The last number given, to a client or to a focus.
    last: u64,
}

impl Clients {
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(crate) fn get(&self, id: ClientId) -> Option<&ClientEntry> {
        self.by_order.get(self.order.get(&id)?)
    }

    pub(crate) fn get_mut(&mut self, id: ClientId) -> Option<&mut ClientEntry> {
        self.by_order.get_mut(self.order.get(&id)?)
    }

    /// Adds a client; one of that id that was there keeps its place in the order.
    pub(crate) fn insert(&mut self, entry: ClientEntry) {
        let number = match self.order.get(&entry.id) {
            Some(number) => *number,
            None => self.next_number(),
        };
        self.order.insert(entry.id, number);
        self.by_order.insert(number, entry);
    }

    pub(crate) fn remove(&mut self, id: ClientId) -> Option<ClientEntry> {
        self.by_order.remove(&self.order.remove(&id)?)
    }

    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &ClientEntry> {
        self.by_order.values()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut ClientEntry> {
        self.by_order.values_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registrations(scopes: &[&str]) -> Registrations {
        let mut all = Registrations::default();
        for (id, scope) in (1..).map(RegistrationId).zip(scopes) {
            let scope: Url = scope.parse().unwrap();
            let registration = Registration {
                id,
                storage_key: StorageKey::of_url(&scope).unwrap(),
                scope,
                update_via_cache: UpdateViaCache::default(),
                navigation_preload: NavigationPreload::default(),
                installing: None,
                waiting: None,
                active: None,
                last_update_check: None,
                saved: false,
            };
            all.map.insert(registration.key(), id);
            all.by_id.insert(id, registration);
        }
        all
    }

    #[test]
    fn stale_is_more_than_a_day_after_the_last_check_and_not_before_there_was_one() {
        let mut all = registrations(&["https://a.test/"]);
        let registration = all.by_id.get_mut(&RegistrationId(1)).unwrap();
        assert!(!registration.is_stale(u64::MAX));
        registration.last_update_check = Some(5_000);
        assert!(!registration.is_stale(0), "a clock that went back");
        assert!(!registration.is_stale(5_000 + 86_400_999));
        assert!(registration.is_stale(5_000 + 86_401_000));
    }

    #[test]
    fn matching_takes_the_longest_scope_of_the_storage_key() {
        let all = registrations(&[
            "https://a.test/",
            "https://a.test/x",
            "https://a.test/x/y?q",
            "https://a.test:8443/x/y",
            "https://b.test/x/y",
        ]);
        let matching = |url: &str| {
            let url: Url = url.parse().unwrap();
            all.matching(&StorageKey::of_url(&url).unwrap(), &url).map(|registration| registration.id.0)
        };
        assert_eq!(matching("https://a.test/w"), Some(1));
        assert_eq!(matching("https://a.test/xyz"), Some(2));
        assert_eq!(matching("https://a.test/x/y?query"), Some(3));
        assert_eq!(matching("https://a.test:8443/x/y/z"), Some(4));
        assert_eq!(matching("https://a.test:8443/"), None);
        assert_eq!(matching("https://b.test/x/"), None);
    }
}

//! [Environment settings objects](https://html.spec.whatwg.org/multipage/webappapis.html#environment-settings-object).

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bgfetch_js::Realm;
use bgfetch_js::glue::Exposure;
use bgfetch_traits::coordinator::{CoordinatorMsg, CoordinatorSender};
use bgfetch_traits::ids::{ClientId, StorageKey};
use bgfetch_traits::net::NetSender;
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::service_worker::WorkerInfo;
use bgfetch_traits::storage::StorageSender;
use bgfetch_traits::worker::AgentCluster;
use url::{Origin, Url};

use crate::dom::globals::animation_frames::AnimationFrames;
use crate::dom::globals::console::ConsoleState;
use crate::dom::globals::timers::TimerMap;
use crate::dom::performance::document_timing::DocumentTiming;
use crate::dom::url::resolve;
use crate::fetching::{FetchGroup, Loads};
use crate::policies;
use crate::policies::reporting::ReportQueue;

/// The threads that a script thread talks to.
#[derive(Clone, Debug)]
pub struct Hosts {
    /// Background fetches, service workers, permissions, broadcasts.
    pub coordinator: CoordinatorSender,
    /// Fetching.
    pub net: NetSender,
    /// The Cache API and bodies.
    pub storage: StorageSender,
    /// `navigator.userAgent`.
    pub user_agent: std::sync::Arc<str>,
}

/// Which kind of global an environment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GlobalKind {
    Window,
    DedicatedWorker,
    SharedWorker,
    ServiceWorker,
}

impl GlobalKind {
    /// Which members are exposed there.
    pub(crate) const fn exposure(self) -> Exposure {
        match self {
            Self::Window => Exposure::WINDOW,
            Self::DedicatedWorker => Exposure::DEDICATED_WORKER,
            Self::SharedWorker => Exposure::SHARED_WORKER,
            Self::ServiceWorker => Exposure::SERVICE_WORKER,
        }
    }

    /// For the console.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Window => "window",
            Self::DedicatedWorker => "dedicatedworker",
            Self::SharedWorker => "sharedworker",
            Self::ServiceWorker => "serviceworker",
        }
    }
}

/// An environment: what belongs to a realm and is not JavaScript.
#[derive(Debug)]
pub(crate) struct Environment {
    /// Its id, as `Client.id` shows it.
    pub(crate) id: ClientId,
    pub(crate) kind: GlobalKind,
    pub(crate) hosts: Hosts,
    /// The creation URL.
    pub(crate) url: RefCell<Url>,
    pub(crate) base_url: RefCell<Url>,
    pub(crate) origin: Origin,
    pub(crate) top_level_origin: Origin,
    /// Origins of the documents that it is within, from its parent to the top.
    pub(crate) ancestor_origins: Vec<Origin>,
    pub(crate) secure_context: bool,
    pub(crate) agent_cluster: AgentCluster,
    /// Its [cross-origin isolated
    /// capability](https://html.spec.whatwg.org/multipage/webappapis.html#concept-settings-object-cross-origin-isolated-capability).
    pub(crate) cross_origin_isolated: bool,
    pub(crate) policy: RefCell<PolicyContainer>,
    /// The HTTP status of what it was made of; 0 if that was no response.
    pub(crate) status: Cell<u16>,
    /// [Time origin](https://w3c.github.io/hr-time/#dfn-time-origin).
    pub(crate) time_origin: Instant,
    /// The time origin as time since the Unix epoch.
    pub(crate) time_origin_since_epoch: Duration,
    /// Of a document: how it came to be.
    pub(crate) document_timing: OnceCell<Rc<DocumentTiming>>,
    /// The service worker that controls it.
    pub(crate) controller: RefCell<Option<WorkerInfo>>,
    pub(crate) timers: TimerMap,
    /// What a service worker is to answer, and event sources.
    pub(crate) fetch_group: FetchGroup,
    /// What is fetched on its behalf.
    pub(crate) loads: Loads,
    /// What else ends with it: WebSocket connections.
    pub(crate) connections: FetchGroup,
    /// What is to be reported.
    pub(crate) reports: ReportQueue,
    pub(crate) animation_frames: AnimationFrames,
    pub(crate) console: ConsoleState,
    /// The classic scripts whose [errors are muted](https://html.spec.whatwg.org/multipage/webappapis.html#muted-errors): their
    /// functions may throw long after they have run.
    pub(crate) muted_scripts: RefCell<BTreeSet<String>>,
    /// Bytes of the beacons that are on their way.
    pub(crate) inflight_beacons: Cell<usize>,
    /// Whether the coordinator knows it.
    pub(crate) announced: Cell<bool>,
    /// Its document was unloaded: functions of its realm may still be called, tasks of it do not run any more.
    pub(crate) discarded: Cell<bool>,
}

impl Environment {
    /// The environment of a realm.
    ///
    /// # Panics
    /// For a realm that is being set up, or whose thread ends; script does not run in those.
    pub(crate) fn of(realm: &Realm) -> Rc<Self> {
        realm.host::<Self>().expect("a realm in which script runs has an environment")
    }

    /// The environment of a realm, unless its document or worker is gone.
    pub(crate) fn try_of(realm: &Realm) -> Option<Rc<Self>> {
        realm.host::<Self>().filter(|environment| !environment.discarded.get())
    }

    /// What the network thread has to know of it.
    pub(crate) fn client(&self) -> Client {
        Client {
            id: self.id,
            origin: self.origin.clone(),
            url: self.url.borrow().clone(),
            policy: self.policy_to_inherit(),
            secure_context: self.secure_context,
            top_level_origin: self.top_level_origin.clone(),
            ancestor_origins: self.ancestor_origins.clone(),
            may_prompt: self.kind == GlobalKind::Window,
            violations: policies::report::sink(self),
        }
    }

    /// Its policy container, for another environment: there, `'self'` in it means what it means here.
    pub(crate) fn policy_to_inherit(&self) -> PolicyContainer {
        let mut policy = self.policy.borrow().clone();
        if policy.self_url.is_none() && self.origin.is_tuple() {
            policy.self_url = Some(Box::new(self.url.borrow().clone()));
        }
        policy
    }

    /// Its storage key; `None` for opaque origins.
    pub(crate) fn storage_key(&self) -> Option<StorageKey> {
        StorageKey::of_origin(&self.origin)
    }

    /// [Parses a URL](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#encoding-parsing-a-url) relative to it.
    pub(crate) fn parse_url(&self, text: &str) -> Result<Url, url::ParseError> {
        resolve(text, Some(&self.base_url.borrow()))
    }

    /// Tells the coordinator that it is no more.
    pub(crate) fn tell_gone(&self) {
        policies::reporting::deliver_all(self);
        self.fetch_group.terminate();
        self.connections.terminate();
        self.controller.take();
        if self.announced.replace(false) {
            self.hosts.coordinator.send(CoordinatorMsg::ClientGone(self.id));
        }
    }
}

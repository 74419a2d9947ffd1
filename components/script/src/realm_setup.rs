//! [Setting up environments](https://html.spec.whatwg.org/multipage/webappapis.html#environment-settings-object): a
//! realm with everything that its kind of global object exposes.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bgfetch_js::glue::Exposure;
use bgfetch_js::{Fallible, PlatformObject, Realm, RealmOptions, Root, Runtime};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::policy::{PolicyContainer, is_potentially_trustworthy};
use bgfetch_traits::worker::AgentCluster;
use url::{Origin, Url};

use crate::agent::Agent;
use crate::agent_clusters;
use crate::bindings;
use crate::dom::globals::animation_frames::AnimationFrames;
use crate::dom::globals::console::ConsoleState;
use crate::dom::globals::timers::TimerMap;
use crate::environment::{Environment, GlobalKind, Hosts};
use crate::fetching::{FetchGroup, Loads};
use crate::policies::{self, reporting::ReportQueue};

/// What an environment is made of.
#[derive(Debug)]
pub(crate) struct Setup {
    pub(crate) id: ClientId,
    pub(crate) kind: GlobalKind,
    pub(crate) hosts: Hosts,
    /// The creation URL.
    pub(crate) url: Url,
    pub(crate) origin: Origin,
    pub(crate) policy: PolicyContainer,
    /// [Time origin](https://w3c.github.io/hr-time/#dfn-time-origin).
    pub(crate) time_origin: Instant,
    /// What it has of the environment that it is within, such as a frame's parent or a worker's owner; none for a top
    /// level of its own.
    pub(crate) parent: Option<Parent>,
    /// Its agent cluster, if that is another environment's.
    pub(crate) agent_cluster: Option<AgentCluster>,
}

/// What an environment has of its parent or owner.
#[derive(Clone, Debug)]
pub(crate) struct Parent {
    /// Whether that is a [secure context](https://w3c.github.io/webappsec-secure-contexts/#settings-object).
    pub(crate) secure_context: bool,
    pub(crate) top_level_origin: Origin,
    /// Origins of the documents that what is within it is within.
    pub(crate) ancestor_origins: Vec<Origin>,
    /// The isolation of its agent cluster, and whether it has the capability.
    pub(crate) isolation: (bool, bool),
}

impl Parent {
    /// Of an environment of this thread.
    pub(crate) fn of(environment: &Environment) -> Self {
        Self {
            secure_context: environment.secure_context,
            top_level_origin: environment.top_level_origin.clone(),
            ancestor_origins: std::iter::once(&environment.origin)
                .chain(&environment.ancestor_origins)
                .cloned()
                .collect(),
            isolation: (environment.agent_cluster.cross_origin_isolated, environment.cross_origin_isolated),
        }
    }
}

impl Setup {
    /// Whether its agent cluster is to be
    /// [cross-origin isolated](https://html.spec.whatwg.org/multipage/webappapis.html#agent-cluster-cross-origin-isolation).
    fn is_isolated(&self) -> bool {
        if let Some(cluster) = &self.agent_cluster {
            return cluster.cross_origin_isolated;
        }
        let compatible = self.policy.embedder_policy.is_compatible_with_isolation();
        match (&self.parent, self.kind) {
            (Some(parent), GlobalKind::Window) => parent.isolation.0,
            (None, GlobalKind::Window) => compatible && self.policy.same_origin_opener,
            _ => compatible,
        }
    }

    /// Whether it may use what isolation allows, if its cluster is isolated: the
    /// [feature](https://html.spec.whatwg.org/multipage/infrastructure.html#cross-origin-isolated-feature) is its own origin's alone.
    fn has_isolation_capability(&self) -> bool {
        let compatible = self.policy.embedder_policy.is_compatible_with_isolation();
        let framed_by_another = self.kind == GlobalKind::Window
            && self.parent.as_ref().is_some_and(|parent| {
                !parent.isolation.1 || parent.ancestor_origins.first() != Some(&self.origin)
            });
        compatible && !framed_by_another && self.url.scheme() != "data"
    }

    fn environment(self) -> Environment {
        let top_level_origin = self
            .parent
            .as_ref()
            .map_or_else(|| self.origin.clone(), |parent| parent.top_level_origin.clone());
        let ancestor_origins = self.parent.as_ref().map(|parent| parent.ancestor_origins.clone());
        let isolated = self.is_isolated();
        let has_capability = isolated && self.has_isolation_capability();
        let agent_cluster =
            self.agent_cluster.unwrap_or_else(|| agent_clusters::obtain(self.id, &self.origin, isolated));
        Environment {
            id: self.id,
            cross_origin_isolated: has_capability,
            agent_cluster,
            kind: self.kind,
            hosts: self.hosts,
            secure_context: is_potentially_trustworthy(&self.url)
                && self.parent.as_ref().is_none_or(|parent| parent.secure_context),
            base_url: RefCell::new(self.url.clone()),
            url: RefCell::new(self.url),
            top_level_origin,
            ancestor_origins: ancestor_origins.unwrap_or_default(),
            origin: self.origin,
            policy: RefCell::new(self.policy),
            status: Cell::new(0),
            time_origin: self.time_origin,
            time_origin_since_epoch: since_epoch(self.time_origin),
            document_timing: OnceCell::new(),
            controller: RefCell::default(),
            timers: TimerMap::default(),
            animation_frames: AnimationFrames::default(),
            console: ConsoleState::default(),
            muted_scripts: RefCell::default(),
            inflight_beacons: Cell::new(0),
            announced: Cell::new(false),
            fetch_group: FetchGroup::default(),
            loads: Loads::default(),
            connections: FetchGroup::default(),
            reports: ReportQueue::default(),
            discarded: Cell::new(false),
        }
    }
}

/// A time of the monotonic clock, by the clock of the day.
fn since_epoch(time: Instant) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.saturating_sub(time.elapsed())
}

/// Gives a realm another environment, when a document takes the place of the
/// [initial `about:blank`](https://html.spec.whatwg.org/multipage/dom.html#is-initial-about:blank) in its window.
pub(crate) fn renew_environment(setup: Setup, realm: &Realm) {
    let environment = Rc::new(setup.environment());
    realm.set_host(Rc::clone(&environment) as Rc<dyn std::any::Any>);
    if let Err(exception) = realm.expose_shared_array_buffer(environment.cross_origin_isolated) {
        tracing::warn!(%exception, "a realm keeps what its isolation was before");
    }
    Agent::current().renew_environment(environment, realm);
    policies::apply_to_realm(realm);
}

/// Makes a realm, its environment and its global object, which `make` gives, and adds them to this thread's agent.
///
/// # Errors
/// Only without memory.
pub(crate) fn create_realm<T: PlatformObject>(
    setup: Setup,
    make: impl FnOnce(&Realm) -> Fallible<T>,
) -> Fallible<(Realm, Root<T>)> {
    let environment = Rc::new(setup.environment());
    let options = RealmOptions {
        exposure: environment.kind.exposure(),
        secure_context: environment.secure_context,
        cross_origin_isolated: environment.cross_origin_isolated,
    };
    if matches!(environment.kind, GlobalKind::DedicatedWorker | GlobalKind::SharedWorker) {
        Runtime::allow_blocking();
    }
    let realm = Realm::new(options)?;
    realm.set_host(Rc::clone(&environment) as Rc<dyn std::any::Any>);
    let global = make(&realm)?;
    let global = realm.wrap_global(global)?;
    // https://html.spec.whatwg.org/multipage/webappapis.html#integration-with-the-javascript-job-queue: only where memory may be
    // shared.
    realm.expose_shared_array_buffer(options.cross_origin_isolated)?;
    realm.install(bindings::INTERFACES, bindings::NAMESPACES)?;
    crate::dom::wasm::install(&realm)?;
    if options.exposure.intersects(Exposure::WINDOW) {
        // https://html.spec.whatwg.org/multipage/nav-history-apis.html#the-window-object:htmldocument
        let document = realm.global().get(&realm, "Document")?;
        realm.global().define_hidden(&realm, "HTMLDocument", &document)?;
    }
    Agent::current().add_environment(environment, realm.clone());
    policies::apply_to_realm(&realm);
    Ok((realm, global))
}

//! [`ServiceWorkerGlobalScope`](https://w3c.github.io/ServiceWorker/#serviceworkerglobalscope-interface).

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use bgfetch_js::{Fallible, Member, Promise, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::fetch::{CacheMode, RequestMode};
use bgfetch_traits::ids::WorkerId;
use bgfetch_traits::service_worker::{
    Imports, RegistrationInfo, ScriptResource, ServiceWorkerMsg, ServiceWorkerState, WorkerInfo, WorkerType,
};
use url::Url;

use super::import_scripts;
use super::window_or_worker::once;
use crate::agent::{Agent, TaskSource};
use crate::bindings::ServiceWorkerGlobalScopeMethods;
use crate::dom::service_worker::asking::{ask, tell};
use crate::dom::service_worker::objects;
use crate::dom::{Clients, ServiceWorker, ServiceWorkerRegistration, WorkerGlobalScope};

/// `ServiceWorkerGlobalScope`.
pub(crate) struct ServiceWorkerGlobalScope {
    worker_global_scope: WorkerGlobalScope,
    /// [Service worker](https://w3c.github.io/ServiceWorker/#serviceworkerglobalscope-service-worker).
    worker: RefCell<WorkerInfo>,
    /// Its [containing service worker
    /// registration](https://w3c.github.io/ServiceWorker/#dfn-containing-service-worker-registration), as far as it was told.
    registration: RefCell<RegistrationInfo>,
    script: Script,
    clients: OnceCell<Member<Clients>>,
}

/// What a service worker runs.
pub(crate) struct Script {
    worker_type: WorkerType,
    /// The [script resource map](https://w3c.github.io/ServiceWorker/#dfn-script-resource-map), main script first.
    resources: Arc<Vec<ScriptResource>>,
    /// What was added to that map since.
    imported: RefCell<HashMap<Url, ScriptResource>>,
    imports: Imports,
    /// Modules are being loaded for the main script: later, none may be.
    is_linking: Cell<bool>,
    has_run: Cell<bool>,
    handles_fetch: Cell<bool>,
}

trace_fields!(ServiceWorkerGlobalScope { worker_global_scope, clients });
platform_object!(ServiceWorkerGlobalScope: WorkerGlobalScope via worker_global_scope);

impl Script {
    /// Of a worker that is starting.
    pub(crate) fn new(
        worker_type: WorkerType,
        resources: Arc<Vec<ScriptResource>>,
        imports: Imports,
    ) -> Self {
        Self {
            worker_type,
            resources,
            imported: RefCell::default(),
            imports,
            is_linking: Cell::new(false),
            has_run: Cell::new(false),
            handles_fetch: Cell::new(false),
        }
    }

    fn resource(&self, url: &Url) -> Option<ScriptResource> {
        let stored = self.resources.iter().find(|resource| resource.url == *url);
        stored.cloned().or_else(|| self.imported.borrow().get(url).cloned())
    }
}

impl ServiceWorkerGlobalScope {
    pub(crate) fn new(worker: WorkerInfo, registration: RegistrationInfo, script: Script) -> Self {
        Self {
            worker_global_scope: WorkerGlobalScope::new_inherited(script.worker_type),
            worker: RefCell::new(worker),
            registration: RefCell::new(registration),
            script,
            clients: OnceCell::new(),
        }
    }

    /// Which worker this is.
    pub(crate) fn worker_id(&self) -> WorkerId {
        self.worker.borrow().worker
    }

    /// The worker's state, as far as it was told.
    pub(crate) fn worker_state(&self) -> ServiceWorkerState {
        self.worker.borrow().state
    }

    /// A worker of the registration changed; it may be this one.
    pub(crate) fn worker_changed(&self, changed: &WorkerInfo) {
        let mut worker = self.worker.borrow_mut();
        if worker.worker == changed.worker {
            worker.state = changed.state;
        }
    }

    /// A registration changed; it may be this worker's.
    pub(crate) fn registration_changed(&self, changed: &RegistrationInfo) {
        let mut registration = self.registration.borrow_mut();
        if registration.registration == changed.registration {
            registration.clone_from(changed);
        }
    }

    /// Whether its script is a module.
    pub(crate) fn is_module(&self) -> bool {
        self.script.worker_type == WorkerType::Module
    }

    /// The main script.
    pub(crate) fn main_script(&self) -> Option<&ScriptResource> {
        self.script.resources.first()
    }

    /// Whether the script has run.
    pub(crate) fn has_run(&self) -> bool {
        self.script.has_run.get()
    }

    /// The script has run: [set of event types to
    /// handle](https://w3c.github.io/ServiceWorker/#dfn-set-of-event-types-to-handle), of which `fetch` matters.
    pub(crate) fn set_has_run(&self) -> bool {
        self.script.has_run.set(true);
        let handles_fetch = self.has_listener("fetch");
        self.script.handles_fetch.set(handles_fetch);
        handles_fetch
    }

    /// Whether the set of event types to handle contains `fetch`.
    pub(crate) fn handles_fetch(&self) -> bool {
        self.script.handles_fetch.get()
    }

    /// Runs `link`, during which modules may be loaded.
    pub(crate) fn linking<R>(&self, link: impl FnOnce() -> R) -> R {
        self.script.is_linking.set(true);
        let linked = link();
        self.script.is_linking.set(false);
        linked
    }

    /// Whether modules may be loaded: `import()` is
    /// [refused](https://html.spec.whatwg.org/multipage/webappapis.html#hostloadimportedmodule) in service workers.
    pub(crate) fn may_load_modules(&self) -> Result<(), String> {
        if self.script.is_linking.get() {
            Ok(())
        } else {
            Err("import() is not allowed in service workers".to_owned())
        }
    }

    /// The script that `importScripts()` runs for a URL: the [fetch
    /// hook](https://w3c.github.io/ServiceWorker/#importscripts).
    pub(super) fn imported_script(&self, realm: &Realm, url: Url) -> Result<ScriptResource, String> {
        self.load(realm, url, RequestMode::NoCors)
    }

    /// The source of a module that the main script imports.
    pub(crate) fn module_source(&self, realm: &Realm, url: &str) -> Result<String, String> {
        self.may_load_modules()?;
        let url = Url::parse(url).map_err(|error| format!("{url:?} is no URL: {error}"))?;
        let loaded = self.load(realm, url, RequestMode::Cors)?;
        Agent::current().allow_time();
        Ok(loaded.source)
    }

    /// The fetch hook of [`importScripts()`](https://w3c.github.io/ServiceWorker/#importscripts), and of a [worker's module
    /// graph](https://w3c.github.io/ServiceWorker/#update-algorithm).
    fn load(&self, realm: &Realm, url: Url, mode: RequestMode) -> Result<ScriptResource, String> {
        // Steps 1 to 3.
        let (worker, state) = (self.worker_id(), self.worker_state());
        let may_grow = matches!(state, ServiceWorkerState::Parsed | ServiceWorkerState::Installing);
        let known = self.script.resource(&url);
        // Step 4.
        if !may_grow {
            return known.ok_or_else(|| {
                format!(
                    "{url} was not imported before the worker was installed: it cannot be imported any more"
                )
            });
        }
        // Steps 5, and 6 to 14: the coordinator counts what is used, from the network or not.
        let resource = match known {
            Some(known) => known,
            None if self.script.imports.failed.contains(&url) => {
                return Err(format!("{url} could not be fetched when the worker's update was looked for"));
            }
            None => {
                let cache =
                    if self.script.imports.bypass_cache { CacheMode::NoCache } else { CacheMode::Default };
                let fetched = import_scripts::script(realm, &url, mode, cache)?;
                self.script.imported.borrow_mut().insert(url, fetched.clone());
                fetched
            }
        };
        tell(realm, ServiceWorkerMsg::ScriptImported(worker, resource.clone()));
        Ok(resource)
    }
}

impl ServiceWorkerGlobalScopeMethods for ServiceWorkerGlobalScope {
    fn clients(&self, realm: &Realm) -> Fallible<Root<Clients>> {
        once(&self.clients, || realm.wrap(Clients::new(self.worker_id())))
    }

    fn registration(&self, realm: &Realm) -> Fallible<Root<ServiceWorkerRegistration>> {
        let registration = self.registration.borrow().clone();
        objects::registration(realm, &registration)
    }

    fn service_worker(&self, realm: &Realm) -> Fallible<Root<ServiceWorker>> {
        let worker = self.worker.borrow().clone();
        objects::worker(realm, &worker)
    }

    /// [`skipWaiting()`](https://w3c.github.io/ServiceWorker/#service-worker-global-scope-skipwaiting)
    fn skip_waiting(&self, realm: &Realm) -> Fallible<Promise<()>> {
        let (worker, owner) = (self.worker_id(), realm.clone());
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            ask(&owner, |reply| ServiceWorkerMsg::SkipWaiting(worker, reply)).await
        })
    }
}

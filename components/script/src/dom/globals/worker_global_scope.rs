//! [`WorkerGlobalScope`](https://html.spec.whatwg.org/multipage/workers.html#the-workerglobalscope-common-interface).

use std::cell::OnceCell;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, Value, platform_object, trace_fields,
};

use bgfetch_traits::service_worker::WorkerType;

use super::import_scripts;
use super::window_or_worker::{SharedObjects, once, window_or_worker_global_scope};
use crate::bindings::WorkerGlobalScopeMethods;
use crate::dom::{EventTarget, ServiceWorkerGlobalScope, WorkerLocation, WorkerNavigator};
use crate::environment::Environment;

/// `WorkerGlobalScope`.
pub(crate) struct WorkerGlobalScope {
    event_target: EventTarget,
    shared: SharedObjects,
    /// [Type](https://html.spec.whatwg.org/multipage/workers.html#concept-workerglobalscope-type)
    worker_type: WorkerType,
    location: OnceCell<Member<WorkerLocation>>,
    navigator: OnceCell<Member<WorkerNavigator>>,
}

trace_fields!(WorkerGlobalScope { event_target, shared, location, navigator });
platform_object!(WorkerGlobalScope: EventTarget via event_target);
window_or_worker_global_scope!(WorkerGlobalScope);

impl WorkerGlobalScope {
    /// For interfaces that inherit.
    pub(crate) fn new_inherited(worker_type: WorkerType) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            shared: SharedObjects::default(),
            worker_type,
            location: OnceCell::new(),
            navigator: OnceCell::new(),
        }
    }

    pub(super) const fn shared(&self) -> &SharedObjects {
        &self.shared
    }
}

impl WorkerGlobalScopeMethods for WorkerGlobalScope {
    fn self_(&self, _: &Realm) -> Fallible<Root<WorkerGlobalScope>> {
        Ok(self.root())
    }

    fn location(&self, realm: &Realm) -> Fallible<Root<WorkerLocation>> {
        once(&self.location, || {
            let url = Environment::of(realm).url.borrow().clone();
            realm.wrap(WorkerLocation::new(url))
        })
    }

    fn navigator(&self, realm: &Realm) -> Fallible<Root<WorkerNavigator>> {
        once(&self.navigator, || realm.wrap(WorkerNavigator::new()))
    }

    /// [`importScripts()`](https://html.spec.whatwg.org/multipage/workers.html#dom-workerglobalscope-importscripts)
    fn import_scripts(&self, realm: &Realm, urls: Vec<String>) -> Fallible<()> {
        // [Import scripts into worker global
        // scope](https://html.spec.whatwg.org/multipage/workers.html#import-scripts-into-worker-global-scope), step 1.
        if self.worker_type == WorkerType::Module {
            return Err(Exception::type_error("importScripts() is not for module workers: use import"));
        }
        let Some(worker) = self.root().downcast::<ServiceWorkerGlobalScope>() else {
            return import_scripts::import(realm, &urls, |url, entry| {
                import_scripts::fetch(realm, &url, entry.as_ref())
            });
        };
        let origin = Environment::of(realm).origin.clone();
        import_scripts::import(realm, &urls, |url, _| {
            // What is stored of a script does not tell what a redirect led to.
            let muted_errors = url.scheme() != "data" && url.origin() != origin;
            let script = worker.imported_script(realm, url)?;
            Ok(import_scripts::Imported { script, muted_errors })
        })
    }
}

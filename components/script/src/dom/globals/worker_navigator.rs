//! [`WorkerNavigator`](https://html.spec.whatwg.org/multipage/workers.html#the-workernavigator-object).

use bgfetch_js::{Fallible, Realm, Reflector, Root, platform_object, trace_fields};

use super::navigator::navigator_mixins;
use crate::bindings::WorkerNavigatorMethods;
use crate::dom::{Permissions, ServiceWorkerContainer};

/// `WorkerNavigator`.
pub(crate) struct WorkerNavigator {
    reflector: Reflector,
}

trace_fields!(WorkerNavigator {});
platform_object!(WorkerNavigator);

impl WorkerNavigator {
    pub(super) const fn new() -> Self {
        Self { reflector: Reflector::new() }
    }
}

impl WorkerNavigatorMethods for WorkerNavigator {
    fn permissions(&self, realm: &Realm) -> Fallible<Root<Permissions>> {
        super::permissions::object(realm)
    }

    fn service_worker(&self, realm: &Realm) -> Fallible<Root<ServiceWorkerContainer>> {
        crate::dom::service_worker::objects::container(realm)
    }
}

navigator_mixins!(WorkerNavigator);

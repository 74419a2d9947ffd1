//! [`NavigationPreloadManager`](https://w3c.github.io/ServiceWorker/#navigationpreloadmanager).

use bgfetch_js::{ByteString, Exception, Fallible, Promise, Realm, Reflector, platform_object, trace_fields};
use bgfetch_traits::ids::RegistrationId;
use bgfetch_traits::service_worker::{NavigationPreloadRequest, ServiceWorkerMsg};

use super::ask_job;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{NavigationPreloadManagerMethods, NavigationPreloadState};
use crate::dom::fetch::headers;

/// `NavigationPreloadManager`.
pub(crate) struct NavigationPreloadManager {
    reflector: Reflector,
    registration: RegistrationId,
}

trace_fields!(NavigationPreloadManager {});
platform_object!(NavigationPreloadManager);

impl NavigationPreloadManager {
    pub(super) const fn new(registration: RegistrationId) -> Self {
        Self { reflector: Reflector::new(), registration }
    }

    /// Asks the coordinator; gives what `answer` makes of the state.
    fn ask<T: bgfetch_js::ToJs + 'static>(
        &self,
        realm: &Realm,
        request: NavigationPreloadRequest,
        answer: impl FnOnce(bgfetch_traits::service_worker::NavigationPreload) -> T + 'static,
    ) -> Fallible<Promise<T>> {
        let (registration, owner) = (self.registration, realm.clone());
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            let message = |reply| ServiceWorkerMsg::NavigationPreload(registration, request, reply);
            ask_job(&owner, message).await.map(answer)
        })
    }
}

impl NavigationPreloadManagerMethods for NavigationPreloadManager {
    fn enable(&self, realm: &Realm) -> Fallible<Promise<()>> {
        self.ask(realm, NavigationPreloadRequest::SetEnabled(true), drop)
    }

    fn disable(&self, realm: &Realm) -> Fallible<Promise<()>> {
        self.ask(realm, NavigationPreloadRequest::SetEnabled(false), drop)
    }

    fn set_header_value(&self, realm: &Realm, value: ByteString) -> Fallible<Promise<()>> {
        // Steps 1 and 2.
        let value = headers::normalize(&value.0);
        if value.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
            return Promise::rejected(
                realm,
                Exception::type_error("the value is not one that a header can have"),
            );
        }
        self.ask(realm, NavigationPreloadRequest::SetHeaderValue(value.to_vec()), drop)
    }

    fn get_state(&self, realm: &Realm) -> Fallible<Promise<NavigationPreloadState>> {
        self.ask(realm, NavigationPreloadRequest::GetState, |state| NavigationPreloadState {
            enabled: state.enabled,
            header_value: Some(ByteString(state.header_value)),
        })
    }
}

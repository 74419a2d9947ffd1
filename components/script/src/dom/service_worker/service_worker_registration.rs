//! [`ServiceWorkerRegistration`](https://w3c.github.io/ServiceWorker/#serviceworkerregistration-interface).

use std::cell::{Cell, OnceCell, RefCell};

use bgfetch_js::{Fallible, Member, Promise, Realm, Root, platform_object, trace_fields};
use bgfetch_traits::ids::RegistrationId;
use bgfetch_traits::service_worker::{RegistrationInfo, ServiceWorkerMsg, UpdateViaCache};
use url::Url;

use super::{ask_job, objects};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{ServiceWorkerRegistrationMethods, ServiceWorkerUpdateViaCache};
use crate::dom::globals::window_or_worker::once;
use crate::dom::{BackgroundFetchManager, EventTarget, NavigationPreloadManager, ServiceWorker};

/// `ServiceWorkerRegistration`.
pub(crate) struct ServiceWorkerRegistration {
    event_target: EventTarget,
    /// [Service worker registration](https://w3c.github.io/ServiceWorker/#serviceworkerregistration-service-worker-registration).
    registration: RegistrationId,
    scope: Url,
    update_via_cache: Cell<UpdateViaCache>,
    installing: Slot,
    waiting: Slot,
    active: Slot,
    /// [Background fetch manager](https://wicg.github.io/background-fetch/#serviceworkerregistration-background-fetch-manager).
    background_fetch: OnceCell<Member<BackgroundFetchManager>>,
    navigation_preload: OnceCell<Member<NavigationPreloadManager>>,
}

type Slot = RefCell<Option<Member<ServiceWorker>>>;

trace_fields!(ServiceWorkerRegistration {
    event_target,
    installing,
    waiting,
    active,
    background_fetch,
    navigation_preload
});
platform_object!(ServiceWorkerRegistration: EventTarget via event_target);

impl ServiceWorkerRegistration {
    /// Without workers: see [`ServiceWorkerRegistration::set_workers`].
    pub(super) fn new(info: &RegistrationInfo) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            registration: info.registration,
            scope: info.scope.clone(),
            update_via_cache: Cell::new(info.update_via_cache),
            installing: Slot::default(),
            waiting: Slot::default(),
            active: Slot::default(),
            background_fetch: OnceCell::new(),
            navigation_preload: OnceCell::new(),
        }
    }

    /// [Update Registration State](https://w3c.github.io/ServiceWorker/#update-registration-state), of all three.
    pub(super) fn set_workers(&self, realm: &Realm, info: &RegistrationInfo) -> Fallible<()> {
        let slots = [
            (&self.installing, &info.installing),
            (&self.waiting, &info.waiting),
            (&self.active, &info.active),
        ];
        for (slot, worker) in slots {
            let object = objects::optional_worker(realm, worker.as_ref())?;
            let replaced = slot.replace(object.map(Into::into));
            drop(replaced);
        }
        self.update_via_cache.set(info.update_via_cache);
        Ok(())
    }

    /// Whether it has an active worker, as the page sees it.
    pub(crate) fn has_active_worker(&self) -> bool {
        self.active.borrow().is_some()
    }

    fn worker_in(slot: &Slot) -> Option<Root<ServiceWorker>> {
        slot.borrow().as_ref().map(|worker| (**worker).clone())
    }
}

impl ServiceWorkerRegistrationMethods for ServiceWorkerRegistration {
    fn installing(&self, _: &Realm) -> Fallible<Option<Root<ServiceWorker>>> {
        Ok(Self::worker_in(&self.installing))
    }

    fn waiting(&self, _: &Realm) -> Fallible<Option<Root<ServiceWorker>>> {
        Ok(Self::worker_in(&self.waiting))
    }

    fn active(&self, _: &Realm) -> Fallible<Option<Root<ServiceWorker>>> {
        Ok(Self::worker_in(&self.active))
    }

    fn scope(&self, _: &Realm) -> Fallible<String> {
        Ok(self.scope.as_str().to_owned())
    }

    fn update_via_cache(&self, _: &Realm) -> Fallible<ServiceWorkerUpdateViaCache> {
        Ok(match self.update_via_cache.get() {
            UpdateViaCache::Imports => ServiceWorkerUpdateViaCache::Imports,
            UpdateViaCache::All => ServiceWorkerUpdateViaCache::All,
            UpdateViaCache::None => ServiceWorkerUpdateViaCache::None,
        })
    }

    fn background_fetch(&self, realm: &Realm) -> Fallible<Root<BackgroundFetchManager>> {
        once(&self.background_fetch, || realm.wrap(BackgroundFetchManager::new(self.registration)))
    }

    fn navigation_preload(&self, realm: &Realm) -> Fallible<Root<NavigationPreloadManager>> {
        once(&self.navigation_preload, || realm.wrap(NavigationPreloadManager::new(self.registration)))
    }

    /// [`update()`](https://w3c.github.io/ServiceWorker/#service-worker-registration-update)
    fn update(&self, realm: &Realm) -> Fallible<Promise<Root<ServiceWorkerRegistration>>> {
        let (registration, owner) = (self.registration, realm.clone());
        // Steps 2 to 7 are the coordinator's: it knows the newest worker, and the state of a worker that asks.
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            let info = ask_job(&owner, |reply| ServiceWorkerMsg::Update(registration, reply)).await?;
            objects::registration(&owner, &info)
        })
    }

    /// [`unregister()`](https://w3c.github.io/ServiceWorker/#navigator-service-worker-unregister)
    fn unregister(&self, realm: &Realm) -> Fallible<Promise<bool>> {
        let (registration, owner) = (self.registration, realm.clone());
        Agent::current().promise(TaskSource::ServiceWorker, realm, async move {
            ask_job(&owner, |reply| ServiceWorkerMsg::Unregister(registration, reply)).await
        })
    }
}

//! The objects of an environment by what they stand for: one for each service worker, registration and background
//! fetch, however often a page asks.

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::Hash;

use bgfetch_js::{Fallible, Member, PlatformObject, Realm, Root, trace_fields};
use bgfetch_traits::background_fetch::BackgroundFetchInfo;
use bgfetch_traits::ids::{BackgroundFetchId, RegistrationId, WorkerId};
use bgfetch_traits::service_worker::{RegistrationInfo, WorkerInfo};

use crate::dom::globals::window_or_worker::{SharedObjects, once};
use crate::dom::{
    BackgroundFetchRegistration, ServiceWorker, ServiceWorkerContainer, ServiceWorkerRegistration,
};

/// What an environment has of service workers.
#[derive(Default)]
pub(crate) struct ServiceWorkerObjects {
    /// [Service worker object map](https://w3c.github.io/ServiceWorker/#environment-settings-object-service-worker-object-map).
    workers: Map<WorkerId, ServiceWorker>,
    /// [Service worker registration object map](https://w3c.github.io/ServiceWorker/#environment-settings-object-service-worker-registration-object-map).
    registrations: Map<RegistrationId, ServiceWorkerRegistration>,
    /// [BackgroundFetchRegistration instances](https://wicg.github.io/background-fetch/#backgroundfetchmanager-backgroundfetchregistration-instances),
    /// of all managers: a background fetch belongs to one registration, and so to one manager.
    background_fetches: Map<BackgroundFetchId, BackgroundFetchRegistration>,
    container: OnceCell<Member<ServiceWorkerContainer>>,
}

type Map<K, T> = RefCell<HashMap<K, Member<T>>>;

trace_fields!(ServiceWorkerObjects { workers, registrations, background_fetches, container });

fn get_or_make<K: Copy + Eq + Hash, T: PlatformObject>(
    map: &Map<K, T>,
    key: K,
    make: impl FnOnce() -> Fallible<Root<T>>,
) -> Fallible<Root<T>> {
    if let Some(known) = get(map, key) {
        return Ok(known);
    }
    let made = make()?;
    map.borrow_mut().insert(key, made.clone().into());
    Ok(made)
}

fn get<K: Copy + Eq + Hash, T: PlatformObject>(map: &Map<K, T>, key: K) -> Option<Root<T>> {
    map.borrow().get(&key).map(|known| (**known).clone())
}

/// [Gets the service worker object](https://w3c.github.io/ServiceWorker/#get-the-service-worker-object).
pub(crate) fn worker(realm: &Realm, info: &WorkerInfo) -> Fallible<Root<ServiceWorker>> {
    SharedObjects::with(realm, |shared| {
        get_or_make(&shared.service_workers.workers, info.worker, || realm.wrap(ServiceWorker::new(info)))
    })
}

/// [`worker`], if there is one.
pub(crate) fn optional_worker(
    realm: &Realm,
    info: Option<&WorkerInfo>,
) -> Fallible<Option<Root<ServiceWorker>>> {
    info.map(|info| worker(realm, info)).transpose()
}

/// The service worker object, if a page ever asked for it.
pub(crate) fn known_worker(realm: &Realm, id: WorkerId) -> Fallible<Option<Root<ServiceWorker>>> {
    SharedObjects::with(realm, |shared| Ok(get(&shared.service_workers.workers, id)))
}

/// [Gets the service worker registration
/// object](https://w3c.github.io/ServiceWorker/#get-the-service-worker-registration-object).
pub(crate) fn registration(
    realm: &Realm,
    info: &RegistrationInfo,
) -> Fallible<Root<ServiceWorkerRegistration>> {
    SharedObjects::with(realm, |shared| {
        get_or_make(&shared.service_workers.registrations, info.registration, || {
            let object = realm.wrap(ServiceWorkerRegistration::new(info))?;
            object.set_workers(realm, info)?;
            Ok(object)
        })
    })
}

/// The registration object, if a page ever asked for it.
pub(crate) fn known_registration(
    realm: &Realm,
    id: RegistrationId,
) -> Fallible<Option<Root<ServiceWorkerRegistration>>> {
    SharedObjects::with(realm, |shared| Ok(get(&shared.service_workers.registrations, id)))
}

/// [Gets a BackgroundFetchRegistration
/// instance](https://wicg.github.io/background-fetch/#get-a-backgroundfetchregistration-instance).
pub(crate) fn background_fetch(
    realm: &Realm,
    info: &BackgroundFetchInfo,
) -> Fallible<Root<BackgroundFetchRegistration>> {
    SharedObjects::with(realm, |shared| {
        let instances = &shared.service_workers.background_fetches;
        // Steps 2 to 5.
        get_or_make(instances, info.fetch, || realm.wrap(BackgroundFetchRegistration::new(info)))
    })
}

/// The instance for a background fetch, if a page ever asked for it.
pub(crate) fn known_background_fetch(
    realm: &Realm,
    id: BackgroundFetchId,
) -> Fallible<Option<Root<BackgroundFetchRegistration>>> {
    SharedObjects::with(realm, |shared| Ok(get(&shared.service_workers.background_fetches, id)))
}

/// `navigator.serviceWorker`
pub(crate) fn container(realm: &Realm) -> Fallible<Root<ServiceWorkerContainer>> {
    SharedObjects::with(realm, |shared| {
        once(&shared.service_workers.container, || realm.wrap(ServiceWorkerContainer::new()))
    })
}

/// `navigator.serviceWorker`, if a page ever asked for it.
pub(crate) fn known_container(realm: &Realm) -> Fallible<Option<Root<ServiceWorkerContainer>>> {
    SharedObjects::with(realm, |shared| {
        Ok(shared.service_workers.container.get().map(|known| (**known).clone()))
    })
}

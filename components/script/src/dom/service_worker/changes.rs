//! What environments are told of registrations: objects follow, and events fire.

use bgfetch_js::{Fallible, Realm};
use bgfetch_traits::service_worker::{RegistrationInfo, WorkerInfo};

use super::objects;
use crate::dom::ServiceWorkerGlobalScope;
use crate::dom::events::event;
use crate::environment::Environment;

/// A change of a registration, as [`bgfetch_traits::script::ScriptMsg::RegistrationChanged`] tells it.
#[derive(Debug)]
pub(crate) struct RegistrationChange {
    /// The registration as it is now.
    pub(crate) info: RegistrationInfo,
    /// Whether `updatefound` fires.
    pub(crate) update_found: bool,
    /// The new controller of this environment, if that changed.
    pub(crate) controller: Option<Option<WorkerInfo>>,
    /// Workers that left the registration and are redundant.
    pub(crate) redundant: Vec<WorkerInfo>,
}

/// The tasks of [Update Worker State](https://w3c.github.io/ServiceWorker/#update-state-algorithm), [Update Registration
/// State](https://w3c.github.io/ServiceWorker/#update-registration-state-algorithm),
/// [Install](https://w3c.github.io/ServiceWorker/#installation-algorithm) (`updatefound`) and [Notify Controller
/// Change](https://w3c.github.io/ServiceWorker/#notify-controller-change-algorithm).
pub(crate) fn registration_changed(realm: &Realm, change: RegistrationChange) -> Fallible<()> {
    let RegistrationChange { info, update_found, controller, redundant } = change;
    let current = [&info.installing, &info.waiting, &info.active].into_iter().flatten();
    for worker in redundant.iter().chain(current.clone()) {
        remember_state(realm, worker);
    }
    if let Some(global) = realm.global_as::<ServiceWorkerGlobalScope>() {
        global.registration_changed(&info);
    }
    // A listener that learns of a new state finds the worker where it is now.
    let registration = objects::known_registration(realm, info.registration)?;
    if let Some(registration) = &registration {
        registration.set_workers(realm, &info)?;
    }
    // Workers become redundant before others take their place.
    for worker in &redundant {
        update_worker_state(realm, worker)?;
    }
    for worker in current {
        update_worker_state(realm, worker)?;
    }
    if let Some(registration) = registration.filter(|_| update_found) {
        event::fire(realm, &*registration, "updatefound")?;
    }
    if let Some(controller) = controller {
        Environment::of(realm).controller.replace(controller);
        if let Some(container) = objects::known_container(realm)? {
            event::fire(realm, &*container, "controllerchange")?;
        }
    }
    Ok(())
}

/// Keeps what objects will be made of, if a page asks for them later.
fn remember_state(realm: &Realm, worker: &WorkerInfo) {
    let environment = Environment::of(realm);
    if let Some(controller) = environment.controller.borrow_mut().as_mut()
        && controller.worker == worker.worker
    {
        controller.state = worker.state;
    }
    if let Some(global) = realm.global_as::<ServiceWorkerGlobalScope>() {
        global.worker_changed(worker);
    }
}

fn update_worker_state(realm: &Realm, info: &WorkerInfo) -> Fallible<()> {
    match objects::known_worker(realm, info.worker)? {
        Some(worker) => worker.set_state(realm, info.state),
        None => Ok(()),
    }
}

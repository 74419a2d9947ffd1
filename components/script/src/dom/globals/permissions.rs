//! [`Permissions`](https://w3c.github.io/permissions/#permissions-interface).

use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;

use bgfetch_js::{
    Exception, Fallible, FromJs, Member, Object, Promise, Realm, Reflector, Root, platform_object,
    trace_fields,
};
use bgfetch_traits::coordinator::{CoordinatorMsg, PermissionState};

use super::window_or_worker::{SharedObjects, once};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{PermissionDescriptor, PermissionsMethods};
use crate::dom::service_worker::asking::{environment_of, gone};
use crate::dom::{PermissionStatus, Window};

/// The [powerful features](https://w3c.github.io/permissions/#dfn-powerful-feature) that exist here.
const SUPPORTED: &[&str] = &["background-fetch", PERSISTENT_STORAGE];

/// Features of the [registry](https://w3c.github.io/permissions-registry/) that do not exist here: nobody is asked for
/// them, they are denied.
const DENIED: &[&str] = &[
    "accelerometer",
    "ambient-light-sensor",
    "background-sync",
    "bluetooth",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "nfc",
    "notifications",
    "push",
    "screen-wake-lock",
    "speaker-selection",
    "xr-spatial-tracking",
];

/// The feature of [`StorageManager.persist()`](https://storage.spec.whatwg.org/#dom-storagemanager-persist).
pub(super) const PERSISTENT_STORAGE: &str = "persistent-storage";

/// `Permissions`.
pub(crate) struct Permissions {
    reflector: Reflector,
}

trace_fields!(Permissions {});
platform_object!(Permissions);

/// What an environment has of permissions.
#[derive(Default)]
pub(super) struct PermissionObjects {
    object: OnceCell<Member<Permissions>>,
    /// States, as they were told last.
    states: RefCell<HashMap<String, PermissionState>>,
    /// Those that somebody listens to.
    listened_to: RefCell<Vec<Member<PermissionStatus>>>,
}

trace_fields!(PermissionObjects { object, listened_to });

impl PermissionObjects {
    /// The state of a permission, if it was ever told.
    pub(super) fn state(&self, name: &str) -> Option<PermissionState> {
        self.states.borrow().get(name).copied()
    }

    /// From now on `change` fires at `status`.
    pub(super) fn listen(&self, status: Root<PermissionStatus>) {
        let mut all = self.listened_to.borrow_mut();
        if !all.iter().any(|known| known.is_same(&status)) {
            all.push(status.into());
        }
    }
}

/// `navigator.permissions`
pub(super) fn object(realm: &Realm) -> Fallible<Root<Permissions>> {
    SharedObjects::with(realm, |shared| {
        once(&shared.permissions.object, || realm.wrap(Permissions { reflector: Reflector::new() }))
    })
}

/// The [permission state](https://w3c.github.io/permissions/#dfn-permission-state) of a feature.
pub(super) async fn state(realm: &Realm, name: &str) -> Fallible<PermissionState> {
    if DENIED.contains(&name) {
        return Ok(PermissionState::Denied);
    }
    let environment = environment_of(realm)?;
    // An opaque origin has no permissions, and nobody can be asked for it.
    let Some(key) = environment.storage_key() else { return Ok(PermissionState::Denied) };
    let answer = Agent::current().ask(|reply| {
        let message = CoordinatorMsg::QueryPermission { key, name: name.to_owned(), reply };
        environment.hosts.coordinator.send(message);
    });
    let state = answer.await.map_err(gone)?;
    remember(realm, name, state)?;
    Ok(state)
}

fn remember(realm: &Realm, name: &str, state: PermissionState) -> Fallible<()> {
    SharedObjects::with(realm, |shared| {
        shared.permissions.states.borrow_mut().insert(name.to_owned(), state);
        Ok(())
    })
}

/// A permission changed: [permission state
/// update](https://w3c.github.io/permissions/#dfn-permissionstatus-update-steps) of every status object.
pub(crate) fn changed(realm: &Realm, name: &str, state: PermissionState) -> Fallible<()> {
    remember(realm, name, state)?;
    let all: Vec<_> = SharedObjects::with(realm, |shared| {
        Ok(shared.permissions.listened_to.borrow().iter().map(|status| (**status).clone()).collect())
    })?;
    for status in all {
        status.update(realm, name, state)?;
    }
    Ok(())
}

impl PermissionsMethods for Permissions {
    /// [`query()`](https://w3c.github.io/permissions/#dom-permissions-query)
    fn query(&self, realm: &Realm, permission_desc: Object) -> Fallible<Promise<Root<PermissionStatus>>> {
        // Step 1.
        if realm.global_as::<Window>().is_some() && Window::document_of(realm)?.context().is_none() {
            return Err(Exception::dom("InvalidStateError", "the document is no longer shown"));
        }
        // Steps 2 and 3.
        let descriptor = PermissionDescriptor::from_js(realm, permission_desc.as_value())?;
        // Step 4.
        let mut known = SUPPORTED.iter().chain(DENIED);
        let Some(name) = known.find(|name| descriptor.name == ***name) else {
            let message = format!("{:?} is no permission that this browser knows", descriptor.name);
            return Err(Exception::type_error(message));
        };
        // Step 5: what further members say of a feature makes no difference here, but getters run.
        PermissionDescriptor::from_js(realm, permission_desc.as_value())?;
        // Steps 7 and 8.
        let owner = realm.clone();
        Agent::current().promise(TaskSource::Permission, realm, async move {
            let state = state(&owner, name).await?;
            owner.wrap(PermissionStatus::new(name, state))
        })
    }
}

//! [`StorageManager`](https://storage.spec.whatwg.org/#storagemanager).

use bgfetch_js::{Exception, Fallible, Promise, Realm, Reflector, Root, platform_object, trace_fields};
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::storage::PartitionMsg;

use super::permissions;
use super::window_or_worker::{SharedObjects, once};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{StorageEstimate, StorageManagerMethods};
use crate::dom::service_worker::asking::gone;
use crate::environment::Environment;

/// `StorageManager`.
pub(crate) struct StorageManager {
    reflector: Reflector,
}

trace_fields!(StorageManager {});
platform_object!(StorageManager);

/// `navigator.storage`
pub(super) fn object(realm: &Realm) -> Fallible<Root<StorageManager>> {
    SharedObjects::with(realm, |shared| {
        once(&shared.storage, || realm.wrap(StorageManager { reflector: Reflector::new() }))
    })
}

/// A storage [shelf](https://storage.spec.whatwg.org/#storage-shelf) is there only for origins that are not opaque.
fn check_origin(realm: &Realm) -> Fallible<()> {
    match Environment::of(realm).storage_key() {
        Some(_) => Ok(()),
        None => Err(Exception::type_error("an opaque origin has no storage")),
    }
}

/// The bucket is persistent as long as the permission is granted: nothing is evicted here anyway, so that there is no
/// other state to keep.
fn is_persistent(realm: &Realm) -> Fallible<Promise<bool>> {
    check_origin(realm)?;
    let owner = realm.clone();
    Agent::current().promise(TaskSource::Permission, realm, async move {
        Ok(permissions::state(&owner, permissions::PERSISTENT_STORAGE).await? == PermissionState::Granted)
    })
}

impl StorageManagerMethods for StorageManager {
    /// [`persisted()`](https://storage.spec.whatwg.org/#dom-storagemanager-persisted)
    fn persisted(&self, realm: &Realm) -> Fallible<Promise<bool>> {
        is_persistent(realm)
    }

    /// [`persist()`](https://storage.spec.whatwg.org/#dom-storagemanager-persist)
    fn persist(&self, realm: &Realm) -> Fallible<Promise<bool>> {
        is_persistent(realm)
    }

    /// [`estimate()`](https://storage.spec.whatwg.org/#dom-storagemanager-estimate)
    fn estimate(&self, realm: &Realm) -> Fallible<Promise<StorageEstimate>> {
        check_origin(realm)?;
        let owner = realm.clone();
        Agent::current().promise(TaskSource::Networking, realm, async move {
            let environment = Environment::of(&owner);
            let Some(key) = environment.storage_key() else { return Ok(StorageEstimate::default()) };
            let answer = Agent::current()
                .ask(|reply| environment.hosts.storage.partition(&key, PartitionMsg::Estimate(reply)));
            let estimate = answer.await.map_err(gone)?.map_err(|error| {
                // Step 3.6.
                tracing::warn!(%error, "no estimate of storage");
                Exception::type_error("the browser's storage failed")
            })?;
            Ok(StorageEstimate { usage: Some(estimate.usage), quota: Some(estimate.quota) })
        })
    }
}

//! What others learn of a change in an area: other windows of this thread, and those of other threads.

use std::rc::Rc;
use std::sync::Arc;

use bgfetch_js::{Fallible, Realm, Root};
use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::ids::{ClientId, StorageKey};
use bgfetch_traits::web_storage::StorageChange;

use super::Storage;
use super::storage::Kind;
use crate::agent::{Agent, TaskSource};
use crate::bindings::StorageMethods;
use crate::dom::cache::names;
use crate::dom::{StorageEvent, Window};
use crate::environment::Environment;

/// [Broadcasts](https://html.spec.whatwg.org/multipage/webstorage.html#concept-storage-broadcast) a change that a window's script made
/// through `storage`.
pub(super) fn broadcast(window: &Root<Window>, storage: &Storage, change: StorageChange) {
    let Some(active) = window.context().and_then(|context| context.active()) else { return };
    let environment = Environment::of(&active.realm);
    let change = Arc::new(change);
    for (realm, other) in windows_of(environment.storage_key().as_ref()) {
        if other == *window {
            continue;
        }
        let shown = storage.kind().object(&realm, &other);
        if shown.is_ok_and(|shown| shown.has_area_of(storage)) {
            tell(&realm, other, storage.kind(), Arc::clone(&change));
        }
    }
    if storage.kind() == Kind::Local {
        let message = CoordinatorMsg::LocalStorageChanged { from: environment.id, change };
        environment.hosts.coordinator.send(message);
    }
}

/// Script of another thread changed the local storage of these environments.
pub(crate) fn changed_elsewhere(agent: &Agent, to: &[ClientId], change: &Arc<StorageChange>) {
    for realm in to.iter().filter_map(|client| agent.realm_of(*client)) {
        if let Some(window) = active_window(&realm) {
            tell(&realm, window, Kind::Local, Arc::clone(change));
        }
    }
}

/// The window of a realm, if it is shown.
fn active_window(realm: &Realm) -> Option<Root<Window>> {
    let window = realm.global_as::<Window>()?;
    let active = window.context()?.active_window()?;
    (active == window).then_some(active)
}

/// All windows of this thread that are shown, and of an origin.
fn windows_of(key: Option<&StorageKey>) -> Vec<(Realm, Root<Window>)> {
    let mut realms = Agent::current().realms();
    realms.retain(|realm| Environment::of(realm).storage_key().as_ref() == key);
    realms.into_iter().filter_map(|realm| Some((realm.clone(), active_window(&realm)?))).collect()
}

fn tell(realm: &Realm, window: Root<Window>, kind: Kind, change: Arc<StorageChange>) {
    Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
        let strings = [&change.key, &change.old, &change.new];
        let strings = strings.map(|text| text.as_ref().map(|text| names::from_text(text)));
        let area = kind.object(realm, &window)?;
        StorageEvent::fire(realm, &window, strings, change.url.to_string(), &area)
    });
}

/// [Clears](https://w3c.github.io/webappsec-clear-site-data/#clear-dom) an origin's areas of all sessions of this thread. Its local
/// storage is cleared already.
pub(crate) fn clear_sessions(agent: &Rc<Agent>, key: &StorageKey) {
    for (realm, window) in windows_of(Some(key)) {
        agent.queue_global(TaskSource::DomManipulation, &realm, move |realm| clear(realm, &window));
    }
}

fn clear(realm: &Realm, window: &Root<Window>) -> Fallible<()> {
    Kind::Session.object(realm, window)?.clear(realm)
}

//! [Permissions](https://w3c.github.io/permissions/): what the configuration, the embedder and its user say.

use std::collections::{BTreeMap, HashMap};

use bgfetch_core::Input;
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::script::ScriptMsg;

use super::Coordinator;
use crate::config::BACKGROUND_FETCH_PERMISSION;

/// States by name, and by name and storage key; the latter go before.
#[derive(Debug, Default)]
pub(crate) struct Permissions {
    defaults: BTreeMap<String, PermissionState>,
    of_keys: HashMap<(String, StorageKey), PermissionState>,
}

impl Permissions {
    pub(crate) fn new(defaults: BTreeMap<String, PermissionState>) -> Self {
        Self { defaults, of_keys: HashMap::new() }
    }

    /// The state of a permission. What nobody set is to be asked for.
    pub(crate) fn state(&self, name: &str, key: &StorageKey) -> PermissionState {
        let own = self.of_keys.get(&(name.to_owned(), key.clone()));
        own.or_else(|| self.defaults.get(name)).copied().unwrap_or_default()
    }

    fn set(&mut self, name: &str, key: Option<&StorageKey>, state: PermissionState) {
        match key {
            Some(key) => drop(self.of_keys.insert((name.to_owned(), key.clone()), state)),
            None => drop(self.defaults.insert(name.to_owned(), state)),
        }
    }
}

impl Coordinator {
    /// [New information about the user's intent](https://w3c.github.io/permissions/#dfn-new-information-about-the-user-s-intent).
    pub(super) fn set_permission(&mut self, name: &str, key: Option<&StorageKey>, state: PermissionState) {
        self.permissions.set(name, key, state);
        let concerned = |permissions: &Permissions, other: &StorageKey| match key {
            Some(key) => key == other,
            None => !permissions.of_keys.contains_key(&(name.to_owned(), other.clone())),
        };
        for (thread_key, sender) in self.scripts.threads_by_key() {
            if concerned(&self.permissions, thread_key) {
                sender.send(ScriptMsg::PermissionChanged(name.to_owned(), state));
            }
        }
        if name != BACKGROUND_FETCH_PERMISSION {
            return;
        }
        let mut partitions: Vec<_> = self.core.machine.displays().map(|display| display.origin).collect();
        partitions.sort_unstable();
        partitions.dedup();
        for partition in partitions {
            if concerned(&self.permissions, &partition) {
                self.machine(Input::PermissionChanged { partition, state });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_its_own_goes_before_the_default_which_goes_before_the_question() {
        let key = |text: &str| StorageKey::of_url(&text.parse().unwrap()).unwrap();
        let (a, b) = (key("https://a.test/"), key("https://b.test/"));
        let mut permissions = Permissions::default();
        assert_eq!(permissions.state("x", &a), PermissionState::Prompt);
        permissions.set("x", None, PermissionState::Granted);
        permissions.set("x", Some(&b), PermissionState::Denied);
        assert_eq!(permissions.state("x", &a), PermissionState::Granted);
        assert_eq!(permissions.state("x", &b), PermissionState::Denied);
        assert_eq!(permissions.state("y", &b), PermissionState::Prompt);
    }
}

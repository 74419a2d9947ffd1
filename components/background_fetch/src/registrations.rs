//! [Extensions to service worker registration](https://wicg.github.io/background-fetch/#service-worker-registration-concept-extensions).

use std::collections::BTreeMap;

use bgfetch_traits::ids::{BackgroundFetchId, RegistrationId};

/// The [active background fetches](https://wicg.github.io/background-fetch/#service-worker-registration-active-background-fetches)
/// of every registration.
///
/// The specification's edit queue is the machine itself: it takes one input after the other.
#[derive(Debug, Default)]
pub(crate) struct Registrations {
    active_background_fetches: BTreeMap<RegistrationId, BTreeMap<String, Entry>>,
    next_place: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    fetch: BackgroundFetchId,
    /// Maps of the specification are ordered by insertion.
    place: u64,
}

impl Registrations {
    pub(crate) fn get(&self, registration: RegistrationId, id: &str) -> Option<BackgroundFetchId> {
        Some(self.active_background_fetches.get(&registration)?.get(id)?.fetch)
    }

    pub(crate) fn insert(&mut self, registration: RegistrationId, id: String, fetch: BackgroundFetchId) {
        let place = self.next_place;
        self.next_place += 1;
        self.active_background_fetches.entry(registration).or_default().insert(id, Entry { fetch, place });
    }

    /// [Contains background fetch](https://wicg.github.io/background-fetch/#contains-background-fetch-algorithm).
    pub(crate) fn contains(&self, registration: RegistrationId, id: &str, fetch: BackgroundFetchId) -> bool {
        self.get(registration, id) == Some(fetch)
    }

    /// Removes the background fetch if it is [contained](Self::contains): whether it was.
    pub(crate) fn remove(
        &mut self,
        registration: RegistrationId,
        id: &str,
        fetch: BackgroundFetchId,
    ) -> bool {
        if !self.contains(registration, id, fetch) {
            return false;
        }
        if let Some(fetches) = self.active_background_fetches.get_mut(&registration) {
            fetches.remove(id);
            if fetches.is_empty() {
                self.active_background_fetches.remove(&registration);
            }
        }
        true
    }

    /// The keys, in the order they were inserted.
    pub(crate) fn ids(&self, registration: RegistrationId) -> Vec<String> {
        let Some(fetches) = self.active_background_fetches.get(&registration) else { return Vec::new() };
        let mut ids: Vec<_> = fetches.iter().map(|(id, entry)| (entry.place, id)).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_come_in_the_order_of_insertion_and_are_free_once_removed() {
        let mut map = Registrations::default();
        let here = RegistrationId(1);
        for (n, id) in ["z", "a", "m"].into_iter().enumerate() {
            map.insert(here, id.to_owned(), BackgroundFetchId(n as u64));
        }
        map.insert(RegistrationId(2), "a".to_owned(), BackgroundFetchId(9));
        assert_eq!(map.ids(here), ["z", "a", "m"]);
        assert!(map.contains(here, "a", BackgroundFetchId(1)));
        assert!(!map.contains(here, "a", BackgroundFetchId(9)), "another of that id");
        assert!(!map.remove(here, "a", BackgroundFetchId(9)));
        assert!(map.remove(here, "a", BackgroundFetchId(1)));
        assert!(!map.remove(here, "a", BackgroundFetchId(1)));
        assert_eq!((map.get(here, "a"), map.ids(here)), (None, vec!["z".to_owned(), "m".to_owned()]));
        assert_eq!(map.get(RegistrationId(2), "a"), Some(BackgroundFetchId(9)));
    }
}

//! [Web storage](https://html.spec.whatwg.org/multipage/webstorage.html): the areas that `Storage` objects show.
//!
//! Scripts read and write them without waiting, also when windows on several threads have the same one: so an area is shared
//! memory, as pipes are. The storage thread makes those that outlive a session, and writes what changed in them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use parking_lot::Mutex;
use url::Url;

/// How many bytes the keys and values of an area can have together, two for each UTF-16 code unit: as much as other
/// browsers give.
pub const QUOTA: usize = 10 << 20;

/// A map of strings with a quota; keys keep the order in which they came.
///
/// Strings are as scripts write them for other threads: lone surrogates are escaped.
#[derive(Default)]
pub struct StorageArea {
    map: Mutex<Map>,
    /// Told when there is something to write, once until it is taken.
    changed: Option<Box<dyn Fn() + Send + Sync>>,
}

#[derive(Clone, Default)]
struct Map {
    entries: HashMap<String, Entry>,
    order: BTreeMap<u64, String>,
    /// Greater than every place so far.
    next: u64,
    bytes: usize,
    changes: Changes,
}

#[derive(Clone)]
struct Entry {
    place: u64,
    value: String,
}

#[derive(Clone, Default)]
struct Changes {
    cleared: bool,
    keys: BTreeSet<String>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        !self.cleared && self.keys.is_empty()
    }
}

/// An entry, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredItem {
    /// Its key.
    pub key: String,
    /// Keys are in the order of these numbers.
    pub place: u64,
    /// Its value.
    pub value: String,
}

/// What is to be written of an area.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AreaChanges {
    /// All that was there before has to go first.
    pub cleared: bool,
    /// Keys that are gone.
    pub removed: Vec<String>,
    /// Entries that are new or have another value.
    pub set: Vec<StoredItem>,
}

/// Why a value is not stored: so many bytes would be needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full(pub usize);

/// What [changed](https://html.spec.whatwg.org/multipage/webstorage.html#concept-storage-broadcast) in an area, for the events that
/// tell of it. All `None` is that it was cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StorageChange {
    /// The key.
    pub key: Option<String>,
    /// Its value before.
    pub old: Option<String>,
    /// Its value now.
    pub new: Option<String>,
    /// The document whose script it was.
    pub url: Url,
}

/// How many bytes a string takes.
fn bytes_of(text: &str) -> usize {
    2 * text.encode_utf16().count()
}

impl StorageArea {
    /// What was stored of an area. `changed` is called by whoever changes it, and must not block.
    pub fn stored(
        items: impl IntoIterator<Item = StoredItem>,
        changed: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let mut map = Map::default();
        for StoredItem { key, place, value } in items {
            map.bytes += bytes_of(&key) + bytes_of(&value);
            map.next = map.next.max(place + 1);
            map.order.insert(place, key.clone());
            map.entries.insert(key, Entry { place, value });
        }
        Self { map: Mutex::new(map), changed: Some(Box::new(changed)) }
    }

    /// An area with the same entries, of which nothing is written.
    #[must_use]
    pub fn copy(&self) -> Self {
        let map = Map { changes: Changes::default(), ..self.map.lock().clone() };
        Self { map: Mutex::new(map), changed: None }
    }

    /// How many keys there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.map.lock().order.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All keys.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.map.lock().order.values().cloned().collect()
    }

    /// The key at an index.
    #[must_use]
    pub fn key(&self, index: usize) -> Option<String> {
        self.map.lock().order.values().nth(index).cloned()
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<String> {
        self.map.lock().entries.get(key).map(|entry| entry.value.clone())
    }

    /// Sets the value of a key; gives the one before.
    ///
    /// # Errors
    /// [`Full`]: it would be more than [`QUOTA`], and nothing is changed.
    pub fn set(&self, key: &str, value: String) -> Result<Option<String>, Full> {
        let mut map = self.map.lock();
        let known = map.entries.get(key).map(|entry| bytes_of(&entry.value));
        let key_bytes = if known.is_some() { 0 } else { bytes_of(key) };
        let bytes = map.bytes - known.unwrap_or_default() + bytes_of(&value) + key_bytes;
        if bytes > QUOTA {
            return Err(Full(bytes));
        }
        map.bytes = bytes;
        let before = if let Some(entry) = map.entries.get_mut(key) {
            let before = std::mem::replace(&mut entry.value, value);
            if before == entry.value {
                return Ok(Some(before));
            }
            Some(before)
        } else {
            let place = map.next;
            map.next += 1;
            map.order.insert(place, key.to_owned());
            map.entries.insert(key.to_owned(), Entry { place, value });
            None
        };
        self.note(&mut map, |changes| {
            changes.keys.insert(key.to_owned());
        });
        Ok(before)
    }

    /// Removes a key; gives its value.
    pub fn remove(&self, key: &str) -> Option<String> {
        let mut map = self.map.lock();
        let entry = map.entries.remove(key)?;
        map.order.remove(&entry.place);
        map.bytes -= bytes_of(key) + bytes_of(&entry.value);
        self.note(&mut map, |changes| {
            changes.keys.insert(key.to_owned());
        });
        Some(entry.value)
    }

    /// Removes all keys; whether there were any.
    pub fn clear(&self) -> bool {
        let mut map = self.map.lock();
        if map.order.is_empty() {
            return false;
        }
        *map = Map { changes: std::mem::take(&mut map.changes), next: map.next, ..Map::default() };
        self.note(&mut map, |changes| *changes = Changes { cleared: true, keys: BTreeSet::new() });
        true
    }

    fn note(&self, map: &mut Map, note: impl FnOnce(&mut Changes)) {
        let Some(changed) = &self.changed else { return };
        let is_first = map.changes.is_empty();
        note(&mut map.changes);
        if is_first {
            changed();
        }
    }

    /// Whether there is something to write.
    #[must_use]
    pub fn has_changes(&self) -> bool {
        !self.map.lock().changes.is_empty()
    }

    /// What is to be written since this was called last.
    pub fn take_changes(&self) -> AreaChanges {
        let map = &mut *self.map.lock();
        let Changes { cleared, keys } = std::mem::take(&mut map.changes);
        let mut changes = AreaChanges { cleared, ..AreaChanges::default() };
        for key in keys {
            match map.entries.get(&key) {
                Some(Entry { place, value }) => {
                    changes.set.push(StoredItem { key, place: *place, value: value.clone() });
                }
                None => changes.removed.push(key),
            }
        }
        changes
    }

    /// What was stored is gone: so is what this has, and there is nothing to write.
    pub fn lose(&self) {
        *self.map.lock() = Map::default();
    }
}

impl fmt::Debug for StorageArea {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StorageArea").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn keys_keep_their_order_and_bytes_are_counted() {
        let area = StorageArea::default();
        for key in ["b", "a", "c"] {
            assert_eq!(area.set(key, "1".into()), Ok(None));
        }
        assert_eq!(area.set("b", "22".into()), Ok(Some("1".into())));
        assert_eq!(area.keys(), ["b", "a", "c"]);
        assert_eq!(area.remove("a"), Some("1".into()));
        assert_eq!(area.key(1), Some("c".into()));
        let rest = QUOTA / 2 - 5;
        assert_eq!(area.set("d", "x".repeat(rest)), Err(Full(QUOTA + 2)));
        assert_eq!(area.set("d", "x".repeat(rest - 1)), Ok(None));
        assert!(area.clear() && area.is_empty() && !area.clear());
        assert_eq!(area.set("d", "x".repeat(QUOTA / 2 - 1)), Ok(None));
    }

    #[test]
    fn what_changed_is_told_once_and_taken_as_it_is_then() {
        let told = Arc::new(AtomicUsize::new(0));
        let tell = Arc::clone(&told);
        let item = |key: &str, place, value: &str| StoredItem { key: key.into(), place, value: value.into() };
        let area = StorageArea::stored([item("b", 7, "1"), item("a", 3, "2")], move || {
            tell.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(area.keys(), ["a", "b"]);
        assert_eq!(area.set("a", "2".into()), Ok(Some("2".into())));
        assert_eq!(area.take_changes(), AreaChanges::default());
        area.set("c", "3".into()).unwrap();
        area.set("c", "4".into()).unwrap();
        area.remove("b");
        assert_eq!(told.load(Ordering::Relaxed), 1);
        let (cleared, removed, set) = (false, vec!["b".to_owned()], vec![item("c", 8, "4")]);
        assert_eq!(area.take_changes(), AreaChanges { cleared, removed, set });
        area.remove("a");
        area.clear();
        area.set("z", "5".into()).unwrap();
        assert_eq!(told.load(Ordering::Relaxed), 2);
        let (cleared, removed, set) = (true, Vec::new(), vec![item("z", 9, "5")]);
        assert_eq!(area.take_changes(), AreaChanges { cleared, removed, set });
        let copy = area.copy();
        copy.set("y", "6".into()).unwrap();
        assert_eq!((area.len(), copy.len(), copy.take_changes()), (1, 2, AreaChanges::default()));
    }
}

//! What a [storage](https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface) object shows: a map of strings with a
//! quota.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use bgfetch_js::DomString;
use bgfetch_traits::ids::StorageKey;

/// How many bytes the keys and values of an area can have together, two for each code unit: as much as other browsers give.
pub(super) const QUOTA: usize = 10 << 20;

/// The [storage proxy map](https://storage.spec.whatwg.org/#storage-proxy-map) of an origin in a session.
#[derive(Default)]
pub(crate) struct Area(RefCell<Map>);

/// The entries, in the order in which their keys came.
#[derive(Clone, Default)]
struct Map {
    entries: HashMap<DomString, Entry>,
    order: BTreeMap<u64, DomString>,
    /// How many keys there ever were.
    count: u64,
    bytes: usize,
}

#[derive(Clone)]
struct Entry {
    place: u64,
    value: DomString,
}

/// Why a value is not stored: so many bytes would be needed.
pub(super) struct Full(pub(super) usize);

/// How many bytes a string takes.
fn bytes_of(text: &DomString) -> usize {
    2 * text.to_utf16().len()
}

impl Area {
    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.0.borrow().order.len()
    }

    /// All keys.
    pub(super) fn keys(&self) -> Vec<DomString> {
        self.0.borrow().order.values().cloned().collect()
    }

    /// The key at an index.
    pub(super) fn key(&self, index: usize) -> Option<DomString> {
        self.0.borrow().order.values().nth(index).cloned()
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &DomString) -> Option<DomString> {
        self.0.borrow().entries.get(key).map(|entry| entry.value.clone())
    }

    /// Sets the value of a key; gives the one before.
    pub(super) fn set(&self, key: &DomString, value: DomString) -> Result<Option<DomString>, Full> {
        let map = &mut *self.0.borrow_mut();
        let freed = match map.entries.get(key) {
            Some(entry) => bytes_of(&entry.value),
            None => 0,
        };
        let known = map.entries.contains_key(key);
        let needed = bytes_of(&value) + if known { 0 } else { bytes_of(key) };
        let bytes = map.bytes - freed + needed;
        if bytes > QUOTA {
            return Err(Full(bytes));
        }
        map.bytes = bytes;
        if let Some(entry) = map.entries.get_mut(key) {
            return Ok(Some(std::mem::replace(&mut entry.value, value)));
        }
        let place = map.count;
        map.count += 1;
        map.order.insert(place, key.clone());
        map.entries.insert(key.clone(), Entry { place, value });
        Ok(None)
    }

    /// Removes a key; gives its value.
    pub(super) fn remove(&self, key: &DomString) -> Option<DomString> {
        let map = &mut *self.0.borrow_mut();
        let entry = map.entries.remove(key)?;
        map.order.remove(&entry.place);
        map.bytes -= bytes_of(key) + bytes_of(&entry.value);
        Some(entry.value)
    }

    /// Removes all keys; whether there were any.
    pub(super) fn clear(&self) -> bool {
        !std::mem::take(&mut *self.0.borrow_mut()).order.is_empty()
    }
}

/// The areas of a [session](https://html.spec.whatwg.org/multipage/document-sequences.html#browsing-session).
#[derive(Default)]
pub(crate) struct Areas(RefCell<HashMap<StorageKey, Rc<Area>>>);

impl Areas {
    /// The area of an origin.
    pub(crate) fn of(&self, key: &StorageKey) -> Rc<Area> {
        Rc::clone(self.0.borrow_mut().entry(key.clone()).or_default())
    }

    /// [Copies](https://storage.spec.whatwg.org/#legacy-clone-a-traversable-storage-shed) of all of them, for a window that script
    /// opens.
    pub(crate) fn copy(&self) -> Self {
        let copy = |area: &Rc<Area>| Rc::new(Area(RefCell::new(area.0.borrow().clone())));
        Self(RefCell::new(self.0.borrow().iter().map(|(key, area)| (key.clone(), copy(area))).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Area, QUOTA};

    #[test]
    fn keys_keep_their_order_and_bytes_are_counted() {
        let area = Area::default();
        for key in ["b", "a", "c"] {
            assert!(area.set(&key.into(), "1".into()).is_ok_and(|before| before.is_none()));
        }
        assert!(area.set(&"b".into(), "22".into()).is_ok_and(|before| before == Some("1".into())));
        assert_eq!(area.keys(), ["b", "a", "c"]);
        assert_eq!(area.remove(&"a".into()), Some("1".into()));
        assert_eq!(area.key(1), Some("c".into()));
        let rest = QUOTA / 2 - 5;
        assert!(area.set(&"d".into(), "x".repeat(rest).into()).is_err());
        assert!(area.set(&"d".into(), "x".repeat(rest - 1).into()).is_ok());
        assert!(area.clear() && area.len() == 0 && !area.clear());
    }
}

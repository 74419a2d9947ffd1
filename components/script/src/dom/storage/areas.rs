//! The areas of a [session](https://html.spec.whatwg.org/multipage/document-sequences.html#browsing-session).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::web_storage::StorageArea;

/// What a session stores, by origin.
#[derive(Default)]
pub(crate) struct Areas(RefCell<HashMap<StorageKey, Arc<StorageArea>>>);

impl Areas {
    /// The area of an origin.
    pub(crate) fn of(&self, key: &StorageKey) -> Arc<StorageArea> {
        Arc::clone(self.0.borrow_mut().entry(key.clone()).or_default())
    }

    /// [Copies](https://storage.spec.whatwg.org/#legacy-clone-a-traversable-storage-shed) of all of them, for a window that script
    /// opens.
    pub(crate) fn copy(&self) -> Self {
        let areas = self.0.borrow();
        let copies = areas.iter().map(|(key, area)| (key.clone(), Arc::new(area.copy())));
        Self(RefCell::new(copies.collect()))
    }
}

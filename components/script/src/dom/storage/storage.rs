//! [`Storage`](https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface).

use std::sync::Arc;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};
use bgfetch_traits::storage::PartitionMsg;
use bgfetch_traits::web_storage::{Full, QUOTA, StorageArea, StorageChange};

use super::changes::broadcast;
use crate::bindings::{StorageMethods, WindowLocalStorageMethods, WindowSessionStorageMethods};
use crate::blocking;
use crate::dom::Window;
use crate::dom::cache::names;
use crate::dom::globals::window_or_worker::once;
use crate::environment::Environment;

/// `Storage`.
pub(crate) struct Storage {
    reflector: Reflector,
    kind: Kind,
    area: Arc<StorageArea>,
    /// The window whose it is.
    window: Member<Window>,
}

trace_fields!(Storage { window });
platform_object!(Storage);

/// [Type](https://html.spec.whatwg.org/multipage/webstorage.html#concept-storage-type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Local,
    Session,
}

impl Kind {
    /// A window's object for its area.
    pub(super) fn object(self, realm: &Realm, window: &Window) -> Fallible<Root<Storage>> {
        match self {
            Self::Local => window.local_storage(realm),
            Self::Session => window.session_storage(realm),
        }
    }
}

fn refused(why: &str) -> Exception {
    Exception::dom("SecurityError", why)
}

impl WindowSessionStorageMethods for Window {
    /// [`sessionStorage`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-sessionstorage)
    fn session_storage(&self, realm: &Realm) -> Fallible<Root<Storage>> {
        once(self.known_session_storage(), || {
            let key = Environment::of(realm).storage_key();
            let key = key.ok_or_else(|| refused("an opaque origin has no storage"))?;
            let context = self.context().ok_or_else(|| refused("the window is closed"))?;
            Storage::create(realm, Kind::Session, context.top().session_areas().of(&key), self)
        })
    }
}

impl WindowLocalStorageMethods for Window {
    /// [`localStorage`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-localstorage)
    ///
    /// The attribute is synchronous by definition: the first time, the script waits for the storage thread to read the area.
    fn local_storage(&self, realm: &Realm) -> Fallible<Root<Storage>> {
        once(self.known_local_storage(), || {
            let environment = Environment::of(realm);
            let key = environment.storage_key().ok_or_else(|| refused("an opaque origin has no storage"))?;
            let storage = &environment.hosts.storage;
            let area = blocking::ask(|reply| storage.partition(&key, PartitionMsg::LocalStorage(reply)));
            let area = area.map_err(|error| refused(&error.to_string()))?.map_err(|error| {
                tracing::warn!(%error, "storage failed");
                refused("the browser's storage failed")
            })?;
            Storage::create(realm, Kind::Local, area, self)
        })
    }
}

impl Storage {
    fn create(realm: &Realm, kind: Kind, area: Arc<StorageArea>, window: &Window) -> Fallible<Root<Self>> {
        let window: Root<Window> = bgfetch_js::PlatformObject::root(window);
        realm.wrap(Self { reflector: Reflector::new(), kind, area, window: window.into() })
    }

    pub(super) const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether it shows the same area as another one.
    pub(super) fn has_area_of(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.area, &other.area)
    }

    fn changed(&self, key: Option<String>, old: Option<String>, new: Option<String>) {
        let Some(document) = self.window.current_document() else { return };
        let url = document.document_url();
        broadcast(&self.window, self, StorageChange { key, old, new, url });
    }
}

impl StorageMethods for Storage {
    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(u32::try_from(self.area.len()).unwrap_or(u32::MAX))
    }

    fn key(&self, _: &Realm, index: u32) -> Fallible<Option<DomString>> {
        Ok(self.area.key(index as usize).map(|key| names::from_text(&key)))
    }

    fn get_item(&self, _: &Realm, key: DomString) -> Fallible<Option<DomString>> {
        Ok(self.area.get(&names::to_text(&key)).map(|value| names::from_text(&value)))
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        self.area.keys().iter().map(|key| names::from_text(key)).collect()
    }

    /// [`setItem()`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-storage-setitem)
    fn set_item(&self, _: &Realm, key: DomString, value: DomString) -> Fallible<()> {
        let (key, value) = (names::to_text(&key), names::to_text(&value));
        let old = self.area.set(&key, value.clone()).map_err(|Full(bytes)| {
            let message = format!("the storage area would have {bytes} bytes, and may have {QUOTA}");
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            Exception::quota_exceeded(message, Some(QUOTA as f64), Some(bytes as f64))
        })?;
        if old.as_ref() != Some(&value) {
            self.changed(Some(key), old, Some(value));
        }
        Ok(())
    }

    /// [`removeItem()`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-storage-removeitem)
    fn remove_item(&self, _: &Realm, key: DomString) -> Fallible<()> {
        let key = names::to_text(&key);
        if let Some(old) = self.area.remove(&key) {
            self.changed(Some(key), Some(old), None);
        }
        Ok(())
    }

    /// [`clear()`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-storage-clear)
    fn clear(&self, _: &Realm) -> Fallible<()> {
        if self.area.clear() {
            self.changed(None, None, None);
        }
        Ok(())
    }
}

//! [`Storage`](https://html.spec.whatwg.org/multipage/webstorage.html#the-storage-interface).

use std::rc::Rc;

use bgfetch_js::{
    DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};
use bgfetch_traits::ids::StorageKey;

use super::area::{Area, Full, QUOTA};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{StorageMethods, WindowSessionStorageMethods};
use crate::dom::globals::window_or_worker::once;
use crate::dom::window::browsing_context::BrowsingContext;
use crate::dom::{StorageEvent, Window};
use crate::environment::Environment;

/// `Storage`.
pub(crate) struct Storage {
    reflector: Reflector,
    area: Rc<Area>,
    /// The window whose it is.
    window: Member<Window>,
}

trace_fields!(Storage { window });
platform_object!(Storage);

/// What [changed](https://html.spec.whatwg.org/multipage/webstorage.html#concept-storage-broadcast) in an area; all `None` when it was
/// cleared.
#[derive(Clone, Default)]
struct Change {
    key: Option<DomString>,
    old: Option<DomString>,
    new: Option<DomString>,
}

impl WindowSessionStorageMethods for Window {
    /// [`sessionStorage`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-sessionstorage)
    fn session_storage(&self, realm: &Realm) -> Fallible<Root<Storage>> {
        once(self.known_session_storage(), || {
            let refused = |why: &str| Exception::dom("SecurityError", why);
            let key = Environment::of(realm).storage_key();
            let key = key.ok_or_else(|| refused("an opaque origin has no storage"))?;
            let context = self.context().ok_or_else(|| refused("the window is closed"))?;
            let area = context.top().session_areas().of(&key);
            let window: Root<Window> = bgfetch_js::PlatformObject::root(self);
            realm.wrap(Storage { reflector: Reflector::new(), area, window: window.into() })
        })
    }
}

impl Storage {
    /// [Broadcasts](https://html.spec.whatwg.org/multipage/webstorage.html#concept-storage-broadcast) a change to the other windows of
    /// the session that have the same area.
    fn broadcast(&self, change: &Change) {
        let Some(context) = self.window.context() else { return };
        let url = self.window.current_document().map(|document| document.document_url().to_string());
        let url = url.unwrap_or_default();
        let mut contexts = vec![context.top()];
        while let Some(context) = contexts.pop() {
            self.tell(&context, change, &url);
            contexts.extend(context.children());
        }
    }

    fn tell(&self, context: &Rc<BrowsingContext>, change: &Change, url: &str) {
        let Some(active) = context.active().filter(|active| active.window != *self.window) else { return };
        let Ok(other) = active.window.session_storage(&active.realm) else { return };
        if !Rc::ptr_eq(&other.area, &self.area) {
            return;
        }
        let (change, url) = (change.clone(), url.to_owned());
        Agent::current().queue_global(TaskSource::DomManipulation, &active.realm, move |realm| {
            let Change { key, old, new } = change;
            StorageEvent::fire(realm, &active.window, [key, old, new], url, &other)
        });
    }
}

/// [Clears](https://w3c.github.io/webappsec-clear-site-data/#clear-dom) an origin's areas of all sessions of this thread.
pub(crate) fn clear_sessions(agent: &Agent, key: &StorageKey) {
    for realm in agent.realms() {
        let is_meant = Environment::of(&realm).storage_key().as_ref() == Some(key);
        let Some(window) = realm.global_as::<Window>().filter(|_| is_meant) else { continue };
        let storage = window.session_storage(&realm);
        let cleared = storage.and_then(|storage| storage.clear(&realm));
        // A window that is closed has none.
        cleared.unwrap_or_else(|why| tracing::debug!(?why, "no session's storage to clear"));
    }
}

impl StorageMethods for Storage {
    fn length(&self, _: &Realm) -> Fallible<u32> {
        Ok(u32::try_from(self.area.len()).unwrap_or(u32::MAX))
    }

    fn key(&self, _: &Realm, index: u32) -> Fallible<Option<DomString>> {
        Ok(self.area.key(index as usize))
    }

    fn get_item(&self, _: &Realm, key: DomString) -> Fallible<Option<DomString>> {
        Ok(self.area.get(&key))
    }

    fn supported_property_names(&self) -> Vec<DomString> {
        self.area.keys()
    }

    /// [`setItem()`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-storage-setitem)
    fn set_item(&self, _: &Realm, key: DomString, value: DomString) -> Fallible<()> {
        let old = self.area.set(&key, value.clone()).map_err(|Full(bytes)| {
            let message = format!("the storage area would have {bytes} bytes, and may have {QUOTA}");
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            Exception::quota_exceeded(message, Some(QUOTA as f64), Some(bytes as f64))
        })?;
        if old.as_ref() != Some(&value) {
            self.broadcast(&Change { key: Some(key), old, new: Some(value) });
        }
        Ok(())
    }

    /// [`removeItem()`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-storage-removeitem)
    fn remove_item(&self, _: &Realm, key: DomString) -> Fallible<()> {
        if let Some(old) = self.area.remove(&key) {
            self.broadcast(&Change { key: Some(key), old: Some(old), new: None });
        }
        Ok(())
    }

    /// [`clear()`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-storage-clear)
    fn clear(&self, _: &Realm) -> Fallible<()> {
        if self.area.clear() {
            self.broadcast(&Change::default());
        }
        Ok(())
    }
}

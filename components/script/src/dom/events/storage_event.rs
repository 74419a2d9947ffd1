//! [`StorageEvent`](https://html.spec.whatwg.org/multipage/webstorage.html#the-storageevent-interface).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use crate::bindings::{EventInit, EventMethods, StorageEventInit, StorageEventMethods};
use crate::dom::{Event, EventTarget, Storage, Window};

/// `StorageEvent`.
pub(crate) struct StorageEvent {
    event: Event,
    key: RefCell<Option<DomString>>,
    old_value: RefCell<Option<DomString>>,
    new_value: RefCell<Option<DomString>>,
    url: RefCell<String>,
    storage_area: RefCell<Option<Member<Storage>>>,
}

trace_fields!(StorageEvent { event, storage_area });
platform_object!(StorageEvent: Event via event);

impl StorageEvent {
    /// Fires `storage` at a window: the key that changed, its value before and since, the URL of the document that changed it,
    /// and the window's own object for the area.
    pub(crate) fn fire(
        realm: &Realm,
        window: &Root<Window>,
        [key, old_value, new_value]: [Option<DomString>; 3],
        url: String,
        storage_area: &Root<Storage>,
    ) -> Fallible<()> {
        let parent = EventInit::default();
        let storage_area = Some(storage_area.clone());
        let init = StorageEventInit { parent, key, old_value, new_value, url, storage_area };
        let event = realm.wrap(Self::constructor(realm, "storage".into(), init)?)?;
        event.set_trusted();
        window.upcast::<EventTarget>().dispatch(realm, &event.upcast()).map(drop)
    }
}

impl StorageEventMethods for StorageEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: StorageEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            key: RefCell::new(event_init_dict.key),
            old_value: RefCell::new(event_init_dict.old_value),
            new_value: RefCell::new(event_init_dict.new_value),
            url: RefCell::new(event_init_dict.url),
            storage_area: RefCell::new(event_init_dict.storage_area.map(Into::into)),
        })
    }

    fn key(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(self.key.borrow().clone())
    }

    fn old_value(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(self.old_value.borrow().clone())
    }

    fn new_value(&self, _: &Realm) -> Fallible<Option<DomString>> {
        Ok(self.new_value.borrow().clone())
    }

    fn url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url.borrow().clone())
    }

    fn storage_area(&self, _: &Realm) -> Fallible<Option<Root<Storage>>> {
        Ok(self.storage_area.borrow().as_ref().map(|area| (**area).clone()))
    }

    /// [`initStorageEvent()`](https://html.spec.whatwg.org/multipage/webstorage.html#dom-storageevent-initstorageevent)
    fn init_storage_event(
        &self,
        realm: &Realm,
        type_: DomString,
        bubbles: bool,
        cancelable: bool,
        key: Option<DomString>,
        old_value: Option<DomString>,
        new_value: Option<DomString>,
        url: String,
        storage_area: Option<Root<Storage>>,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.event.init_event(realm, type_, bubbles, cancelable)?;
        self.key.replace(key);
        self.old_value.replace(old_value);
        self.new_value.replace(new_value);
        self.url.replace(url);
        let before = self.storage_area.replace(storage_area.map(Into::into));
        drop(before);
        Ok(())
    }
}

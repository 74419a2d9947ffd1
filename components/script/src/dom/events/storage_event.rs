//! [`StorageEvent`](https://html.spec.whatwg.org/multipage/webstorage.html#the-storageevent-interface).

use std::cell::RefCell;

use bgfetch_js::{DomString, Fallible, NotImplemented, Realm, platform_object, trace_fields};

use crate::bindings::{EventMethods, StorageEventInit, StorageEventMethods};
use crate::dom::Event;

/// `StorageEvent`.
pub(crate) struct StorageEvent {
    event: Event,
    key: RefCell<Option<DomString>>,
    old_value: RefCell<Option<DomString>>,
    new_value: RefCell<Option<DomString>>,
    url: RefCell<String>,
}

trace_fields!(StorageEvent { event });
platform_object!(StorageEvent: Event via event);

impl StorageEventMethods for StorageEvent {
    fn constructor(realm: &Realm, type_: DomString, event_init_dict: StorageEventInit) -> Fallible<Self> {
        Ok(Self {
            event: Event::new_inherited(realm, type_, &event_init_dict.parent),
            key: RefCell::new(event_init_dict.key),
            old_value: RefCell::new(event_init_dict.old_value),
            new_value: RefCell::new(event_init_dict.new_value),
            url: RefCell::new(event_init_dict.url),
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
        _storage_area: Option<NotImplemented>,
    ) -> Fallible<()> {
        if self.is_dispatched() {
            return Ok(());
        }
        self.event.init_event(realm, type_, bubbles, cancelable)?;
        self.key.replace(key);
        self.old_value.replace(old_value);
        self.new_value.replace(new_value);
        self.url.replace(url);
        Ok(())
    }
}

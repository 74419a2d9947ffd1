//! [`PerformanceEntry`](https://w3c.github.io/performance-timeline/#dom-performanceentry).

use std::cell::Cell;

use bgfetch_js::{DomString, Fallible, Realm, Reflector, platform_object, trace_fields};

use super::timeline::EntryType;
use crate::bindings::PerformanceEntryMethods;

/// `PerformanceEntry`.
pub(crate) struct PerformanceEntry {
    reflector: Reflector,
    /// 0 as long as it is not queued.
    id: Cell<u64>,
    name: DomString,
    entry_type: EntryType,
    start_time: f64,
    duration: Cell<f64>,
    navigation_id: Cell<u64>,
}

trace_fields!(PerformanceEntry {});
platform_object!(PerformanceEntry);

impl PerformanceEntry {
    /// [Initializes](https://w3c.github.io/performance-timeline/#initialize-a-performanceentry) one, for interfaces that
    /// inherit.
    pub(super) fn new_inherited(
        name: DomString,
        entry_type: EntryType,
        start_time: f64,
        duration: f64,
    ) -> Self {
        Self {
            reflector: Reflector::new(),
            id: Cell::new(0),
            name,
            entry_type,
            start_time,
            duration: Cell::new(duration),
            navigation_id: Cell::new(0),
        }
    }

    /// It is queued: it gets its ids.
    pub(super) fn set_ids(&self, id: u64, navigation_id: u64) {
        self.id.set(id);
        self.navigation_id.set(navigation_id);
    }

    pub(super) const fn known_id(&self) -> u64 {
        self.id.get()
    }

    pub(super) fn set_duration(&self, duration: f64) {
        self.duration.set(duration);
    }

    pub(super) const fn start(&self) -> f64 {
        self.start_time
    }

    /// [Filter buffer by name and type](https://w3c.github.io/performance-timeline/#dfn-filter-buffer-by-name-and-type).
    pub(super) fn matches(&self, name: Option<&DomString>, entry_type: Option<&DomString>) -> bool {
        name.is_none_or(|name| *name == self.name)
            && entry_type.is_none_or(|wanted| **wanted == *self.entry_type.as_str())
    }
}

impl PerformanceEntryMethods for PerformanceEntry {
    fn id(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.id.get())
    }

    fn name(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.name.clone())
    }

    fn entry_type(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.entry_type.as_str().into())
    }

    fn start_time(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.start_time)
    }

    fn duration(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.duration.get())
    }

    fn navigation_id(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.navigation_id.get())
    }
}

//! [`PerformanceObserver`](https://w3c.github.io/performance-timeline/#dom-performanceobserver).

use std::cell::{Cell, RefCell};

use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Reflector, Root, Traced, platform_object,
    trace_fields,
};

use super::observing::Options;
use super::timeline::EntryType;
use super::{PerformanceEntry, PerformanceObserverEntryList};
use crate::bindings::{
    PerformanceObserverCallback, PerformanceObserverCallbackOptions, PerformanceObserverInit,
    PerformanceObserverMethods,
};
use crate::dom::globals::window_or_worker::SharedObjects;
use crate::environment::Environment;
use crate::report;

/// [Observer type](https://w3c.github.io/performance-timeline/#dfn-observer-type).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ObserverType {
    Undefined,
    Single,
    Multiple,
}

/// `PerformanceObserver`.
pub(crate) struct PerformanceObserver {
    reflector: Reflector,
    callback: Traced<PerformanceObserverCallback>,
    /// [Observer buffer](https://w3c.github.io/performance-timeline/#dfn-observer-buffer).
    buffer: RefCell<Vec<Member<PerformanceEntry>>>,
    observer_type: Cell<ObserverType>,
    /// [Requires dropped entries](https://w3c.github.io/performance-timeline/#performanceobserver-requires-dropped-entries).
    requires_dropped_entries: Cell<bool>,
}

trace_fields!(PerformanceObserver { callback, buffer });
platform_object!(PerformanceObserver);

impl PerformanceObserver {
    /// Adds to its buffer.
    pub(super) fn push(&self, entry: Root<PerformanceEntry>) {
        self.buffer.borrow_mut().push(entry.into());
    }

    /// [The PerformanceObserver task](https://w3c.github.io/performance-timeline/#dfn-queue-the-performanceobserver-task), step 3.3,
    /// for one of them. `dropped` counts the entries that were dropped of what it observes.
    pub(super) fn notify(&self, realm: &Realm, dropped: impl FnOnce() -> u64) -> Fallible<()> {
        let entries = self.buffer.take();
        if entries.is_empty() {
            return Ok(());
        }
        let list = realm.wrap(PerformanceObserverEntryList::new(entries))?;
        let dropped_entries_count = self.requires_dropped_entries.replace(false).then(dropped);
        let options = PerformanceObserverCallbackOptions { dropped_entries_count };
        let this = self.root();
        if let Err(exception) = self.callback.call(realm, this.as_value(), list, this.clone(), options) {
            report::report_exception_of(self.callback.0.as_object(), realm, exception);
        }
        Ok(())
    }

    /// [`observe()`](https://w3c.github.io/performance-timeline/#dom-performanceobserver-observe), steps 2 to 4: of which
    /// type it is from now on.
    fn update_type(&self, options: &PerformanceObserverInit) -> Fallible<()> {
        let wanted = match (&options.entry_types, &options.type_) {
            (None, None) => return Err(Exception::type_error("either entryTypes or type must be given")),
            (Some(_), None) if options.buffered.is_none() => ObserverType::Multiple,
            (None, Some(_)) => ObserverType::Single,
            (Some(_), _) => {
                return Err(Exception::type_error("nothing else may be given beside entryTypes"));
            }
        };
        if self.observer_type.get() == ObserverType::Undefined {
            self.observer_type.set(wanted);
        }
        if self.observer_type.get() != wanted {
            let message = "an observer is given either entryTypes or type, always the same of both";
            return Err(Exception::dom("InvalidModificationError", message));
        }
        Ok(())
    }
}

impl PerformanceObserverMethods for PerformanceObserver {
    fn constructor(_: &Realm, callback: PerformanceObserverCallback) -> Fallible<Self> {
        Ok(Self {
            reflector: Reflector::new(),
            callback: callback.into(),
            buffer: RefCell::default(),
            observer_type: Cell::new(ObserverType::Undefined),
            requires_dropped_entries: Cell::new(false),
        })
    }

    fn supported_entry_types(realm: &Realm) -> Fallible<Vec<DomString>> {
        let kind = Environment::of(realm).kind;
        Ok(EntryType::supported(kind).map(|entry_type| entry_type.as_str().into()).collect())
    }

    /// [`observe()`](https://w3c.github.io/performance-timeline/#dom-performanceobserver-observe)
    fn observe(&self, realm: &Realm, options: PerformanceObserverInit) -> Fallible<()> {
        // Steps 2 to 4.
        self.update_type(&options)?;
        // Step 5.
        self.requires_dropped_entries.set(true);
        let performance = SharedObjects::with(realm, |shared| shared.performance(realm))?;
        let timeline = performance.timeline(realm)?;
        let kind = Environment::of(realm).kind;
        let supported = |name: &DomString| EntryType::supported(kind).find(|known| **name == *known.as_str());
        match (options.entry_types, options.type_) {
            // Step 6.
            (Some(names), _) => {
                let types: Vec<_> = names.iter().filter_map(supported).collect();
                if !types.is_empty() {
                    timeline.observers.register(self.root(), Options::Multiple(types));
                }
            }
            // Step 7.
            (None, Some(name)) => {
                let Some(entry_type) = supported(&name) else { return Ok(()) };
                timeline.observers.register(self.root(), Options::Single(entry_type));
                if options.buffered == Some(true) {
                    timeline.each_of(entry_type, |entry| self.push(entry));
                    timeline.observers.queue_task(realm);
                }
            }
            (None, None) => {}
        }
        Ok(())
    }

    /// [`disconnect()`](https://w3c.github.io/performance-timeline/#dom-performanceobserver-disconnect)
    fn disconnect(&self, realm: &Realm) -> Fallible<()> {
        let performance = SharedObjects::with(realm, |shared| shared.performance(realm))?;
        performance.timeline(realm)?.observers.remove(&self.root());
        drop(self.buffer.take());
        Ok(())
    }

    fn take_records(&self, _: &Realm) -> Fallible<Vec<Root<PerformanceEntry>>> {
        Ok(self.buffer.take().into_iter().map(|entry| (*entry).clone()).collect())
    }
}

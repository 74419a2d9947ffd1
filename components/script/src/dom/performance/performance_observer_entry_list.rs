//! [`PerformanceObserverEntryList`](https://w3c.github.io/performance-timeline/#performanceobserverentrylist-interface).

use bgfetch_js::{DomString, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use super::PerformanceEntry;
use super::timeline::filter;
use crate::bindings::PerformanceObserverEntryListMethods;

/// `PerformanceObserverEntryList`.
pub(crate) struct PerformanceObserverEntryList {
    reflector: Reflector,
    /// [Entry list](https://w3c.github.io/performance-timeline/#dfn-entry-list).
    entries: Vec<Member<PerformanceEntry>>,
}

trace_fields!(PerformanceObserverEntryList { entries });
platform_object!(PerformanceObserverEntryList);

impl PerformanceObserverEntryList {
    pub(super) fn new(entries: Vec<Member<PerformanceEntry>>) -> Self {
        Self { reflector: Reflector::new(), entries }
    }
}

impl PerformanceObserverEntryListMethods for PerformanceObserverEntryList {
    fn get_entries(&self, _: &Realm) -> Fallible<Vec<Root<PerformanceEntry>>> {
        Ok(filter(&self.entries, None, None))
    }

    fn get_entries_by_type(&self, _: &Realm, type_: DomString) -> Fallible<Vec<Root<PerformanceEntry>>> {
        Ok(filter(&self.entries, None, Some(&type_)))
    }

    fn get_entries_by_name(
        &self,
        _: &Realm,
        name: DomString,
        type_: Option<DomString>,
    ) -> Fallible<Vec<Root<PerformanceEntry>>> {
        Ok(filter(&self.entries, Some(&name), type_.as_ref()))
    }
}

//! Interfaces: the [performance timeline](https://w3c.github.io/performance-timeline/) and what is in it.
//!
//! Times are kept as [`std::time::Instant`]s, and told in milliseconds since the time origin of who asks, coarsened.

pub(crate) mod document_timing;
pub(crate) mod observing;
#[expect(clippy::module_inception, reason = "one file an interface, named like it")]
pub(crate) mod performance;
pub(crate) mod performance_entry;
pub(crate) mod performance_mark;
pub(crate) mod performance_measure;
pub(crate) mod performance_navigation;
pub(crate) mod performance_navigation_timing;
pub(crate) mod performance_observer;
pub(crate) mod performance_observer_entry_list;
pub(crate) mod performance_resource_timing;
pub(crate) mod performance_server_timing;
pub(crate) mod performance_timing;
pub(crate) mod timeline;

pub(crate) use performance::Performance;
pub(crate) use performance_entry::PerformanceEntry;
pub(crate) use performance_mark::PerformanceMark;
pub(crate) use performance_measure::PerformanceMeasure;
pub(crate) use performance_navigation::PerformanceNavigation;
pub(crate) use performance_navigation_timing::PerformanceNavigationTiming;
pub(crate) use performance_observer::PerformanceObserver;
pub(crate) use performance_observer_entry_list::PerformanceObserverEntryList;
pub(crate) use performance_resource_timing::PerformanceResourceTiming;
pub(crate) use performance_server_timing::PerformanceServerTiming;
pub(crate) use performance_timing::PerformanceTiming;

use std::time::{Duration, Instant};

use bgfetch_js::{Fallible, Realm};
use bgfetch_traits::timing::FetchTiming;
use url::Url;

use crate::dom::globals::window_or_worker::SharedObjects;
use crate::report;

/// The resolution of timestamps, in milliseconds.
const RESOLUTION: f64 = 0.1;

/// [Coarsen time](https://w3c.github.io/hr-time/#dfn-coarsen-time): milliseconds, in steps of 0.1, as for contexts that
/// are not cross-origin isolated.
pub(crate) fn coarsen(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).floor() / 10.0
}

/// [Relative high resolution time](https://w3c.github.io/hr-time/#dfn-relative-high-resolution-time); 0 for what was
/// before the time origin.
fn relative(time: Instant, time_origin: Instant) -> f64 {
    coarsen(time.saturating_duration_since(time_origin))
}

/// [Marks resource timing](https://w3c.github.io/resource-timing/#dfn-mark-resource-timing).
pub(crate) fn mark_resource_timing(
    realm: &Realm,
    url: &Url,
    initiator_type: &'static str,
    timing: FetchTiming,
) {
    let marked = SharedObjects::with(realm, |shared| shared.performance(realm)).and_then(|performance| {
        let timing = if timing.allow_passed { timing } else { timing.opaque() };
        let entry = realm.wrap(PerformanceResourceTiming::of_fetch(realm, url, initiator_type, timing)?)?;
        performance.timeline(realm)?.queue_resource(realm, &entry)
    });
    if let Err(exception) = marked {
        report::report_exception(realm, exception);
    }
}

/// [Queues the navigation timing entry](https://html.spec.whatwg.org/multipage/document-lifecycle.html#queue-the-navigation-timing-entry-for-the-document)
/// of a document whose `load` event is over.
pub(crate) fn queue_navigation_entry(realm: &Realm) -> Fallible<()> {
    let performance = SharedObjects::with(realm, |shared| shared.performance(realm))?;
    performance.timeline(realm)?.queue_navigation(realm)
}

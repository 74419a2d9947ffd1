//! [`Performance`](https://w3c.github.io/hr-time/#the-performance-interface).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bgfetch_js::{Fallible, Realm, platform_object, trace_fields};

use crate::bindings::PerformanceMethods;
use crate::dom::EventTarget;
use crate::environment::Environment;

/// `Performance`.
pub(crate) struct Performance {
    event_target: EventTarget,
    /// Unix time of the time origin, in milliseconds.
    time_origin: f64,
}

trace_fields!(Performance { event_target });
platform_object!(Performance: EventTarget via event_target);

/// [Coarsen time](https://w3c.github.io/hr-time/#dfn-coarsen-time): milliseconds, in steps of 0.1, as for contexts that
/// are not cross-origin isolated.
pub(crate) fn coarsen(time: Duration) -> f64 {
    (time.as_secs_f64() * 10_000.0).floor() / 10.0
}

impl Performance {
    /// Of a realm.
    pub(crate) fn new(realm: &Realm) -> Self {
        let since_origin = Environment::of(realm).time_origin.elapsed();
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self {
            event_target: EventTarget::new_inherited(),
            time_origin: coarsen(unix.saturating_sub(since_origin)),
        }
    }
}

impl PerformanceMethods for Performance {
    fn now(&self, realm: &Realm) -> Fallible<f64> {
        Ok(coarsen(Environment::of(realm).time_origin.elapsed()))
    }

    fn time_origin(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.time_origin)
    }
}

//! [`PerformanceMark`](https://w3c.github.io/user-timing/#performancemark).

use bgfetch_js::{DomString, Exception, Fallible, Realm, Traced, Value, platform_object, trace_fields};

use super::timeline::EntryType;
use super::{Performance, PerformanceEntry, performance_timing};
use crate::bindings::{PerformanceMarkMethods, PerformanceMarkOptions};
use crate::clone;
use crate::environment::{Environment, GlobalKind};

/// `PerformanceMark`.
pub(crate) struct PerformanceMark {
    entry: PerformanceEntry,
    detail: Traced<Value>,
}

trace_fields!(PerformanceMark { entry, detail });
platform_object!(PerformanceMark: PerformanceEntry via entry);

impl PerformanceMark {
    /// The [constructor](https://w3c.github.io/user-timing/#dom-performancemark-constructor).
    pub(super) fn new(realm: &Realm, name: DomString, options: PerformanceMarkOptions) -> Fallible<Self> {
        // Step 1.
        let is_window = Environment::of(realm).kind == GlobalKind::Window;
        if is_window && performance_timing::is_attribute(&name) {
            let message = format!("{:?} is the name of an attribute of PerformanceTiming", &*name);
            return Err(Exception::dom("SyntaxError", message));
        }
        // Step 5.
        let start_time = match options.start_time {
            Some(start) if start < 0.0 => return Err(negative(start)),
            Some(start) => start,
            None => Performance::current(realm),
        };
        // Steps 7 and 8.
        let detail = cloned_detail(realm, options.detail)?;
        let entry = PerformanceEntry::new_inherited(name, EntryType::Mark, start_time, 0.0);
        Ok(Self { entry, detail: detail.into() })
    }
}

/// A time that may not be negative is.
pub(super) fn negative(time: f64) -> Exception {
    Exception::type_error(format!("a timestamp must not be negative, and {time} is"))
}

/// A structured clone of what an entry is given as its detail.
pub(super) fn cloned_detail(realm: &Realm, detail: Option<Value>) -> Fallible<Value> {
    match detail {
        Some(detail) if !detail.is_null() => clone::structured_clone(realm, &detail, &[]),
        _ => Ok(Value::NULL),
    }
}

impl PerformanceMarkMethods for PerformanceMark {
    fn constructor(
        realm: &Realm,
        mark_name: DomString,
        mark_options: PerformanceMarkOptions,
    ) -> Fallible<Self> {
        Self::new(realm, mark_name, mark_options)
    }

    fn detail(&self, _: &Realm) -> Fallible<Value> {
        Ok((*self.detail).clone())
    }
}

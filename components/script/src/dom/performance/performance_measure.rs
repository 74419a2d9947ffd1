//! [`PerformanceMeasure`](https://w3c.github.io/user-timing/#performancemeasure).

use bgfetch_js::{DomString, Exception, Fallible, Realm, Traced, Value, platform_object, trace_fields};

use super::performance_mark::{cloned_detail, negative};
use super::timeline::{EntryType, Timeline};
use super::{Performance, PerformanceEntry, performance_timing};
use crate::bindings::{
    DomStringOrDouble, DomStringOrPerformanceMeasureOptions, PerformanceMeasureMethods,
    PerformanceMeasureOptions,
};

/// `PerformanceMeasure`.
pub(crate) struct PerformanceMeasure {
    entry: PerformanceEntry,
    detail: Traced<Value>,
}

trace_fields!(PerformanceMeasure { entry, detail });
platform_object!(PerformanceMeasure: PerformanceEntry via entry);

impl PerformanceMeasure {
    /// [`measure()`](https://w3c.github.io/user-timing/#dom-performance-measure), up to the entry.
    pub(super) fn new(
        realm: &Realm,
        timeline: &Timeline,
        name: DomString,
        start_or_options: DomStringOrPerformanceMeasureOptions,
        end_mark: Option<DomString>,
    ) -> Fallible<Self> {
        let (start_mark, options) = match start_or_options {
            DomStringOrPerformanceMeasureOptions::DomString(mark) => (Some(mark), None),
            DomStringOrPerformanceMeasureOptions::PerformanceMeasureOptions(options) => (None, Some(options)),
        };
        // Step 1.
        if let Some(options) = &options {
            check(options, end_mark.is_some())?;
        }
        let options = options.unwrap_or_default();
        let timestamp = |mark: &DomStringOrDouble| timestamp(realm, timeline, mark);
        let of_name = |name: DomString| timestamp(&DomStringOrDouble::DomString(name));
        let of_duration = |duration: f64| timestamp(&DomStringOrDouble::Double(duration));
        // Step 2.
        let end = match (end_mark, &options) {
            (Some(mark), _) => of_name(mark)?,
            (None, PerformanceMeasureOptions { end: Some(end), .. }) => timestamp(end)?,
            (None, PerformanceMeasureOptions { start: Some(start), duration: Some(duration), .. }) => {
                timestamp(start)? + of_duration(*duration)?
            }
            _ => Performance::current(realm),
        };
        // Step 3.
        let start = match (start_mark, &options) {
            (Some(mark), _) => of_name(mark)?,
            (None, PerformanceMeasureOptions { start: Some(start), .. }) => timestamp(start)?,
            (None, PerformanceMeasureOptions { duration: Some(duration), end: Some(_), .. }) => {
                end - of_duration(*duration)?
            }
            _ => 0.0,
        };
        // Steps 4 to 9.
        let detail = cloned_detail(realm, options.detail)?;
        let entry = PerformanceEntry::new_inherited(name, EntryType::Measure, start, end - start);
        Ok(Self { entry, detail: detail.into() })
    }
}

/// Step 1 of `measure()`.
fn check(options: &PerformanceMeasureOptions, has_end_mark: bool) -> Fallible<()> {
    let PerformanceMeasureOptions { detail, duration, end, start } = options;
    if detail.is_none() && duration.is_none() && end.is_none() && start.is_none() {
        return Ok(());
    }
    let refused = |why: &str| Err(Exception::type_error(why));
    if has_end_mark {
        return refused("a mark for the end cannot be given beside options");
    }
    if start.is_none() && end.is_none() {
        return refused("the options must have start or end");
    }
    if start.is_some() && duration.is_some() && end.is_some() {
        return refused("the options must not have all of start, duration and end");
    }
    Ok(())
}

/// [Converts a mark to a timestamp](https://w3c.github.io/user-timing/#dfn-convert-a-mark-to-a-timestamp).
fn timestamp(realm: &Realm, timeline: &Timeline, mark: &DomStringOrDouble) -> Fallible<f64> {
    match mark {
        DomStringOrDouble::DomString(name) if performance_timing::is_attribute(name) => {
            performance_timing::convert_a_name_to_a_timestamp(realm, name)
        }
        DomStringOrDouble::DomString(name) => timeline.latest_mark(name).ok_or_else(|| {
            Exception::dom("SyntaxError", format!("there is no mark of the name {:?}", &**name))
        }),
        DomStringOrDouble::Double(time) if *time < 0.0 => Err(negative(*time)),
        DomStringOrDouble::Double(time) => Ok(*time),
    }
}

impl PerformanceMeasureMethods for PerformanceMeasure {
    fn detail(&self, _: &Realm) -> Fallible<Value> {
        Ok((*self.detail).clone())
    }
}

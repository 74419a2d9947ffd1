//! [`Performance`](https://w3c.github.io/hr-time/#the-performance-interface).

use std::cell::OnceCell;

use bgfetch_js::{DomString, Fallible, Member, Realm, Root, platform_object, trace_fields};

use super::timeline::{EntryType, Timeline};
use super::{
    PerformanceEntry, PerformanceMark, PerformanceMeasure, PerformanceNavigation, PerformanceTiming,
};
use super::{coarsen, relative};
use crate::bindings::{DomStringOrPerformanceMeasureOptions, PerformanceMarkOptions, PerformanceMethods};
use crate::dom::EventTarget;
use crate::dom::globals::window_or_worker::once;
use crate::environment::Environment;

/// `Performance`.
pub(crate) struct Performance {
    event_target: EventTarget,
    timeline: Timeline,
    timing: OnceCell<Member<PerformanceTiming>>,
    navigation: OnceCell<Member<PerformanceNavigation>>,
}

trace_fields!(Performance { event_target, timeline, timing, navigation });
platform_object!(Performance: EventTarget via event_target);

impl Performance {
    /// The object of a realm.
    pub(crate) fn new() -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            timeline: Timeline::default(),
            timing: OnceCell::new(),
            navigation: OnceCell::new(),
        }
    }

    /// The timeline of the realm's environment.
    ///
    /// # Errors
    /// Only without memory.
    pub(super) fn timeline(&self, realm: &Realm) -> Fallible<&Timeline> {
        self.timeline.begin(realm)?;
        Ok(&self.timeline)
    }

    /// [`now()`](https://w3c.github.io/hr-time/#dom-performance-now)
    pub(super) fn current(realm: &Realm) -> f64 {
        relative(std::time::Instant::now(), Environment::of(realm).time_origin)
    }
}

impl PerformanceMethods for Performance {
    fn now(&self, realm: &Realm) -> Fallible<f64> {
        Ok(Self::current(realm))
    }

    fn time_origin(&self, realm: &Realm) -> Fallible<f64> {
        Ok(coarsen(Environment::of(realm).time_origin_since_epoch))
    }

    fn get_entries(&self, realm: &Realm) -> Fallible<Vec<Root<PerformanceEntry>>> {
        Ok(self.timeline(realm)?.entries(None, None))
    }

    fn get_entries_by_type(&self, realm: &Realm, type_: DomString) -> Fallible<Vec<Root<PerformanceEntry>>> {
        Ok(self.timeline(realm)?.entries(None, Some(&type_)))
    }

    fn get_entries_by_name(
        &self,
        realm: &Realm,
        name: DomString,
        type_: Option<DomString>,
    ) -> Fallible<Vec<Root<PerformanceEntry>>> {
        Ok(self.timeline(realm)?.entries(Some(&name), type_.as_ref()))
    }

    /// [`mark()`](https://w3c.github.io/user-timing/#dom-performance-mark)
    fn mark(
        &self,
        realm: &Realm,
        mark_name: DomString,
        mark_options: PerformanceMarkOptions,
    ) -> Fallible<Root<PerformanceMark>> {
        let entry = realm.wrap(PerformanceMark::new(realm, mark_name, mark_options)?)?;
        self.timeline(realm)?.queue(realm, EntryType::Mark, &entry.upcast())?;
        Ok(entry)
    }

    fn clear_marks(&self, realm: &Realm, mark_name: Option<DomString>) -> Fallible<()> {
        self.timeline(realm)?.clear(EntryType::Mark, mark_name.as_ref());
        Ok(())
    }

    /// [`measure()`](https://w3c.github.io/user-timing/#dom-performance-measure)
    fn measure(
        &self,
        realm: &Realm,
        measure_name: DomString,
        start_or_measure_options: DomStringOrPerformanceMeasureOptions,
        end_mark: Option<DomString>,
    ) -> Fallible<Root<PerformanceMeasure>> {
        let timeline = self.timeline(realm)?;
        let measure =
            PerformanceMeasure::new(realm, timeline, measure_name, start_or_measure_options, end_mark)?;
        let entry = realm.wrap(measure)?;
        timeline.queue(realm, EntryType::Measure, &entry.upcast())?;
        Ok(entry)
    }

    fn clear_measures(&self, realm: &Realm, measure_name: Option<DomString>) -> Fallible<()> {
        self.timeline(realm)?.clear(EntryType::Measure, measure_name.as_ref());
        Ok(())
    }

    fn clear_resource_timings(&self, realm: &Realm) -> Fallible<()> {
        self.timeline(realm)?.clear(EntryType::Resource, None);
        Ok(())
    }

    fn set_resource_timing_buffer_size(&self, realm: &Realm, max_size: u32) -> Fallible<()> {
        self.timeline(realm)?.set_resource_limit(max_size);
        Ok(())
    }

    fn timing(&self, realm: &Realm) -> Fallible<Root<PerformanceTiming>> {
        once(&self.timing, || realm.wrap(PerformanceTiming::new()))
    }

    fn navigation(&self, realm: &Realm) -> Fallible<Root<PerformanceNavigation>> {
        once(&self.navigation, || realm.wrap(PerformanceNavigation::new()))
    }
}

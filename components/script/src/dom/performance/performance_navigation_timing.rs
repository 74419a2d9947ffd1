//! [`PerformanceNavigationTiming`](https://w3c.github.io/navigation-timing/#dom-performancenavigationtiming).

use std::rc::Rc;

use bgfetch_js::{DomString, Fallible, Realm, platform_object, trace_fields};

use super::PerformanceResourceTiming;
use super::document_timing::DocumentTiming;
use crate::bindings::{NavigationTimingType, PerformanceNavigationTimingMethods};

/// `PerformanceNavigationTiming`.
pub(crate) struct PerformanceNavigationTiming {
    resource: PerformanceResourceTiming,
    timing: Rc<DocumentTiming>,
}

trace_fields!(PerformanceNavigationTiming { resource });
platform_object!(PerformanceNavigationTiming: PerformanceResourceTiming via resource);

impl PerformanceNavigationTiming {
    /// [Creates a navigation timing entry](https://w3c.github.io/navigation-timing/#dfn-create-a-navigation-timing-entry) for the document
    /// of that address.
    pub(super) fn new(name: DomString, timing: &Rc<DocumentTiming>) -> Self {
        let resource = PerformanceResourceTiming::of_document(name, timing);
        Self { resource, timing: Rc::clone(timing) }
    }
}

impl PerformanceNavigationTimingMethods for PerformanceNavigationTiming {
    fn unload_event_start(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.timing.relative(self.timing.unload_event.get().map(|(start, _)| start)))
    }

    fn unload_event_end(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.timing.relative(self.timing.unload_event.get().map(|(_, end)| end)))
    }

    fn dom_interactive(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.timing.relative(self.timing.dom_interactive.get()))
    }

    fn dom_content_loaded_event_start(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.timing.relative(self.timing.dom_content_loaded_event_start.get()))
    }

    fn dom_content_loaded_event_end(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.timing.relative(self.timing.dom_content_loaded_event_end.get()))
    }

    fn dom_complete(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.timing.relative(self.timing.dom_complete.get()))
    }

    fn load_event_start(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.timing.relative(self.timing.load_event_start.get()))
    }

    fn load_event_end(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.timing.relative(self.timing.load_event_end.get()))
    }

    fn type_(&self, _: &Realm) -> Fallible<NavigationTimingType> {
        Ok(self.timing.navigation_type)
    }

    fn redirect_count(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.timing.with_fetch(|fetch| fetch.redirect_count).unwrap_or(0))
    }
}

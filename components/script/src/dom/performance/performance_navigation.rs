//! [`PerformanceNavigation`](https://w3c.github.io/navigation-timing/#the-performancenavigation-interface).

use bgfetch_js::{Fallible, Realm, Reflector, platform_object, trace_fields};

use crate::bindings::{NavigationTimingType, PerformanceNavigationMethods};
use crate::environment::Environment;

/// `PerformanceNavigation`.
pub(crate) struct PerformanceNavigation {
    reflector: Reflector,
}

trace_fields!(PerformanceNavigation {});
platform_object!(PerformanceNavigation);

impl PerformanceNavigation {
    pub(super) fn new() -> Self {
        Self { reflector: Reflector::new() }
    }
}

impl PerformanceNavigationMethods for PerformanceNavigation {
    fn type_(&self, realm: &Realm) -> Fallible<u16> {
        let environment = Environment::of(realm);
        Ok(match environment.document_timing.get().map(|timing| timing.navigation_type) {
            None | Some(NavigationTimingType::Navigate) => 0,
            Some(NavigationTimingType::Reload) => 1,
            Some(NavigationTimingType::BackForward) => 2,
        })
    }

    fn redirect_count(&self, realm: &Realm) -> Fallible<u16> {
        let environment = Environment::of(realm);
        let count = |fetch: &bgfetch_traits::timing::FetchTiming| fetch.redirect_count;
        Ok(environment.document_timing.get().and_then(|timing| timing.with_fetch(count)).unwrap_or(0))
    }
}

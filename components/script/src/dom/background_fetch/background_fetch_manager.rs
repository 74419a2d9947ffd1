//! `BackgroundFetchManager`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::BackgroundFetchManagerMethods;

/// `BackgroundFetchManager`.
pub(crate) struct BackgroundFetchManager {
    reflector: Reflector,
}

trace_fields!(BackgroundFetchManager {});
platform_object!(BackgroundFetchManager);

impl BackgroundFetchManagerMethods for BackgroundFetchManager {}

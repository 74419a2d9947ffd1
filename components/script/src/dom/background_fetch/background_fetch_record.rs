//! `BackgroundFetchRecord`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::BackgroundFetchRecordMethods;

/// `BackgroundFetchRecord`.
pub(crate) struct BackgroundFetchRecord {
    reflector: Reflector,
}

trace_fields!(BackgroundFetchRecord {});
platform_object!(BackgroundFetchRecord);

impl BackgroundFetchRecordMethods for BackgroundFetchRecord {}

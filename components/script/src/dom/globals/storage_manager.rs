//! `StorageManager`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::StorageManagerMethods;

/// `StorageManager`.
pub(crate) struct StorageManager {
    reflector: Reflector,
}

trace_fields!(StorageManager {});
platform_object!(StorageManager);

impl StorageManagerMethods for StorageManager {}

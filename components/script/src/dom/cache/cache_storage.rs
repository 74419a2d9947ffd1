//! `CacheStorage`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::CacheStorageMethods;

/// `CacheStorage`.
pub(crate) struct CacheStorage {
    reflector: Reflector,
}

trace_fields!(CacheStorage {});
platform_object!(CacheStorage);

impl CacheStorageMethods for CacheStorage {}

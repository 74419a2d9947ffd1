//! `Blob`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::BlobMethods;

/// `Blob`.
pub(crate) struct Blob {
    reflector: Reflector,
}

trace_fields!(Blob {});
platform_object!(Blob);

impl BlobMethods for Blob {}

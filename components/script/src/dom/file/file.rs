//! `File`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::FileMethods;
use crate::dom::Blob;

/// `File`.
pub(crate) struct File {
    blob: Blob,
}

trace_fields!(File { blob });
platform_object!(File: Blob via blob);

impl FileMethods for File {}

//! `FormData`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::FormDataMethods;

/// `FormData`.
pub(crate) struct FormData {
    reflector: Reflector,
}

trace_fields!(FormData {});
platform_object!(FormData);

impl FormDataMethods for FormData {}

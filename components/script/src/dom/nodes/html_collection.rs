//! `HTMLCollection`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::HTMLCollectionMethods;

/// `HTMLCollection`.
pub(crate) struct HTMLCollection {
    reflector: Reflector,
}

trace_fields!(HTMLCollection {});
platform_object!(HTMLCollection);

impl HTMLCollectionMethods for HTMLCollection {}

//! `Permissions`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::PermissionsMethods;

/// `Permissions`.
pub(crate) struct Permissions {
    reflector: Reflector,
}

trace_fields!(Permissions {});
platform_object!(Permissions);

impl PermissionsMethods for Permissions {}

//! `Clients`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::ClientsMethods;

/// `Clients`.
pub(crate) struct Clients {
    reflector: Reflector,
}

trace_fields!(Clients {});
platform_object!(Clients);

impl ClientsMethods for Clients {}

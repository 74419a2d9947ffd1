//! `Client`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::ClientMethods;

/// `Client`.
pub(crate) struct Client {
    reflector: Reflector,
}

trace_fields!(Client {});
platform_object!(Client);

impl ClientMethods for Client {}

//! `Crypto`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::CryptoMethods;

/// `Crypto`.
pub(crate) struct Crypto {
    reflector: Reflector,
}

trace_fields!(Crypto {});
platform_object!(Crypto);

impl CryptoMethods for Crypto {}

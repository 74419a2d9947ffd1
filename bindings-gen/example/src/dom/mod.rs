//! What implements the interfaces.

mod greeter;

use bgfetch_js::{Reflector, platform_object, trace_fields};

pub use self::greeter::Greeter;
use crate::bindings::WindowMethods;

/// The global object.
#[derive(Default)]
pub struct Window {
    reflector: Reflector,
}

trace_fields!(Window {});
platform_object!(Window);

impl WindowMethods for Window {}

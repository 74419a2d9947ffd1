//! `WorkerNavigator`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::WorkerNavigatorMethods;

/// `WorkerNavigator`.
pub(crate) struct WorkerNavigator {
    reflector: Reflector,
}

trace_fields!(WorkerNavigator {});
platform_object!(WorkerNavigator);

impl WorkerNavigatorMethods for WorkerNavigator {}

//! `WorkerLocation`.

use bgfetch_js::{Reflector, platform_object, trace_fields};

use crate::bindings::WorkerLocationMethods;

/// `WorkerLocation`.
pub(crate) struct WorkerLocation {
    reflector: Reflector,
}

trace_fields!(WorkerLocation {});
platform_object!(WorkerLocation);

impl WorkerLocationMethods for WorkerLocation {}

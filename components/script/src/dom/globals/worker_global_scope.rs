//! `WorkerGlobalScope`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::WorkerGlobalScopeMethods;
use crate::dom::EventTarget;

/// `WorkerGlobalScope`.
pub(crate) struct WorkerGlobalScope {
    event_target: EventTarget,
}

trace_fields!(WorkerGlobalScope { event_target });
platform_object!(WorkerGlobalScope: EventTarget via event_target);

impl WorkerGlobalScopeMethods for WorkerGlobalScope {}

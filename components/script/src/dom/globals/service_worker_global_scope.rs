//! `ServiceWorkerGlobalScope`.

use bgfetch_js::{platform_object, trace_fields};

use crate::bindings::ServiceWorkerGlobalScopeMethods;
use crate::dom::WorkerGlobalScope;

/// `ServiceWorkerGlobalScope`.
pub(crate) struct ServiceWorkerGlobalScope {
    worker_global_scope: WorkerGlobalScope,
}

trace_fields!(ServiceWorkerGlobalScope { worker_global_scope });
platform_object!(ServiceWorkerGlobalScope: WorkerGlobalScope via worker_global_scope);

impl ServiceWorkerGlobalScopeMethods for ServiceWorkerGlobalScope {}

//! [Web workers](https://html.spec.whatwg.org/multipage/workers.html), dedicated and shared.
//!
//! Each worker is an agent on a thread of its own, which the coordinator starts and ends: it knows who owns a worker, and
//! finds shared ones. A worker and the object that stands for it talk through the two ends of a message channel and
//! hear of each other's end from the coordinator; errors of a dedicated worker go to its owner's thread directly, so that
//! they arrive in order with its messages.

pub(crate) mod dedicated_worker_global_scope;
pub(crate) mod owned;
pub(crate) mod run_worker;
mod script;
pub(crate) mod shared_worker;
pub(crate) mod shared_worker_global_scope;
pub(crate) mod worker;

pub(crate) use dedicated_worker_global_scope::DedicatedWorkerGlobalScope;
pub(crate) use shared_worker::SharedWorker;
pub(crate) use shared_worker_global_scope::SharedWorkerGlobalScope;
pub(crate) use worker::Worker;

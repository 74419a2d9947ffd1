//! Event loops, realms and the DOM.
//!
//! Bindings are generated from the specifications' IDL (`bindings`); what they mean is written by hand, one
//! file for each interface (`dom`). Everything else of the engine is behind messages: see `bgfetch_traits`.
#![forbid(unsafe_code)]

mod agent;
mod agent_clusters;
#[allow(
    clippy::allow_attributes,
    clippy::enum_variant_names,
    unfulfilled_lint_expectations,
    missing_docs,
    unreachable_pub,
    dead_code,
    unused_imports,
    clippy::large_enum_variant,
    reason = "generated"
)]
mod bindings;
mod blocking;
mod clone;
mod dom;
mod embedder;
mod environment;
mod fetching;
mod messages;
mod mime;
mod policies;
mod realm_setup;
mod redirecting;
mod report;
mod reporting_timing;
mod scripts;
mod spawn;

pub use agent::ScriptLimits;
pub use environment::Hosts;
pub use spawn::{
    PageLoad, ScriptThread, ServiceWorkerOptions, WindowOptions, WorkerOptions, spawn_service_worker,
    spawn_window, spawn_worker,
};

//! Interfaces: globals.

pub(crate) mod animation_frames;
mod beacon;
pub(crate) mod connectivity;
pub(crate) mod console;
pub(crate) mod crypto;
pub(crate) mod import_scripts;
pub(crate) mod navigator;
pub(crate) mod permission_status;
pub(crate) mod permissions;
pub(crate) mod service_worker_global_scope;
pub(crate) mod storage_manager;
pub(crate) mod worker_global_scope;
pub(crate) mod worker_location;
pub(crate) mod worker_navigator;

pub(crate) mod timers;
pub(crate) mod window_or_worker;

pub(crate) use console::Console;
pub(crate) use crypto::Crypto;
pub(crate) use navigator::Navigator;
pub(crate) use permission_status::PermissionStatus;
pub(crate) use permissions::Permissions;
pub(crate) use service_worker_global_scope::ServiceWorkerGlobalScope;
pub(crate) use storage_manager::StorageManager;
pub(crate) use worker_global_scope::WorkerGlobalScope;
pub(crate) use worker_location::WorkerLocation;
pub(crate) use worker_navigator::WorkerNavigator;

//! Interfaces: service_worker.

pub(crate) mod asking;
pub(crate) mod changes;
pub(crate) mod client;
pub(crate) mod clients;
pub(crate) mod extendable_event;
pub(crate) mod extendable_message_event;
pub(crate) mod fetch_event;
pub(crate) mod functional_events;
pub(crate) mod install_event;
pub(crate) mod navigation_preload_manager;
pub(crate) mod objects;
mod preloading;
pub(crate) mod run_service_worker;
#[expect(clippy::module_inception, reason = "one file for each interface, in a folder for its specification")]
pub(crate) mod service_worker;
pub(crate) mod service_worker_container;
pub(crate) mod service_worker_registration;
pub(crate) mod window_client;

use asking::{ask, ask_job, tell};
pub(crate) use client::Client;
pub(crate) use clients::Clients;
pub(crate) use extendable_event::ExtendableEvent;
pub(crate) use extendable_message_event::ExtendableMessageEvent;
pub(crate) use fetch_event::FetchEvent;
pub(crate) use install_event::InstallEvent;
pub(crate) use navigation_preload_manager::NavigationPreloadManager;
pub(crate) use service_worker::ServiceWorker;
pub(crate) use service_worker_container::ServiceWorkerContainer;
pub(crate) use service_worker_registration::ServiceWorkerRegistration;
pub(crate) use window_client::WindowClient;

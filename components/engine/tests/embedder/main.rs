//! The engine as its embedder sees it, over real sockets and real files; one file for each thing that can happen.

mod aborting;
mod authentication;
mod children;
#[cfg(feature = "script")]
mod clearing_site_data;
mod end_to_end;
mod events_owed;
#[cfg(feature = "script")]
mod local_storage;
mod losing_the_connection;
mod page_fetches;
mod pausing;
mod permissions;
mod profile_in_use;
mod quota;
#[cfg(feature = "script")]
mod real_scripts;
#[cfg(feature = "script")]
mod real_workers;
mod resume_after_kill;
mod several_files;
mod support;
mod web_workers;
mod windows;
mod worker_threads;

//! The storage thread of bgfetch: everything that outlives a restart.
//!
//! One folder, the profile, holds one partition for each
//! [storage key](https://storage.spec.whatwg.org/#storage-key); a partition is a SQLite database for metadata and
//! short bodies, and a folder of append-only files for longer bodies. `docs/storage-format.md` describes them.
//!
//! [`StorageThread::spawn`] starts it; what it can be asked is in [`bgfetch_traits::storage`].
//!
//! ```no_run
//! use bgfetch_storage::{StorageConfig, StorageThread};
//! use bgfetch_traits::reply::Reply;
//! use bgfetch_traits::storage::StorageMsg;
//!
//! let (storage, thread) = StorageThread::spawn(StorageConfig::new("profile"))?;
//! let (reply, restored) = Reply::channel();
//! storage.send(StorageMsg::Restore(reply));
//! for fetch in restored.recv()??.background_fetches {
//!     tracing::info!(fetch = %fetch.fetch, "goes on");
//! }
//! let (reply, stopped) = Reply::channel();
//! storage.send(StorageMsg::Shutdown(reply));
//! stopped.recv()?;
//! # thread.join().unwrap();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod config;
mod env;
mod error;
mod event;
mod ids;
mod ledger;
mod meta;
mod partition;
mod pins;
mod pool;
mod profile;
mod thread;
pub mod vfs;

pub use config::{Durability, QuotaPolicy, StorageConfig, Tuning};
pub use error::ProfileError;
pub use thread::StorageThread;

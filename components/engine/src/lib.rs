//! `bgfetch`: the [Background Fetch API](https://wicg.github.io/background-fetch/) for programs that embed it.
//!
//! An embedder describes an engine with [`EngineBuilder`], gives it a [`Delegate`] for the decisions that are the
//! embedder's (may this site fetch in the background, how is that shown) and opens windows on it. README.md
//! beside this crate lists every method of the engine and of a window, and what each promises.
//!
//! | module | what it holds |
//! |---|---|
//! | [`config`] | what an engine is told before it starts |
//! | [`delegate`] | what an engine asks and tells its embedder |
//! | [`error`] | everything that can go wrong, in sentences |
//! | [`pending`] | an answer that is on its way: to wait for, with or without `async` |
//! | [`native`] | background fetches without a page |
//! | [`host`] | who runs scripts |
//! | `script_threads` | the built-in script threads (feature `script`, on by default) |
#![forbid(unsafe_code)]

mod answers;
pub mod config;
mod coordinator;
pub mod delegate;
mod engine;
pub mod error;
pub mod host;
pub mod native;
pub mod pending;
#[cfg(feature = "script")]
pub mod script_threads;
mod start;
mod window;

pub use bgfetch_traits as traits;
pub use config::{CaCertificates, EngineBuilder, EngineConfig, NetworkConfig, ResolveOverride, ScriptLimits};
pub use delegate::{
    Delegate, EngineEvent, OpenWindowRequest, PermissionRequest, RestoredRecord, SilentDelegate, WindowId,
};
pub use engine::Engine;
pub use error::{EngineError, ProfileError};
pub use host::ScriptHost;
pub use native::{BackgroundFetch, NativeFetch};
pub use pending::Pending;
pub use window::Window;

//! The network thread of bgfetch: the Fetch Standard, the fetch scheduler, HTTP.
//!
//! [`NetThread::spawn`] starts it; everything else is said to it with [`bgfetch_traits::net::NetMsg`].
#![forbid(unsafe_code)]

mod clock;
mod config;
mod context;
mod cookies;
mod fetch;
mod http;
mod policy;
mod scheduler;
mod site;
mod thread;

pub use clock::{Clock, SystemClock};
pub use config::{Limits, NetConfig, ResolveConfig, ResolveOverrideError, Timeouts, TrustedRoots};
pub use http::tls::TlsSetupError;
pub use thread::{NetStartError, NetThread};

//! The network thread of bgfetch: the Fetch Standard, the fetch scheduler, HTTP.
//!
//! [`NetThread::spawn`] starts it; everything else is said to it with [`bgfetch_traits::net::NetMsg`]. A fetch is
//! answered once, with the response as soon as its head is there; the body then comes through a pipe, at the pace
//! of whoever reads it, down to the socket. `examples/download.rs` is the smallest program that does all this.
//!
//! ```text
//!   NetMsg ──> thread ──> fetch/    main fetch, scheme fetch, HTTP fetch, redirects, CORS, ...   (one task a fetch)
//!                           │ ├──> policy/     may it be asked, may it be seen: CSP, mixed content, referrer, ...
//!                           │ ├──> cookies/
//!                           │ └──> http_cache/   what need not be asked again
//!                           ├────> scheduler/  admission: which request goes to the wire next
//!                           ├────> http/       pool, names, TCP, TLS, HTTP/1.1, HTTP/2
//!                           └────> scheduler/  link: whose bytes pass next, and how fast
//!                  └────> websocket/   connections that stay: their handshake is a fetch   (one task a connection)
//!   BodyReader <── pipe <── decoders <── bytes
//! ```
//!
//! What a browser's network stack has and this one has not: a cache on disk (that in memory, `http_cache/`, is for the
//! requests of pages), proxies, HTTP/3, HSTS, prompts for credentials (user name and password in a URL are not sent),
//! client certificates, embedder policies and local network access checks.
#![forbid(unsafe_code)]

mod clock;
mod config;
mod context;
mod cookies;
mod fetch;
mod http;
mod http_cache;
mod policy;
mod scheduler;
mod thread;
mod websocket;

pub use clock::{Clock, SystemClock};
pub use config::{Limits, NetConfig, ResolveConfig, ResolveOverrideError, Timeouts, TrustedRoots};
pub use http::tls::TlsSetupError;
pub use thread::{NetStartError, NetThread};

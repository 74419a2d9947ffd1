//! The network thread against real servers on loopback.
#![forbid(unsafe_code)]

mod codings;
mod cookies;
mod cors;
mod http_versions;
mod redirects;
mod support;

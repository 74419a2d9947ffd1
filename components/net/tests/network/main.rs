//! The network thread against real servers on loopback.
#![forbid(unsafe_code)]

mod http_versions;
mod support;

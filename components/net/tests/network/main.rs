//! The network thread against real servers on loopback.
#![forbid(unsafe_code)]

mod back_pressure;
mod cancelled;
mod certificates;
mod codings;
mod cookies;
mod cors;
mod http_versions;
mod redirects;
mod slow_server;
mod support;
mod truncated_body;
mod unreachable;

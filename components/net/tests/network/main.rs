//! The network thread against real servers on loopback.
#![forbid(unsafe_code)]

mod authentication;
mod back_pressure;
mod blocked;
mod cancelled;
mod certificates;
mod clear_site_data;
mod codings;
mod connections;
mod cookies;
mod cors;
mod headers;
mod hostile_server;
mod http_cache;
mod http_versions;
mod integrity;
mod redirects;
mod scheduling;
mod slow_server;
mod support;
mod timing;
mod truncated_body;
mod unreachable;
mod uploads;
mod websockets;

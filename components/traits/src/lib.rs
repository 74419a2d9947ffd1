//! Messages, ids and plain data that cross a thread in bgfetch.
//!
//! Every thread of the engine (script, coordinator, network, storage) knows the others only through this
//! crate: it holds contracts and values, and no logic beyond what keeps a value consistent.
//!
//! | module | what crosses |
//! |---|---|
//! | [`ids`] | who is meant: storage keys, registrations, clients, bodies |
//! | [`reply`] | single-use typed answers |
//! | [`queue`] | what one thread tells another one that waits for it |
//! | [`body`] | a byte pipe with back-pressure between any two threads |
//! | [`fetch`] | requests, responses, header lists, network errors |
//! | [`net`] | what the network thread is asked |
//! | [`reporting`] | where reports go |
//! | [`websocket`] | WebSocket connections |
//! | [`authentication`] | servers that ask for a user name and a password |
//! | [`storage`] | what the storage thread is asked |
//! | [`timing`] | how long a fetch took |
//! | [`background_fetch`] | what a page may ask of a background fetch, and what it is told |
//! | [`service_worker`] | registrations, workers, clients, functional events |
//! | [`coordinator`] | the inbox of the coordinator thread |
//! | [`script`] | the inbox of a script thread |
//! | [`worker`] | dedicated and shared workers |
#![forbid(unsafe_code)]

pub mod authentication;
pub mod background_fetch;
pub mod body;
pub mod coordinator;
pub mod fetch;
pub mod headers;
pub mod ids;
pub mod isolation;
pub mod mime;
pub mod net;
pub mod policy;
pub mod queue;
pub mod redirect;
pub mod referrer;
pub mod reply;
pub mod reporting;
pub mod router;
pub mod script;
pub mod service_worker;
pub mod site_data;
pub mod storage;
pub mod timing;
pub mod web_storage;
pub mod websocket;
pub mod worker;

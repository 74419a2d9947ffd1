//! Service worker registrations, lifecycle, clients and the functional-event queue, without JavaScript and
//! without I/O.
//!
//! Implements [Service Workers](https://w3c.github.io/ServiceWorker/) at revision `1bcbd24` of its source, as one
//! deterministic state machine: [`Registry::handle`] takes what happened and the time, and returns what is to be
//! done. Threads, sockets, files, clocks and random numbers are the driver's.
#![forbid(unsafe_code)]

mod asks;
mod clients;
mod events;
mod fetch;
mod io;
mod jobs;
mod lifecycle;
mod model;
mod register;
mod registry;
mod runs;
mod script_check;
mod stored;
mod update;

pub use io::{
    Answer, ClientInput, DispatchId, Effect, FetchedScript, Input, Navigation, NewClient, Persist, RunId,
    ScriptFetchId, WorkerInput, WorkerStart,
};
pub use registry::{Registry, Settings};

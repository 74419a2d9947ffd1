//! Implements an IDL that has one of every construct, to run what `bindings-gen` emits for it.
//!
//! The tests in this crate's `tests` folder say what a page sees.
#![forbid(unsafe_code)]

/// Generated from the IDL in `webidl`.
pub mod bindings {
    include!(concat!(env!("OUT_DIR"), "/bindings/mod.rs"));
}
pub mod dom;
pub mod walk_through;

//! What `bindings-gen` emits for others than `bgfetch-js`: `--backend rust-only` in a crate without dependencies, and
//! a backend that is no part of the compiler, with the small engine that it writes glue for.
#![forbid(unsafe_code)]

pub mod mini;

/// All of the platform that this project implements.
#[expect(
    clippy::type_complexity,
    clippy::large_enum_variant,
    reason = "promises of sequences of objects, and unions with large dictionaries, are what the IDL has"
)]
pub mod platform {
    include!(concat!(env!("OUT_DIR"), "/platform/mod.rs"));
}

/// One of every construct.
pub mod everything {
    include!(concat!(env!("OUT_DIR"), "/everything/mod.rs"));
}

/// A few interfaces, which this crate's test implements without an engine.
pub mod native {
    include!(concat!(env!("OUT_DIR"), "/native/mod.rs"));
}

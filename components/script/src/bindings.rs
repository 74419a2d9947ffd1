//! What `bindings-gen` makes of the specifications' IDL: a trait for each interface, and the tables that carry calls
//! from JavaScript to it. `cargo run -p bindings-gen -- expand NAME` shows one.

include!(concat!(env!("OUT_DIR"), "/bindings/mod.rs"));

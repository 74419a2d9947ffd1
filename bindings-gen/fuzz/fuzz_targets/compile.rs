//! `cargo +nightly fuzz run compile` in `bindings-gen`, with `tests/golden tests/errors ../webidl` behind it for inputs to
//! begin with; needs `cargo install cargo-fuzz`.
#![no_main]

#[path = "../harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::run(data));

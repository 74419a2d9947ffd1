//! Needs `cargo install cargo-fuzz`, and then in `bindings-gen`
//!
//!     RUSTC_BOOTSTRAP=1 cargo fuzz run -s none compile fuzz/corpus/compile tests/golden tests/errors -- -max_len=1500
//!
//! with the stable compiler (tried with Rust 1.95 on Debian 12), or `cargo +nightly fuzz run ...` without the variable. `-s none`:
//! there is no `unsafe` to sanitize, and an execution takes a hundredth of the time. The files of `@webref/idl` are good
//! inputs, too. In November 2026, 207,000 executions found nothing.
#![no_main]

#[path = "../harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|data: &[u8]| harness::run(data));

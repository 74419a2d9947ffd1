//! Runs the official [web-platform-tests](https://web-platform-tests.org/), unchanged, in bgfetch's shell and in
//! Chromium, and compares what they say.
#![forbid(unsafe_code)]

pub mod child;
pub mod expect;
pub mod include;
pub mod ini;
pub mod manifest;
pub mod outcome;
pub mod product;
pub mod server;
pub mod setup;

//! Runs the official [web-platform-tests](https://web-platform-tests.org/), unchanged, in bgfetch's shell and in
//! Chromium, and compares what they say.
//!
//! From the tests to a report: [`setup`] finds or fetches them, [`manifest`] lists their URLs, [`mod@include`] says which
//! are run, [`server`] serves them, a [`product`] opens each in a window, [`pool`] does so for many at a time,
//! [`outcome`] is what came of one, [`expect`] what was expected of it, [`report`] the file for other tools, and
//! [`compare`] a page that sets two of those side by side.
#![forbid(unsafe_code)]

pub mod child;
pub mod cli;
pub mod command;
pub mod compare;
pub mod environment;
pub mod expect;
mod guard;
pub mod include;
pub mod info;
pub mod ini;
pub mod manifest;
pub mod outcome;
pub mod pool;
pub mod product;
pub mod report;
pub mod server;
pub mod setup;

//! The shell: a minimal browser in a terminal, and the demo of Background Fetch.
//!
//! | module | what it holds |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`run`], [`demo`] | the commands |
//! | [`session`] | the main thread's loop: one engine, and what is shown of it |
//! | [`ui`] | text, progress bars, JSON |
//! | [`message`] | what reaches the main thread |
//! | [`browser`] | what the commands need of an engine |
//! | [`failure`] | why a command ended without success, and its exit status |
#![forbid(unsafe_code)]

pub mod browser;
pub mod cli;
pub mod demo;
pub mod failure;
pub mod message;
pub mod profile;
pub mod run;
pub mod session;
pub mod ui;

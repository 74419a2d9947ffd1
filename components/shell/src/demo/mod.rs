//! The demo: a podcast site on loopback, and the shell that fetches its episode in the background.

mod body;
pub mod command;
pub mod content;
pub mod identity;
pub mod range;
pub mod request_log;
pub mod resume;
pub mod server;
pub mod site;
pub mod state;

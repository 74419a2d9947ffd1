//! What the policies of a request's client allow: may it be asked, may the response be seen, may a script run.
//!
//! Pure functions, because the same questions come up on two threads. The network thread asks them of what it fetches
//! ([main fetch](https://fetch.spec.whatwg.org/#main-fetch) and [HTTP fetch](https://fetch.spec.whatwg.org/#http-fetch)); a
//! script thread asks them of what a service worker answers, which the network thread never sees, and of what never is a
//! request: inline scripts, event handlers, `eval()`, forms, frames. Nothing here reports: violations are values.
#![forbid(unsafe_code)]

pub mod bad_port;
pub mod corp;
pub mod csp;
mod fetching;
pub mod framing;
pub mod mime;
pub mod mime_checks;
pub mod mixed_content;
pub mod site;
pub mod upgrade;

pub use fetching::{blocked_request, blocked_response};

//! What is decided before a request goes to the wire, and about a response before anyone sees it.

pub(crate) mod bad_port;
pub(crate) mod corp;
pub(crate) mod csp;
pub(crate) mod fetch_metadata;
pub(crate) mod mime_checks;
pub(crate) mod mixed_content;

//! What is decided before a request goes to the wire, but for what `bgfetch-policy` decides.

pub(crate) mod fetch_metadata;

//! Interfaces: url.

pub(crate) mod url;
pub(crate) mod url_search_params;

pub(crate) use url::URL;
pub(crate) use url_search_params::URLSearchParams;

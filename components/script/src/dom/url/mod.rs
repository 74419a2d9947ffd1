//! Interfaces: url.

pub(crate) mod record;
mod resolve;
#[expect(clippy::module_inception, reason = "one file for each interface, named as it is")]
pub(crate) mod url;
pub(crate) mod url_pattern;
pub(crate) mod url_search_params;

pub(crate) use resolve::{resolve, resolve_with};
pub(crate) use url::URL;
pub(crate) use url_pattern::URLPattern;
pub(crate) use url_search_params::URLSearchParams;

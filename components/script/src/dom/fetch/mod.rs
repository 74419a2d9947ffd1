//! The [Fetch Standard](https://fetch.spec.whatwg.org/)'s interfaces.

pub(crate) mod body;
mod form_data_parser;
pub(crate) mod global_fetch;
pub(crate) mod headers;
pub(crate) mod request;
pub(crate) mod request_init;
pub(crate) mod response;

pub(crate) use headers::Headers;
pub(crate) use request::Request;
pub(crate) use response::Response;

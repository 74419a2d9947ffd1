//! Interfaces: fetch.

pub(crate) mod headers;
pub(crate) mod request;
pub(crate) mod response;

pub(crate) use headers::Headers;
pub(crate) use request::Request;
pub(crate) use response::Response;

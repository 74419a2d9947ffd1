//! The [XMLHttpRequest Standard](https://xhr.spec.whatwg.org/), as of 2026-05-14. `FormData` is with the files.
//!
//! | module | what |
//! |---|---|
//! | [`xml_http_request`] | the object: its state, its request |
//! | [`send`] | `send()`, the events of a fetch, errors |
//! | [`response`] | the response's body as text, JSON, a document, ... |
//! | [`progress_event`] | `ProgressEvent`, and firing one |

pub(crate) mod progress_event;
mod response;
mod send;
mod xml_http_request;
mod xml_http_request_event_target;

pub(crate) use progress_event::ProgressEvent;
pub(crate) use xml_http_request::XMLHttpRequest;
pub(crate) use xml_http_request_event_target::{XMLHttpRequestEventTarget, XMLHttpRequestUpload};

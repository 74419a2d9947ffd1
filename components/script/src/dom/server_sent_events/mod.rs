//! [Server-sent events](https://html.spec.whatwg.org/multipage/server-sent-events.html).

mod connection;
pub(crate) mod event_source;
mod event_stream;

pub(crate) use event_source::EventSource;

//! The [Streams Standard](https://streams.spec.whatwg.org/).

mod iteration;
mod pump;
mod read_request;
pub(crate) mod readable_stream;
pub(crate) mod readable_stream_default_controller;
pub(crate) mod readable_stream_default_reader;
pub(crate) mod source;
mod tee;

pub(crate) use readable_stream::ReadableStream;
pub(crate) use readable_stream_default_controller::ReadableStreamDefaultController;
pub(crate) use readable_stream_default_reader::ReadableStreamDefaultReader;

//! Interfaces: streams.

pub(crate) mod readable_stream;
pub(crate) mod readable_stream_default_controller;
pub(crate) mod readable_stream_default_reader;

pub(crate) use readable_stream::ReadableStream;
pub(crate) use readable_stream_default_controller::ReadableStreamDefaultController;
pub(crate) use readable_stream_default_reader::ReadableStreamDefaultReader;

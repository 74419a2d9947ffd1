//! The [Compression Standard](https://compression.spec.whatwg.org/).

mod codec;
pub(crate) mod compression_stream;
pub(crate) mod decompression_stream;

pub(crate) use compression_stream::CompressionStream;
pub(crate) use decompression_stream::DecompressionStream;

//! Interfaces: encoding.

pub(crate) mod text_decoder;
pub(crate) mod text_decoder_stream;
pub(crate) mod text_encoder;
pub(crate) mod text_encoder_stream;

pub(crate) use text_decoder::TextDecoder;
pub(crate) use text_decoder_stream::TextDecoderStream;
pub(crate) use text_encoder::TextEncoder;
pub(crate) use text_encoder_stream::TextEncoderStream;

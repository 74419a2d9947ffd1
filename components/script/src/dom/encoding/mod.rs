//! Interfaces: encoding.

pub(crate) mod text_decoder;
pub(crate) mod text_encoder;

pub(crate) use text_decoder::TextDecoder;
pub(crate) use text_encoder::TextEncoder;

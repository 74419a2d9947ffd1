//! [Compression contexts](https://compression.spec.whatwg.org/#concept-context) of the supported formats.

use std::io::Write;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::bindings::CompressionFormat;

/// Largest window of the deflate family: 2^15 bytes.
const WINDOW_BITS: u8 = 15;
/// Buffer of the brotli coder, in bytes.
const BROTLI_BUFFER: usize = 4096;
/// What browsers compress with when nobody asks for more.
const BROTLI_QUALITY: u32 = 5;
/// Base-2 logarithm of brotli's window.
const BROTLI_WINDOW: u32 = 22;
/// By how many bytes the output grows at a time.
const STEP: usize = 32 * 1024;

/// Compresses.
pub(super) enum Encoder {
    Deflate(Compress),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
}

/// Decompresses.
pub(super) enum Decoder {
    Deflate { state: Decompress, ended: bool },
    Brotli { state: Box<brotli::DecompressorWriter<Vec<u8>>>, fed: bool },
}

/// What decompressing a chunk gave.
pub(super) struct Decoded {
    /// The bytes that could be decompressed.
    pub(super) bytes: Vec<u8>,
    /// What was wrong with the rest.
    pub(super) error: Option<String>,
}

impl Encoder {
    pub(super) fn new(format: CompressionFormat) -> Self {
        let level = Compression::default();
        match format {
            CompressionFormat::Deflate => Self::Deflate(Compress::new(level, true)),
            CompressionFormat::DeflateRaw => Self::Deflate(Compress::new(level, false)),
            CompressionFormat::Gzip => Self::Deflate(Compress::new_gzip(level, WINDOW_BITS)),
            CompressionFormat::Brotli => Self::Brotli(Box::new(brotli::CompressorWriter::new(
                Vec::new(),
                BROTLI_BUFFER,
                BROTLI_QUALITY,
                BROTLI_WINDOW,
            ))),
        }
    }

    /// Compresses a chunk: what is ready of it and those before; with `last`, all.
    pub(super) fn push(&mut self, input: &[u8], last: bool) -> Result<Vec<u8>, String> {
        match self {
            Self::Deflate(state) => deflate(state, input, last),
            Self::Brotli(state) => {
                state.write_all(input).map_err(|error| error.to_string())?;
                if last {
                    // The coder writes its end when it is dropped.
                    let empty = brotli::CompressorWriter::new(
                        Vec::new(),
                        BROTLI_BUFFER,
                        BROTLI_QUALITY,
                        BROTLI_WINDOW,
                    );
                    return Ok(std::mem::replace(&mut **state, empty).into_inner());
                }
                Ok(std::mem::take(state.get_mut()))
            }
        }
    }
}

fn deflate(state: &mut Compress, input: &[u8], last: bool) -> Result<Vec<u8>, String> {
    let flush = if last { FlushCompress::Finish } else { FlushCompress::None };
    let mut output = Vec::new();
    let mut rest = input;
    loop {
        output.reserve(STEP);
        let before = state.total_in();
        let status = state.compress_vec(rest, &mut output, flush).map_err(|error| error.to_string())?;
        let taken = usize::try_from(state.total_in() - before).unwrap_or(rest.len());
        rest = rest.get(taken..).unwrap_or(&[]);
        let has_room = output.len() < output.capacity();
        match status {
            Status::StreamEnd => return Ok(output),
            Status::Ok | Status::BufError if rest.is_empty() && has_room && !last => return Ok(output),
            Status::BufError if has_room => return Err("the compressor got stuck".into()),
            Status::Ok | Status::BufError => {}
        }
    }
}

impl Decoder {
    pub(super) fn new(format: CompressionFormat) -> Self {
        let state = match format {
            CompressionFormat::Deflate => Decompress::new(true),
            CompressionFormat::DeflateRaw => Decompress::new(false),
            CompressionFormat::Gzip => Decompress::new_gzip(WINDOW_BITS),
            CompressionFormat::Brotli => {
                let state = Box::new(brotli::DecompressorWriter::new(Vec::new(), BROTLI_BUFFER));
                return Self::Brotli { state, fed: false };
            }
        };
        Self::Deflate { state, ended: false }
    }

    /// Decompresses a chunk.
    pub(super) fn push(&mut self, input: &[u8]) -> Decoded {
        match self {
            Self::Deflate { state, ended } => inflate(state, ended, input),
            Self::Brotli { state, fed } => {
                *fed |= !input.is_empty();
                let result = state.write_all(input);
                let error = result.err().map(|error| format!("the brotli data is not valid: {error}"));
                Decoded { bytes: std::mem::take(state.get_mut()), error }
            }
        }
    }

    /// The input has ended: what is left of it.
    pub(super) fn finish(&mut self) -> Decoded {
        let cut_off = || Some("the compressed data was cut off".into());
        match self {
            Self::Deflate { ended, .. } => {
                Decoded { bytes: Vec::new(), error: if *ended { None } else { cut_off() } }
            }
            Self::Brotli { state, fed } => {
                let complete = *fed && state.close().is_ok();
                let bytes = std::mem::take(state.get_mut());
                Decoded { bytes, error: if complete { None } else { cut_off() } }
            }
        }
    }
}

fn inflate(state: &mut Decompress, ended: &mut bool, input: &[u8]) -> Decoded {
    let mut bytes = Vec::new();
    let mut rest = input;
    while !*ended {
        bytes.reserve(STEP);
        let before = state.total_in();
        let status = match state.decompress_vec(rest, &mut bytes, FlushDecompress::None) {
            Ok(status) => status,
            Err(error) => {
                return Decoded { bytes, error: Some(format!("the compressed data is not valid: {error}")) };
            }
        };
        let taken = usize::try_from(state.total_in() - before).unwrap_or(rest.len());
        rest = rest.get(taken..).unwrap_or(&[]);
        let has_room = bytes.len() < bytes.capacity();
        match status {
            Status::StreamEnd => *ended = true,
            // Nothing more comes of what is there.
            Status::Ok | Status::BufError if has_room && rest.is_empty() => break,
            Status::BufError if has_room => break,
            Status::Ok | Status::BufError => {}
        }
    }
    let error =
        (*ended && !rest.is_empty()).then(|| "there is more after the end of the compressed data".into());
    Decoded { bytes, error }
}

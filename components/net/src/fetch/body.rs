//! Response bodies on their way out: content codings, integrity, delivery.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use async_compression::tokio::bufread::{
    BrotliDecoder, DeflateDecoder, GzipDecoder, ZlibDecoder, ZstdDecoder,
};
use async_compression::zstd::DParameter;
use bgfetch_traits::body::{BodyWriter, Closed};
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind};
use bgfetch_traits::headers::HeaderList;
use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};

use super::InternalBody;
use super::header_values::extract_token_list;
use super::integrity::IntegrityCheck;
use crate::http::body::NetworkBody;
use crate::http_cache::Recording;

/// What a decoder makes at once.
const DECODED_PIECE: usize = 64 * 1024;
/// Browsers accept zstd windows up to 8 MiB ([RFC 9659](https://www.rfc-editor.org/rfc/rfc9659.html)).
const ZSTD_WINDOW_LOG: u32 = 23;

/// A content coding that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// [Content codings](https://fetch.spec.whatwg.org/#handle-content-codings) of a response, in the order in which they
/// were applied; none if one of them is not supported, so that the bytes are passed on as they are.
fn codings(headers: &HeaderList) -> Vec<Coding> {
    let Some(Ok(names)) = extract_token_list(headers, "content-encoding") else { return Vec::new() };
    let known = names.iter().filter(|name| !name.eq_ignore_ascii_case("identity")).map(|name| {
        match name.to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => Some(Coding::Gzip),
            "deflate" => Some(Coding::Deflate),
            "br" => Some(Coding::Brotli),
            "zstd" => Some(Coding::Zstd),
            _ => None,
        }
    });
    known.collect::<Option<Vec<_>>>().unwrap_or_default()
}

/// A body's bytes, decoded.
pub(crate) enum DecodedBody {
    /// All there.
    Bytes(Bytes),
    /// As they come from the network.
    Plain(Box<NetworkBody>),
    /// Coded, and not looked at yet.
    Coded(Box<NetworkBody>, Vec<Coding>),
    /// Through decoders.
    Decoding(Pin<Box<dyn AsyncRead>>, BytesMut),
    /// At the end, or broken.
    Ended,
}

impl DecodedBody {
    /// The body of a response with `headers`; `None` is a null body.
    pub(crate) fn of(body: InternalBody, headers: &HeaderList) -> Option<Self> {
        match body {
            InternalBody::Null => None,
            InternalBody::Bytes(bytes) => Some(Self::Bytes(bytes)),
            InternalBody::Network(network) => Some(match codings(headers) {
                codings if codings.is_empty() => Self::Plain(network),
                codings => Self::Coded(network, codings),
            }),
        }
    }

    /// The next bytes (never none), or the end. Once dropped before it is ready, it must not be called again.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, NetworkError>> {
        loop {
            match self {
                Self::Plain(network) => return poll_fn(|cx| network.poll_next(cx)).await,
                Self::Bytes(bytes) if !bytes.is_empty() => return Some(Ok(std::mem::take(bytes))),
                Self::Bytes(_) | Self::Ended => return None,
                Self::Coded(..) => {
                    let Self::Coded(network, codings) = std::mem::replace(self, Self::Ended) else {
                        return None;
                    };
                    match Box::pin(decoder(network, &codings)).await {
                        Ok(reader) => *self = Self::Decoding(reader, BytesMut::new()),
                        Err(error) => return Some(Err(decoding_error(error))),
                    }
                }
                Self::Decoding(reader, buffer) => {
                    buffer.reserve(DECODED_PIECE);
                    return match reader.read_buf(buffer).await {
                        Ok(0) => None,
                        Ok(_) => Some(Ok(buffer.split().freeze())),
                        Err(error) => Some(Err(decoding_error(error))),
                    };
                }
            }
        }
    }

    /// Waits for all of it.
    ///
    /// # Errors
    /// What ended it early, or that it is longer than `limit` bytes.
    pub(crate) async fn read_all(mut self, limit: usize) -> Result<Bytes, NetworkError> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.next().await {
            let piece = piece?;
            if whole.len() + piece.len() > limit {
                let message = format!("a body that has to be read as a whole is longer than {limit} bytes");
                return Err(NetworkError::new(NetworkErrorKind::Internal, message));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

/// Decoders for all codings, the outermost applied last.
async fn decoder(network: Box<NetworkBody>, codings: &[Coding]) -> io::Result<Pin<Box<dyn AsyncRead>>> {
    let mut reader: Pin<Box<dyn AsyncBufRead>> = Box::into_pin(network);
    let mut remaining = codings.iter().rev().peekable();
    while let Some(coding) = remaining.next() {
        let decoded = decode(*coding, reader).await?;
        if remaining.peek().is_none() {
            return Ok(decoded);
        }
        reader = Box::pin(BufReader::with_capacity(DECODED_PIECE, decoded));
    }
    Ok(Box::pin(reader))
}

async fn decode(
    coding: Coding,
    mut reader: Pin<Box<dyn AsyncBufRead>>,
) -> io::Result<Pin<Box<dyn AsyncRead>>> {
    let first = reader.fill_buf().await?;
    // A body of no bytes is no bytes, in whatever coding it claims to be.
    let Some(first_byte) = first.first().copied() else { return Ok(Box::pin(tokio::io::empty())) };
    Ok(match coding {
        Coding::Gzip => {
            let mut decoder = GzipDecoder::new(reader);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
        // "deflate" is the zlib format, but some servers send bare deflate: its first byte has another low half.
        Coding::Deflate if first_byte & 0x0f == 8 => Box::pin(ZlibDecoder::new(reader)),
        Coding::Deflate => Box::pin(DeflateDecoder::new(reader)),
        Coding::Brotli => Box::pin(BrotliDecoder::new(reader)),
        Coding::Zstd => {
            let mut decoder =
                ZstdDecoder::with_params(reader, &[DParameter::window_log_max(ZSTD_WINDOW_LOG)]);
            decoder.multiple_members(true);
            Box::pin(decoder)
        }
    })
}

/// What a decoder says: the network's own error, or that the coding is broken.
fn decoding_error(error: io::Error) -> NetworkError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<NetworkError>()) {
        Some(network) => network.clone(),
        None => {
            let message = format!("the body is not in the content coding that its header names: {error}");
            NetworkError::new(NetworkErrorKind::Decoding, message)
        }
    }
}

/// How a delivery ended early.
pub(crate) enum DeliveryError {
    /// The body broke.
    Network(NetworkError),
    /// Whoever read it does not want more.
    Closed,
}

impl From<Closed> for DeliveryError {
    fn from(_: Closed) -> Self {
        Self::Closed
    }
}

/// Moves a body into a pipe, at the pace of its reader. With `check`, the last piece is given only if all of the
/// body matches. Tells how many bytes there were.
pub(crate) async fn deliver(
    body: &mut DecodedBody,
    writer: &mut BodyWriter,
    mut check: Option<IntegrityCheck>,
    mut recording: Option<Box<Recording>>,
) -> Result<u64, DeliveryError> {
    let mut held_back: Option<Bytes> = None;
    let mut delivered = 0;
    loop {
        poll_fn(|cx| writer.poll_ready(cx)).await?;
        let next = tokio::select! {
            biased;
            () = poll_fn(|cx| writer.poll_closed(cx)) => return Err(DeliveryError::Closed),
            next = body.next() => next,
        };
        let Some(piece) = next.transpose().map_err(DeliveryError::Network)? else { break };
        delivered += piece.len() as u64;
        if let Some(recording) = &mut recording {
            recording.push(&piece);
        }
        match &mut check {
            None => writer.push(piece)?,
            Some(check) => {
                check.update(&piece);
                if let Some(before) = held_back.replace(piece) {
                    writer.push(before)?;
                }
            }
        }
    }
    if check.is_some_and(|check| !check.matches()) {
        return Err(DeliveryError::Network(integrity_mismatch()));
    }
    if let Some(recording) = recording {
        recording.finish();
    }
    if let Some(last) = held_back {
        writer.push(last)?;
    }
    Ok(delivered)
}

/// The bytes are not those that the integrity metadata names.
pub(crate) fn integrity_mismatch() -> NetworkError {
    NetworkError::new(NetworkErrorKind::Integrity, "the body does not match the request's integrity metadata")
}

//! [Packaging data](https://w3c.github.io/FileAPI/#packaging-data): the bytes of a blob as what a reader gives.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bgfetch_js::{ArrayBuffer, DomString, Fallible, Realm};
use encoding_rs::Encoding;

use super::blob::BlobData;
use crate::bindings::DomStringOrArrayBuffer;
use crate::mime::MimeType;

/// What a blob is read as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReadAs {
    ArrayBuffer,
    BinaryString,
    /// With the label of an encoding, if one was given.
    Text(Option<DomString>),
    DataUrl,
}

/// [Package data](https://w3c.github.io/FileAPI/#blob-package-data).
///
/// # Errors
/// A `RangeError` if there is no memory for an `ArrayBuffer`.
pub(super) fn package(realm: &Realm, data: &BlobData, kind: &ReadAs) -> Fallible<DomStringOrArrayBuffer> {
    Ok(DomStringOrArrayBuffer::DomString(match kind {
        ReadAs::ArrayBuffer => {
            return Ok(DomStringOrArrayBuffer::ArrayBuffer(array_buffer(realm, data)?));
        }
        ReadAs::BinaryString => binary_string(data),
        ReadAs::Text(encoding) => text(data, encoding.as_ref()),
        ReadAs::DataUrl => data_url(data),
    }))
}

pub(super) fn array_buffer(realm: &Realm, data: &BlobData) -> Fallible<ArrayBuffer> {
    ArrayBuffer::from_vec(realm, data.bytes.to_vec())
}

pub(super) fn binary_string(data: &BlobData) -> DomString {
    data.bytes.iter().copied().map(char::from).collect::<String>().into()
}

pub(super) fn data_url(data: &BlobData) -> DomString {
    // A URL without a type would be one of text; what browsers say of unknown bytes is this.
    let mime_type = if data.mime_type.is_empty() { "application/octet-stream" } else { &data.mime_type };
    format!("data:{mime_type};base64,{}", STANDARD.encode(&data.bytes)).into()
}

pub(super) fn text(data: &BlobData, encoding: Option<&DomString>) -> DomString {
    let named = encoding.and_then(|label| Encoding::for_label(label.as_str().as_bytes()));
    let of_type = || {
        let mime_type = MimeType::parse(&data.mime_type)?;
        Encoding::for_label(mime_type.parameter("charset")?.as_bytes())
    };
    let encoding = named.or_else(of_type).unwrap_or(encoding_rs::UTF_8);
    encoding.decode(&data.bytes).0.into_owned().into()
}

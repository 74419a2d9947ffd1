//! [Serialising bitmaps to a file](https://html.spec.whatwg.org/multipage/canvas.html#serialising-bitmaps-to-a-file).

use bgfetch_canvas::{Bitmap, EncodedType, encode};
use bgfetch_js::{Exception, Fallible, Value};

use crate::dom::file::blob::BlobData;

/// Refuses what a page may not read.
///
/// # Errors
/// `SecurityError` if there is something of another origin on it.
pub(super) fn check_origin_clean(bitmap: &Bitmap) -> Fallible<()> {
    if bitmap.is_origin_clean() {
        return Ok(());
    }
    Err(Exception::dom("SecurityError", "the canvas has something of another origin on it"))
}

/// The quality that a page asks for, if it is a number.
pub(super) fn quality_of(value: Option<&Value>) -> Option<f64> {
    value.and_then(Value::as_number)
}

/// A file of the bitmap, of the type asked for or of PNG; `None` if there are no pixels.
pub(super) fn to_file(bitmap: &Bitmap, requested: &str, quality: Option<f64>) -> Option<BlobData> {
    let encoded_type = EncodedType::for_request(requested);
    let bytes = encode(bitmap, encoded_type, quality)?;
    Some(BlobData { bytes: bytes.into(), mime_type: encoded_type.mime_type().into() })
}

//! Image files: [decoding](https://html.spec.whatwg.org/multipage/images.html) them, and
//! [encoding](https://html.spec.whatwg.org/multipage/canvas.html#serialising-bitmaps-to-a-file) bitmaps as such.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageReader, Limits};

use crate::bitmap::Bitmap;

/// The most memory, in bytes, that decoding a file may take: a small file can say that it is a large image.
const MOST_MEMORY: u64 = 1 << 29;

/// What a bitmap can be encoded as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodedType {
    /// PNG
    Png,
    /// JPEG
    Jpeg,
}

impl EncodedType {
    /// The type to encode as if a page asks for that one: PNG if it is none that can be made.
    #[must_use]
    pub fn for_request(mime_type: &str) -> Self {
        if mime_type.eq_ignore_ascii_case("image/jpeg") { Self::Jpeg } else { Self::Png }
    }

    /// Its MIME type.
    #[must_use]
    pub const fn mime_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// The image in a file of whatever type: the first one, if it has several, turned as its metadata say. `None` if the file
/// is damaged, too large, or of a type that is not known.
#[must_use]
pub fn decode(bytes: &[u8]) -> Option<Bitmap> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().ok()?;
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).ok()?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    let image = image.into_rgba8();
    let bitmap = Bitmap::from_rgba(image.width(), image.height(), image.as_raw());
    bitmap.pixels().is_some().then_some(bitmap)
}

/// [A serialization of the bitmap as a file](https://html.spec.whatwg.org/multipage/canvas.html#a-serialisation-of-the-bitmap-as-a-file).
/// `quality` is from 0 to 1, for types that lose something. `None` if there are no pixels.
#[must_use]
pub fn encode(bitmap: &Bitmap, encoded_type: EncodedType, quality: Option<f64>) -> Option<Vec<u8>> {
    let mut file = Vec::new();
    let result = match encoded_type {
        EncodedType::Png => {
            let (size, data) = bitmap.to_rgba()?;
            PngEncoder::new(&mut file).write_image(
                &data,
                size.width(),
                size.height(),
                ExtendedColorType::Rgba8,
            )
        }
        EncodedType::Jpeg => {
            // Premultiplied colours are those before black.
            let pixels = bitmap.pixels()?;
            let data: Vec<u8> =
                pixels.pixels().iter().flat_map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
            let quality = quality.filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.92);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to 100")]
            let encoder = JpegEncoder::new_with_quality(&mut file, (quality * 100.0).round().max(1.0) as u8);
            encoder.write_image(&data, pixels.width(), pixels.height(), ExtendedColorType::Rgb8)
        }
    };
    result.ok().map(|()| file)
}

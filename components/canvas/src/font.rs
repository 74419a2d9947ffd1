//! Font files.

use std::sync::Arc;

use ttf_parser::Face;

/// Why bytes are no font.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FontError {
    /// What is compressed could not be decompressed.
    #[error("the compressed font is damaged")]
    Compression,
    /// The tables are not there, or make no sense.
    #[error("the bytes are no font that can be read")]
    Tables,
}

/// A font that has been read.
#[derive(Clone, Debug)]
pub struct Font {
    data: Arc<[u8]>,
}

impl Font {
    /// Reads a font: TrueType, OpenType, a collection of them (its first font), WOFF or WOFF2.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Self, FontError> {
        let data: Arc<[u8]> = match bytes.first_chunk::<4>() {
            Some(b"wOFF") => wuff::decompress_woff1(bytes).map_err(|_| FontError::Compression)?.into(),
            Some(b"wOF2") => wuff::decompress_woff2(bytes).map_err(|_| FontError::Compression)?.into(),
            _ => bytes.into(),
        };
        let face = Face::parse(&data, 0).map_err(|_| FontError::Tables)?;
        if face.number_of_glyphs() == 0 {
            return Err(FontError::Tables);
        }
        Ok(Self { data })
    }

    /// The bytes, no longer compressed.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }
}

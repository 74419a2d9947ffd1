//! Image files that were loaded, decoded when somebody wants their pixels.

use std::cell::OnceCell;
use std::sync::Arc;

use bgfetch_canvas::Bitmap;
use bytes::Bytes;

/// An image file.
pub(in crate::dom::html) struct ImageFile {
    bytes: Bytes,
    /// Whether the page's origin may read it.
    origin_clean: bool,
    decoded: OnceCell<Option<Arc<Bitmap>>>,
}

impl ImageFile {
    pub(super) const fn new(bytes: Bytes, origin_clean: bool) -> Self {
        Self { bytes, origin_clean, decoded: OnceCell::new() }
    }

    /// Its pixels; `None` if it cannot be decoded.
    pub(super) fn bitmap(&self) -> Option<Arc<Bitmap>> {
        let decoded = self.decoded.get_or_init(|| {
            let mut bitmap = bgfetch_canvas::decode(&self.bytes)?;
            if !self.origin_clean {
                bitmap.taint();
            }
            Some(Arc::new(bitmap))
        });
        decoded.clone()
    }
}

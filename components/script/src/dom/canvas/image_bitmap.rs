//! [`ImageBitmap`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#imagebitmap).

use std::cell::RefCell;
use std::sync::Arc;

use bgfetch_canvas::Bitmap;
use bgfetch_js::{Exception, Fallible, Realm, Reflector, platform_object, trace_fields};

use crate::bindings::ImageBitmapMethods;

/// `ImageBitmap`.
pub(crate) struct ImageBitmap {
    reflector: Reflector,
    /// Its bitmap data; `None` once it is detached.
    bitmap: RefCell<Option<Arc<Bitmap>>>,
}

trace_fields!(ImageBitmap {});
platform_object!(ImageBitmap);

/// The bitmap of an `ImageBitmap` on its way to another realm.
#[derive(Clone)]
pub(crate) struct SentBitmap(pub(crate) Arc<Bitmap>);

impl ImageBitmap {
    /// A bitmap for script.
    pub(crate) const fn new(bitmap: Arc<Bitmap>) -> Self {
        Self { reflector: Reflector::new(), bitmap: RefCell::new(Some(bitmap)) }
    }

    /// Its bitmap data, unless it is detached.
    pub(crate) fn bitmap(&self) -> Option<Arc<Bitmap>> {
        self.bitmap.borrow().clone()
    }

    /// Takes its bitmap data away: it is detached.
    pub(crate) fn take(&self) -> Option<Arc<Bitmap>> {
        self.bitmap.take()
    }

    /// What another realm is sent: [serialization
    /// steps](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#the-imagebitmap-interface:serialization-steps).
    ///
    /// # Errors
    /// `DataCloneError` if it is detached, or has something of another origin.
    pub(crate) fn sent(&self) -> Fallible<SentBitmap> {
        let refusal = |message| Exception::dom("DataCloneError", message);
        let bitmap = self.bitmap().ok_or_else(|| refusal("the ImageBitmap is closed or detached"))?;
        if !bitmap.is_origin_clean() {
            return Err(refusal("the ImageBitmap has something of another origin on it"));
        }
        Ok(SentBitmap(bitmap))
    }
}

impl ImageBitmapMethods for ImageBitmap {
    fn width(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.bitmap.borrow().as_ref().map_or(0, |bitmap| bitmap.width()))
    }

    fn height(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.bitmap.borrow().as_ref().map_or(0, |bitmap| bitmap.height()))
    }

    /// [`close()`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#dom-imagebitmap-close)
    fn close(&self, _: &Realm) -> Fallible<()> {
        self.take();
        Ok(())
    }
}

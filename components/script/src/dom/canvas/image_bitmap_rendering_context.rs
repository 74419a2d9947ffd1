//! [`ImageBitmapRenderingContext`](https://html.spec.whatwg.org/multipage/canvas.html#imagebitmaprenderingcontext).

use std::cell::RefCell;
use std::sync::Arc;

use bgfetch_canvas::Bitmap;
use bgfetch_js::{
    Exception, Fallible, FromJs, Member, Realm, Reflector, Root, Trace, Tracer, Value, platform_object,
    trace_fields,
};

use crate::bindings::{
    HTMLCanvasElementOrOffscreenCanvas, ImageBitmapRenderingContextMethods,
    ImageBitmapRenderingContextSettings,
};
use crate::dom::{HTMLCanvasElement, ImageBitmap, OffscreenCanvas};

/// `ImageBitmapRenderingContext`.
pub(crate) struct ImageBitmapRenderingContext {
    reflector: Reflector,
    canvas: Canvas,
    has_alpha: bool,
    /// What its canvas shows; `None` is transparent black of the canvas's own size.
    bitmap: RefCell<Option<Arc<Bitmap>>>,
}

/// The canvas that it belongs to.
pub(super) enum Canvas {
    Element(Member<HTMLCanvasElement>),
    Offscreen(Member<OffscreenCanvas>),
}

impl Trace for Canvas {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::Element(canvas) => canvas.trace(tracer),
            Self::Offscreen(canvas) => canvas.trace(tracer),
        }
    }
}

trace_fields!(ImageBitmapRenderingContext { canvas });
platform_object!(ImageBitmapRenderingContext);

impl ImageBitmapRenderingContext {
    /// [Creates a context](https://html.spec.whatwg.org/multipage/canvas.html#imagebitmaprenderingcontext-creation-algorithm).
    pub(super) fn create(realm: &Realm, canvas: Canvas, options: &Value) -> Fallible<Root<Self>> {
        let settings = ImageBitmapRenderingContextSettings::from_js(realm, options)?;
        realm.wrap(Self {
            reflector: Reflector::new(),
            canvas,
            has_alpha: settings.alpha,
            bitmap: RefCell::default(),
        })
    }

    /// What its canvas shows.
    pub(super) fn bitmap(&self) -> Option<Arc<Bitmap>> {
        self.bitmap.borrow().clone()
    }

    /// The canvas has another size, and is blank.
    pub(super) fn clear(&self) {
        self.bitmap.take();
    }
}

impl ImageBitmapRenderingContextMethods for ImageBitmapRenderingContext {
    fn canvas(&self, _: &Realm) -> Fallible<HTMLCanvasElementOrOffscreenCanvas> {
        Ok(match &self.canvas {
            Canvas::Element(canvas) => {
                HTMLCanvasElementOrOffscreenCanvas::HTMLCanvasElement((**canvas).clone())
            }
            Canvas::Offscreen(canvas) => {
                HTMLCanvasElementOrOffscreenCanvas::OffscreenCanvas((**canvas).clone())
            }
        })
    }

    /// [`transferFromImageBitmap()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-imagebitmaprenderingcontext-transferfromimagebitmap)
    fn transfer_from_image_bitmap(&self, realm: &Realm, bitmap: Option<Root<ImageBitmap>>) -> Fallible<()> {
        let bitmap = match bitmap {
            None => None,
            Some(bitmap) => Some(bitmap.take().ok_or_else(|| {
                Exception::dom("InvalidStateError", "the ImageBitmap is closed or detached")
            })?),
        };
        let bitmap = bitmap.map(|bitmap| {
            if self.has_alpha {
                return bitmap;
            }
            let mut opaque = Bitmap::clone(&bitmap);
            opaque.make_opaque();
            Arc::new(opaque)
        });
        self.bitmap.replace(bitmap);
        if let Canvas::Offscreen(canvas) = &self.canvas {
            canvas.drawn_on(realm);
        }
        Ok(())
    }
}

//! [`OffscreenCanvas`](https://html.spec.whatwg.org/multipage/canvas.html#the-offscreencanvas-interface).

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use bgfetch_canvas::Bitmap;
use bgfetch_js::{
    Exception, Fallible, Member, PlatformObject, Promise, Realm, Root, Trace, Tracer, Value, platform_object,
    trace_fields,
};
use parking_lot::Mutex;

use super::context_2d::Context2D;
use super::encoding::to_file;
use super::image_bitmap_rendering_context::Canvas;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    ImageEncodeOptions, OffscreenCanvasMethods, OffscreenRenderingContext, OffscreenRenderingContextId,
};
use crate::dom::{
    Blob, EventTarget, ImageBitmap, ImageBitmapRenderingContext, OffscreenCanvasRenderingContext2D,
};

/// `OffscreenCanvas`.
pub(crate) struct OffscreenCanvas {
    event_target: EventTarget,
    width: Cell<u64>,
    height: Cell<u64>,
    mode: RefCell<ContextMode>,
    /// [Placeholder canvas element](https://html.spec.whatwg.org/multipage/canvas.html#offscreencanvas-placeholder)
    placeholder: Option<Placeholder>,
    /// What was drawn will be shown by the placeholder soon.
    is_commit_queued: Cell<bool>,
}

/// [Context mode](https://html.spec.whatwg.org/multipage/canvas.html#offscreencanvas-context-mode)
#[derive(Default)]
enum ContextMode {
    #[default]
    None,
    TwoD(Member<OffscreenCanvasRenderingContext2D>),
    BitmapRenderer(Member<ImageBitmapRenderingContext>),
    Detached,
}

impl Trace for ContextMode {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::None | Self::Detached => {}
            Self::TwoD(context) => context.trace(tracer),
            Self::BitmapRenderer(context) => context.trace(tracer),
        }
    }
}

trace_fields!(OffscreenCanvas { event_target, mode });
platform_object!(OffscreenCanvas: EventTarget via event_target);

/// What an element shows that an offscreen canvas draws for, maybe on another thread.
#[derive(Clone)]
pub(crate) struct Placeholder(Arc<Mutex<Arc<Bitmap>>>);

impl Placeholder {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(Bitmap::new(width, height)))))
    }

    pub(super) fn bitmap(&self) -> Arc<Bitmap> {
        Arc::clone(&self.0.lock())
    }

    fn show(&self, bitmap: Arc<Bitmap>) {
        *self.0.lock() = bitmap;
    }
}

/// An offscreen canvas on its way to another realm.
pub(crate) struct TransferredCanvas {
    width: u64,
    height: u64,
    placeholder: Option<Placeholder>,
}

/// A size that a bitmap can have: a larger one has no pixels anyway.
fn clamped(size: u64) -> u32 {
    u32::try_from(size).unwrap_or(u32::MAX)
}

impl OffscreenCanvas {
    fn with(width: u64, height: u64, placeholder: Option<Placeholder>) -> Self {
        Self {
            event_target: EventTarget::new_inherited(),
            width: Cell::new(width),
            height: Cell::new(height),
            mode: RefCell::default(),
            placeholder,
            is_commit_queued: Cell::new(false),
        }
    }

    /// One that draws for an element.
    pub(super) fn with_placeholder(width: u64, height: u64, placeholder: Placeholder) -> Self {
        Self::with(width, height, Some(placeholder))
    }

    /// Whether it was transferred away.
    pub(crate) fn is_detached(&self) -> bool {
        matches!(*self.mode.borrow(), ContextMode::Detached)
    }

    fn size(&self) -> (u32, u32) {
        (clamped(self.width.get()), clamped(self.height.get()))
    }

    fn size_changed(&self, realm: &Realm) {
        let (width, height) = self.size();
        match &*self.mode.borrow() {
            ContextMode::TwoD(context) => context.drawing().reset(width, height),
            ContextMode::BitmapRenderer(context) => context.clear(),
            ContextMode::None | ContextMode::Detached => {}
        }
        self.drawn_on(realm);
    }

    /// What is on it now, unless it is detached.
    pub(super) fn snapshot(&self) -> Option<Arc<Bitmap>> {
        let shown = match &*self.mode.borrow() {
            ContextMode::Detached => return None,
            ContextMode::TwoD(context) => Some(context.drawing().snapshot()),
            ContextMode::BitmapRenderer(context) => context.bitmap(),
            ContextMode::None => None,
        };
        let (width, height) = self.size();
        Some(shown.unwrap_or_else(|| Arc::new(Bitmap::new(width, height))))
    }

    /// What is drawn is shown by the placeholder, if there is one, once the task has ended.
    pub(super) fn drawn_on(&self, realm: &Realm) {
        let Some(placeholder) = self.placeholder.clone() else { return };
        if self.is_commit_queued.replace(true) {
            return;
        }
        let canvas = self.root();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |_| {
            canvas.is_commit_queued.set(false);
            if let Some(bitmap) = canvas.snapshot() {
                placeholder.show(bitmap);
            }
            Ok(())
        });
    }

    /// [Transfer steps](https://html.spec.whatwg.org/multipage/canvas.html#the-offscreencanvas-interface:transfer-steps).
    ///
    /// # Errors
    /// `InvalidStateError` if it has a context.
    pub(crate) fn transfer_out(&self) -> Fallible<TransferredCanvas> {
        if !matches!(*self.mode.borrow(), ContextMode::None) {
            return Err(Exception::dom(
                "InvalidStateError",
                "an OffscreenCanvas with a context stays where it is",
            ));
        }
        self.mode.replace(ContextMode::Detached);
        Ok(TransferredCanvas {
            width: self.width.replace(0),
            height: self.height.replace(0),
            placeholder: self.placeholder.clone(),
        })
    }

    /// [Transfer-receiving steps](https://html.spec.whatwg.org/multipage/canvas.html#the-offscreencanvas-interface:transfer-receiving-steps).
    pub(crate) fn transfer_in(realm: &Realm, sent: TransferredCanvas) -> Fallible<Root<Self>> {
        realm.wrap(Self::with(sent.width, sent.height, sent.placeholder))
    }

    fn check_attached(&self) -> Fallible<()> {
        if self.is_detached() {
            return Err(Exception::dom("InvalidStateError", "the OffscreenCanvas was transferred"));
        }
        Ok(())
    }
}

impl OffscreenCanvasMethods for OffscreenCanvas {
    fn constructor(_: &Realm, width: u64, height: u64) -> Fallible<Self> {
        Ok(Self::with(width, height, None))
    }

    fn width(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.width.get())
    }

    fn set_width(&self, realm: &Realm, value: u64) -> Fallible<()> {
        self.width.set(value);
        self.size_changed(realm);
        Ok(())
    }

    fn height(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.height.get())
    }

    fn set_height(&self, realm: &Realm, value: u64) -> Fallible<()> {
        self.height.set(value);
        self.size_changed(realm);
        Ok(())
    }

    /// [`getContext()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-offscreencanvas-getcontext)
    fn get_context(
        &self,
        realm: &Realm,
        context_id: OffscreenRenderingContextId,
        options: Value,
    ) -> Fallible<Option<OffscreenRenderingContext>> {
        use OffscreenRenderingContextId::{_2d as TwoD, Bitmaprenderer as BitmapRenderer};
        // Steps 1 and 2.
        let options = if options.is_object() { options } else { Value::NULL };
        // Step 3.
        self.check_attached()?;
        let existing = match (&*self.mode.borrow(), context_id) {
            (ContextMode::TwoD(context), TwoD) => {
                Some(OffscreenRenderingContext::OffscreenCanvasRenderingContext2D((**context).clone()))
            }
            (ContextMode::BitmapRenderer(context), BitmapRenderer) => {
                Some(OffscreenRenderingContext::ImageBitmapRenderingContext((**context).clone()))
            }
            (ContextMode::None, TwoD | BitmapRenderer) => None,
            _ => return Ok(None),
        };
        if existing.is_some() {
            return Ok(existing);
        }
        if context_id == TwoD {
            let (width, height) = self.size();
            let shared = Context2D::create(realm, width, height, &options)?;
            let context = realm.wrap(OffscreenCanvasRenderingContext2D::new(shared, self.root()))?;
            self.mode.replace(ContextMode::TwoD(context.clone().into()));
            return Ok(Some(OffscreenRenderingContext::OffscreenCanvasRenderingContext2D(context)));
        }
        let canvas = Canvas::Offscreen(self.root().into());
        let context = ImageBitmapRenderingContext::create(realm, canvas, &options)?;
        self.mode.replace(ContextMode::BitmapRenderer(context.clone().into()));
        Ok(Some(OffscreenRenderingContext::ImageBitmapRenderingContext(context)))
    }

    /// [`transferToImageBitmap()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-offscreencanvas-transfertoimagebitmap)
    fn transfer_to_image_bitmap(&self, realm: &Realm) -> Fallible<Root<ImageBitmap>> {
        // Step 1.
        self.check_attached()?;
        // Steps 2 to 5.
        let taken = match &*self.mode.borrow() {
            ContextMode::TwoD(context) => Some(Arc::new(context.drawing().take_bitmap())),
            ContextMode::BitmapRenderer(context) => {
                let taken = context.bitmap();
                context.clear();
                Some(taken.unwrap_or_else(|| {
                    let (width, height) = self.size();
                    Arc::new(Bitmap::new(width, height))
                }))
            }
            ContextMode::None | ContextMode::Detached => None,
        };
        let bitmap = taken.ok_or_else(|| {
            Exception::dom(
                "InvalidStateError",
                "an OffscreenCanvas without a context has nothing to transfer",
            )
        })?;
        self.drawn_on(realm);
        realm.wrap(ImageBitmap::new(bitmap))
    }

    /// [`convertToBlob()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-offscreencanvas-converttoblob)
    fn convert_to_blob(&self, realm: &Realm, options: ImageEncodeOptions) -> Fallible<Promise<Root<Blob>>> {
        // Steps 1 to 4.
        self.check_attached()?;
        let bitmap = self.snapshot().unwrap_or_else(|| Arc::new(Bitmap::new(0, 0)));
        super::encoding::check_origin_clean(&bitmap)?;
        if bitmap.width() == 0 || bitmap.height() == 0 {
            return Err(Exception::dom("IndexSizeError", "the OffscreenCanvas has no pixels"));
        }
        // Steps 5 to 8.
        let promise = Promise::new(realm)?;
        let waiting = promise.clone();
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            match to_file(&bitmap, &options.type_, options.quality) {
                Some(file) => waiting.resolve(realm, realm.wrap(Blob::of(file))?),
                None => {
                    let message = "there is no memory for a file of the OffscreenCanvas";
                    waiting.reject(realm, Exception::dom("EncodingError", message));
                }
            }
            Ok(())
        });
        Ok(promise)
    }
}

//! [Image requests](https://html.spec.whatwg.org/multipage/images.html#image-request): how far an element has come with its
//! image, and what an image is.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};

use bgfetch_canvas::Bitmap;
use bgfetch_js::Realm;
use bgfetch_traits::fetch::{RequestHead, ResponseType};
use bgfetch_traits::net::CancelHandle;

use super::image_file::ImageFile;
use super::{fetch, read};
use crate::mime::MimeType;

/// [State](https://html.spec.whatwg.org/multipage/images.html#img-req-state). Images are looked at when they are whole: none is
/// ever partially available.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::dom) enum ImageState {
    #[default]
    Unavailable,
    CompletelyAvailable(ImageSize),
    Broken,
}

/// Natural size, in pixels of the image. That of an SVG image is not looked at: 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::dom) struct ImageSize {
    pub(in crate::dom) width: u32,
    pub(in crate::dom) height: u32,
}

/// The current request and the pending one of an element in one: the pending one has no state of its own before it is the
/// current one.
#[derive(Default)]
pub(in crate::dom::html) struct ImageRequest {
    state: Cell<ImageState>,
    /// [Current URL](https://html.spec.whatwg.org/multipage/images.html#img-req-url): of the current request.
    current_url: RefCell<String>,
    /// [Current pixel density](https://html.spec.whatwg.org/multipage/images.html#current-pixel-density)
    density: Cell<f64>,
    /// Whether another image is on its way.
    is_pending: Cell<bool>,
    generation: Cell<u64>,
    cancel: RefCell<CancelHandle>,
    waiting: RefCell<Vec<Waker>>,
    /// The file of the current request, once it is completely available.
    file: RefCell<Option<ImageFile>>,
}

impl ImageRequest {
    pub(in crate::dom::html) fn state(&self) -> ImageState {
        self.state.get()
    }

    pub(in crate::dom::html) fn is_pending(&self) -> bool {
        self.is_pending.get()
    }

    pub(in crate::dom::html) fn current_url(&self) -> String {
        self.current_url.borrow().clone()
    }

    /// The image's pixels, if it is there and can be decoded.
    pub(in crate::dom::html) fn bitmap(&self) -> Option<Arc<Bitmap>> {
        self.file.borrow().as_ref().and_then(ImageFile::bitmap)
    }

    /// Density-corrected natural size, in CSS pixels.
    pub(in crate::dom::html) fn natural_size(&self) -> ImageSize {
        let ImageState::CompletelyAvailable(size) = self.state.get() else { return ImageSize::default() };
        let density = self.density.get();
        let corrected = |pixels: u32| {
            let corrected = f64::from(pixels) / density;
            // A cast that saturates is what is wanted of a density near zero.
            if density > 0.0 { corrected.round() as u32 } else { pixels }
        };
        ImageSize { width: corrected(size.width), height: corrected(size.height) }
    }

    /// The image data are updated: what an earlier update began has no effect any more.
    pub(super) fn begin(&self) -> (u64, CancelHandle) {
        self.generation.set(self.generation.get() + 1);
        self.is_pending.set(true);
        let cancel = CancelHandle::new();
        self.cancel.replace(cancel.clone()).cancel();
        (self.generation.get(), cancel)
    }

    pub(super) fn is_current(&self, generation: u64) -> bool {
        self.generation.get() == generation
    }

    /// The request that is on its way is the current one from here on.
    pub(super) fn becomes_current(&self, url: String, density: f64) {
        self.state.set(ImageState::Unavailable);
        self.file.take();
        self.current_url.replace(url);
        self.density.set(density);
    }

    pub(super) fn ended(&self, state: ImageState, file: Option<ImageFile>) {
        self.state.set(state);
        self.file.replace(file);
        self.is_pending.set(false);
        for waker in self.waiting.take() {
            waker.wake();
        }
    }

    /// Waits until no image is on its way.
    pub(in crate::dom::html) async fn settled(&self) -> ImageState {
        poll_fn(|cx| {
            if self.is_pending.get() {
                self.waiting.borrow_mut().push(cx.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(self.state.get())
        })
        .await
    }
}

/// Fetches an image, whatever the status of the response: its size and its file, if it is one.
pub(super) async fn load(
    realm: &Realm,
    head: RequestHead,
    initiator_type: &'static str,
    cancel: CancelHandle,
) -> (ImageState, Option<ImageFile>) {
    let Ok(response) = fetch(realm, head, initiator_type, cancel).await else {
        return (ImageState::Broken, None);
    };
    // [CORS-same-origin](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#cors-same-origin)
    let origin_clean = !matches!(response.head.kind, ResponseType::Opaque | ResponseType::OpaqueRedirect);
    let mime_type = MimeType::extract(&response.head.headers);
    let bytes = read(response).await.unwrap_or_default();
    let is_svg = mime_type.is_some_and(|mime_type| mime_type.essence == "image/svg+xml");
    let size = if is_svg { size_of_svg(&bytes) } else { size_of(&bytes) };
    match size {
        Some(size) => (ImageState::CompletelyAvailable(size), Some(ImageFile::new(bytes, origin_clean))),
        None => (ImageState::Broken, None),
    }
}

/// What the bytes are, whatever they are [said to be](https://mimesniff.spec.whatwg.org/#sniffing-in-an-image-context).
fn size_of(bytes: &[u8]) -> Option<ImageSize> {
    let size = imagesize::blob_size(bytes).ok()?;
    Some(ImageSize { width: u32::try_from(size.width).ok()?, height: u32::try_from(size.height).ok()? })
}

fn size_of_svg(bytes: &[u8]) -> Option<ImageSize> {
    let root = b"<svg";
    bytes.windows(root.len()).any(|window| window == root).then(ImageSize::default)
}

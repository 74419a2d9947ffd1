//! [Checking the usability of an image argument](https://html.spec.whatwg.org/multipage/canvas.html#check-the-usability-of-the-image-argument).

use std::sync::Arc;

use bgfetch_canvas::Bitmap;
use bgfetch_js::{Exception, Fallible};

use crate::bindings::CanvasImageSource;
use crate::dom::html::loading::image_request::ImageState;

/// What a check has found.
pub(super) enum Usability {
    /// The image as it is now.
    Good(Arc<Bitmap>),
    /// Nothing is drawn, and nothing is said.
    Bad,
}

fn invalid(message: &str) -> Exception {
    Exception::dom("InvalidStateError", message)
}

/// Whether an image can be drawn.
///
/// # Errors
/// `InvalidStateError` if it is broken, detached or without pixels.
pub(super) fn check_usability(image: &CanvasImageSource) -> Fallible<Usability> {
    Ok(match image {
        CanvasImageSource::HTMLImageElement(element) => match element.request_state() {
            ImageState::Broken => return Err(invalid("the image is broken")),
            ImageState::Unavailable => Usability::Bad,
            // SVG images are not drawn: they have no pixels here.
            ImageState::CompletelyAvailable(_) => element.bitmap().map_or(Usability::Bad, Usability::Good),
        },
        // No video has a picture that could be drawn: nothing decodes them.
        CanvasImageSource::HTMLVideoElement(_) => Usability::Bad,
        CanvasImageSource::HTMLCanvasElement(canvas) => with_pixels(canvas.snapshot())?,
        CanvasImageSource::OffscreenCanvas(canvas) => {
            with_pixels(canvas.snapshot().ok_or_else(|| invalid("the OffscreenCanvas is detached"))?)?
        }
        CanvasImageSource::ImageBitmap(bitmap) => {
            let bitmap = bitmap.bitmap();
            Usability::Good(bitmap.ok_or_else(|| invalid("the ImageBitmap is closed or detached"))?)
        }
    })
}

fn with_pixels(bitmap: Arc<Bitmap>) -> Fallible<Usability> {
    if bitmap.width() == 0 || bitmap.height() == 0 {
        return Err(invalid("the canvas has no pixels"));
    }
    Ok(Usability::Good(bitmap))
}

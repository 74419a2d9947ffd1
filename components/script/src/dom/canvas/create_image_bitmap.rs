//! [`createImageBitmap()`](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#dom-createimagebitmap).

use std::sync::Arc;

use bgfetch_canvas::{Bitmap, PixelRect, SmoothingQuality};
use bgfetch_js::{Exception, Fallible, Promise, Realm, Root};

use super::image_source::{Usability, check_usability};
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    CanvasImageSource, ImageBitmapOptions, ImageBitmapSource, ImageOrientation, ResizeQuality,
};
use crate::dom::ImageBitmap;

/// A rectangle that a page asks for: left, top, width and height; sizes may be negative.
pub(crate) type Rectangle = [i32; 4];

fn invalid(message: &str) -> Exception {
    Exception::dom("InvalidStateError", message)
}

/// What is to become an image bitmap.
enum Source {
    Image(Arc<Bitmap>),
    File(bytes::Bytes),
}

/// Creates an image bitmap.
///
/// # Errors
/// As the specification says, before anything is decoded.
pub(crate) fn create_image_bitmap(
    realm: &Realm,
    image: ImageBitmapSource,
    rectangle: Option<Rectangle>,
    options: ImageBitmapOptions,
) -> Fallible<Promise<Root<ImageBitmap>>> {
    // Step 1.
    if rectangle.is_some_and(|[_, _, width, height]| width == 0 || height == 0) {
        return Err(Exception::range_error("a rectangle without pixels makes no image bitmap"));
    }
    // Step 2.
    if options.resize_width == Some(0) || options.resize_height == Some(0) {
        return Err(invalid("an image bitmap cannot be resized to nothing"));
    }
    // Steps 3 and 4.
    let source = match image {
        ImageBitmapSource::Blob(blob) => Source::File(blob.data().bytes),
        ImageBitmapSource::ImageData(data) => {
            let (width, height) = data.size();
            let bytes = data.bytes(realm).ok_or_else(|| invalid("the pixels were transferred elsewhere"))?;
            Source::Image(Arc::new(Bitmap::from_rgba(width, height, &bytes)))
        }
        ImageBitmapSource::HTMLImageElement(image) => of_image(CanvasImageSource::HTMLImageElement(image))?,
        ImageBitmapSource::HTMLVideoElement(video) => of_image(CanvasImageSource::HTMLVideoElement(video))?,
        ImageBitmapSource::HTMLCanvasElement(canvas) => {
            of_image(CanvasImageSource::HTMLCanvasElement(canvas))?
        }
        ImageBitmapSource::OffscreenCanvas(canvas) => of_image(CanvasImageSource::OffscreenCanvas(canvas))?,
        ImageBitmapSource::ImageBitmap(bitmap) => of_image(CanvasImageSource::ImageBitmap(bitmap))?,
    };
    // Steps 5 to 7.
    let promise = Promise::new(realm)?;
    let waiting = promise.clone();
    Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
        let image = match source {
            Source::Image(image) => Some(image),
            Source::File(bytes) => bgfetch_canvas::decode(&bytes).map(Arc::new),
        };
        let Some(image) = image else {
            waiting.reject(realm, invalid("the blob is no image that can be decoded"));
            return Ok(());
        };
        match crop_and_format(image, rectangle, &options) {
            Some(bitmap) => waiting.resolve(realm, realm.wrap(ImageBitmap::new(bitmap))?),
            None => waiting.reject(realm, invalid("an image bitmap of that size would be too large")),
        }
        Ok(())
    });
    Ok(promise)
}

fn of_image(image: CanvasImageSource) -> Fallible<Source> {
    match check_usability(&image)? {
        Usability::Good(image) => Ok(Source::Image(image)),
        Usability::Bad => Err(invalid("the image has no pixels yet, or none that can be had")),
    }
}

/// [Crops bitmap data to the source rectangle with formatting](https://html.spec.whatwg.org/multipage/imagebitmap-and-animations.html#cropped-to-the-source-rectangle-with-formatting).
/// `None` if that would be too large.
fn crop_and_format(
    image: Arc<Bitmap>,
    rectangle: Option<Rectangle>,
    options: &ImageBitmapOptions,
) -> Option<Arc<Bitmap>> {
    let whole = PixelRect { x: 0, y: 0, width: image.width(), height: image.height() };
    // Steps 2 and 3.
    let source = rectangle.map_or(whole, |[x, y, width, height]| PixelRect {
        x: i64::from(x) + i64::from(width.min(0)),
        y: i64::from(y) + i64::from(height.min(0)),
        width: width.unsigned_abs(),
        height: height.unsigned_abs(),
    });
    // Step 4.
    let proportional = |size: u32, of: u32, by: u32| {
        let scaled = (f64::from(size) * f64::from(of) / f64::from(by)).ceil();
        // A cast that saturates is what is wanted.
        scaled as u32
    };
    let (width, height) = match (options.resize_width, options.resize_height) {
        (Some(width), Some(height)) => (width, height),
        (Some(width), None) => (width, proportional(source.height, width, source.width)),
        (None, Some(height)) => (proportional(source.width, height, source.height), height),
        (None, None) => (source.width, source.height),
    };
    // Steps 5 to 7.
    let mut bitmap = image;
    if source != whole {
        bitmap = Arc::new(bitmap.crop(source));
    }
    if (width, height) != (source.width, source.height) {
        let quality = match options.resize_quality {
            ResizeQuality::Pixelated => None,
            ResizeQuality::Low => Some(SmoothingQuality::Low),
            ResizeQuality::Medium => Some(SmoothingQuality::Medium),
            ResizeQuality::High => Some(SmoothingQuality::High),
        };
        bitmap = Arc::new(bitmap.resized(width, height, quality));
    }
    // Step 8.
    if options.image_orientation == ImageOrientation::FlipY {
        bitmap = Arc::new(bitmap.flipped());
    }
    // Step 9: colours are in sRGB whatever is asked for; step 10: they are always kept premultiplied.
    bitmap.has_pixels().then_some(bitmap)
}

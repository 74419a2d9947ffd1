//! Bitmaps: what canvases, image bitmaps and decoded images hold.

use tiny_skia::{IntSize, Pixmap, PixmapPaint, Transform};

use crate::context::{Context, Rect};
use crate::memory::Reserved;
use crate::state::SmoothingQuality;

/// The most pixels that a bitmap has: a larger one exists, but holds none, as in browsers.
const MOST_PIXELS: u64 = 1 << 28;
/// The most pixels of a side.
const LONGEST_SIDE: u32 = 32_767;

/// A rectangle of whole pixels, which may lie outside of a bitmap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PixelRect {
    /// Its left edge.
    pub x: i64,
    /// Its upper edge.
    pub y: i64,
    /// How many columns it has.
    pub width: u32,
    /// How many rows it has.
    pub height: u32,
}

impl PixelRect {
    /// What of this lies within a bitmap of that size.
    fn within(self, width: u32, height: u32) -> Option<Self> {
        let (left, top) = (self.x.max(0), self.y.max(0));
        let right = (self.x + i64::from(self.width)).min(i64::from(width));
        let bottom = (self.y + i64::from(self.height)).min(i64::from(height));
        let (columns, rows) = (u32::try_from(right - left).ok()?, u32::try_from(bottom - top).ok()?);
        (columns > 0 && rows > 0).then_some(Self { x: left, y: top, width: columns, height: rows })
    }
}

/// Pixels in four bytes each: red, green, blue, premultiplied by alpha, in sRGB.
#[derive(Debug)]
pub struct Bitmap {
    width: u32,
    height: u32,
    /// None if there would be no pixels, or too many.
    pixels: Option<Reserved<Pixmap>>,
    /// [origin-clean](https://html.spec.whatwg.org/multipage/canvas.html#concept-canvas-origin-clean)
    origin_clean: bool,
}

impl Clone for Bitmap {
    /// Without pixels, if there is no memory for them.
    fn clone(&self) -> Self {
        let pixels = self.pixels.as_ref().and_then(Reserved::try_clone);
        Self { width: self.width, height: self.height, pixels, origin_clean: self.origin_clean }
    }
}

impl Bitmap {
    /// Transparent black.
    #[must_use]
    pub fn new(width: u32, height: u32) -> Self {
        let is_fine = width <= LONGEST_SIDE
            && height <= LONGEST_SIDE
            && u64::from(width) * u64::from(height) <= MOST_PIXELS;
        let pixels = if is_fine {
            Reserved::new(u64::from(width) * u64::from(height) * 4, || Pixmap::new(width, height))
        } else {
            None
        };
        Self { width, height, pixels, origin_clean: true }
    }

    /// The bitmap of pixels that are not premultiplied.
    #[must_use]
    pub fn from_rgba(width: u32, height: u32, data: &[u8]) -> Self {
        let mut bitmap = Self::new(width, height);
        bitmap.put(width, data, PixelRect { x: 0, y: 0, width, height }, (0, 0));
        bitmap
    }

    /// How many columns it has.
    #[must_use]
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// How many rows it has.
    #[must_use]
    pub const fn height(&self) -> u32 {
        self.height
    }

    /// Whether it holds only what its origin may read.
    #[must_use]
    pub const fn is_origin_clean(&self) -> bool {
        self.origin_clean
    }

    /// Something that its origin may not read was drawn on it.
    pub const fn taint(&mut self) {
        self.origin_clean = false;
    }

    /// Whether it holds pixels: it may be too large for that.
    #[must_use]
    pub const fn has_pixels(&self) -> bool {
        self.pixels.is_some()
    }

    pub(crate) const fn pixels(&self) -> Option<&Pixmap> {
        match &self.pixels {
            Some(pixels) => Some(&pixels.value),
            None => None,
        }
    }

    pub(crate) const fn pixels_mut(&mut self) -> Option<&mut Pixmap> {
        match &mut self.pixels {
            Some(pixels) => Some(&mut pixels.value),
            None => None,
        }
    }

    /// Makes every pixel as opaque as one can be: what was there is seen before black.
    pub fn make_opaque(&mut self) {
        if let Some(pixels) = self.pixels_mut() {
            for pixel in pixels.data_mut().as_chunks_mut::<4>().0 {
                pixel[3] = 255;
            }
        }
    }

    /// The pixels of a rectangle, not premultiplied, in rows; those that lie outside of the bitmap are transparent black.
    #[must_use]
    pub fn get(&self, rect: PixelRect) -> Vec<u8> {
        let row = rect.width as usize * 4;
        let mut data = vec![0; row * rect.height as usize];
        let (Some(pixels), Some(inner)) = (self.pixels(), rect.within(self.width, self.height)) else {
            return data;
        };
        let own_pixels = pixels.pixels();
        let to_index = |number: i64| usize::try_from(number).unwrap_or(0);
        for line in 0..inner.height as usize {
            let from = (to_index(inner.y) + line) * self.width as usize + to_index(inner.x);
            let to = (to_index(inner.y - rect.y) + line) * row + to_index(inner.x - rect.x) * 4;
            let line = &own_pixels[from..from + inner.width as usize];
            for (pixel, place) in line.iter().zip(data[to..].as_chunks_mut::<4>().0) {
                let color = pixel.demultiply();
                *place = [color.red(), color.green(), color.blue(), color.alpha()];
            }
        }
        data
    }

    /// Replaces pixels by those of `rect` in `data`, which are not premultiplied and come in rows of `columns`; its place
    /// (0, 0) comes to be at `to`.
    pub fn put(&mut self, columns: u32, data: &[u8], rect: PixelRect, to: (i64, i64)) {
        let rows = if columns == 0 { 0 } else { data.len() / 4 / columns as usize };
        let Some(rect) = rect.within(columns, u32::try_from(rows).unwrap_or(u32::MAX)) else { return };
        let target = PixelRect { x: rect.x + to.0, y: rect.y + to.1, ..rect };
        let target = target.within(self.width, self.height);
        let width = self.width as usize;
        let (Some(pixels), Some(target)) = (self.pixels_mut(), target) else { return };
        let to_index = |number: i64| usize::try_from(number).unwrap_or(0);
        let own_pixels = pixels.pixels_mut();
        for line in 0..target.height as usize {
            let from = (to_index(target.y - to.1) + line) * columns as usize + to_index(target.x - to.0);
            let start = (to_index(target.y) + line) * width + to_index(target.x);
            let places = &mut own_pixels[start..start + target.width as usize];
            for (place, &[red, green, blue, alpha]) in
                places.iter_mut().zip(data[from * 4..].as_chunks::<4>().0)
            {
                *place = tiny_skia::ColorU8::from_rgba(red, green, blue, alpha).premultiply();
            }
        }
    }

    /// A bitmap that has what is in a rectangle of this one, and transparent black where there is nothing.
    #[must_use]
    pub fn crop(&self, rect: PixelRect) -> Self {
        let mut cropped = Self::new(rect.width, rect.height);
        cropped.origin_clean = self.origin_clean;
        let offset = i32::try_from(-rect.x).ok().zip(i32::try_from(-rect.y).ok());
        if let (Some(to), Some(from), Some((x, y))) = (cropped.pixels_mut(), self.pixels(), offset) {
            to.draw_pixmap(x, y, from.as_ref(), &PixmapPaint::default(), Transform::identity(), None);
        }
        cropped
    }

    /// The same in another size: not smoothed without a quality.
    #[must_use]
    pub fn resized(&self, width: u32, height: u32, quality: Option<SmoothingQuality>) -> Self {
        let mut context = Context::new(width, height, true);
        context.state_mut().smoothing_enabled = quality.is_some();
        context.state_mut().smoothing_quality = quality.unwrap_or_default();
        let source = Rect::new(0.0, 0.0, f64::from(self.width), f64::from(self.height));
        context.draw_image(self, source, Rect::new(0.0, 0.0, f64::from(width), f64::from(height)));
        context.take_bitmap()
    }

    /// The same upside down.
    #[must_use]
    pub fn flipped(&self) -> Self {
        let mut flipped = self.clone();
        let row = self.width as usize * 4;
        if let (Some(to), Some(from)) = (flipped.pixels_mut(), self.pixels()) {
            let rows = from.data().chunks_exact(row).rev();
            for (place, line) in to.data_mut().chunks_exact_mut(row).zip(rows) {
                place.copy_from_slice(line);
            }
        }
        flipped
    }

    /// The pixels, not premultiplied, unless there are none.
    pub(crate) fn to_rgba(&self) -> Option<(IntSize, Vec<u8>)> {
        let pixels = self.pixels()?;
        Some((IntSize::from_wh(self.width, self.height)?, pixels.clone().take_demultiplied()))
    }
}

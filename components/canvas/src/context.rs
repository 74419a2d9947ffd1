//! [The 2D rendering context](https://html.spec.whatwg.org/multipage/canvas.html#2dcontext), without script.

use std::sync::Arc;

use tiny_skia::{BlendMode, Pattern, SpreadMode, Transform};

use crate::bitmap::{Bitmap, PixelRect};
use crate::compositing::{self, Drawn};
use crate::matrix::{Matrix, Point};
use crate::paint::Paint;
use crate::path::{FillRule, Path};
use crate::pen::Pen;
use crate::shrink::{Shrunk, shrink};
use crate::state::State;
use crate::stroke;

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "as they are called everywhere")]
pub struct Rect {
    pub x: f64,
    pub y: f64,
    pub width: f64,
    pub height: f64,
}

impl Rect {
    /// The rectangle of these numbers; sizes may be negative.
    #[must_use]
    pub const fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    fn is_finite(&self) -> bool {
        [self.x, self.y, self.width, self.height].into_iter().all(f64::is_finite)
    }

    /// The same rectangle with sizes that are not negative.
    fn normalized(self) -> Self {
        Self {
            x: self.x.min(self.x + self.width),
            y: self.y.min(self.y + self.height),
            width: self.width.abs(),
            height: self.height.abs(),
        }
    }

    fn path(&self, matrix: &Matrix) -> Path {
        let mut path = Path::default();
        Pen::new(&mut path, *matrix).rect(self.x, self.y, self.width, self.height);
        path
    }
}

/// A bitmap that is drawn on, its drawing state, and its current default path.
#[derive(Debug)]
pub struct Context {
    bitmap: Bitmap,
    has_alpha: bool,
    state: State,
    stack: Vec<State>,
    /// The [current default path](https://html.spec.whatwg.org/multipage/canvas.html#current-default-path), transformed.
    path: Path,
}

impl Context {
    /// A context in its [default state](https://html.spec.whatwg.org/multipage/canvas.html#reset-the-rendering-context-to-its-default-state).
    #[must_use]
    pub fn new(width: u32, height: u32, has_alpha: bool) -> Self {
        let mut context = Self {
            bitmap: Bitmap::new(width, height),
            has_alpha,
            state: State::default(),
            stack: Vec::new(),
            path: Path::default(),
        };
        context.clear();
        context
    }

    fn clear(&mut self) {
        if !self.has_alpha {
            self.bitmap.make_opaque();
        }
    }

    /// What is drawn on.
    #[must_use]
    pub const fn bitmap(&self) -> &Bitmap {
        &self.bitmap
    }

    /// Takes the bitmap away, and leaves a blank one.
    pub fn take_bitmap(&mut self) -> Bitmap {
        let blank = Bitmap::new(self.bitmap.width(), self.bitmap.height());
        let taken = std::mem::replace(&mut self.bitmap, blank);
        self.clear();
        taken
    }

    /// Whether its bitmap may be other than opaque.
    #[must_use]
    pub const fn has_alpha(&self) -> bool {
        self.has_alpha
    }

    /// Back to the default state, with a blank bitmap of that size.
    pub fn reset(&mut self, width: u32, height: u32) {
        *self = Self::new(width, height, self.has_alpha);
    }

    /// The current drawing state.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// The current drawing state, to change it.
    pub const fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// [`save()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-save)
    pub fn save(&mut self) {
        self.stack.push(self.state.clone());
    }

    /// [`restore()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-restore). False if nothing was saved.
    pub fn restore(&mut self) -> bool {
        let Some(state) = self.stack.pop() else { return false };
        self.state = state;
        true
    }

    /// Applies `matrix` before the current transformation matrix, unless an element of it is not finite.
    pub fn transform(&mut self, matrix: &Matrix) {
        let Matrix { a, b, c, d, e, f } = *matrix;
        if [a, b, c, d, e, f].into_iter().all(f64::is_finite) {
            self.state.matrix = self.state.matrix.multiply(matrix);
        }
    }

    /// Draws on the current default path.
    pub const fn pen(&mut self) -> Pen<'_> {
        Pen::new(&mut self.path, self.state.matrix)
    }

    /// [`beginPath()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-beginpath)
    pub fn begin_path(&mut self) {
        self.path.clear();
    }

    /// The intended path, transformed: the current default path if none is given.
    fn intended(&self, path: Option<&Path>) -> Path {
        path.map_or_else(|| self.path.clone(), |path| path.transformed(&self.state.matrix))
    }

    /// [`fill()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-fill)
    pub fn fill(&mut self, path: Option<&Path>, rule: FillRule) {
        let path = self.intended(path);
        self.draw_path(&path, rule, true);
    }

    /// [`stroke()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-stroke)
    pub fn stroke(&mut self, path: Option<&Path>) {
        let path = self.intended(path);
        if let Some(outline) = stroke::trace(&path, &self.state.lines, &self.state.matrix) {
            self.draw_path(&outline, FillRule::NonZero, false);
        }
    }

    fn draw_path(&mut self, path: &Path, rule: FillRule, is_fill: bool) {
        let state = &self.state;
        let paint: &Paint = if is_fill { &state.fill_style } else { &state.stroke_style };
        if state.matrix.inverse().is_none() {
            return;
        }
        let Some(path) = path.to_raster() else { return };
        let drawn = Drawn {
            path,
            rule: rule.to_raster(),
            shader: paint.shader(state.opacity(), &state.matrix, state.filter_quality()),
            extent: paint.extent(&state.matrix),
        };
        compositing::composite(&mut self.bitmap, self.has_alpha, state, &drawn);
        if !paint.is_origin_clean() {
            self.bitmap.taint();
        }
    }

    /// [`clip()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-clip)
    pub fn clip(&mut self, path: Option<&Path>, rule: FillRule) {
        let path = self.intended(path);
        if self.bitmap.has_pixels() {
            let (width, height) = (self.bitmap.width(), self.bitmap.height());
            self.state.clip = self.state.clip.intersected(width, height, &path, rule.to_raster());
        }
    }

    /// [`isPointInPath()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-ispointinpath)
    #[must_use]
    pub fn is_point_in_path(&self, path: Option<&Path>, point: Point, rule: FillRule) -> bool {
        point.x.is_finite() && point.y.is_finite() && self.intended(path).contains(point, rule)
    }

    /// [`isPointInStroke()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-ispointinstroke)
    #[must_use]
    pub fn is_point_in_stroke(&self, path: Option<&Path>, point: Point) -> bool {
        let outline = stroke::trace(&self.intended(path), &self.state.lines, &self.state.matrix);
        point.x.is_finite()
            && point.y.is_finite()
            && outline.is_some_and(|outline| outline.contains_within(point, FillRule::NonZero, 1e-2))
    }

    /// [`clearRect()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-clearrect)
    pub fn clear_rect(&mut self, rect: Rect) {
        let path = if rect.is_finite() { rect.path(&self.state.matrix).to_raster() } else { None };
        let Some((pixels, path)) = self.bitmap.pixels_mut().zip(path) else { return };
        // Not the mode that clears, which would do so outside of the clipping region as well.
        let paint = tiny_skia::Paint { blend_mode: BlendMode::DestinationOut, ..tiny_skia::Paint::default() };
        if self.state.clip.is_nothing() {
            return;
        }
        let clip = self.state.clip.mask();
        pixels.fill_path(&path, &paint, tiny_skia::FillRule::Winding, Transform::identity(), clip);
        self.clear();
    }

    /// [`fillRect()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-fillrect)
    pub fn fill_rect(&mut self, rect: Rect) {
        if rect.is_finite() && rect.width != 0.0 && rect.height != 0.0 {
            let path = rect.path(&self.state.matrix);
            self.draw_path(&path, FillRule::NonZero, true);
        }
    }

    /// [`strokeRect()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-strokerect)
    pub fn stroke_rect(&mut self, rect: Rect) {
        if !rect.is_finite() {
            return;
        }
        let mut path = Path::default();
        let mut pen = Pen::new(&mut path, Matrix::IDENTITY);
        if rect.width == 0.0 || rect.height == 0.0 {
            // There and back: a closed line, which has joins and no caps.
            pen.move_to(rect.x, rect.y);
            pen.line_to(rect.x + rect.width, rect.y + rect.height);
            pen.close_path();
        } else {
            pen.rect(rect.x, rect.y, rect.width, rect.height);
        }
        self.stroke(Some(&path));
    }

    /// [Draws an image](https://html.spec.whatwg.org/multipage/canvas.html#drawing-images): what is in the rectangle `source` of it, in
    /// its pixels, comes to be in the rectangle `destination`.
    pub fn draw_image(&mut self, image: &Bitmap, source: Rect, destination: Rect) {
        if !source.is_finite() || !destination.is_finite() {
            return;
        }
        let (whole_source, whole_destination) = (source.normalized(), destination.normalized());
        let Some((source, destination)) = clip_source(image, whole_source, whole_destination) else { return };
        // Pixels outside of the source rectangle are not looked at.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within the image")]
        let area = PixelRect {
            x: source.x.floor() as i64,
            y: source.y.floor() as i64,
            width: ((source.x + source.width).ceil() - source.x.floor()) as u32,
            height: ((source.y + source.height).ceil() - source.y.floor()) as u32,
        };
        let is_whole = area == PixelRect { x: 0, y: 0, width: image.width(), height: image.height() };
        let part = if is_whole { None } else { Some(image.crop(area)) };
        let Some(pixels) = part.as_ref().unwrap_or(image).pixels() else { return };
        let state = &self.state;
        let (scale_x, scale_y) = (destination.width / source.width, destination.height / source.height);
        let matrix = state
            .matrix
            .multiply(&Matrix::translation(destination.x, destination.y))
            .multiply(&Matrix::scaling(scale_x, scale_y))
            .multiply(&Matrix::translation(area.x as f64 - source.x, area.y as f64 - source.y));
        let Some(path) = destination.path(&state.matrix).to_raster() else { return };
        if matrix.inverse().is_none() {
            return;
        }
        let (scale_x, scale_y) = matrix.scales();
        let shrunk = if state.smoothing_enabled { shrink(pixels, scale_x, scale_y) } else { None };
        let (pixels, matrix) = match &shrunk {
            Some(Shrunk { pixmap, columns, rows }) => {
                (pixmap, matrix.multiply(&Matrix::scaling(*columns, *rows)))
            }
            None => (pixels, matrix),
        };
        let shader = Pattern::new(
            pixels.as_ref(),
            SpreadMode::Pad,
            state.filter_quality(),
            state.opacity(),
            matrix.to_raster(),
        );
        let rule = tiny_skia::FillRule::Winding;
        let drawn = Drawn { path, rule, shader: Some(shader), extent: None };
        compositing::composite(&mut self.bitmap, self.has_alpha, state, &drawn);
        if !image.is_origin_clean() {
            self.bitmap.taint();
        }
    }

    /// [`putImageData()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-putimagedata): see [`Bitmap::put`].
    pub fn put_image_data(&mut self, columns: u32, data: &[u8], dirty: PixelRect, to: (i64, i64)) {
        self.bitmap.put(columns, data, dirty, to);
        self.clear();
    }

    /// What is drawn on, as an image that later drawing does not change.
    #[must_use]
    pub fn snapshot(&self) -> Arc<Bitmap> {
        Arc::new(self.bitmap.clone())
    }
}

/// The part of a source rectangle that is within an image, and the part of the destination that belongs to it.
fn clip_source(image: &Bitmap, source: Rect, destination: Rect) -> Option<(Rect, Rect)> {
    let right = (source.x + source.width).min(f64::from(image.width()));
    let bottom = (source.y + source.height).min(f64::from(image.height()));
    let (left, top) = (source.x.max(0.0), source.y.max(0.0));
    if !(right > left && bottom > top) {
        return None;
    }
    let (scale_x, scale_y) = (destination.width / source.width, destination.height / source.height);
    let clipped = Rect::new(left, top, right - left, bottom - top);
    let place = Rect::new(
        destination.x + (left - source.x) * scale_x,
        destination.y + (top - source.y) * scale_y,
        clipped.width * scale_x,
        clipped.height * scale_y,
    );
    (place.width > 0.0 && place.height > 0.0).then_some((clipped, place))
}

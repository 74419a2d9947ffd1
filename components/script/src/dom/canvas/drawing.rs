//! What draws: [`CanvasRect`](https://html.spec.whatwg.org/multipage/canvas.html#canvasrect),
//! [`CanvasDrawPath`](https://html.spec.whatwg.org/multipage/canvas.html#canvasdrawpath),
//! [`CanvasDrawImage`](https://html.spec.whatwg.org/multipage/canvas.html#canvasdrawimage) and
//! [`CanvasImageData`](https://html.spec.whatwg.org/multipage/canvas.html#canvasimagedata).

use bgfetch_canvas::{FillRule, PixelRect, Point, Rect};
use bgfetch_js::{Exception, Fallible, Realm, Root};

use super::context_2d::RenderingContext2D;
use super::image_source::{Usability, check_usability};
use crate::bindings::{
    CanvasDrawImageMethods, CanvasDrawPathMethods, CanvasFillRule, CanvasImageDataMethods, CanvasImageSource,
    CanvasRectMethods, ImageDataSettings,
};
use crate::dom::{ImageData, Path2D};

const fn rule_of(rule: CanvasFillRule) -> FillRule {
    match rule {
        CanvasFillRule::Nonzero => FillRule::NonZero,
        CanvasFillRule::Evenodd => FillRule::EvenOdd,
    }
}

impl<T: RenderingContext2D> CanvasRectMethods for T {
    fn clear_rect(&self, realm: &Realm, x: f64, y: f64, w: f64, h: f64) -> Fallible<()> {
        self.draw(realm, |context| context.clear_rect(Rect::new(x, y, w, h)));
        Ok(())
    }

    fn fill_rect(&self, realm: &Realm, x: f64, y: f64, w: f64, h: f64) -> Fallible<()> {
        self.draw(realm, |context| context.fill_rect(Rect::new(x, y, w, h)));
        Ok(())
    }

    fn stroke_rect(&self, realm: &Realm, x: f64, y: f64, w: f64, h: f64) -> Fallible<()> {
        self.draw(realm, |context| context.stroke_rect(Rect::new(x, y, w, h)));
        Ok(())
    }
}

impl<T: RenderingContext2D> CanvasDrawPathMethods for T {
    fn begin_path(&self, _: &Realm) -> Fallible<()> {
        self.shared().with(|context| context.begin_path());
        Ok(())
    }

    fn fill(&self, realm: &Realm, fill_rule: CanvasFillRule) -> Fallible<()> {
        self.draw(realm, |context| context.fill(None, rule_of(fill_rule)));
        Ok(())
    }

    fn fill_path(&self, realm: &Realm, path: Root<Path2D>, fill_rule: CanvasFillRule) -> Fallible<()> {
        self.draw(realm, |context| context.fill(Some(&path.path()), rule_of(fill_rule)));
        Ok(())
    }

    fn stroke(&self, realm: &Realm) -> Fallible<()> {
        self.draw(realm, |context| context.stroke(None));
        Ok(())
    }

    fn stroke_path(&self, realm: &Realm, path: Root<Path2D>) -> Fallible<()> {
        self.draw(realm, |context| context.stroke(Some(&path.path())));
        Ok(())
    }

    fn clip(&self, _: &Realm, fill_rule: CanvasFillRule) -> Fallible<()> {
        self.shared().with(|context| context.clip(None, rule_of(fill_rule)));
        Ok(())
    }

    fn clip_path(&self, _: &Realm, path: Root<Path2D>, fill_rule: CanvasFillRule) -> Fallible<()> {
        self.shared().with(|context| context.clip(Some(&path.path()), rule_of(fill_rule)));
        Ok(())
    }

    fn is_point_in_path(&self, _: &Realm, x: f64, y: f64, fill_rule: CanvasFillRule) -> Fallible<bool> {
        let (point, rule) = (Point::new(x, y), rule_of(fill_rule));
        Ok(self.shared().with(|context| context.is_point_in_path(None, point, rule)))
    }

    fn is_point_in_given_path(
        &self,
        _: &Realm,
        path: Root<Path2D>,
        x: f64,
        y: f64,
        fill_rule: CanvasFillRule,
    ) -> Fallible<bool> {
        let (point, rule) = (Point::new(x, y), rule_of(fill_rule));
        Ok(self.shared().with(|context| context.is_point_in_path(Some(&path.path()), point, rule)))
    }

    fn is_point_in_stroke(&self, _: &Realm, x: f64, y: f64) -> Fallible<bool> {
        Ok(self.shared().with(|context| context.is_point_in_stroke(None, Point::new(x, y))))
    }

    fn is_point_in_given_stroke(&self, _: &Realm, path: Root<Path2D>, x: f64, y: f64) -> Fallible<bool> {
        Ok(self.shared().with(|context| context.is_point_in_stroke(Some(&path.path()), Point::new(x, y))))
    }
}

/// [`drawImage()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-drawimage): `place` tells the source rectangle
/// and the destination of an image of that size.
fn draw_image<T: RenderingContext2D>(
    this: &T,
    realm: &Realm,
    image: &CanvasImageSource,
    place: impl FnOnce(f64, f64) -> (Rect, Rect),
) -> Fallible<()> {
    let Usability::Good(image) = check_usability(image)? else { return Ok(()) };
    let (source, destination) = place(f64::from(image.width()), f64::from(image.height()));
    this.draw(realm, |context| context.draw_image(&image, source, destination));
    Ok(())
}

impl<T: RenderingContext2D> CanvasDrawImageMethods for T {
    fn draw_image(&self, realm: &Realm, image: CanvasImageSource, dx: f64, dy: f64) -> Fallible<()> {
        draw_image(self, realm, &image, |width, height| {
            (Rect::new(0.0, 0.0, width, height), Rect::new(dx, dy, width, height))
        })
    }

    fn draw_image_scaled(
        &self,
        realm: &Realm,
        image: CanvasImageSource,
        dx: f64,
        dy: f64,
        dw: f64,
        dh: f64,
    ) -> Fallible<()> {
        draw_image(self, realm, &image, |width, height| {
            (Rect::new(0.0, 0.0, width, height), Rect::new(dx, dy, dw, dh))
        })
    }

    fn draw_image_part(
        &self,
        realm: &Realm,
        image: CanvasImageSource,
        sx: f64,
        sy: f64,
        sw: f64,
        sh: f64,
        dx: f64,
        dy: f64,
        dw: f64,
        dh: f64,
    ) -> Fallible<()> {
        draw_image(self, realm, &image, |_, _| (Rect::new(sx, sy, sw, sh), Rect::new(dx, dy, dw, dh)))
    }
}

/// A rectangle whose sizes may be negative.
fn normalized(x: i32, y: i32, width: i32, height: i32) -> PixelRect {
    let (x, y) = (i64::from(x), i64::from(y));
    PixelRect {
        x: x.min(x + i64::from(width)),
        y: y.min(y + i64::from(height)),
        width: width.unsigned_abs(),
        height: height.unsigned_abs(),
    }
}

fn check_size(width: i32, height: i32) -> Fallible<()> {
    if width == 0 || height == 0 {
        return Err(Exception::dom("IndexSizeError", "a rectangle without pixels has no image data"));
    }
    Ok(())
}

impl<T: RenderingContext2D> CanvasImageDataMethods for T {
    /// [`createImageData(sw, sh)`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-createimagedata)
    fn create_image_data(
        &self,
        realm: &Realm,
        sw: i32,
        sh: i32,
        _: ImageDataSettings,
    ) -> Fallible<Root<ImageData>> {
        check_size(sw, sh)?;
        realm.wrap(ImageData::blank(realm, sw.unsigned_abs(), sh.unsigned_abs())?)
    }

    /// [`createImageData(imageData)`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-createimagedata-imagedata)
    fn create_image_data_like(
        &self,
        realm: &Realm,
        image_data: Root<ImageData>,
    ) -> Fallible<Root<ImageData>> {
        let (width, height) = image_data.size();
        realm.wrap(ImageData::blank(realm, width, height)?)
    }

    /// [`getImageData()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-getimagedata)
    fn get_image_data(
        &self,
        realm: &Realm,
        sx: i32,
        sy: i32,
        sw: i32,
        sh: i32,
        _: ImageDataSettings,
    ) -> Fallible<Root<ImageData>> {
        // Step 1.
        check_size(sw, sh)?;
        // Step 2.
        if !self.shared().with(|context| context.bitmap().is_origin_clean()) {
            return Err(Exception::dom("SecurityError", "the canvas has something of another origin on it"));
        }
        // Steps 3 to 7.
        let rect = normalized(sx, sy, sw, sh);
        ImageData::check_length(rect.width, rect.height)?;
        let data = self.shared().with(|context| context.bitmap().get(rect));
        realm.wrap(ImageData::of_bytes(realm, rect.width, rect.height, data)?)
    }

    fn put_image_data(&self, realm: &Realm, image_data: Root<ImageData>, dx: i32, dy: i32) -> Fallible<()> {
        let (width, height) = image_data.size();
        let whole = PixelRect { x: 0, y: 0, width, height };
        put(self, realm, &image_data, (dx, dy), whole)
    }

    fn put_image_data_part(
        &self,
        realm: &Realm,
        image_data: Root<ImageData>,
        dx: i32,
        dy: i32,
        dirty_x: i32,
        dirty_y: i32,
        dirty_width: i32,
        dirty_height: i32,
    ) -> Fallible<()> {
        let dirty = normalized(dirty_x, dirty_y, dirty_width, dirty_height);
        put(self, realm, &image_data, (dx, dy), dirty)
    }
}

/// [Puts pixels from an ImageData](https://html.spec.whatwg.org/multipage/canvas.html#dom-context2d-putimagedata-common).
fn put<T: RenderingContext2D>(
    this: &T,
    realm: &Realm,
    image_data: &ImageData,
    (x, y): (i32, i32),
    dirty: PixelRect,
) -> Fallible<()> {
    let data = image_data.bytes(realm).ok_or_else(|| {
        Exception::dom("InvalidStateError", "the pixels of the image data were transferred elsewhere")
    })?;
    let (columns, _) = image_data.size();
    let to = (i64::from(x), i64::from(y));
    this.draw(realm, |context| context.put_image_data(columns, &data, dirty, to));
    Ok(())
}

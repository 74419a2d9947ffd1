//! [`Path2D`](https://html.spec.whatwg.org/multipage/canvas.html#path2d), and
//! [`CanvasPath`](https://html.spec.whatwg.org/multipage/canvas.html#canvaspath), which it has in common with contexts.

use std::cell::RefCell;

use bgfetch_canvas::{Ellipse, Matrix, Path, Pen, Point};
use bgfetch_js::{
    Exception, Fallible, PlatformObject, Realm, Reflector, Root, platform_object, trace_fields,
};

use super::transforms::matrix_of_init;
use crate::bindings::{
    CanvasPathMethods, DOMMatrix2DInit, DOMPointInit, DoubleOrDOMPointInit,
    DoubleOrDOMPointInitOrDoubleOrDOMPointInitSequence as Radii, Path2DMethods, Path2DOrDomString,
};

/// `Path2D`.
pub(crate) struct Path2D {
    reflector: Reflector,
    path: RefCell<Path>,
}

trace_fields!(Path2D {});
platform_object!(Path2D);

impl Path2D {
    /// A copy of its path.
    pub(super) fn path(&self) -> Path {
        self.path.borrow().clone()
    }
}

impl Path2DMethods for Path2D {
    /// [`new Path2D()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-path2d)
    fn constructor(_: &Realm, path: Option<Path2DOrDomString>) -> Fallible<Self> {
        let mut own = Path::default();
        match path {
            None => {}
            Some(Path2DOrDomString::Path2D(other)) => own = other.path(),
            Some(Path2DOrDomString::DomString(data)) => Pen::new(&mut own, Matrix::IDENTITY).svg_path(&data),
        }
        Ok(Self { reflector: Reflector::new(), path: RefCell::new(own) })
    }

    /// [`addPath()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-path2d-addpath)
    fn add_path(&self, _: &Realm, path: Root<Path2D>, transform: DOMMatrix2DInit) -> Fallible<()> {
        let Some(matrix) = matrix_of_init(&transform)? else { return Ok(()) };
        let added = path.path();
        self.path.borrow_mut().add_path(&added, &matrix);
        Ok(())
    }
}

/// An object with a path that is drawn by [`CanvasPath`](https://html.spec.whatwg.org/multipage/canvas.html#canvaspath)'s methods.
pub(super) trait PathHolder: PlatformObject {
    /// Runs `with` on a pen that goes on with the path.
    fn with_pen<R>(&self, with: impl FnOnce(&mut Pen<'_>) -> R) -> R;
}

impl PathHolder for Path2D {
    fn with_pen<R>(&self, with: impl FnOnce(&mut Pen<'_>) -> R) -> R {
        with(&mut Pen::new(&mut self.path.borrow_mut(), Matrix::IDENTITY))
    }
}

/// A radius must not be negative.
fn check_radius(radius: f64) -> Fallible<()> {
    if radius < 0.0 {
        return Err(Exception::dom("IndexSizeError", format!("the radius {radius} is negative")));
    }
    Ok(())
}

fn are_finite(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| number.is_finite())
}

impl<T: PathHolder> CanvasPathMethods for T {
    fn close_path(&self, _: &Realm) -> Fallible<()> {
        self.with_pen(|pen| pen.close_path());
        Ok(())
    }

    fn move_to(&self, _: &Realm, x: f64, y: f64) -> Fallible<()> {
        self.with_pen(|pen| pen.move_to(x, y));
        Ok(())
    }

    fn line_to(&self, _: &Realm, x: f64, y: f64) -> Fallible<()> {
        self.with_pen(|pen| pen.line_to(x, y));
        Ok(())
    }

    fn quadratic_curve_to(&self, _: &Realm, cpx: f64, cpy: f64, x: f64, y: f64) -> Fallible<()> {
        self.with_pen(|pen| pen.quadratic_curve_to(Point::new(cpx, cpy), Point::new(x, y)));
        Ok(())
    }

    fn bezier_curve_to(
        &self,
        _: &Realm,
        cp1x: f64,
        cp1y: f64,
        cp2x: f64,
        cp2y: f64,
        x: f64,
        y: f64,
    ) -> Fallible<()> {
        let (first, second) = (Point::new(cp1x, cp1y), Point::new(cp2x, cp2y));
        self.with_pen(|pen| pen.bezier_curve_to(first, second, Point::new(x, y)));
        Ok(())
    }

    fn arc_to(&self, _: &Realm, x1: f64, y1: f64, x2: f64, y2: f64, radius: f64) -> Fallible<()> {
        if are_finite(&[x1, y1, x2, y2, radius]) {
            check_radius(radius)?;
            self.with_pen(|pen| pen.arc_to(Point::new(x1, y1), Point::new(x2, y2), radius));
        }
        Ok(())
    }

    fn rect(&self, _: &Realm, x: f64, y: f64, w: f64, h: f64) -> Fallible<()> {
        self.with_pen(|pen| pen.rect(x, y, w, h));
        Ok(())
    }

    /// [`roundRect()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-roundrect)
    fn round_rect(&self, _: &Realm, x: f64, y: f64, w: f64, h: f64, radii: Radii) -> Fallible<()> {
        // Step 1.
        if !are_finite(&[x, y, w, h]) {
            return Ok(());
        }
        // Steps 2 to 4.
        let given = match radii {
            Radii::Double(radius) => vec![DoubleOrDOMPointInit::Double(radius)],
            Radii::DOMPointInit(radius) => vec![DoubleOrDOMPointInit::DOMPointInit(radius)],
            Radii::DoubleOrDOMPointInitSequence(radii) => radii,
        };
        // Steps 5 and 6.
        let mut radii = Vec::with_capacity(4);
        let mut all_finite = true;
        for radius in &given {
            let radius = match radius {
                DoubleOrDOMPointInit::Double(radius) => Point::new(*radius, *radius),
                DoubleOrDOMPointInit::DOMPointInit(DOMPointInit { x, y, .. }) => Point::new(*x, *y),
            };
            all_finite &= are_finite(&[radius.x, radius.y]);
            if all_finite && (radius.x < 0.0 || radius.y < 0.0) {
                return Err(Exception::range_error("a radius of a corner is negative"));
            }
            radii.push(radius);
        }
        // Steps 7 to 11.
        let corners = match radii[..] {
            [ul, ur, lr, ll] => [ul, ur, lr, ll],
            [ul, other, lr] => [ul, other, lr, other],
            [even, odd] => [even, odd, even, odd],
            [all] => [all; 4],
            _ => {
                let message = format!("there are four corners, and radii for {}", radii.len());
                return Err(Exception::range_error(message));
            }
        };
        // Steps 12 and 13.
        if all_finite {
            self.with_pen(|pen| pen.round_rect(x, y, w, h, corners));
        }
        Ok(())
    }

    fn arc(
        &self,
        realm: &Realm,
        x: f64,
        y: f64,
        radius: f64,
        start_angle: f64,
        end_angle: f64,
        counterclockwise: bool,
    ) -> Fallible<()> {
        self.ellipse(realm, x, y, radius, radius, 0.0, start_angle, end_angle, counterclockwise)
    }

    fn ellipse(
        &self,
        _: &Realm,
        x: f64,
        y: f64,
        radius_x: f64,
        radius_y: f64,
        rotation: f64,
        start_angle: f64,
        end_angle: f64,
        counterclockwise: bool,
    ) -> Fallible<()> {
        if are_finite(&[x, y, radius_x, radius_y, rotation, start_angle, end_angle]) {
            check_radius(radius_x)?;
            check_radius(radius_y)?;
            let (centre, radii) = (Point::new(x, y), Point::new(radius_x, radius_y));
            let ellipse = Ellipse { centre, radii, rotation, start_angle, end_angle, counterclockwise };
            self.with_pen(|pen| pen.ellipse(&ellipse));
        }
        Ok(())
    }
}

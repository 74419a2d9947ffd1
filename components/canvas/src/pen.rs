//! [Building paths](https://html.spec.whatwg.org/multipage/canvas.html#building-paths).

use std::f64::consts::{FRAC_PI_4, PI, TAU};

use svgtypes::{SimplePathSegment, SimplifyingPathParser};

use crate::matrix::{Matrix, Point};
use crate::path::{Path, Segment};

/// Draws a path, each point of which is transformed by a matrix first. Numbers that are not finite draw nothing.
#[derive(Debug)]
pub struct Pen<'path> {
    path: &'path mut Path,
    matrix: Matrix,
}

/// An [ellipse](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-ellipse), or a part of one: angles are in radians,
/// clockwise.
#[derive(Clone, Copy, Debug)]
pub struct Ellipse {
    /// Its centre.
    pub centre: Point,
    /// Its two radii.
    pub radii: Point,
    /// How much it is turned.
    pub rotation: f64,
    /// Where its part begins, as if it were not turned.
    pub start_angle: f64,
    /// Where its part ends.
    pub end_angle: f64,
    /// Which way around.
    pub counterclockwise: bool,
}

impl Ellipse {
    fn is_finite(&self) -> bool {
        let Self { centre, radii, rotation, start_angle, end_angle, counterclockwise: _ } = self;
        are_finite(&[centre.x, centre.y, radii.x, radii.y, *rotation, *start_angle, *end_angle])
    }

    /// The angle from the start to the end, negative if counterclockwise. An end that is whole turns behind the start is all
    /// the way around.
    fn sweep(&self) -> f64 {
        let sign = if self.counterclockwise { -1.0 } else { 1.0 };
        let forwards = (self.end_angle - self.start_angle) * sign;
        let turned = if forwards >= 0.0 { forwards.min(TAU) } else { TAU - (-forwards) % TAU };
        turned * sign
    }
}

fn are_finite(numbers: &[f64]) -> bool {
    numbers.iter().all(|number| number.is_finite())
}

impl<'path> Pen<'path> {
    /// A pen that goes on with a path.
    pub const fn new(path: &'path mut Path, matrix: Matrix) -> Self {
        Self { path, matrix }
    }

    fn add(&mut self, segment: Segment) {
        let mut one = Path::default();
        one.push(segment);
        self.path.add_path(&one, &self.matrix);
    }

    /// [Ensures that there is a subpath](https://html.spec.whatwg.org/multipage/canvas.html#ensure-there-is-a-subpath).
    fn ensure_there_is_a_subpath(&mut self, point: Point) {
        if self.path.is_empty() {
            self.add(Segment::Move(point));
        }
    }

    /// A line to a point, or a subpath that begins there if there is none yet.
    fn line_or_move(&mut self, point: Point) {
        self.add(if self.path.is_empty() { Segment::Move(point) } else { Segment::Line(point) });
    }

    /// [`closePath()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-closepath)
    pub fn close_path(&mut self) {
        if !self.path.is_empty() {
            self.path.push(Segment::Close);
        }
    }

    /// [`moveTo()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-moveto)
    pub fn move_to(&mut self, x: f64, y: f64) {
        if are_finite(&[x, y]) {
            self.add(Segment::Move(Point::new(x, y)));
        }
    }

    /// [`lineTo()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-lineto)
    pub fn line_to(&mut self, x: f64, y: f64) {
        if are_finite(&[x, y]) {
            self.line_or_move(Point::new(x, y));
        }
    }

    /// [`quadraticCurveTo()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-quadraticcurveto)
    pub fn quadratic_curve_to(&mut self, control: Point, to: Point) {
        if are_finite(&[control.x, control.y, to.x, to.y]) {
            self.ensure_there_is_a_subpath(control);
            self.add(Segment::Quadratic(control, to));
        }
    }

    /// [`bezierCurveTo()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-beziercurveto)
    pub fn bezier_curve_to(&mut self, first: Point, second: Point, to: Point) {
        if are_finite(&[first.x, first.y, second.x, second.y, to.x, to.y]) {
            self.ensure_there_is_a_subpath(first);
            self.add(Segment::Cubic(first, second, to));
        }
    }

    /// [`arcTo()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-arcto). The radius is not negative.
    pub fn arc_to(&mut self, corner: Point, end: Point, radius: f64) {
        if !are_finite(&[corner.x, corner.y, end.x, end.y, radius]) {
            return;
        }
        // Step 2.
        self.ensure_there_is_a_subpath(corner);
        // Step 4: the last point as it was before it was transformed.
        let Some((last, inverse)) = self.path.last_point().zip(self.matrix.inverse()) else { return };
        let start = inverse.apply(last);
        // Steps 5 and 6.
        let unit = |to: Point| {
            let length = corner.distance(to);
            Point::new((to.x - corner.x) / length, (to.y - corner.y) / length)
        };
        let is_point = start.distance(corner) < 1e-9 || corner == end || radius == 0.0;
        let (back, on) = (unit(start), unit(end));
        let cross = back.x * on.y - back.y * on.x;
        if is_point || cross.abs() < 1e-9 {
            return self.line_or_move(corner);
        }
        // Step 7: the circle that touches both lines.
        let cos = (back.x * on.x + back.y * on.y).clamp(-1.0, 1.0);
        let half = cos.acos() / 2.0;
        let distance = radius / half.tan();
        let touch = Point::new(corner.x + back.x * distance, corner.y + back.y * distance);
        let leave = Point::new(corner.x + on.x * distance, corner.y + on.y * distance);
        let side = if cross > 0.0 { 1.0 } else { -1.0 };
        let centre = Point::new(touch.x - back.y * radius * side, touch.y + back.x * radius * side);
        let angle = |point: Point| (point.y - centre.y).atan2(point.x - centre.x);
        self.line_or_move(touch);
        self.arc_segments(&Ellipse {
            centre,
            radii: Point::new(radius, radius),
            rotation: 0.0,
            start_angle: angle(touch),
            end_angle: angle(leave),
            counterclockwise: cross > 0.0,
        });
    }

    /// [`arc()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-arc) and
    /// [`ellipse()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-ellipse). The radii are not negative.
    pub fn ellipse(&mut self, ellipse: &Ellipse) {
        if !ellipse.is_finite() {
            return;
        }
        self.line_or_move(on_ellipse(ellipse, ellipse.start_angle));
        self.arc_segments(ellipse);
    }

    /// An arc, as curves of an eighth at most, which are off by a millionth of the radius.
    fn arc_segments(&mut self, ellipse: &Ellipse) {
        let sweep = ellipse.sweep();
        let parts = (sweep.abs() / FRAC_PI_4 - 1e-9).ceil().max(0.0);
        let step = sweep / parts;
        let handle = 4.0 / 3.0 * (step / 4.0).tan();
        let mut angle = ellipse.start_angle;
        let mut left = parts;
        while left > 0.0 {
            left -= 1.0;
            let next = angle + step;
            let (from, to) = (on_ellipse(ellipse, angle), on_ellipse(ellipse, next));
            let (leaving, coming) = (along_ellipse(ellipse, angle), along_ellipse(ellipse, next));
            self.add(Segment::Cubic(
                Point::new(from.x + leaving.x * handle, from.y + leaving.y * handle),
                Point::new(to.x - coming.x * handle, to.y - coming.y * handle),
                to,
            ));
            angle = next;
        }
    }

    /// [`rect()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-rect)
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64) {
        if !are_finite(&[x, y, width, height]) {
            return;
        }
        self.add(Segment::Move(Point::new(x, y)));
        self.add(Segment::Line(Point::new(x + width, y)));
        self.add(Segment::Line(Point::new(x + width, y + height)));
        self.add(Segment::Line(Point::new(x, y + height)));
        self.close_path();
    }

    /// [`roundRect()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-roundrect): the radii of the corners upper
    /// left, upper right, lower right and lower left, none negative.
    pub fn round_rect(&mut self, x: f64, y: f64, width: f64, height: f64, radii: [Point; 4]) {
        if !are_finite(&[x, y, width, height])
            || !radii.iter().all(|radius| are_finite(&[radius.x, radius.y]))
        {
            return;
        }
        // Corners must not overlap.
        let [ul, ur, lr, ll] = radii;
        let fit = |size: f64, sum: f64| if sum > 0.0 { size.abs() / sum } else { f64::INFINITY };
        let scale = fit(width, ul.x + ur.x)
            .min(fit(height, ur.y + lr.y))
            .min(fit(width, lr.x + ll.x))
            .min(fit(height, ll.y + ul.y))
            .min(1.0);
        // A rectangle of negative size is mirrored.
        let (sign_x, sign_y) = (scale.copysign(width), scale.copysign(height));
        let [ul, ur, lr, ll] = radii.map(|radius| Point::new(radius.x * sign_x, radius.y * sign_y));
        let (right, bottom) = (x + width, y + height);
        // The part of a control point's way to the corner that makes a quarter of an ellipse.
        let k = 4.0 / 3.0 * (PI / 8.0).tan();
        let towards = |point: Point, at: Point| {
            Point::new(point.x + (at.x - point.x) * k, point.y + (at.y - point.y) * k)
        };
        self.add(Segment::Move(Point::new(x + ul.x, y)));
        for (from, at, to) in [
            (Point::new(right - ur.x, y), Point::new(right, y), Point::new(right, y + ur.y)),
            (Point::new(right, bottom - lr.y), Point::new(right, bottom), Point::new(right - lr.x, bottom)),
            (Point::new(x + ll.x, bottom), Point::new(x, bottom), Point::new(x, bottom - ll.y)),
            (Point::new(x, y + ul.y), Point::new(x, y), Point::new(x + ul.x, y)),
        ] {
            self.add(Segment::Line(from));
            if from != to {
                self.add(Segment::Cubic(towards(from, at), towards(to, at), to));
            }
        }
        self.close_path();
        self.add(Segment::Move(Point::new(x, y)));
    }

    /// Adds [path data of SVG](https://svgwg.org/svg2-draft/paths.html#PathData): up to what is wrong in it, if something is.
    pub fn svg_path(&mut self, data: &str) {
        let point = |x, y| Point::new(x, y);
        for segment in SimplifyingPathParser::from(data) {
            let Ok(segment) = segment else { return };
            match segment {
                SimplePathSegment::MoveTo { x, y } => self.add(Segment::Move(point(x, y))),
                SimplePathSegment::LineTo { x, y } => self.add(Segment::Line(point(x, y))),
                SimplePathSegment::CurveTo { x1, y1, x2, y2, x, y } => {
                    self.add(Segment::Cubic(point(x1, y1), point(x2, y2), point(x, y)));
                }
                SimplePathSegment::Quadratic { x1, y1, x, y } => {
                    self.add(Segment::Quadratic(point(x1, y1), point(x, y)));
                }
                SimplePathSegment::ClosePath => self.close_path(),
            }
        }
    }
}

fn on_ellipse(ellipse: &Ellipse, angle: f64) -> Point {
    let ((sin, cos), (turn_sin, turn_cos)) = (angle.sin_cos(), ellipse.rotation.sin_cos());
    let (x, y) = (ellipse.radii.x * cos, ellipse.radii.y * sin);
    Point::new(ellipse.centre.x + x * turn_cos - y * turn_sin, ellipse.centre.y + x * turn_sin + y * turn_cos)
}

/// The derivative of [`on_ellipse`].
fn along_ellipse(ellipse: &Ellipse, angle: f64) -> Point {
    let ((sin, cos), (turn_sin, turn_cos)) = (angle.sin_cos(), ellipse.rotation.sin_cos());
    let (x, y) = (-ellipse.radii.x * sin, ellipse.radii.y * cos);
    Point::new(x * turn_cos - y * turn_sin, x * turn_sin + y * turn_cos)
}

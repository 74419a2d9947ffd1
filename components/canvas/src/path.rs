//! [Paths](https://html.spec.whatwg.org/multipage/canvas.html#concept-path): lists of subpaths.

use tiny_skia::PathBuilder;

use crate::matrix::{Matrix, Point};

/// A part of a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Segment {
    /// A new subpath.
    Move(Point),
    /// A straight line.
    Line(Point),
    /// A quadratic Bézier curve: its control point and its end.
    Quadratic(Point, Point),
    /// A cubic Bézier curve: its control points and its end.
    Cubic(Point, Point, Point),
    /// The subpath is closed; a new one begins where it began.
    Close,
}

impl Segment {
    fn map(self, map: impl Fn(Point) -> Point) -> Self {
        match self {
            Self::Move(to) => Self::Move(map(to)),
            Self::Line(to) => Self::Line(map(to)),
            Self::Quadratic(control, to) => Self::Quadratic(map(control), map(to)),
            Self::Cubic(first, second, to) => Self::Cubic(map(first), map(second), map(to)),
            Self::Close => Self::Close,
        }
    }

    fn transform(self, matrix: &Matrix) -> Self {
        self.map(|point| matrix.apply(point))
    }

    /// With coordinates that can be multiplied with each other: a transformation may have made them infinite.
    fn limited(self) -> Self {
        let limit = |number: f64| number.clamp(-1e100, 1e100);
        self.map(|point| Point::new(limit(point.x), limit(point.y)))
    }
}

/// How the inside of a path is told from its outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FillRule {
    /// [nonzero](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-fillrule-nonzero)
    #[default]
    NonZero,
    /// [evenodd](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-fillrule-evenodd)
    EvenOdd,
}

impl FillRule {
    pub(crate) const fn to_raster(self) -> tiny_skia::FillRule {
        match self {
            Self::NonZero => tiny_skia::FillRule::Winding,
            Self::EvenOdd => tiny_skia::FillRule::EvenOdd,
        }
    }
}

/// A path. [`Pen`](crate::Pen) draws one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Path {
    segments: Vec<Segment>,
    start: Point,
    end: Point,
}

impl Path {
    /// Whether there is no subpath.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Forgets all subpaths.
    pub fn clear(&mut self) {
        self.segments.clear();
    }

    /// The last point of the last subpath.
    pub(crate) fn last_point(&self) -> Option<Point> {
        (!self.is_empty()).then_some(self.end)
    }

    pub(crate) fn push(&mut self, segment: Segment) {
        let segment = segment.limited();
        match segment {
            Segment::Move(to) => (self.start, self.end) = (to, to),
            Segment::Line(to) | Segment::Quadratic(_, to) | Segment::Cubic(_, _, to) => self.end = to,
            Segment::Close => self.end = self.start,
        }
        self.segments.push(segment);
    }

    /// Adds the subpaths of another path, transformed.
    pub fn add_path(&mut self, other: &Self, matrix: &Matrix) {
        for segment in &other.segments {
            self.push(segment.transform(matrix));
        }
    }

    /// The path with every point transformed.
    #[must_use]
    pub fn transformed(&self, matrix: &Matrix) -> Self {
        let mut path = Self::default();
        path.add_path(self, matrix);
        path
    }

    /// The path without lines that have no length, and without the subpaths that consist of such only: the first steps of
    /// [tracing a path](https://html.spec.whatwg.org/multipage/canvas.html#trace-a-path).
    pub(crate) fn without_zero_length_lines(&self) -> Self {
        let mut pruned = Self::default();
        let mut pending = None;
        for segment in &self.segments {
            let current = pending.unwrap_or(pruned.end);
            let is_nothing = match *segment {
                Segment::Move(to) => {
                    pending = Some(to);
                    continue;
                }
                Segment::Line(to) => to == current,
                Segment::Quadratic(control, to) => control == current && to == current,
                Segment::Cubic(first, second, to) => first == current && second == current && to == current,
                Segment::Close => pending.is_some(),
            };
            if is_nothing {
                continue;
            }
            if let Some(start) = pending.take() {
                pruned.push(Segment::Move(start));
            }
            pruned.push(*segment);
            if *segment == Segment::Close {
                pending = Some(pruned.start);
            }
        }
        pruned
    }

    /// The path for the rasterizer, if there is something in it and all of its points are numbers.
    pub(crate) fn to_raster(&self) -> Option<tiny_skia::Path> {
        #[expect(clippy::cast_possible_truncation, reason = "the rasterizer's precision")]
        let number = |number: f64| (number as f32).clamp(-1e9, 1e9);
        let mut builder = PathBuilder::new();
        for segment in &self.segments {
            match *segment {
                Segment::Move(to) => builder.move_to(number(to.x), number(to.y)),
                Segment::Line(to) => builder.line_to(number(to.x), number(to.y)),
                Segment::Quadratic(control, to) => {
                    builder.quad_to(number(control.x), number(control.y), number(to.x), number(to.y));
                }
                Segment::Cubic(first, second, to) => builder.cubic_to(
                    number(first.x),
                    number(first.y),
                    number(second.x),
                    number(second.y),
                    number(to.x),
                    number(to.y),
                ),
                Segment::Close => builder.close(),
            }
        }
        builder.finish()
    }

    /// What the rasterizer made of a path.
    pub(crate) fn from_raster(path: &tiny_skia::Path) -> Self {
        let point = |point: tiny_skia::Point| Point::new(f64::from(point.x), f64::from(point.y));
        let mut own = Self::default();
        for segment in path.segments() {
            own.push(match segment {
                tiny_skia::PathSegment::MoveTo(to) => Segment::Move(point(to)),
                tiny_skia::PathSegment::LineTo(to) => Segment::Line(point(to)),
                tiny_skia::PathSegment::QuadTo(control, to) => Segment::Quadratic(point(control), point(to)),
                tiny_skia::PathSegment::CubicTo(first, second, to) => {
                    Segment::Cubic(point(first), point(second), point(to))
                }
                tiny_skia::PathSegment::Close => Segment::Close,
            });
        }
        own
    }

    /// Calls `line` for each straight line of the path, its curves approximated to a hundredth of a pixel or so; `closing`
    /// ones as well, which are those that close open subpaths.
    pub(crate) fn for_each_line(&self, mut line: impl FnMut(Point, Point)) {
        let (mut start, mut current) = (Point::default(), Point::default());
        for segment in &self.segments {
            match *segment {
                Segment::Move(to) => {
                    line(current, start);
                    (start, current) = (to, to);
                }
                Segment::Line(to) => {
                    line(current, to);
                    current = to;
                }
                Segment::Quadratic(control, to) => {
                    let from = current;
                    let at = |t: f64| bezier(&[from, control, to], t);
                    flatten(
                        &mut current,
                        steps(from.distance(control) + control.distance(to)),
                        at,
                        &mut line,
                    );
                }
                Segment::Cubic(first, second, to) => {
                    let from = current;
                    let at = |t: f64| bezier(&[from, first, second, to], t);
                    let length = from.distance(first) + first.distance(second) + second.distance(to);
                    flatten(&mut current, steps(length), at, &mut line);
                }
                Segment::Close => {
                    line(current, start);
                    current = start;
                }
            }
        }
        line(current, start);
    }

    /// [Whether a point is inside of the path](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-ispointinpath), or
    /// on its edge.
    #[must_use]
    pub fn contains(&self, point: Point, rule: FillRule) -> bool {
        self.contains_within(point, rule, 1e-6)
    }

    /// The same with an edge that is `tolerance` wide to both sides.
    pub(crate) fn contains_within(&self, point: Point, rule: FillRule, tolerance: f64) -> bool {
        let (mut winding, mut is_on_edge) = (0_i32, false);
        self.for_each_line(|from, to| {
            let side = (to.x - from.x) * (point.y - from.y) - (point.x - from.x) * (to.y - from.y);
            let within =
                |a: f64, b: f64, value: f64| value >= a.min(b) - tolerance && value <= a.max(b) + tolerance;
            let length = from.distance(to);
            if length > 0.0
                && (side / length).abs() < tolerance
                && within(from.x, to.x, point.x)
                && within(from.y, to.y, point.y)
            {
                is_on_edge = true;
            }
            if from.y <= point.y && to.y > point.y && side > 0.0 {
                winding += 1;
            } else if from.y > point.y && to.y <= point.y && side < 0.0 {
                winding -= 1;
            }
        });
        is_on_edge
            || match rule {
                FillRule::NonZero => winding != 0,
                FillRule::EvenOdd => winding % 2 != 0,
            }
    }
}

/// How many lines approximate a curve whose control polygon is so long.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
fn steps(length: f64) -> u32 {
    (length.sqrt() * 4.0).clamp(8.0, 512.0) as u32
}

fn flatten(current: &mut Point, steps: u32, at: impl Fn(f64) -> Point, line: &mut impl FnMut(Point, Point)) {
    for step in 1..=steps {
        let next = at(f64::from(step) / f64::from(steps));
        line(*current, next);
        *current = next;
    }
}

/// De Casteljau's algorithm.
fn bezier(points: &[Point], t: f64) -> Point {
    match points {
        [] => Point::default(),
        [point] => *point,
        [first @ .., _] => {
            let (from, to) = (bezier(first, t), bezier(&points[1..], t));
            Point::new(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * t)
        }
    }
}

//! [Fill and stroke styles](https://html.spec.whatwg.org/multipage/canvas.html#fill-and-stroke-styles).

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use tiny_skia::{
    FilterQuality, GradientStop, LinearGradient, Pattern as PatternShader, RadialGradient, Shader,
    SpreadMode, SweepGradient, Transform,
};

use crate::bitmap::Bitmap;
use crate::color::Color;
use crate::matrix::{Matrix, Point};

/// What an area is filled with.
#[derive(Clone, Debug)]
pub enum Paint {
    /// A colour.
    Color(Color),
    /// A gradient.
    Gradient(Rc<Gradient>),
    /// A pattern.
    Pattern(Rc<Pattern>),
}

/// The geometry of a gradient.
#[derive(Clone, Copy, Debug)]
pub enum GradientShape {
    /// [Along a line](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-createlineargradient).
    Linear(Point, Point),
    /// [From a circle to a circle](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-createradialgradient): centres
    /// and radii.
    Radial(Point, f64, Point, f64),
    /// [Around a point](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-createconicgradient), from an angle on.
    Conic(f64, Point),
}

/// A [gradient](https://html.spec.whatwg.org/multipage/canvas.html#canvasgradient).
#[derive(Debug)]
pub struct Gradient {
    shape: GradientShape,
    stops: RefCell<Vec<(f64, Color)>>,
}

impl Gradient {
    /// A gradient without stops.
    #[must_use]
    pub const fn new(shape: GradientShape) -> Self {
        Self { shape, stops: RefCell::new(Vec::new()) }
    }

    /// Adds a stop, after those that are at the same place, which is from 0 to 1.
    pub fn add_color_stop(&self, offset: f64, color: Color) {
        let mut stops = self.stops.borrow_mut();
        let place = stops.partition_point(|(other, _)| *other <= offset);
        stops.insert(place, (offset, color));
    }

    /// `None` if it paints nothing.
    fn shader(&self, opacity: f32, transform: Transform) -> Option<Shader<'static>> {
        #[expect(clippy::cast_possible_truncation, reason = "the rasterizer's precision")]
        let number = |number: f64| number as f32;
        let point = |point: Point| tiny_skia::Point::from_xy(number(point.x), number(point.y));
        let stops = self.stops.borrow();
        let stops =
            stops.iter().map(|(offset, color)| GradientStop::new(number(*offset), color.to_raster(opacity)));
        let mut stops: Vec<GradientStop> = stops.collect();
        // One stop is a colour everywhere; the rasterizer would paint it where there is no gradient, too.
        if let [stop] = stops[..] {
            stops.push(stop);
        }
        match self.shape {
            GradientShape::Linear(from, to) if from == to => None,
            GradientShape::Linear(from, to) => {
                LinearGradient::new(point(from), point(to), stops, SpreadMode::Pad, transform)
            }
            GradientShape::Radial(from, first, to, second) if from == to && first == second => None,
            GradientShape::Radial(from, first, to, second) => {
                let (from, to) = (point(from), point(to));
                RadialGradient::new(
                    from,
                    number(first),
                    to,
                    number(second),
                    stops,
                    SpreadMode::Pad,
                    transform,
                )
            }
            GradientShape::Conic(start, centre) => {
                let turned = Transform::from_rotate_at(
                    number(start.rem_euclid(std::f64::consts::TAU).to_degrees()),
                    number(centre.x),
                    number(centre.y),
                );
                let transform = transform.pre_concat(turned);
                SweepGradient::new(point(centre), 0.0, 360.0, stops, SpreadMode::Pad, transform)
            }
        }
    }
}

/// In which directions an image is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repetition {
    /// To the left and to the right.
    pub horizontally: bool,
    /// Upwards and downwards.
    pub vertically: bool,
}

/// A [pattern](https://html.spec.whatwg.org/multipage/canvas.html#canvaspattern).
#[derive(Debug)]
pub struct Pattern {
    image: Arc<Bitmap>,
    repetition: Repetition,
    transform: Cell<Matrix>,
}

impl Pattern {
    /// A pattern of an image as it is now.
    #[must_use]
    pub const fn new(image: Arc<Bitmap>, repetition: Repetition) -> Self {
        Self { image, repetition, transform: Cell::new(Matrix::IDENTITY) }
    }

    /// Sets its transformation matrix.
    pub fn set_transform(&self, matrix: Matrix) {
        self.transform.set(matrix);
    }

    /// Whether the origin of the image may read it.
    #[must_use]
    pub fn is_origin_clean(&self) -> bool {
        self.image.is_origin_clean()
    }
}

/// Where within the pattern's own coordinates a pattern paints: from the first number to the second, to the right and downwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    pub(crate) x: (f64, f64),
    pub(crate) y: (f64, f64),
    /// From the pattern's coordinates to those of the output.
    pub(crate) matrix: Matrix,
}

impl Paint {
    /// Black.
    #[must_use]
    pub fn black() -> Self {
        Self::Color(Color::black())
    }

    /// For the rasterizer; `None` if it paints nothing. `matrix` goes from the paint's coordinates to those of the output.
    pub(crate) fn shader(&self, opacity: f32, matrix: &Matrix, quality: FilterQuality) -> Option<Shader<'_>> {
        match self {
            Self::Color(color) => Some(Shader::SolidColor(color.to_raster(opacity))),
            Self::Gradient(gradient) => gradient.shader(opacity, matrix.to_raster()),
            Self::Pattern(pattern) => {
                let pixels = pattern.image.pixels()?;
                let matrix = matrix.multiply(&pattern.transform.get());
                matrix.inverse()?;
                let transform = matrix.to_raster();
                Some(PatternShader::new(pixels.as_ref(), SpreadMode::Repeat, quality, opacity, transform))
            }
        }
    }

    /// Where it paints, if not everywhere.
    pub(crate) fn extent(&self, matrix: &Matrix) -> Option<Extent> {
        const FAR: (f64, f64) = (-1e6, 1e6);
        let Self::Pattern(pattern) = self else { return None };
        let Repetition { horizontally, vertically } = pattern.repetition;
        if horizontally && vertically {
            return None;
        }
        let (width, height) = (f64::from(pattern.image.width()), f64::from(pattern.image.height()));
        Some(Extent {
            x: if horizontally { FAR } else { (0.0, width) },
            y: if vertically { FAR } else { (0.0, height) },
            matrix: matrix.multiply(&pattern.transform.get()),
        })
    }

    /// Whether the origin may read what is painted with it.
    pub(crate) fn is_origin_clean(&self) -> bool {
        !matches!(self, Self::Pattern(pattern) if !pattern.is_origin_clean())
    }
}

//! The [drawing state](https://html.spec.whatwg.org/multipage/canvas.html#drawing-state).

use tiny_skia::FilterQuality;

use crate::clip::Clip;
use crate::color::Color;
use crate::matrix::Matrix;
use crate::operator::Operator;
use crate::paint::Paint;

/// [`lineCap`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-linecap)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specification's names")]
pub enum LineCap {
    #[default]
    Butt,
    Round,
    Square,
}

/// [`lineJoin`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-linejoin)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specification's names")]
pub enum LineJoin {
    Round,
    Bevel,
    #[default]
    Miter,
}

/// [Line styles](https://html.spec.whatwg.org/multipage/canvas.html#line-styles). Lengths are in coordinate space units.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the specification's names")]
pub struct LineStyles {
    pub width: f64,
    pub cap: LineCap,
    pub join: LineJoin,
    pub miter_limit: f64,
    /// An even number of lengths.
    pub dash_list: Vec<f64>,
    pub dash_offset: f64,
}

impl Default for LineStyles {
    fn default() -> Self {
        Self {
            width: 1.0,
            cap: LineCap::default(),
            join: LineJoin::default(),
            miter_limit: 10.0,
            dash_list: Vec::new(),
            dash_offset: 0.0,
        }
    }
}

/// [Shadows](https://html.spec.whatwg.org/multipage/canvas.html#shadows). Lengths are in pixels, whatever the transformation.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the specification's names")]
pub struct ShadowStyles {
    pub offset_x: f64,
    pub offset_y: f64,
    pub blur: f64,
    pub color: Color,
}

impl ShadowStyles {
    /// [When shadows are drawn](https://html.spec.whatwg.org/multipage/canvas.html#when-shadows-are-drawn)
    pub(crate) fn are_drawn(&self) -> bool {
        !self.color.is_transparent() && (self.blur != 0.0 || self.offset_x != 0.0 || self.offset_y != 0.0)
    }
}

/// [`imageSmoothingQuality`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-imagesmoothingquality)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the specification's names")]
pub enum SmoothingQuality {
    #[default]
    Low,
    Medium,
    High,
}

/// What `save()` keeps.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the specification's names")]
pub struct State {
    /// The current transformation matrix.
    pub matrix: Matrix,
    pub fill_style: Paint,
    pub stroke_style: Paint,
    pub global_alpha: f64,
    pub operator: Operator,
    pub lines: LineStyles,
    pub shadow: ShadowStyles,
    pub smoothing_enabled: bool,
    pub smoothing_quality: SmoothingQuality,
    pub(crate) clip: Clip,
}

impl Default for State {
    fn default() -> Self {
        Self {
            matrix: Matrix::IDENTITY,
            fill_style: Paint::black(),
            stroke_style: Paint::black(),
            global_alpha: 1.0,
            operator: Operator::SOURCE_OVER,
            lines: LineStyles::default(),
            shadow: ShadowStyles {
                offset_x: 0.0,
                offset_y: 0.0,
                blur: 0.0,
                color: Color::transparent_black(),
            },
            smoothing_enabled: true,
            smoothing_quality: SmoothingQuality::default(),
            clip: Clip::Everything,
        }
    }
}

impl State {
    #[expect(clippy::cast_possible_truncation, reason = "the rasterizer's precision")]
    pub(crate) fn opacity(&self) -> f32 {
        self.global_alpha as f32
    }

    pub(crate) const fn filter_quality(&self) -> FilterQuality {
        match self.smoothing_quality {
            _ if !self.smoothing_enabled => FilterQuality::Nearest,
            SmoothingQuality::Low | SmoothingQuality::Medium => FilterQuality::Bilinear,
            SmoothingQuality::High => FilterQuality::Bicubic,
        }
    }
}

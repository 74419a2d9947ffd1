//! The attributes of the drawing state:
//! [`CanvasFillStrokeStyles`](https://html.spec.whatwg.org/multipage/canvas.html#canvasfillstrokestyles),
//! [`CanvasPathDrawingStyles`](https://html.spec.whatwg.org/multipage/canvas.html#canvaspathdrawingstyles),
//! [`CanvasShadowStyles`](https://html.spec.whatwg.org/multipage/canvas.html#canvasshadowstyles),
//! [`CanvasCompositing`](https://html.spec.whatwg.org/multipage/canvas.html#canvascompositing) and
//! [`CanvasImageSmoothing`](https://html.spec.whatwg.org/multipage/canvas.html#canvasimagesmoothing).

use bgfetch_canvas::{
    Color, GradientShape, LineCap, LineJoin, Operator, Paint, Point, Repetition, SmoothingQuality,
};
use bgfetch_js::{DomString, Exception, Fallible, Realm, Root};

use super::context_2d::{RenderingContext2D, StyleObject, Styles};
use super::image_source::{Usability, check_usability};
use crate::bindings::{
    CanvasCompositingMethods, CanvasFillStrokeStylesMethods, CanvasImageSmoothingMethods, CanvasImageSource,
    CanvasLineCap, CanvasLineJoin, CanvasPathDrawingStylesMethods, CanvasShadowStylesMethods,
    DomStringOrCanvasGradientOrCanvasPattern as Style, ImageSmoothingQuality,
};
use crate::dom::{CanvasGradient, CanvasPattern};

/// Which style.
#[derive(Clone, Copy)]
enum Which {
    Fill,
    Stroke,
}

impl Which {
    fn object(self, styles: &mut Styles) -> &mut Option<StyleObject> {
        match self {
            Self::Fill => &mut styles.fill,
            Self::Stroke => &mut styles.stroke,
        }
    }
}

fn style<T: RenderingContext2D>(this: &T, which: Which) -> Style {
    let object = this.shared().with_styles(|styles| which.object(styles).clone());
    match object {
        Some(StyleObject::Gradient(gradient)) => Style::CanvasGradient((*gradient).clone()),
        Some(StyleObject::Pattern(pattern)) => Style::CanvasPattern((*pattern).clone()),
        None => this.shared().with(|context| {
            let state = context.state();
            let paint = match which {
                Which::Fill => &state.fill_style,
                Which::Stroke => &state.stroke_style,
            };
            match paint {
                Paint::Color(color) => Style::DomString(color.as_str().into()),
                // An object is known.
                Paint::Gradient(_) | Paint::Pattern(_) => Style::DomString(DomString::default()),
            }
        }),
    }
}

fn set_style<T: RenderingContext2D>(this: &T, which: Which, value: Style) {
    let (paint, object) = match value {
        Style::DomString(text) => match Color::parse(&text, || this.current_color()) {
            Some(color) => (Paint::Color(color), None),
            None => return,
        },
        Style::CanvasGradient(gradient) => {
            (Paint::Gradient(gradient.gradient()), Some(StyleObject::of_gradient(gradient)))
        }
        Style::CanvasPattern(pattern) => {
            (Paint::Pattern(pattern.pattern()), Some(StyleObject::of_pattern(pattern)))
        }
    };
    this.shared().with(|context| match which {
        Which::Fill => context.state_mut().fill_style = paint,
        Which::Stroke => context.state_mut().stroke_style = paint,
    });
    let before = this.shared().with_styles(|styles| std::mem::replace(which.object(styles), object));
    drop(before);
}

impl<T: RenderingContext2D> CanvasFillStrokeStylesMethods for T {
    fn stroke_style(&self, _: &Realm) -> Fallible<Style> {
        Ok(style(self, Which::Stroke))
    }

    fn set_stroke_style(&self, _: &Realm, value: Style) -> Fallible<()> {
        set_style(self, Which::Stroke, value);
        Ok(())
    }

    fn fill_style(&self, _: &Realm) -> Fallible<Style> {
        Ok(style(self, Which::Fill))
    }

    fn set_fill_style(&self, _: &Realm, value: Style) -> Fallible<()> {
        set_style(self, Which::Fill, value);
        Ok(())
    }

    fn create_linear_gradient(
        &self,
        realm: &Realm,
        x0: f64,
        y0: f64,
        x1: f64,
        y1: f64,
    ) -> Fallible<Root<CanvasGradient>> {
        realm.wrap(CanvasGradient::new(GradientShape::Linear(Point::new(x0, y0), Point::new(x1, y1))))
    }

    fn create_radial_gradient(
        &self,
        realm: &Realm,
        x0: f64,
        y0: f64,
        r0: f64,
        x1: f64,
        y1: f64,
        r1: f64,
    ) -> Fallible<Root<CanvasGradient>> {
        if r0 < 0.0 || r1 < 0.0 {
            return Err(Exception::dom("IndexSizeError", "a radius is negative"));
        }
        let shape = GradientShape::Radial(Point::new(x0, y0), r0, Point::new(x1, y1), r1);
        realm.wrap(CanvasGradient::new(shape))
    }

    fn create_conic_gradient(
        &self,
        realm: &Realm,
        start_angle: f64,
        x: f64,
        y: f64,
    ) -> Fallible<Root<CanvasGradient>> {
        realm.wrap(CanvasGradient::new(GradientShape::Conic(start_angle, Point::new(x, y))))
    }

    /// [`createPattern()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-createpattern)
    fn create_pattern(
        &self,
        realm: &Realm,
        image: CanvasImageSource,
        repetition: DomString,
    ) -> Fallible<Option<Root<CanvasPattern>>> {
        // Steps 1 to 3.
        let Usability::Good(image) = check_usability(&image)? else { return Ok(None) };
        // Steps 4 to 6.
        let (horizontally, vertically) = match repetition.as_str() {
            "" | "repeat" => (true, true),
            "repeat-x" => (true, false),
            "repeat-y" => (false, true),
            "no-repeat" => (false, false),
            other => {
                return Err(Exception::dom(
                    "SyntaxError",
                    format!("{other:?} is no way to repeat a pattern"),
                ));
            }
        };
        // Steps 7 to 10.
        realm.wrap(CanvasPattern::new(image, Repetition { horizontally, vertically })).map(Some)
    }
}

/// A getter and a setter of a number of the state, which ignores those that are not `valid`.
macro_rules! number {
    ($get:ident, $set:ident, |$state:ident| $place:expr, |$value:ident| $valid:expr) => {
        fn $get(&self, _: &Realm) -> Fallible<f64> {
            Ok(self.shared().with(|context| {
                let $state = context.state();
                $place
            }))
        }

        fn $set(&self, _: &Realm, $value: f64) -> Fallible<()> {
            if $valid {
                self.shared().with(|context| {
                    let $state = context.state_mut();
                    $place = $value;
                });
            }
            Ok(())
        }
    };
}

impl<T: RenderingContext2D> CanvasPathDrawingStylesMethods for T {
    number!(line_width, set_line_width, |state| state.lines.width, |value| value.is_finite() && value > 0.0);
    number!(miter_limit, set_miter_limit, |state| state.lines.miter_limit, |value| value.is_finite()
        && value > 0.0);
    number!(line_dash_offset, set_line_dash_offset, |state| state.lines.dash_offset, |value| value
        .is_finite());

    fn line_cap(&self, _: &Realm) -> Fallible<CanvasLineCap> {
        Ok(match self.shared().with(|context| context.state().lines.cap) {
            LineCap::Butt => CanvasLineCap::Butt,
            LineCap::Round => CanvasLineCap::Round,
            LineCap::Square => CanvasLineCap::Square,
        })
    }

    fn set_line_cap(&self, _: &Realm, value: CanvasLineCap) -> Fallible<()> {
        let cap = match value {
            CanvasLineCap::Butt => LineCap::Butt,
            CanvasLineCap::Round => LineCap::Round,
            CanvasLineCap::Square => LineCap::Square,
        };
        self.shared().with(|context| context.state_mut().lines.cap = cap);
        Ok(())
    }

    fn line_join(&self, _: &Realm) -> Fallible<CanvasLineJoin> {
        Ok(match self.shared().with(|context| context.state().lines.join) {
            LineJoin::Round => CanvasLineJoin::Round,
            LineJoin::Bevel => CanvasLineJoin::Bevel,
            LineJoin::Miter => CanvasLineJoin::Miter,
        })
    }

    fn set_line_join(&self, _: &Realm, value: CanvasLineJoin) -> Fallible<()> {
        let join = match value {
            CanvasLineJoin::Round => LineJoin::Round,
            CanvasLineJoin::Bevel => LineJoin::Bevel,
            CanvasLineJoin::Miter => LineJoin::Miter,
        };
        self.shared().with(|context| context.state_mut().lines.join = join);
        Ok(())
    }

    /// [`setLineDash()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-context-2d-setlinedash)
    fn set_line_dash(&self, _: &Realm, segments: Vec<f64>) -> Fallible<()> {
        // Step 1.
        if !segments.iter().all(|length| length.is_finite() && *length >= 0.0) {
            return Ok(());
        }
        // Steps 2 and 3.
        let times = if segments.len().is_multiple_of(2) { 1 } else { 2 };
        self.shared().with(|context| context.state_mut().lines.dash_list = segments.repeat(times));
        Ok(())
    }

    fn get_line_dash(&self, _: &Realm) -> Fallible<Vec<f64>> {
        Ok(self.shared().with(|context| context.state().lines.dash_list.clone()))
    }
}

impl<T: RenderingContext2D> CanvasShadowStylesMethods for T {
    number!(shadow_offset_x, set_shadow_offset_x, |state| state.shadow.offset_x, |value| value.is_finite());
    number!(shadow_offset_y, set_shadow_offset_y, |state| state.shadow.offset_y, |value| value.is_finite());
    number!(shadow_blur, set_shadow_blur, |state| state.shadow.blur, |value| value.is_finite()
        && value >= 0.0);

    fn shadow_color(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.shared().with(|context| context.state().shadow.color.as_str().into()))
    }

    fn set_shadow_color(&self, _: &Realm, value: DomString) -> Fallible<()> {
        if let Some(color) = Color::parse(&value, || self.current_color()) {
            self.shared().with(|context| context.state_mut().shadow.color = color);
        }
        Ok(())
    }
}

impl<T: RenderingContext2D> CanvasCompositingMethods for T {
    number!(global_alpha, set_global_alpha, |state| state.global_alpha, |value| (0.0..=1.0).contains(&value));

    fn global_composite_operation(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.shared().with(|context| context.state().operator.name().into()))
    }

    fn set_global_composite_operation(&self, _: &Realm, value: DomString) -> Fallible<()> {
        if let Some(operator) = Operator::of_name(&value) {
            self.shared().with(|context| context.state_mut().operator = operator);
        }
        Ok(())
    }
}

impl<T: RenderingContext2D> CanvasImageSmoothingMethods for T {
    fn image_smoothing_enabled(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.shared().with(|context| context.state().smoothing_enabled))
    }

    fn set_image_smoothing_enabled(&self, _: &Realm, value: bool) -> Fallible<()> {
        self.shared().with(|context| context.state_mut().smoothing_enabled = value);
        Ok(())
    }

    fn image_smoothing_quality(&self, _: &Realm) -> Fallible<ImageSmoothingQuality> {
        Ok(match self.shared().with(|context| context.state().smoothing_quality) {
            SmoothingQuality::Low => ImageSmoothingQuality::Low,
            SmoothingQuality::Medium => ImageSmoothingQuality::Medium,
            SmoothingQuality::High => ImageSmoothingQuality::High,
        })
    }

    fn set_image_smoothing_quality(&self, _: &Realm, value: ImageSmoothingQuality) -> Fallible<()> {
        let quality = match value {
            ImageSmoothingQuality::Low => SmoothingQuality::Low,
            ImageSmoothingQuality::Medium => SmoothingQuality::Medium,
            ImageSmoothingQuality::High => SmoothingQuality::High,
        };
        self.shared().with(|context| context.state_mut().smoothing_quality = quality);
        Ok(())
    }
}

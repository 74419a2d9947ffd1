//! [`CanvasGradient`](https://html.spec.whatwg.org/multipage/canvas.html#canvasgradient).

use std::rc::Rc;

use bgfetch_canvas::{Color, Gradient, GradientShape};
use bgfetch_js::{DomString, Exception, Fallible, Realm, Reflector, platform_object, trace_fields};

use crate::bindings::CanvasGradientMethods;

/// `CanvasGradient`.
pub(crate) struct CanvasGradient {
    reflector: Reflector,
    gradient: Rc<Gradient>,
}

trace_fields!(CanvasGradient {});
platform_object!(CanvasGradient);

impl CanvasGradient {
    pub(super) fn new(shape: GradientShape) -> Self {
        Self { reflector: Reflector::new(), gradient: Rc::new(Gradient::new(shape)) }
    }

    pub(super) fn gradient(&self) -> Rc<Gradient> {
        Rc::clone(&self.gradient)
    }
}

impl CanvasGradientMethods for CanvasGradient {
    /// [`addColorStop()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-canvasgradient-addcolorstop)
    fn add_color_stop(&self, _: &Realm, offset: f64, color: DomString) -> Fallible<()> {
        // Step 1.
        if !(0.0..=1.0).contains(&offset) {
            return Err(Exception::dom("IndexSizeError", format!("{offset} is not between 0 and 1")));
        }
        // Steps 2 to 4.
        let parsed = Color::parse(&color, Color::black)
            .ok_or_else(|| Exception::dom("SyntaxError", format!("{:?} is no colour", color.as_str())))?;
        self.gradient.add_color_stop(offset, parsed);
        Ok(())
    }
}

//! [`CanvasPattern`](https://html.spec.whatwg.org/multipage/canvas.html#canvaspattern).

use std::rc::Rc;
use std::sync::Arc;

use bgfetch_canvas::{Bitmap, Pattern, Repetition};
use bgfetch_js::{Fallible, Realm, Reflector, platform_object, trace_fields};

use super::transforms::matrix_of_init;
use crate::bindings::{CanvasPatternMethods, DOMMatrix2DInit};

/// `CanvasPattern`.
pub(crate) struct CanvasPattern {
    reflector: Reflector,
    pattern: Rc<Pattern>,
}

trace_fields!(CanvasPattern {});
platform_object!(CanvasPattern);

impl CanvasPattern {
    pub(super) fn new(image: Arc<Bitmap>, repetition: Repetition) -> Self {
        Self { reflector: Reflector::new(), pattern: Rc::new(Pattern::new(image, repetition)) }
    }

    pub(super) fn pattern(&self) -> Rc<Pattern> {
        Rc::clone(&self.pattern)
    }
}

impl CanvasPatternMethods for CanvasPattern {
    /// [`setTransform()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-canvaspattern-settransform)
    fn set_transform(&self, _: &Realm, transform: DOMMatrix2DInit) -> Fallible<()> {
        if let Some(matrix) = matrix_of_init(&transform)? {
            self.pattern.set_transform(matrix);
        }
        Ok(())
    }
}

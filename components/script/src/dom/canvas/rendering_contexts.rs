//! [`CanvasRenderingContext2D`](https://html.spec.whatwg.org/multipage/canvas.html#canvasrenderingcontext2d) and
//! [`OffscreenCanvasRenderingContext2D`](https://html.spec.whatwg.org/multipage/canvas.html#the-offscreen-2d-rendering-context): they
//! differ in the canvas that they belong to.

use bgfetch_canvas::Color;
use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields};

use super::context_2d::{Context2D, RenderingContext2D};
use crate::bindings::{CanvasRenderingContext2DMethods, OffscreenCanvasRenderingContext2DMethods};
use crate::dom::{HTMLCanvasElement, OffscreenCanvas};

/// `CanvasRenderingContext2D`.
pub(crate) struct CanvasRenderingContext2D {
    reflector: Reflector,
    shared: Context2D,
    canvas: Member<HTMLCanvasElement>,
}

trace_fields!(CanvasRenderingContext2D { shared, canvas });
platform_object!(CanvasRenderingContext2D);

impl CanvasRenderingContext2D {
    pub(super) fn new(shared: Context2D, canvas: Root<HTMLCanvasElement>) -> Self {
        Self { reflector: Reflector::new(), shared, canvas: canvas.into() }
    }

    /// What it has in common with the other one.
    pub(super) const fn drawing(&self) -> &Context2D {
        &self.shared
    }
}

impl RenderingContext2D for CanvasRenderingContext2D {
    fn shared(&self) -> &Context2D {
        &self.shared
    }

    fn current_color(&self) -> Color {
        self.canvas.current_color()
    }

    fn drawn_on(&self, _: &Realm) {}
}

impl CanvasRenderingContext2DMethods for CanvasRenderingContext2D {
    fn canvas(&self, _: &Realm) -> Fallible<Root<HTMLCanvasElement>> {
        Ok((*self.canvas).clone())
    }
}

/// `OffscreenCanvasRenderingContext2D`.
pub(crate) struct OffscreenCanvasRenderingContext2D {
    reflector: Reflector,
    shared: Context2D,
    canvas: Member<OffscreenCanvas>,
}

trace_fields!(OffscreenCanvasRenderingContext2D { shared, canvas });
platform_object!(OffscreenCanvasRenderingContext2D);

impl OffscreenCanvasRenderingContext2D {
    pub(super) fn new(shared: Context2D, canvas: Root<OffscreenCanvas>) -> Self {
        Self { reflector: Reflector::new(), shared, canvas: canvas.into() }
    }

    /// What it has in common with the other one.
    pub(super) const fn drawing(&self) -> &Context2D {
        &self.shared
    }
}

impl RenderingContext2D for OffscreenCanvasRenderingContext2D {
    fn shared(&self) -> &Context2D {
        &self.shared
    }

    fn current_color(&self) -> Color {
        Color::black()
    }

    fn drawn_on(&self, realm: &Realm) {
        self.canvas.drawn_on(realm);
    }
}

impl OffscreenCanvasRenderingContext2DMethods for OffscreenCanvasRenderingContext2D {
    fn canvas(&self, _: &Realm) -> Fallible<Root<OffscreenCanvas>> {
        Ok((*self.canvas).clone())
    }
}

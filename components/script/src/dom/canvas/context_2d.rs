//! What the interfaces of the [2D rendering context](https://html.spec.whatwg.org/multipage/canvas.html#2dcontext), of elements and
//! of offscreen canvases, have in common.

use std::cell::RefCell;
use std::sync::Arc;

use bgfetch_canvas::{Bitmap, Color, Context, Pen};
use bgfetch_js::{Fallible, FromJs, Member, PlatformObject, Realm, Root, Trace, Tracer, Value, trace_fields};

use super::path_2d::PathHolder;
use crate::bindings::{CanvasRenderingContext2DSettings, CanvasSettingsMethods, CanvasStateMethods};
use crate::dom::{CanvasGradient, CanvasPattern};

/// A context, and the objects that a page has given it.
pub(crate) struct Context2D {
    context: RefCell<Context>,
    settings: Settings,
    /// The styles of the current state, and those of the saved ones before them.
    styles: RefCell<Vec<Styles>>,
}

trace_fields!(Context2D { styles });

/// [Settings](https://html.spec.whatwg.org/multipage/canvas.html#canvasrenderingcontext2dsettings) that only come back from
/// `getContextAttributes()`: nothing is drawn elsewhere than in memory.
#[derive(Clone, Copy)]
struct Settings {
    desynchronized: bool,
    will_read_frequently: bool,
}

/// Objects that are the fill style and the stroke style of a state.
#[derive(Clone, Default)]
pub(super) struct Styles {
    pub(super) fill: Option<StyleObject>,
    pub(super) stroke: Option<StyleObject>,
}

/// A style that is an object.
#[derive(Clone)]
pub(super) enum StyleObject {
    Gradient(Member<CanvasGradient>),
    Pattern(Member<CanvasPattern>),
}

trace_fields!(Styles { fill, stroke });

impl Trace for StyleObject {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::Gradient(gradient) => gradient.trace(tracer),
            Self::Pattern(pattern) => pattern.trace(tracer),
        }
    }
}

impl Context2D {
    /// [Creates a context](https://html.spec.whatwg.org/multipage/canvas.html#2d-context-creation-algorithm) for a canvas of that size.
    pub(super) fn create(realm: &Realm, width: u32, height: u32, options: &Value) -> Fallible<Self> {
        let settings = CanvasRenderingContext2DSettings::from_js(realm, options)?;
        Ok(Self {
            context: RefCell::new(Context::new(width, height, settings.alpha)),
            settings: Settings {
                desynchronized: settings.desynchronized,
                will_read_frequently: settings.will_read_frequently,
            },
            styles: RefCell::new(vec![Styles::default()]),
        })
    }

    /// Runs `with` on the context.
    pub(super) fn with<R>(&self, with: impl FnOnce(&mut Context) -> R) -> R {
        with(&mut self.context.borrow_mut())
    }

    /// [Resets the context to its default state](https://html.spec.whatwg.org/multipage/canvas.html#reset-the-rendering-context-to-its-default-state).
    pub(super) fn reset(&self, width: u32, height: u32) {
        self.with(|context| context.reset(width, height));
        let before = self.styles.replace(vec![Styles::default()]);
        drop(before);
    }

    /// What is drawn, as it is now.
    pub(super) fn snapshot(&self) -> Arc<Bitmap> {
        self.context.borrow().snapshot()
    }

    /// Takes what is drawn away.
    pub(super) fn take_bitmap(&self) -> Bitmap {
        self.with(Context::take_bitmap)
    }

    /// Runs `with` on the objects of the current state.
    pub(super) fn with_styles<R>(&self, with: impl FnOnce(&mut Styles) -> R) -> R {
        let mut styles = self.styles.borrow_mut();
        match styles.last_mut() {
            Some(current) => with(current),
            // There is always one.
            None => with(&mut Styles::default()),
        }
    }
}

/// An interface of the 2D rendering context.
pub(super) trait RenderingContext2D: PlatformObject {
    /// What it has in common with the other one.
    fn shared(&self) -> &Context2D;

    /// What `currentcolor` is.
    fn current_color(&self) -> Color;

    /// Something was, or may have been, drawn.
    fn drawn_on(&self, realm: &Realm);

    /// Draws something.
    fn draw<R>(&self, realm: &Realm, with: impl FnOnce(&mut Context) -> R) -> R {
        let result = self.shared().with(with);
        self.drawn_on(realm);
        result
    }
}

impl<T: RenderingContext2D> PathHolder for T {
    fn with_pen<R>(&self, with: impl FnOnce(&mut Pen<'_>) -> R) -> R {
        self.shared().with(|context| with(&mut context.pen()))
    }
}

impl<T: RenderingContext2D> CanvasSettingsMethods for T {
    fn get_context_attributes(&self, _: &Realm) -> Fallible<CanvasRenderingContext2DSettings> {
        let Settings { desynchronized, will_read_frequently } = self.shared().settings;
        let alpha = self.shared().with(|context| context.has_alpha());
        Ok(CanvasRenderingContext2DSettings { alpha, desynchronized, will_read_frequently })
    }
}

impl<T: RenderingContext2D> CanvasStateMethods for T {
    fn save(&self, _: &Realm) -> Fallible<()> {
        self.shared().with(Context::save);
        let styles = self.shared().with_styles(|styles| styles.clone());
        self.shared().styles.borrow_mut().push(styles);
        Ok(())
    }

    fn restore(&self, _: &Realm) -> Fallible<()> {
        if self.shared().with(Context::restore) {
            let gone = self.shared().styles.borrow_mut().pop();
            drop(gone);
        }
        Ok(())
    }

    fn reset(&self, realm: &Realm) -> Fallible<()> {
        let (width, height) =
            self.shared().with(|context| (context.bitmap().width(), context.bitmap().height()));
        self.shared().reset(width, height);
        self.drawn_on(realm);
        Ok(())
    }

    /// Memory is not lost.
    fn is_context_lost(&self, _: &Realm) -> Fallible<bool> {
        Ok(false)
    }
}

impl StyleObject {
    pub(super) fn of_gradient(gradient: Root<CanvasGradient>) -> Self {
        Self::Gradient(gradient.into())
    }

    pub(super) fn of_pattern(pattern: Root<CanvasPattern>) -> Self {
        Self::Pattern(pattern.into())
    }
}

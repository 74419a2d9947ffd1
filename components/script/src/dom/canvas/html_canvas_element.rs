//! [`HTMLCanvasElement`](https://html.spec.whatwg.org/multipage/canvas.html#the-canvas-element).

use std::cell::RefCell;
use std::sync::Arc;

use base64::Engine as _;
use bgfetch_canvas::{Bitmap, Color};
use bgfetch_js::{
    DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, Trace, Tracer, Value,
    platform_object, trace_fields,
};

use super::context_2d::Context2D;
use super::encoding::{check_origin_clean, quality_of, to_file};
use super::image_bitmap_rendering_context::Canvas;
use super::offscreen_canvas::Placeholder;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{BlobCallback, HTMLCanvasElementMethods, RenderingContext};
use crate::dom::html::reflect;
use crate::dom::{
    Blob, CanvasRenderingContext2D, HTMLElement, ImageBitmapRenderingContext, OffscreenCanvas, css,
};

/// `HTMLCanvasElement`.
pub(crate) struct HTMLCanvasElement {
    html_element: HTMLElement,
    mode: RefCell<ContextMode>,
}

/// [Context mode](https://html.spec.whatwg.org/multipage/canvas.html#concept-canvas-context-mode)
#[derive(Default)]
enum ContextMode {
    #[default]
    None,
    TwoD(Member<CanvasRenderingContext2D>),
    BitmapRenderer(Member<ImageBitmapRenderingContext>),
    Placeholder(Placeholder),
}

impl Trace for ContextMode {
    fn trace(&self, tracer: &mut Tracer) {
        match self {
            Self::None | Self::Placeholder(_) => {}
            Self::TwoD(context) => context.trace(tracer),
            Self::BitmapRenderer(context) => context.trace(tracer),
        }
    }
}

trace_fields!(HTMLCanvasElement { html_element, mode });
platform_object!(HTMLCanvasElement: HTMLElement via html_element);

impl HTMLCanvasElement {
    /// A `canvas` element.
    pub(crate) fn new(html_element: HTMLElement) -> Self {
        Self { html_element, mode: RefCell::default() }
    }

    /// Width and height: of a placeholder, those of what it shows.
    fn size(&self) -> (u32, u32) {
        if let ContextMode::Placeholder(placeholder) = &*self.mode.borrow() {
            let shown = placeholder.bitmap();
            return (shown.width(), shown.height());
        }
        let of = |name| reflect::integer(self, name).and_then(|size| u32::try_from(size).ok());
        (of("width").unwrap_or(300), of("height").unwrap_or(150))
    }

    /// [`width` or `height` was set](https://html.spec.whatwg.org/multipage/canvas.html#attr-canvas-width): the canvas is blank.
    pub(crate) fn size_changed(&self) {
        let (width, height) = self.size();
        match &*self.mode.borrow() {
            ContextMode::TwoD(context) => context.drawing().reset(width, height),
            ContextMode::BitmapRenderer(context) => context.clear(),
            ContextMode::None | ContextMode::Placeholder(_) => {}
        }
    }

    /// What it shows now.
    pub(super) fn snapshot(&self) -> Arc<Bitmap> {
        let shown = match &*self.mode.borrow() {
            ContextMode::TwoD(context) => Some(context.drawing().snapshot()),
            ContextMode::BitmapRenderer(context) => context.bitmap(),
            ContextMode::Placeholder(placeholder) => Some(placeholder.bitmap()),
            ContextMode::None => None,
        };
        shown.unwrap_or_else(|| {
            let (width, height) = self.size();
            Arc::new(Bitmap::new(width, height))
        })
    }

    /// What `currentcolor` is: the colour that it inherits, as far as `style` attributes tell it.
    pub(super) fn current_color(&self) -> Color {
        if !self.is_in_document() {
            return Color::black();
        }
        let mut element = Some(self.root().upcast());
        while let Some(current) = element {
            let declared = css::inline_value(&current, "color");
            let own = declared.as_deref().and_then(|text| Color::parse(text, Color::black));
            let is_inherited = declared.is_some_and(|text| text.eq_ignore_ascii_case("currentcolor"));
            if let Some(color) = own.filter(|_| !is_inherited) {
                return color;
            }
            element = current.parent_as_element();
        }
        Color::black()
    }

    fn check_not_placeholder(&self) -> Fallible<()> {
        if matches!(*self.mode.borrow(), ContextMode::Placeholder(_)) {
            let message = "control of the canvas was transferred to an OffscreenCanvas";
            return Err(Exception::dom("InvalidStateError", message));
        }
        Ok(())
    }
}

impl HTMLCanvasElementMethods for HTMLCanvasElement {
    fn width(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.size().0)
    }

    fn set_width(&self, realm: &Realm, value: u32) -> Fallible<()> {
        self.check_not_placeholder()?;
        reflect::set_unsigned_long(self, realm, "width", value, 300);
        Ok(())
    }

    fn height(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.size().1)
    }

    fn set_height(&self, realm: &Realm, value: u32) -> Fallible<()> {
        self.check_not_placeholder()?;
        reflect::set_unsigned_long(self, realm, "height", value, 150);
        Ok(())
    }

    /// [`getContext()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-canvas-getcontext)
    fn get_context(
        &self,
        realm: &Realm,
        context_id: DomString,
        options: Value,
    ) -> Fallible<Option<RenderingContext>> {
        // Steps 1 and 2.
        let options = if options.is_object() { options } else { Value::NULL };
        // Step 3.
        self.check_not_placeholder()?;
        let existing = match (&*self.mode.borrow(), context_id.as_str()) {
            (ContextMode::TwoD(context), "2d") => {
                Some(RenderingContext::CanvasRenderingContext2D((**context).clone()))
            }
            (ContextMode::BitmapRenderer(context), "bitmaprenderer") => {
                Some(RenderingContext::ImageBitmapRenderingContext((**context).clone()))
            }
            (ContextMode::None, "2d" | "bitmaprenderer") => None,
            _ => return Ok(None),
        };
        if existing.is_some() {
            return Ok(existing);
        }
        if context_id.as_str() == "2d" {
            let (width, height) = self.size();
            let shared = Context2D::create(realm, width, height, &options)?;
            let context = realm.wrap(CanvasRenderingContext2D::new(shared, self.root()))?;
            self.mode.replace(ContextMode::TwoD(context.clone().into()));
            return Ok(Some(RenderingContext::CanvasRenderingContext2D(context)));
        }
        let canvas = Canvas::Element(self.root().into());
        let context = ImageBitmapRenderingContext::create(realm, canvas, &options)?;
        self.mode.replace(ContextMode::BitmapRenderer(context.clone().into()));
        Ok(Some(RenderingContext::ImageBitmapRenderingContext(context)))
    }

    /// [`toDataURL()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-canvas-todataurl)
    fn to_data_url(&self, _: &Realm, type_: DomString, quality: Option<Value>) -> Fallible<String> {
        // Step 1.
        let bitmap = self.snapshot();
        check_origin_clean(&bitmap)?;
        // Steps 2 to 4.
        let Some(file) = to_file(&bitmap, &type_, quality_of(quality.as_ref())) else {
            return Ok("data:,".into());
        };
        let data = base64::engine::general_purpose::STANDARD.encode(&file.bytes);
        Ok(format!("data:{};base64,{data}", file.mime_type))
    }

    /// [`toBlob()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-canvas-toblob)
    fn to_blob(
        &self,
        realm: &Realm,
        callback: BlobCallback,
        type_: DomString,
        quality: Option<Value>,
    ) -> Fallible<()> {
        // Step 1.
        let bitmap = self.snapshot();
        check_origin_clean(&bitmap)?;
        // Steps 2 to 4.
        let quality = quality_of(quality.as_ref());
        Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
            let file = to_file(&bitmap, &type_, quality);
            let blob = file.map(|file| realm.wrap(Blob::of(file))).transpose()?;
            callback.call(realm, &Value::UNDEFINED, blob)
        });
        Ok(())
    }

    /// [`transferControlToOffscreen()`](https://html.spec.whatwg.org/multipage/canvas.html#dom-canvas-transfercontroltooffscreen)
    fn transfer_control_to_offscreen(&self, realm: &Realm) -> Fallible<Root<OffscreenCanvas>> {
        // Step 1.
        if !matches!(*self.mode.borrow(), ContextMode::None) {
            let message = "the canvas has a context, or its control was transferred before";
            return Err(Exception::dom("InvalidStateError", message));
        }
        // Steps 2 to 5.
        let (width, height) = self.size();
        let placeholder = Placeholder::new(width, height);
        let offscreen =
            OffscreenCanvas::with_placeholder(u64::from(width), u64::from(height), placeholder.clone());
        let offscreen = realm.wrap(offscreen)?;
        self.mode.replace(ContextMode::Placeholder(placeholder));
        Ok(offscreen)
    }
}

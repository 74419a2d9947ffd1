//! Interfaces: [canvas](https://html.spec.whatwg.org/multipage/canvas.html) and images that script holds. What is drawn is the
//! business of the crate `bgfetch-canvas`.

pub(crate) mod canvas_gradient;
pub(crate) mod canvas_pattern;
mod context_2d;
pub(crate) mod create_image_bitmap;
mod drawing;
mod encoding;
pub(crate) mod html_canvas_element;
pub(crate) mod image_bitmap;
pub(crate) mod image_bitmap_rendering_context;
pub(crate) mod image_data;
mod image_source;
pub(crate) mod offscreen_canvas;
pub(crate) mod path_2d;
pub(crate) mod rendering_contexts;
mod styles;
mod transforms;

pub(crate) use canvas_gradient::CanvasGradient;
pub(crate) use canvas_pattern::CanvasPattern;
pub(crate) use html_canvas_element::HTMLCanvasElement;
pub(crate) use image_bitmap::ImageBitmap;
pub(crate) use image_bitmap_rendering_context::ImageBitmapRenderingContext;
pub(crate) use image_data::ImageData;
pub(crate) use offscreen_canvas::OffscreenCanvas;
pub(crate) use path_2d::Path2D;
pub(crate) use rendering_contexts::{CanvasRenderingContext2D, OffscreenCanvasRenderingContext2D};

//! What a canvas draws on, without script: bitmaps, paths, paints, compositing, image files and font files, as the
//! [HTML Standard's section on canvas](https://html.spec.whatwg.org/multipage/canvas.html) says.
//!
//! [`Context`] is a 2D rendering context: a [`Bitmap`], a [drawing state](State) and a current default [`Path`]. The rasterizer
//! is tiny-skia, which is seen nowhere outside of this crate. Bitmaps can be sent to other threads; contexts stay on theirs.
#![forbid(unsafe_code)]

mod bitmap;
mod clip;
mod codec;
mod color;
mod color_spaces;
mod compositing;
mod context;
mod font;
mod matrix;
mod memory;
mod operator;
mod paint;
mod path;
mod pen;
mod shadow;
mod shrink;
mod state;
mod stroke;

pub use bitmap::{Bitmap, PixelRect};
pub use codec::{EncodedType, decode, encode};
pub use color::Color;
pub use context::{Context, Rect};
pub use font::{Font, FontError};
pub use matrix::{Matrix, Point};
pub use operator::Operator;
pub use paint::{Gradient, GradientShape, Paint, Pattern, Repetition};
pub use path::{FillRule, Path};
pub use pen::{Ellipse, Pen};
pub use state::{LineCap, LineJoin, LineStyles, ShadowStyles, SmoothingQuality, State};

//! The [drawing model](https://html.spec.whatwg.org/multipage/canvas.html#drawing-model): from a shape to what is in the bitmap.

use tiny_skia::{BlendMode, FillRule, Mask, Paint, Pixmap, PixmapPaint, Shader, Transform};

use crate::bitmap::Bitmap;
use crate::clip::{full_mask, intersect};
use crate::matrix::Point;
use crate::operator::Operator;
use crate::paint::Extent;
use crate::path::{Path, Segment};
use crate::shadow;
use crate::state::State;

/// Something that is drawn: in the coordinates of the output.
pub(crate) struct Drawn<'a> {
    pub(crate) path: tiny_skia::Path,
    pub(crate) rule: FillRule,
    /// With the global alpha. `None` paints nothing.
    pub(crate) shader: Option<Shader<'a>>,
    /// Where the shader paints, if not everywhere.
    pub(crate) extent: Option<Extent>,
}

impl Drawn<'_> {
    /// Draws it, moved by `offset`.
    pub(crate) fn paint(
        &self,
        target: &mut Pixmap,
        blend_mode: BlendMode,
        clip: Option<&Mask>,
        offset: Transform,
    ) {
        let Some(shader) = self.shader.clone() else { return };
        let paint = Paint { shader, blend_mode, ..Paint::default() };
        let limited = self.extent.and_then(|extent| limit(target, clip, &extent, offset));
        target.fill_path(&self.path, &paint, self.rule, offset, limited.as_ref().or(clip));
    }
}

/// What of a clipping region is within an extent.
fn limit(target: &Pixmap, clip: Option<&Mask>, extent: &Extent, offset: Transform) -> Option<Mask> {
    let mut path = Path::default();
    let ((left, right), (top, bottom)) = (extent.x, extent.y);
    for (x, y) in [(left, top), (right, top), (right, bottom), (left, bottom)] {
        let point = extent.matrix.apply(Point::new(x, y));
        path.push(if path.is_empty() { Segment::Move(point) } else { Segment::Line(point) });
    }
    path.push(Segment::Close);
    let mask = match clip {
        Some(clip) => clip.clone(),
        None => full_mask(target.width(), target.height())?,
    };
    Some(intersect(mask, path.to_raster().as_ref(), FillRule::Winding, offset))
}

/// Draws on a bitmap as a state says.
pub(crate) fn composite(bitmap: &mut Bitmap, has_alpha: bool, state: &State, drawn: &Drawn<'_>) {
    let Some(target) = bitmap.pixels_mut() else { return };
    if state.clip.is_nothing() {
        return;
    }
    let clip = state.clip.mask();
    if state.shadow.are_drawn() && !state.operator.hides_shadows() {
        shadow::draw(target, state, drawn);
    }
    let blend_mode = state.operator.blend_mode();
    if state.operator.clears_around() {
        let Some(mut layer) = Pixmap::new(target.width(), target.height()) else { return };
        drawn.paint(&mut layer, BlendMode::SourceOver, None, Transform::identity());
        draw_layer(target, &layer, (0, 0), state.operator, clip);
    } else {
        drawn.paint(target, blend_mode, clip, Transform::identity());
    }
    if !has_alpha && blend_mode != BlendMode::SourceOver {
        bitmap.make_opaque();
    }
}

/// Composites a layer whose corner is at `to`.
pub(crate) fn draw_layer(
    target: &mut Pixmap,
    layer: &Pixmap,
    to: (i32, i32),
    operator: Operator,
    clip: Option<&Mask>,
) {
    let paint = PixmapPaint { blend_mode: operator.blend_mode(), ..PixmapPaint::default() };
    let draw = |target: &mut Pixmap, clip: Option<&Mask>| {
        target.draw_pixmap(to.0, to.1, layer.as_ref(), &paint, Transform::identity(), clip);
    };
    match clip {
        // The rasterizer takes a mask for a part of the layer's alpha, which is not the same for these operators.
        Some(clip) if operator.clears_around() => {
            let mut composited = target.clone();
            draw(&mut composited, None);
            let (places, _) = target.data_mut().as_chunks_mut::<4>();
            let (results, _) = composited.data().as_chunks::<4>();
            for ((place, result), coverage) in places.iter_mut().zip(results).zip(clip.data()) {
                for (own, new) in place.iter_mut().zip(result) {
                    let (coverage, rest) = (u16::from(*coverage), u16::from(255 - *coverage));
                    let mixed = (u16::from(*own) * rest + u16::from(*new) * coverage + 127) / 255;
                    *own = u8::try_from(mixed).unwrap_or(u8::MAX);
                }
            }
        }
        clip => draw(target, clip),
    }
}

//! [Tracing a path](https://html.spec.whatwg.org/multipage/canvas.html#trace-a-path).

use tiny_skia::{PathStroker, Stroke, StrokeDash};

use crate::matrix::Matrix;
use crate::path::Path;
use crate::state::{LineCap, LineJoin, LineStyles};

/// The outline of a line along a path. Path and outline are in coordinates that `matrix` has been applied to; the line has
/// its width in those before.
pub(crate) fn trace(path: &Path, styles: &LineStyles, matrix: &Matrix) -> Option<Path> {
    let inverse = matrix.inverse()?;
    let path = path.transformed(&inverse).without_zero_length_lines().to_raster()?;
    let scale = PathStroker::compute_resolution_scale(&matrix.to_raster());
    #[expect(clippy::cast_possible_truncation, reason = "the rasterizer's precision")]
    let number = |number: f64| number as f32;
    let lengths = styles.dash_list.iter().map(|length| number(*length)).collect();
    let path = match StrokeDash::new(lengths, number(styles.dash_offset)) {
        Some(dash) => path.dash(&dash, scale)?,
        None => path,
    };
    let stroke = Stroke {
        width: number(styles.width),
        miter_limit: number(styles.miter_limit),
        line_cap: match styles.cap {
            LineCap::Butt => tiny_skia::LineCap::Butt,
            LineCap::Round => tiny_skia::LineCap::Round,
            LineCap::Square => tiny_skia::LineCap::Square,
        },
        line_join: match styles.join {
            LineJoin::Round => tiny_skia::LineJoin::Round,
            LineJoin::Bevel => tiny_skia::LineJoin::Bevel,
            LineJoin::Miter => tiny_skia::LineJoin::Miter,
        },
        dash: None,
    };
    Some(Path::from_raster(&path.stroke(&stroke, scale)?).transformed(matrix))
}

//! [Drawing shadows](https://html.spec.whatwg.org/multipage/canvas.html#shadows).

use tiny_skia::{BlendMode, Pixmap, Transform};

use crate::compositing::{Drawn, draw_layer};
use crate::state::State;

/// How far outside of the bitmap, in pixels, something may lie whose blurred shadow is still seen in it.
const WIDEST_MARGIN: f64 = 1024.0;

/// Draws the shadow of something.
pub(crate) fn draw(target: &mut Pixmap, state: &State, drawn: &Drawn<'_>) {
    let sigma = state.shadow.blur / 2.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1024")]
    let margin = (sigma * 3.0).ceil().clamp(0.0, WIDEST_MARGIN) as u32;
    let (width, height) = (target.width() + margin * 2, target.height() + margin * 2);
    let Some(mut layer) = Pixmap::new(width, height) else { return };
    #[expect(clippy::cast_possible_truncation, reason = "the rasterizer's precision")]
    let place = |offset: f64| (offset + f64::from(margin)).clamp(-1e6, 1e6) as f32;
    let offset = Transform::from_translate(place(state.shadow.offset_x), place(state.shadow.offset_y));
    drawn.paint(&mut layer, BlendMode::SourceOver, None, offset);

    let mut alphas: Vec<u8> = layer.pixels().iter().map(|pixel| pixel.alpha()).collect();
    if sigma > 0.0 {
        blur(&mut alphas, width as usize, height as usize, sigma);
    }
    let color = state.shadow.color.to_raster(1.0);
    for (pixel, alpha) in layer.pixels_mut().iter_mut().zip(alphas) {
        let mut color = color;
        color.apply_opacity(f32::from(alpha) / 255.0);
        *pixel = color.premultiply().to_color_u8();
    }
    let to = -i32::try_from(margin).unwrap_or_default();
    draw_layer(target, &layer, (to, to), state.operator, state.clip.mask());
}

/// A Gaussian blur, by [three box blurs](https://www.w3.org/TR/filter-effects-1/#feGaussianBlurElement) in either direction.
fn blur(alphas: &mut [u8], width: usize, height: usize, sigma: f64) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "no larger than the layer")]
    let size = (sigma * 3.0 * std::f64::consts::TAU.sqrt() / 4.0 + 0.5).clamp(1.0, 4096.0) as usize;
    // The boxes of an even size are off the middle, once to either side.
    let boxes = if size % 2 == 1 {
        [(size / 2, size / 2); 3]
    } else {
        [(size / 2, size / 2 - 1), (size / 2 - 1, size / 2), (size / 2, size / 2)]
    };
    for (before, after) in boxes {
        for row in alphas.chunks_exact_mut(width) {
            let line: Vec<u8> = row.to_vec();
            box_blur(&line, before, after, |place, value| row[place] = value);
        }
        for column in 0..width {
            let line: Vec<u8> = (0..height).map(|row| alphas[row * width + column]).collect();
            box_blur(&line, before, after, |place, value| alphas[place * width + column] = value);
        }
    }
}

/// The mean of each place's neighbours.
fn box_blur(line: &[u8], before: usize, after: usize, mut set: impl FnMut(usize, u8)) {
    let size = before + after + 1;
    let mut sum: usize = line.iter().take(after).map(|value| usize::from(*value)).sum();
    for place in 0..line.len() {
        sum += line.get(place + after).map_or(0, |value| usize::from(*value));
        let mean = (sum + size / 2) / size;
        set(place, u8::try_from(mean).unwrap_or(u8::MAX));
        if let Some(gone) = place.checked_sub(before) {
            sum -= usize::from(line[gone]);
        }
    }
}

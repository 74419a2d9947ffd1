//! Making images smaller before they are drawn much smaller: interpolation looks at four pixels, and would skip the others.

use tiny_skia::{Pixmap, PremultipliedColorU8};

/// An image that is a power of two smaller, and how many pixels of the original one of it stands for, to the right and downwards.
pub(crate) struct Shrunk {
    pub(crate) pixmap: Pixmap,
    pub(crate) columns: f64,
    pub(crate) rows: f64,
}

/// Shrinks an image so far that at least half a pixel of the output belongs to each of its pixels, if `scale_x` and `scale_y` are
/// how large a pixel of the original comes to be. `None` if it is not drawn that small.
pub(crate) fn shrink(image: &Pixmap, scale_x: f64, scale_y: f64) -> Option<Shrunk> {
    let mut shrunk: Option<Shrunk> = None;
    let (mut columns, mut rows) = (1.0, 1.0);
    loop {
        let current = shrunk.as_ref().map_or(image, |shrunk| &shrunk.pixmap);
        let by_column = scale_x * columns < 0.5 && current.width() > 1;
        let by_row = scale_y * rows < 0.5 && current.height() > 1;
        if !by_column && !by_row {
            return shrunk;
        }
        let pixmap = halve(current, by_column, by_row)?;
        columns *= if by_column { 2.0 } else { 1.0 };
        rows *= if by_row { 2.0 } else { 1.0 };
        shrunk = Some(Shrunk { pixmap, columns, rows });
    }
}

/// Each pixel is the mean of two, or of four. What is over at an edge counts twice.
fn halve(image: &Pixmap, by_column: bool, by_row: bool) -> Option<Pixmap> {
    let (width, height) = (image.width() as usize, image.height() as usize);
    let (step_x, step_y) = (1 + usize::from(by_column), 1 + usize::from(by_row));
    let (columns, rows) = (width.div_ceil(step_x), height.div_ceil(step_y));
    let mut halved = Pixmap::new(u32::try_from(columns).ok()?, u32::try_from(rows).ok()?)?;
    let pixels = image.pixels();
    for (place, pixel) in halved.pixels_mut().iter_mut().enumerate() {
        let (left, top) = (place % columns * step_x, place / columns * step_y);
        let (right, bottom) = ((left + step_x).min(width) - 1, (top + step_y).min(height) - 1);
        let all = [top * width + left, top * width + right, bottom * width + left, bottom * width + right];
        let mean = |component: fn(&PremultipliedColorU8) -> u8| {
            let sum: u16 = all.iter().map(|place| u16::from(component(&pixels[*place]))).sum();
            u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX)
        };
        let alpha = mean(|pixel| pixel.alpha());
        let color = [mean(|pixel| pixel.red()), mean(|pixel| pixel.green()), mean(|pixel| pixel.blue())];
        let [red, green, blue] = color.map(|component| component.min(alpha));
        if let Some(mixed) = PremultipliedColorU8::from_rgba(red, green, blue, alpha) {
            *pixel = mixed;
        }
    }
    Some(halved)
}

//! [Clipping regions](https://html.spec.whatwg.org/multipage/canvas.html#clipping-region).

use std::rc::Rc;

use tiny_skia::{FillRule, Mask, Transform};

use crate::memory::Reserved;
use crate::path::Path;

/// A clipping region.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clip {
    /// Nothing is outside of it.
    #[default]
    Everything,
    /// How much of each pixel is inside.
    Mask(Rc<Reserved<Mask>>),
    /// Nothing is inside of it; so it is as well when there is no memory for a mask.
    Nothing,
}

impl Clip {
    /// Whether nothing can be drawn.
    pub(crate) const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    /// The mask, if there is one.
    pub(crate) fn mask(&self) -> Option<&Mask> {
        match self {
            Self::Mask(mask) => Some(&mask.value),
            Self::Everything | Self::Nothing => None,
        }
    }

    /// What of it is inside of a path, for a bitmap of that size.
    pub(crate) fn intersected(&self, width: u32, height: u32, path: &Path, rule: FillRule) -> Self {
        let make = || -> Option<Reserved<Mask>> {
            let bytes = u64::from(width) * u64::from(height);
            let path = path.to_raster()?;
            Reserved::new(bytes, || {
                let mask = match self {
                    Self::Nothing => return None,
                    Self::Mask(mask) => mask.value.clone(),
                    Self::Everything => full_mask(width, height)?,
                };
                Some(intersect(mask, Some(&path), rule, Transform::identity()))
            })
        };
        make().map_or(Self::Nothing, |mask| Self::Mask(Rc::new(mask)))
    }
}

/// A mask with everything inside.
pub(crate) fn full_mask(width: u32, height: u32) -> Option<Mask> {
    let mut mask = Mask::new(width, height)?;
    mask.data_mut().fill(255);
    Some(mask)
}

/// What of a mask is inside of a path.
pub(crate) fn intersect(
    mut mask: Mask,
    path: Option<&tiny_skia::Path>,
    rule: FillRule,
    offset: Transform,
) -> Mask {
    match path {
        Some(path) => mask.intersect_path(path, rule, true, offset),
        None => mask.clear(),
    }
    mask
}

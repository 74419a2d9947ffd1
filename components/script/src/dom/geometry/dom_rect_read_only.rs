//! [`DOMRectReadOnly`](https://drafts.csswg.org/geometry-1/#domrectreadonly).

use std::cell::Cell;

use bgfetch_js::{Fallible, Realm, Reflector, Root, platform_object, trace_fields};

use crate::bindings::{DOMRectInit, DOMRectReadOnlyMethods};

/// `DOMRectReadOnly`.
pub(crate) struct DOMRectReadOnly {
    reflector: Reflector,
    pub(super) x: Cell<f64>,
    pub(super) y: Cell<f64>,
    pub(super) width: Cell<f64>,
    pub(super) height: Cell<f64>,
}

trace_fields!(DOMRectReadOnly {});
platform_object!(DOMRectReadOnly);

impl DOMRectReadOnly {
    /// The rectangle with these sizes: x, y, width, height.
    pub(crate) fn new([x, y, width, height]: [f64; 4]) -> Self {
        Self {
            reflector: Reflector::new(),
            x: Cell::new(x),
            y: Cell::new(y),
            width: Cell::new(width),
            height: Cell::new(height),
        }
    }

    /// Its sizes: x, y, width, height.
    pub(crate) fn sizes(&self) -> [f64; 4] {
        [self.x.get(), self.y.get(), self.width.get(), self.height.get()]
    }
}

/// The sizes that a page gave.
pub(super) const fn sizes_of(init: &DOMRectInit) -> [f64; 4] {
    [init.x, init.y, init.width, init.height]
}

/// The lesser number, or NaN if one is: [NaN-safe minimum](https://drafts.csswg.org/geometry-1/#nan-safe-minimum).
pub(super) fn minimum(first: f64, second: f64) -> f64 {
    if first.is_nan() || second.is_nan() { f64::NAN } else { first.min(second) }
}

/// The greater number, or NaN if one is: [NaN-safe maximum](https://drafts.csswg.org/geometry-1/#nan-safe-maximum).
pub(super) fn maximum(first: f64, second: f64) -> f64 {
    if first.is_nan() || second.is_nan() { f64::NAN } else { first.max(second) }
}

impl DOMRectReadOnlyMethods for DOMRectReadOnly {
    fn constructor(_: &Realm, x: f64, y: f64, width: f64, height: f64) -> Fallible<Self> {
        Ok(Self::new([x, y, width, height]))
    }

    fn x(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.x.get())
    }

    fn y(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.y.get())
    }

    fn width(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.width.get())
    }

    fn height(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.height.get())
    }

    fn top(&self, _: &Realm) -> Fallible<f64> {
        Ok(minimum(self.y.get(), self.y.get() + self.height.get()))
    }

    fn right(&self, _: &Realm) -> Fallible<f64> {
        Ok(maximum(self.x.get(), self.x.get() + self.width.get()))
    }

    fn bottom(&self, _: &Realm) -> Fallible<f64> {
        Ok(maximum(self.y.get(), self.y.get() + self.height.get()))
    }

    fn left(&self, _: &Realm) -> Fallible<f64> {
        Ok(minimum(self.x.get(), self.x.get() + self.width.get()))
    }

    fn from_rect(realm: &Realm, other: DOMRectInit) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(sizes_of(&other)))
    }
}

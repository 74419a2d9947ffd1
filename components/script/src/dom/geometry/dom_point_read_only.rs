//! [`DOMPointReadOnly`](https://drafts.csswg.org/geometry-1/#dompointreadonly).

use std::cell::Cell;

use bgfetch_js::{Fallible, Realm, Reflector, Root, platform_object, trace_fields};

use super::matrix::Matrix;
use crate::bindings::{DOMMatrixInit, DOMPointInit, DOMPointReadOnlyMethods};
use crate::dom::DOMPoint;

/// `DOMPointReadOnly`.
pub(crate) struct DOMPointReadOnly {
    reflector: Reflector,
    pub(super) x: Cell<f64>,
    pub(super) y: Cell<f64>,
    pub(super) z: Cell<f64>,
    pub(super) w: Cell<f64>,
}

trace_fields!(DOMPointReadOnly {});
platform_object!(DOMPointReadOnly);

impl DOMPointReadOnly {
    /// The point with these coordinates: x, y, z, w.
    pub(crate) fn new([x, y, z, w]: [f64; 4]) -> Self {
        Self {
            reflector: Reflector::new(),
            x: Cell::new(x),
            y: Cell::new(y),
            z: Cell::new(z),
            w: Cell::new(w),
        }
    }

    /// Its coordinates: x, y, z, w.
    pub(crate) fn coordinates(&self) -> [f64; 4] {
        [self.x.get(), self.y.get(), self.z.get(), self.w.get()]
    }
}

/// The coordinates that a page gave.
pub(super) const fn coordinates_of(init: &DOMPointInit) -> [f64; 4] {
    [init.x, init.y, init.z, init.w]
}

impl DOMPointReadOnlyMethods for DOMPointReadOnly {
    fn constructor(_: &Realm, x: f64, y: f64, z: f64, w: f64) -> Fallible<Self> {
        Ok(Self::new([x, y, z, w]))
    }

    fn x(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.x.get())
    }

    fn y(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.y.get())
    }

    fn z(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.z.get())
    }

    fn w(&self, _: &Realm) -> Fallible<f64> {
        Ok(self.w.get())
    }

    fn from_point(realm: &Realm, other: DOMPointInit) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(coordinates_of(&other)))
    }

    /// [`matrixTransform()`](https://drafts.csswg.org/geometry-1/#dom-dompointreadonly-matrixtransform)
    fn matrix_transform(&self, realm: &Realm, matrix: DOMMatrixInit) -> Fallible<Root<DOMPoint>> {
        let matrix = Matrix::of_init(&matrix)?;
        realm.wrap(DOMPoint::new(matrix.transform(self.coordinates())))
    }
}

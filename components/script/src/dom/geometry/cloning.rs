//! [Structured cloning](https://drafts.csswg.org/geometry-1/#structured-serialization) of geometry: each object is its interface
//! and its numbers.

use bgfetch_js::{Fallible, Object, Realm, Root, Value};

use super::matrix::Matrix;
use crate::dom::{
    DOMMatrix, DOMMatrixReadOnly, DOMPoint, DOMPointReadOnly, DOMQuad, DOMRect, DOMRectReadOnly,
};

/// Which interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum GeometryKind {
    PointReadOnly,
    Point,
    RectReadOnly,
    Rect,
    Quad,
    MatrixReadOnly,
    Matrix,
}

impl GeometryKind {
    /// The kind of that number.
    pub(crate) fn of_number(number: u8) -> Option<Self> {
        use GeometryKind::{Matrix, MatrixReadOnly, Point, PointReadOnly, Quad, Rect, RectReadOnly};
        [PointReadOnly, Point, RectReadOnly, Rect, Quad, MatrixReadOnly, Matrix]
            .into_iter()
            .find(|kind| *kind as u8 == number)
    }

    /// How many numbers such an object has.
    pub(crate) const fn count(self) -> usize {
        match self {
            Self::PointReadOnly | Self::Point | Self::RectReadOnly | Self::Rect => 4,
            Self::Quad => 16,
            // And whether it is 2D.
            Self::MatrixReadOnly | Self::Matrix => 17,
        }
    }
}

/// The numbers of an object of geometry, if the value is one.
pub(crate) fn numbers_of(value: &Value) -> Option<(GeometryKind, Vec<f64>)> {
    if let Some(point) = Root::<DOMPointReadOnly>::from_value(value) {
        let kind = match point.downcast::<DOMPoint>() {
            Some(_) => GeometryKind::Point,
            None => GeometryKind::PointReadOnly,
        };
        return Some((kind, point.coordinates().to_vec()));
    }
    if let Some(rect) = Root::<DOMRectReadOnly>::from_value(value) {
        let kind = match rect.downcast::<DOMRect>() {
            Some(_) => GeometryKind::Rect,
            None => GeometryKind::RectReadOnly,
        };
        return Some((kind, rect.sizes().to_vec()));
    }
    if let Some(quad) = Root::<DOMQuad>::from_value(value) {
        return Some((GeometryKind::Quad, quad.corners().as_flattened().to_vec()));
    }
    let object = Root::<DOMMatrixReadOnly>::from_value(value)?;
    let kind = match object.downcast::<DOMMatrix>() {
        Some(_) => GeometryKind::Matrix,
        None => GeometryKind::MatrixReadOnly,
    };
    let matrix = object.matrix.get();
    let mut numbers = matrix.columns().as_flattened().to_vec();
    numbers.push(f64::from(u8::from(matrix.is_2d)));
    Some((kind, numbers))
}

/// The object with these numbers; `None` if they are not as many as it has.
pub(crate) fn restore(realm: &Realm, kind: GeometryKind, numbers: &[f64]) -> Option<Fallible<Object>> {
    let (fours, rest) = numbers.as_chunks::<4>();
    let matrix = || Some(Matrix::new(fours.try_into().ok()?, rest.first().copied() == Some(1.0)));
    let first = fours.first().copied()?;
    Some(match kind {
        GeometryKind::PointReadOnly => {
            realm.wrap(DOMPointReadOnly::new(first)).map(|object| object.to_object())
        }
        GeometryKind::Point => realm.wrap(DOMPoint::new(first)).map(|object| object.to_object()),
        GeometryKind::RectReadOnly => {
            realm.wrap(DOMRectReadOnly::new(first)).map(|object| object.to_object())
        }
        GeometryKind::Rect => realm.wrap(DOMRect::new(first)).map(|object| object.to_object()),
        GeometryKind::Quad => {
            let quad = DOMQuad::new(realm, fours.try_into().ok()?);
            quad.and_then(|quad| realm.wrap(quad)).map(|object| object.to_object())
        }
        GeometryKind::MatrixReadOnly => {
            realm.wrap(DOMMatrixReadOnly::new(matrix()?)).map(|object| object.to_object())
        }
        GeometryKind::Matrix => realm.wrap(DOMMatrix::new(matrix()?)).map(|object| object.to_object()),
    })
}

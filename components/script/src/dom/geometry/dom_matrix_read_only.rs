//! [`DOMMatrixReadOnly`](https://drafts.csswg.org/geometry-1/#dommatrixreadonly).

use std::cell::Cell;

use bgfetch_js::{
    DomString, Exception, Fallible, FromJs, Realm, Reflector, Root, TypedArray, TypedArrayKind, Value,
    platform_object, trace_fields,
};

use super::dom_point_read_only::coordinates_of;
use super::matrix::Matrix;
use super::transform_list;
use crate::bindings::{DOMMatrixInit, DOMMatrixReadOnlyMethods, DOMPointInit, DomStringOrDoubleSequence};
use crate::dom::{DOMMatrix, DOMPoint, Window};

/// `DOMMatrixReadOnly`.
pub(crate) struct DOMMatrixReadOnly {
    reflector: Reflector,
    pub(super) matrix: Cell<Matrix>,
}

trace_fields!(DOMMatrixReadOnly {});
platform_object!(DOMMatrixReadOnly);

impl DOMMatrixReadOnly {
    /// An object for a matrix.
    pub(crate) const fn new(matrix: Matrix) -> Self {
        Self { reflector: Reflector::new(), matrix: Cell::new(matrix) }
    }
}

/// What the [constructors](https://drafts.csswg.org/geometry-1/#dom-dommatrixreadonly-dommatrixreadonly) are given.
pub(super) fn matrix_of(realm: &Realm, init: Option<DomStringOrDoubleSequence>) -> Fallible<Matrix> {
    match init {
        None => Ok(Matrix::IDENTITY),
        Some(DomStringOrDoubleSequence::DomString(text)) => {
            if realm.global_as::<Window>().is_none() {
                return Err(Exception::type_error("a transform list cannot be parsed in a worker"));
            }
            transform_list::parse(&text)
        }
        Some(DomStringOrDoubleSequence::DoubleSequence(numbers)) => Matrix::of_numbers(&numbers),
    }
}

/// A matrix of an array of 32-bit numbers.
pub(super) fn of_float32_array(realm: &Realm, array: &TypedArray) -> Fallible<Matrix> {
    let bytes = array.to_view().to_vec(realm);
    let (numbers, _) = bytes.as_chunks::<4>();
    let numbers: Vec<f64> = numbers.iter().map(|number| f64::from(f32::from_ne_bytes(*number))).collect();
    Matrix::of_numbers(&numbers)
}

/// A matrix of an array of 64-bit numbers.
pub(super) fn of_float64_array(realm: &Realm, array: &TypedArray) -> Fallible<Matrix> {
    let bytes = array.to_view().to_vec(realm);
    let (numbers, _) = bytes.as_chunks::<8>();
    let numbers: Vec<f64> = numbers.iter().map(|number| f64::from_ne_bytes(*number)).collect();
    Matrix::of_numbers(&numbers)
}

/// Getters of elements.
macro_rules! elements {
    ($($name:ident: $column:literal $row:literal),+ $(,)?) => {
        $(fn $name(&self, _: &Realm) -> Fallible<f64> {
            Ok(self.matrix.get().get($column, $row))
        })+
    };
}

impl DOMMatrixReadOnlyMethods for DOMMatrixReadOnly {
    elements! {
        a: 1 1, b: 1 2, c: 2 1, d: 2 2, e: 4 1, f: 4 2,
        m11: 1 1, m12: 1 2, m13: 1 3, m14: 1 4, m21: 2 1, m22: 2 2, m23: 2 3, m24: 2 4,
        m31: 3 1, m32: 3 2, m33: 3 3, m34: 3 4, m41: 4 1, m42: 4 2, m43: 4 3, m44: 4 4,
    }

    fn constructor(realm: &Realm, init: Option<DomStringOrDoubleSequence>) -> Fallible<Self> {
        matrix_of(realm, init).map(Self::new)
    }

    fn is2_d(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.matrix.get().is_2d)
    }

    fn is_identity(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.matrix.get().is_identity())
    }

    /// [The stringification behavior](https://drafts.csswg.org/geometry-1/#dommatrixreadonly-stringification-behavior)
    fn stringify(&self, realm: &Realm) -> Fallible<DomString> {
        // Step 1.
        let matrix = self.matrix.get();
        let numbers = matrix.columns().as_flattened();
        if !numbers.iter().all(|number| number.is_finite()) {
            let message = "a matrix with a number that is not finite has no text";
            return Err(Exception::dom("InvalidStateError", message));
        }
        // Steps 2 to 4.
        let [c1, c2, _, c4] = matrix.columns();
        let (name, shown) = if matrix.is_2d {
            ("matrix", vec![c1[0], c1[1], c2[0], c2[1], c4[0], c4[1]])
        } else {
            ("matrix3d", numbers.to_vec())
        };
        let text = |number| DomString::from_js(realm, &Value::number(number)).map(DomString::into_string);
        let shown: Vec<String> = shown.into_iter().map(text).collect::<Fallible<_>>()?;
        Ok(format!("{name}({})", shown.join(", ")).into())
    }

    fn from_matrix(realm: &Realm, other: DOMMatrixInit) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(Matrix::of_init(&other)?))
    }

    fn from_float32_array(realm: &Realm, array32: TypedArray) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(of_float32_array(realm, &array32)?))
    }

    fn from_float64_array(realm: &Realm, array64: TypedArray) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(of_float64_array(realm, &array64)?))
    }

    fn translate(&self, realm: &Realm, tx: f64, ty: f64, tz: f64) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().translate(tx, ty, tz)))
    }

    fn scale(
        &self,
        realm: &Realm,
        scale_x: f64,
        scale_y: Option<f64>,
        scale_z: f64,
        origin_x: f64,
        origin_y: f64,
        origin_z: f64,
    ) -> Fallible<Root<DOMMatrix>> {
        let factors = [scale_x, scale_y.unwrap_or(scale_x), scale_z];
        realm.wrap(DOMMatrix::new(self.matrix.get().scale(factors, [origin_x, origin_y, origin_z])))
    }

    fn scale_non_uniform(&self, realm: &Realm, scale_x: f64, scale_y: f64) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().scale([scale_x, scale_y, 1.0], [0.0; 3])))
    }

    fn scale3d(
        &self,
        realm: &Realm,
        scale: f64,
        origin_x: f64,
        origin_y: f64,
        origin_z: f64,
    ) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().scale([scale; 3], [origin_x, origin_y, origin_z])))
    }

    fn rotate(
        &self,
        realm: &Realm,
        rot_x: f64,
        rot_y: Option<f64>,
        rot_z: Option<f64>,
    ) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().rotate_by(rot_x, rot_y, rot_z)))
    }

    fn rotate_from_vector(&self, realm: &Realm, x: f64, y: f64) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().rotate_from_vector(x, y)))
    }

    fn rotate_axis_angle(
        &self,
        realm: &Realm,
        x: f64,
        y: f64,
        z: f64,
        angle: f64,
    ) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().rotate([x, y, z], angle)))
    }

    fn skew_x(&self, realm: &Realm, sx: f64) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().skew(sx, 0.0)))
    }

    fn skew_y(&self, realm: &Realm, sy: f64) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().skew(0.0, sy)))
    }

    fn multiply(&self, realm: &Realm, other: DOMMatrixInit) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().multiply(&Matrix::of_init(&other)?)))
    }

    fn flip_x(&self, realm: &Realm) -> Fallible<Root<DOMMatrix>> {
        let flip = Matrix::new_2d([-1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        realm.wrap(DOMMatrix::new(self.matrix.get().multiply(&flip)))
    }

    fn flip_y(&self, realm: &Realm) -> Fallible<Root<DOMMatrix>> {
        let flip = Matrix::new_2d([1.0, 0.0, 0.0, -1.0, 0.0, 0.0]);
        realm.wrap(DOMMatrix::new(self.matrix.get().multiply(&flip)))
    }

    fn inverse(&self, realm: &Realm) -> Fallible<Root<DOMMatrix>> {
        realm.wrap(DOMMatrix::new(self.matrix.get().invert()))
    }

    fn transform_point(&self, realm: &Realm, point: DOMPointInit) -> Fallible<Root<DOMPoint>> {
        realm.wrap(DOMPoint::new(self.matrix.get().transform(coordinates_of(&point))))
    }

    fn to_float32_array(&self, realm: &Realm) -> Fallible<TypedArray> {
        #[expect(clippy::cast_possible_truncation, reason = "that is what is asked for")]
        let bytes = |number: &f64| (*number as f32).to_ne_bytes();
        let bytes = self.matrix.get().columns().as_flattened().iter().flat_map(bytes).collect();
        TypedArray::from_vec(realm, TypedArrayKind::Float32, bytes)
    }

    fn to_float64_array(&self, realm: &Realm) -> Fallible<TypedArray> {
        let matrix = self.matrix.get();
        let bytes = matrix.columns().as_flattened().iter().flat_map(|number| number.to_ne_bytes()).collect();
        TypedArray::from_vec(realm, TypedArrayKind::Float64, bytes)
    }
}

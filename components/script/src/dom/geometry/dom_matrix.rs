//! [`DOMMatrix`](https://drafts.csswg.org/geometry-1/#dommatrix).

use bgfetch_js::{
    DomString, Fallible, PlatformObject, Realm, Root, TypedArray, platform_object, trace_fields,
};

use super::dom_matrix_read_only::{matrix_of, of_float32_array, of_float64_array};
use super::matrix::Matrix;
use super::transform_list;
use crate::bindings::{DOMMatrixInit, DOMMatrixMethods, DomStringOrDoubleSequence};
use crate::dom::DOMMatrixReadOnly;

/// `DOMMatrix`.
pub(crate) struct DOMMatrix {
    read_only: DOMMatrixReadOnly,
}

trace_fields!(DOMMatrix { read_only });
platform_object!(DOMMatrix: DOMMatrixReadOnly via read_only);

impl DOMMatrix {
    /// An object for a matrix.
    pub(crate) const fn new(matrix: Matrix) -> Self {
        Self { read_only: DOMMatrixReadOnly::new(matrix) }
    }

    /// An object for a 2D matrix: its elements a to f.
    pub(crate) const fn of_2d(elements: [f64; 6]) -> Self {
        Self::new(Matrix::new_2d(elements))
    }

    fn become_matrix(&self, matrix: Matrix) -> Fallible<Root<Self>> {
        self.matrix.set(matrix);
        Ok(self.root())
    }
}

/// Setters of elements.
macro_rules! elements {
    ($($name:ident: $column:literal $row:literal),+ $(,)?) => {
        $(fn $name(&self, _: &Realm, value: f64) -> Fallible<()> {
            let mut matrix = self.matrix.get();
            matrix.set($column, $row, value);
            self.matrix.set(matrix);
            Ok(())
        })+
    };
}

impl DOMMatrixMethods for DOMMatrix {
    elements! {
        set_a: 1 1, set_b: 1 2, set_c: 2 1, set_d: 2 2, set_e: 4 1, set_f: 4 2,
        set_m11: 1 1, set_m12: 1 2, set_m13: 1 3, set_m14: 1 4,
        set_m21: 2 1, set_m22: 2 2, set_m23: 2 3, set_m24: 2 4,
        set_m31: 3 1, set_m32: 3 2, set_m33: 3 3, set_m34: 3 4,
        set_m41: 4 1, set_m42: 4 2, set_m43: 4 3, set_m44: 4 4,
    }

    fn constructor(realm: &Realm, init: Option<DomStringOrDoubleSequence>) -> Fallible<Self> {
        matrix_of(realm, init).map(Self::new)
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

    fn multiply_self(&self, _: &Realm, other: DOMMatrixInit) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().multiply(&Matrix::of_init(&other)?))
    }

    fn pre_multiply_self(&self, _: &Realm, other: DOMMatrixInit) -> Fallible<Root<Self>> {
        self.become_matrix(Matrix::of_init(&other)?.multiply(&self.matrix.get()))
    }

    fn translate_self(&self, _: &Realm, tx: f64, ty: f64, tz: f64) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().translate(tx, ty, tz))
    }

    fn scale_self(
        &self,
        _: &Realm,
        scale_x: f64,
        scale_y: Option<f64>,
        scale_z: f64,
        origin_x: f64,
        origin_y: f64,
        origin_z: f64,
    ) -> Fallible<Root<Self>> {
        let factors = [scale_x, scale_y.unwrap_or(scale_x), scale_z];
        self.become_matrix(self.matrix.get().scale(factors, [origin_x, origin_y, origin_z]))
    }

    fn scale3d_self(
        &self,
        _: &Realm,
        scale: f64,
        origin_x: f64,
        origin_y: f64,
        origin_z: f64,
    ) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().scale([scale; 3], [origin_x, origin_y, origin_z]))
    }

    fn rotate_self(
        &self,
        _: &Realm,
        rot_x: f64,
        rot_y: Option<f64>,
        rot_z: Option<f64>,
    ) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().rotate_by(rot_x, rot_y, rot_z))
    }

    fn rotate_from_vector_self(&self, _: &Realm, x: f64, y: f64) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().rotate_from_vector(x, y))
    }

    fn rotate_axis_angle_self(&self, _: &Realm, x: f64, y: f64, z: f64, angle: f64) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().rotate([x, y, z], angle))
    }

    fn skew_x_self(&self, _: &Realm, sx: f64) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().skew(sx, 0.0))
    }

    fn skew_y_self(&self, _: &Realm, sy: f64) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().skew(0.0, sy))
    }

    fn invert_self(&self, _: &Realm) -> Fallible<Root<Self>> {
        self.become_matrix(self.matrix.get().invert())
    }

    fn set_matrix_value(&self, _: &Realm, transform_list: DomString) -> Fallible<Root<Self>> {
        self.become_matrix(transform_list::parse(&transform_list)?)
    }
}

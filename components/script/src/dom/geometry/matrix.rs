//! The arithmetic of [matrices](https://drafts.csswg.org/geometry-1/#DOMMatrix).

use bgfetch_js::{Exception, Fallible};

use crate::bindings::{DOMMatrix2DInit, DOMMatrixInit};

/// A matrix of 4 x 4 numbers, with its [is 2D](https://drafts.csswg.org/geometry-1/#matrix-is-2d).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Matrix {
    /// Its columns, as they are in the standard's pictures: m11 to m14, m21 to m24, m31 to m34, m41 to m44.
    columns: [[f64; 4]; 4],
    pub(crate) is_2d: bool,
}

/// A [unit vector](https://drafts.csswg.org/geometry-1/#dom-dommatrix-rotateaxisangleself) to turn around.
pub(super) type Axis = [f64; 3];

fn is_zero(number: f64) -> bool {
    number == 0.0
}

#[expect(clippy::float_cmp, reason = "exactly one is meant")]
fn is_one(number: f64) -> bool {
    number == 1.0
}

/// [SameValueZero](https://tc39.es/ecma262/#sec-samevaluezero)
#[expect(clippy::float_cmp, reason = "the same number is meant")]
fn same_value_zero(first: f64, second: f64) -> bool {
    first == second || (first.is_nan() && second.is_nan())
}

impl Matrix {
    pub(super) const IDENTITY: Self = Self {
        columns: [[1.0, 0.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]],
        is_2d: true,
    };

    /// [Creates a 2D matrix](https://drafts.csswg.org/geometry-1/#create-a-2d-matrix): a, b, c, d, e, f.
    pub(super) const fn new_2d([a, b, c, d, e, f]: [f64; 6]) -> Self {
        let columns = [[a, b, 0.0, 0.0], [c, d, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0], [e, f, 0.0, 1.0]];
        Self { columns, is_2d: true }
    }

    /// A matrix of its columns.
    pub(crate) const fn new(columns: [[f64; 4]; 4], is_2d: bool) -> Self {
        Self { columns, is_2d }
    }

    /// [Of a list of numbers](https://drafts.csswg.org/geometry-1/#dom-dommatrixreadonly-dommatrixreadonly): 6 of a 2D matrix, or
    /// all 16.
    pub(super) fn of_numbers(numbers: &[f64]) -> Fallible<Self> {
        if let Ok(six) = <[f64; 6]>::try_from(numbers) {
            return Ok(Self::new_2d(six));
        }
        let (columns, rest) = numbers.as_chunks::<4>();
        match <[[f64; 4]; 4]>::try_from(columns) {
            Ok(columns) if rest.is_empty() => Ok(Self::new(columns, false)),
            _ => {
                let count = numbers.len();
                Err(Exception::type_error(format!("a matrix has 6 or 16 numbers, and these are {count}")))
            }
        }
    }

    /// [Of a dictionary](https://drafts.csswg.org/geometry-1/#create-a-dommatrix-from-the-dictionary), which is validated.
    pub(super) fn of_init(init: &DOMMatrixInit) -> Fallible<Self> {
        let [a, b, c, d, e, f] = fixed_up_2d(&init.parent)?;
        let columns = [
            [a, b, init.m13, init.m14],
            [c, d, init.m23, init.m24],
            [init.m31, init.m32, init.m33, init.m34],
            [e, f, init.m43, init.m44],
        ];
        let flat = Self::has_only_2d(&columns);
        if init.is2_d == Some(true) && !flat {
            return Err(Exception::type_error(
                "is2D is true, and other members are not those of a 2D matrix",
            ));
        }
        Ok(Self { columns, is_2d: init.is2_d.unwrap_or(flat) })
    }

    /// Whether what a 2D matrix does not have is as in the identity matrix.
    fn has_only_2d([c1, c2, c3, c4]: &[[f64; 4]; 4]) -> bool {
        let zeros = [c1[2], c1[3], c2[2], c2[3], c3[0], c3[1], c3[3], c4[2]];
        zeros.into_iter().all(is_zero) && is_one(c3[2]) && is_one(c4[3])
    }

    /// Its numbers, column by column.
    pub(crate) const fn columns(&self) -> &[[f64; 4]; 4] {
        &self.columns
    }

    /// Its element m`column``row`, both from 1.
    pub(super) fn get(&self, column: usize, row: usize) -> f64 {
        self.columns.get(column - 1).and_then(|column| column.get(row - 1)).copied().unwrap_or(f64::NAN)
    }

    /// [Sets an element](https://drafts.csswg.org/geometry-1/#dom-dommatrix-m11): one that a 2D matrix does not have makes it 3D.
    pub(super) fn set(&mut self, column: usize, row: usize, value: f64) {
        if let Some(place) = self.columns.get_mut(column - 1).and_then(|column| column.get_mut(row - 1)) {
            *place = value;
        }
        let is_of_2d = matches!(column, 1 | 2 | 4) && matches!(row, 1 | 2);
        let usual = if column == row { is_one(value) } else { is_zero(value) };
        self.is_2d &= is_of_2d || usual;
    }

    /// [`isIdentity`](https://drafts.csswg.org/geometry-1/#dom-dommatrixreadonly-isidentity)
    pub(super) fn is_identity(&self) -> bool {
        // Negative zeros are equal to zeros.
        self.columns == Self::IDENTITY.columns
    }

    /// Its product with a matrix that is applied before it: [post-multiplies](https://drafts.csswg.org/geometry-1/#post-multiply).
    #[must_use]
    pub(super) fn multiply(&self, other: &Self) -> Self {
        let columns = other.columns.map(|column| self.transform(column));
        Self { columns, is_2d: self.is_2d && other.is_2d }
    }

    /// [Transforms a point](https://drafts.csswg.org/geometry-1/#transform-a-point-with-a-matrix).
    pub(super) fn transform(&self, [x, y, z, w]: [f64; 4]) -> [f64; 4] {
        let [c1, c2, c3, c4] = &self.columns;
        let row = |r: usize| {
            let at = |column: &[f64; 4]| column.get(r).copied().unwrap_or(f64::NAN);
            at(c1) * x + at(c2) * y + at(c3) * z + at(c4) * w
        };
        [row(0), row(1), row(2), row(3)]
    }

    #[must_use]
    pub(super) fn translate(&self, tx: f64, ty: f64, tz: f64) -> Self {
        let mut by = Self::new_2d([1.0, 0.0, 0.0, 1.0, tx, ty]);
        by.set(4, 3, tz);
        self.multiply(&by)
    }

    /// [`scaleSelf()`](https://drafts.csswg.org/geometry-1/#dom-dommatrix-scaleself)
    #[must_use]
    pub(super) fn scale(&self, [x, y, z]: [f64; 3], origin: [f64; 3]) -> Self {
        let mut by = Self::new_2d([x, 0.0, 0.0, y, 0.0, 0.0]);
        by.set(3, 3, z);
        let [ox, oy, oz] = origin;
        self.translate(ox, oy, oz).multiply(&by).translate(-ox, -oy, -oz)
    }

    /// Turned around an axis, by an angle in degrees.
    #[must_use]
    pub(super) fn rotate(&self, axis: Axis, degrees: f64) -> Self {
        let [x, y, z] = axis;
        let length = x.hypot(y).hypot(z);
        let is_2d = is_zero(x) && is_zero(y);
        if is_zero(length) {
            return *self;
        }
        let (x, y, z) = (x / length, y / length, z / length);
        // [The matrix of rotate3d()](https://drafts.csswg.org/css-transforms-2/#Rotate3dDefined).
        let half = degrees.to_radians() / 2.0;
        let (sc, sq) = (half.sin() * half.cos(), half.sin() * half.sin());
        let columns = [
            [1.0 - 2.0 * (y * y + z * z) * sq, 2.0 * (x * y * sq + z * sc), 2.0 * (x * z * sq - y * sc), 0.0],
            [2.0 * (x * y * sq - z * sc), 1.0 - 2.0 * (x * x + z * z) * sq, 2.0 * (y * z * sq + x * sc), 0.0],
            [2.0 * (x * z * sq + y * sc), 2.0 * (y * z * sq - x * sc), 1.0 - 2.0 * (x * x + y * y) * sq, 0.0],
            [0.0, 0.0, 0.0, 1.0],
        ];
        self.multiply(&Self { columns, is_2d })
    }

    /// [`rotateSelf()`](https://drafts.csswg.org/geometry-1/#dom-dommatrix-rotateself)
    #[must_use]
    pub(super) fn rotate_by(&self, x: f64, y: Option<f64>, z: Option<f64>) -> Self {
        // Step 1.
        let [x, y, z] = match (y, z) {
            (None, None) => [0.0, 0.0, x],
            (y, z) => [x, y.unwrap_or(0.0), z.unwrap_or(0.0)],
        };
        let mut turned = self.rotate([0.0, 0.0, 1.0], z);
        // Around an axis that it is not turned around, a matrix stays a 2D one.
        if !is_zero(y) {
            turned = turned.rotate([0.0, 1.0, 0.0], y);
        }
        if !is_zero(x) {
            turned = turned.rotate([1.0, 0.0, 0.0], x);
        }
        turned
    }

    /// [`rotateFromVectorSelf()`](https://drafts.csswg.org/geometry-1/#dom-dommatrix-rotatefromvectorself)
    #[must_use]
    pub(super) fn rotate_from_vector(&self, x: f64, y: f64) -> Self {
        let angle = if is_zero(x) && is_zero(y) { 0.0 } else { y.atan2(x) };
        self.rotate([0.0, 0.0, 1.0], angle.to_degrees())
    }

    #[must_use]
    pub(super) fn skew(&self, x_degrees: f64, y_degrees: f64) -> Self {
        let (x, y) = (x_degrees.to_radians().tan(), y_degrees.to_radians().tan());
        self.multiply(&Self::new_2d([1.0, y, x, 1.0, 0.0, 0.0]))
    }

    /// [`perspective()`](https://drafts.csswg.org/css-transforms-2/#funcdef-perspective) of a transform list.
    #[must_use]
    pub(super) fn perspective(&self, distance: Option<f64>) -> Self {
        let mut by = Self { is_2d: false, ..Self::IDENTITY };
        if let Some(distance) = distance {
            by.set(3, 4, -1.0 / distance.max(1.0));
        }
        self.multiply(&by)
    }

    /// [`invertSelf()`](https://drafts.csswg.org/geometry-1/#dom-dommatrix-invertself): numbers that are none, if it has no inverse.
    #[must_use]
    pub(super) fn invert(&self) -> Self {
        self.inverse().unwrap_or(Self { columns: [[f64::NAN; 4]; 4], is_2d: false })
    }

    /// By its cofactors.
    fn inverse(&self) -> Option<Self> {
        let at = |column: usize, row: usize| self.get(column + 1, row + 1);
        // The determinant of what is left without a column and a row, with its sign.
        let cofactor = |column: usize, row: usize| {
            let pick = |without: usize, place: usize| if place < without { place } else { place + 1 };
            let m = |c: usize, r: usize| at(pick(column, c), pick(row, r));
            let minor = m(0, 0) * (m(1, 1) * m(2, 2) - m(1, 2) * m(2, 1))
                - m(1, 0) * (m(0, 1) * m(2, 2) - m(0, 2) * m(2, 1))
                + m(2, 0) * (m(0, 1) * m(1, 2) - m(0, 2) * m(1, 1));
            if (column + row).is_multiple_of(2) { minor } else { -minor }
        };
        let determinant: f64 = (0..4).map(|column| at(column, 0) * cofactor(column, 0)).sum();
        if is_zero(determinant) || !determinant.is_finite() {
            return None;
        }
        // The transposed cofactors, without negative zeros.
        let element = |column: usize, row: usize| cofactor(row, column) / determinant + 0.0;
        let column = |column: usize| [0, 1, 2, 3].map(|row| element(column, row));
        Some(Self { columns: [0, 1, 2, 3].map(column), is_2d: self.is_2d })
    }
}

/// [Validates and fixes up](https://drafts.csswg.org/geometry-1/#validate-and-fixup-2d) the members of a 2D matrix: a to f.
pub(crate) fn fixed_up_2d(init: &DOMMatrix2DInit) -> Fallible<[f64; 6]> {
    let one = |short: Option<f64>, long: Option<f64>, default: f64, names: &str| match (short, long) {
        (Some(short), Some(long)) if !same_value_zero(short, long) => {
            Err(Exception::type_error(format!("{names} are the same element, and differ")))
        }
        (short, long) => Ok(long.or(short).unwrap_or(default)),
    };
    Ok([
        one(init.a, init.m11, 1.0, "a and m11")?,
        one(init.b, init.m12, 0.0, "b and m12")?,
        one(init.c, init.m21, 0.0, "c and m21")?,
        one(init.d, init.m22, 1.0, "d and m22")?,
        one(init.e, init.m41, 0.0, "e and m41")?,
        one(init.f, init.m42, 0.0, "f and m42")?,
    ])
}

#[cfg(test)]
mod tests {
    use super::Matrix;

    fn near(first: &Matrix, second: &Matrix) -> bool {
        let pairs = first.columns.as_flattened().iter().zip(second.columns.as_flattened());
        first.is_2d == second.is_2d && pairs.into_iter().all(|(first, second)| (first - second).abs() < 1e-12)
    }

    #[test]
    fn what_is_applied_last_is_multiplied_first() {
        let matrix = Matrix::IDENTITY.translate(10.0, 20.0, 0.0).scale([2.0, 3.0, 1.0], [0.0; 3]);
        assert_eq!(matrix.transform([1.0, 1.0, 0.0, 1.0]), [12.0, 23.0, 0.0, 1.0]);
        assert!(matrix.is_2d);
    }

    #[test]
    fn a_matrix_times_its_inverse_is_the_identity() {
        let matrix = Matrix::IDENTITY
            .translate(3.0, -4.0, 5.0)
            .rotate([1.0, 2.0, 3.0], 33.0)
            .skew(10.0, 0.0)
            .scale([2.0, 0.5, 4.0], [1.0, 1.0, 1.0]);
        let identity = Matrix { is_2d: false, ..Matrix::IDENTITY };
        assert!(near(&matrix.multiply(&matrix.invert()), &identity));
        assert!(near(&matrix.invert().multiply(&matrix), &identity));
    }

    #[test]
    fn a_matrix_that_flattens_has_no_inverse() {
        let flat = Matrix::IDENTITY.scale([1.0, 0.0, 1.0], [0.0; 3]).invert();
        assert!(flat.columns.as_flattened().iter().all(|number| number.is_nan()));
        assert!(!flat.is_2d);
    }

    #[test]
    fn a_quarter_turn_brings_the_x_axis_to_the_y_axis() {
        let turned = Matrix::IDENTITY.rotate_by(90.0, None, None);
        assert!(near(&turned, &Matrix::new_2d([0.0, 1.0, -1.0, 0.0, 0.0, 0.0])));
        let by_vector = Matrix::IDENTITY.rotate_from_vector(0.0, 5.0);
        assert!(near(&turned, &by_vector));
        assert!(!Matrix::IDENTITY.rotate_by(90.0, Some(0.0), None).is_2d);
    }
}

//! [`CanvasTransform`](https://html.spec.whatwg.org/multipage/canvas.html#canvastransform).

use bgfetch_canvas::Matrix;
use bgfetch_js::{Fallible, Realm, Root};

use super::context_2d::RenderingContext2D;
use crate::bindings::{CanvasTransformMethods, DOMMatrix2DInit};
use crate::dom::DOMMatrix;
use crate::dom::geometry::fixed_up_2d;

/// [A matrix of a dictionary](https://drafts.csswg.org/geometry-1/#create-a-dommatrix-from-a-2d-dictionary); `None` if an element
/// is not finite.
pub(super) fn matrix_of_init(init: &DOMMatrix2DInit) -> Fallible<Option<Matrix>> {
    let [a, b, c, d, e, f] = fixed_up_2d(init)?;
    let is_finite = [a, b, c, d, e, f].into_iter().all(f64::is_finite);
    Ok(is_finite.then_some(Matrix::new(a, b, c, d, e, f)))
}

fn transform<T: RenderingContext2D>(object: &T, matrix: Matrix) -> Fallible<()> {
    object.shared().with(|context| context.transform(&matrix));
    Ok(())
}

impl<T: RenderingContext2D> CanvasTransformMethods for T {
    fn scale(&self, _: &Realm, x: f64, y: f64) -> Fallible<()> {
        transform(self, Matrix::scaling(x, y))
    }

    fn rotate(&self, _: &Realm, angle: f64) -> Fallible<()> {
        transform(self, Matrix::rotation(angle))
    }

    fn translate(&self, _: &Realm, x: f64, y: f64) -> Fallible<()> {
        transform(self, Matrix::translation(x, y))
    }

    fn transform(&self, _: &Realm, a: f64, b: f64, c: f64, d: f64, e: f64, f: f64) -> Fallible<()> {
        transform(self, Matrix::new(a, b, c, d, e, f))
    }

    fn get_transform(&self, realm: &Realm) -> Fallible<Root<DOMMatrix>> {
        let Matrix { a, b, c, d, e, f } = self.shared().with(|context| context.state().matrix);
        realm.wrap(DOMMatrix::of_2d([a, b, c, d, e, f]))
    }

    fn set_transform(&self, realm: &Realm, a: f64, b: f64, c: f64, d: f64, e: f64, f: f64) -> Fallible<()> {
        if ![a, b, c, d, e, f].into_iter().all(f64::is_finite) {
            return Ok(());
        }
        self.reset_transform(realm)?;
        transform(self, Matrix::new(a, b, c, d, e, f))
    }

    fn set_transform_matrix(&self, _: &Realm, init: DOMMatrix2DInit) -> Fallible<()> {
        if let Some(matrix) = matrix_of_init(&init)? {
            self.shared().with(|context| context.state_mut().matrix = matrix);
        }
        Ok(())
    }

    fn reset_transform(&self, _: &Realm) -> Fallible<()> {
        self.shared().with(|context| context.state_mut().matrix = Matrix::IDENTITY);
        Ok(())
    }
}

//! Interfaces: [geometry](https://drafts.csswg.org/geometry-1/).

mod cloning;
pub(crate) mod dom_matrix;
pub(crate) mod dom_matrix_read_only;
pub(crate) mod dom_point;
pub(crate) mod dom_point_read_only;
pub(crate) mod dom_quad;
pub(crate) mod dom_rect;
pub(crate) mod dom_rect_read_only;
mod matrix;
mod transform_list;

pub(crate) use cloning::{GeometryKind, numbers_of, restore};
pub(crate) use dom_matrix::DOMMatrix;
pub(crate) use dom_matrix_read_only::DOMMatrixReadOnly;
pub(crate) use dom_point::DOMPoint;
pub(crate) use dom_point_read_only::DOMPointReadOnly;
pub(crate) use dom_quad::DOMQuad;
pub(crate) use dom_rect::DOMRect;
pub(crate) use dom_rect_read_only::DOMRectReadOnly;
pub(crate) use matrix::fixed_up_2d;

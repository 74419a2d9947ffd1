//! [`DOMPoint`](https://drafts.csswg.org/geometry-1/#dompoint).

use bgfetch_js::{Fallible, Realm, Root, platform_object, trace_fields};

use super::dom_point_read_only::coordinates_of;
use crate::bindings::{DOMPointInit, DOMPointMethods};
use crate::dom::DOMPointReadOnly;

/// `DOMPoint`.
pub(crate) struct DOMPoint {
    read_only: DOMPointReadOnly,
}

trace_fields!(DOMPoint { read_only });
platform_object!(DOMPoint: DOMPointReadOnly via read_only);

impl DOMPoint {
    /// The point with these coordinates: x, y, z, w.
    pub(crate) fn new(coordinates: [f64; 4]) -> Self {
        Self { read_only: DOMPointReadOnly::new(coordinates) }
    }
}

impl DOMPointMethods for DOMPoint {
    fn constructor(_: &Realm, x: f64, y: f64, z: f64, w: f64) -> Fallible<Self> {
        Ok(Self::new([x, y, z, w]))
    }

    fn set_x(&self, _: &Realm, value: f64) -> Fallible<()> {
        self.x.set(value);
        Ok(())
    }

    fn set_y(&self, _: &Realm, value: f64) -> Fallible<()> {
        self.y.set(value);
        Ok(())
    }

    fn set_z(&self, _: &Realm, value: f64) -> Fallible<()> {
        self.z.set(value);
        Ok(())
    }

    fn set_w(&self, _: &Realm, value: f64) -> Fallible<()> {
        self.w.set(value);
        Ok(())
    }

    fn from_point(realm: &Realm, other: DOMPointInit) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(coordinates_of(&other)))
    }
}

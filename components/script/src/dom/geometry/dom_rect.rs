//! [`DOMRect`](https://drafts.csswg.org/geometry-1/#domrect).

use bgfetch_js::{Fallible, Realm, Root, platform_object, trace_fields};

use super::dom_rect_read_only::sizes_of;
use crate::bindings::{DOMRectInit, DOMRectMethods};
use crate::dom::DOMRectReadOnly;

/// `DOMRect`.
pub(crate) struct DOMRect {
    read_only: DOMRectReadOnly,
}

trace_fields!(DOMRect { read_only });
platform_object!(DOMRect: DOMRectReadOnly via read_only);

impl DOMRect {
    /// The rectangle with these sizes: x, y, width, height.
    pub(crate) fn new(sizes: [f64; 4]) -> Self {
        Self { read_only: DOMRectReadOnly::new(sizes) }
    }
}

impl DOMRectMethods for DOMRect {
    fn constructor(_: &Realm, x: f64, y: f64, width: f64, height: f64) -> Fallible<Self> {
        Ok(Self::new([x, y, width, height]))
    }

    fn set_x(&self, _: &Realm, value: f64) -> Fallible<()> {
        self.x.set(value);
        Ok(())
    }

    fn set_y(&self, _: &Realm, value: f64) -> Fallible<()> {
        self.y.set(value);
        Ok(())
    }

    fn set_width(&self, _: &Realm, value: f64) -> Fallible<()> {
        self.width.set(value);
        Ok(())
    }

    fn set_height(&self, _: &Realm, value: f64) -> Fallible<()> {
        self.height.set(value);
        Ok(())
    }

    fn from_rect(realm: &Realm, other: DOMRectInit) -> Fallible<Root<Self>> {
        realm.wrap(Self::new(sizes_of(&other)))
    }
}

//! [`AbstractRange`](https://dom.spec.whatwg.org/#interface-abstractrange).

use std::rc::Rc;

use bgfetch_js::{Fallible, Realm, Reflector, Root, Trace, Tracer, platform_object};

use super::boundary::{Boundaries, BoundaryPoint};
use crate::bindings::AbstractRangeMethods;
use crate::dom::Node;

/// `AbstractRange`.
pub(crate) struct AbstractRange {
    reflector: Reflector,
    /// Only this object holds them for long: it is what is traced.
    boundaries: Rc<Boundaries>,
}

impl Trace for AbstractRange {
    fn trace(&self, tracer: &mut Tracer) {
        self.boundaries.trace(tracer);
    }
}

platform_object!(AbstractRange);

impl AbstractRange {
    /// For interfaces that inherit.
    pub(super) fn new_inherited(start: BoundaryPoint, end: BoundaryPoint) -> Self {
        Self { reflector: Reflector::new(), boundaries: Rc::new(Boundaries::new(start, end)) }
    }

    /// Where it starts and ends.
    pub(super) const fn boundaries(&self) -> &Rc<Boundaries> {
        &self.boundaries
    }

    /// Its [start](https://dom.spec.whatwg.org/#concept-range-start).
    pub(super) fn start(&self) -> BoundaryPoint {
        self.boundaries.start.get()
    }

    /// Its [end](https://dom.spec.whatwg.org/#concept-range-end).
    pub(super) fn end(&self) -> BoundaryPoint {
        self.boundaries.end.get()
    }
}

impl AbstractRangeMethods for AbstractRange {
    fn start_container(&self, _: &Realm) -> Fallible<Root<Node>> {
        Ok(self.start().node)
    }

    fn start_offset(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.start().offset)
    }

    fn end_container(&self, _: &Realm) -> Fallible<Root<Node>> {
        Ok(self.end().node)
    }

    fn end_offset(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.end().offset)
    }

    fn collapsed(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.boundaries.is_collapsed())
    }
}

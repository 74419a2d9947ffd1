//! [`StaticRange`](https://dom.spec.whatwg.org/#interface-staticrange): does not follow what becomes of its tree.

use bgfetch_js::{Exception, Fallible, Realm, platform_object, trace_fields};

use super::boundary::BoundaryPoint;
use crate::bindings::{StaticRangeInit, StaticRangeMethods};
use crate::dom::{AbstractRange, NodeKind};

/// `StaticRange`.
pub(crate) struct StaticRange {
    abstract_range: AbstractRange,
}

trace_fields!(StaticRange { abstract_range });
platform_object!(StaticRange: AbstractRange via abstract_range);

impl StaticRangeMethods for StaticRange {
    /// [The constructor](https://dom.spec.whatwg.org/#dom-staticrange-staticrange)
    fn constructor(_: &Realm, init: StaticRangeInit) -> Fallible<Self> {
        let cannot = |kind| matches!(kind, NodeKind::DocumentType | NodeKind::Attribute);
        if cannot(init.start_container.kind()) || cannot(init.end_container.kind()) {
            let message = "a range cannot be in a doctype or an attribute";
            return Err(Exception::dom("InvalidNodeTypeError", message));
        }
        let start = BoundaryPoint::new(&init.start_container, init.start_offset);
        let end = BoundaryPoint::new(&init.end_container, init.end_offset);
        Ok(Self { abstract_range: AbstractRange::new_inherited(start, end) })
    }
}

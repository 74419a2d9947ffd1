//! [`DOMQuad`](https://drafts.csswg.org/geometry-1/#domquad).

use bgfetch_js::{Fallible, Member, Realm, Reflector, Root, platform_object};

use super::dom_point_read_only::coordinates_of;
use super::dom_rect_read_only::{maximum, minimum};
use crate::bindings::{DOMPointInit, DOMQuadInit, DOMQuadMethods, DOMRectInit};
use crate::dom::{DOMPoint, DOMRect};

/// `DOMQuad`.
pub(crate) struct DOMQuad {
    reflector: Reflector,
    points: [Member<DOMPoint>; 4],
}

impl bgfetch_js::Trace for DOMQuad {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        self.points.iter().for_each(|point| point.trace(tracer));
    }
}

platform_object!(DOMQuad);

impl DOMQuad {
    /// The quadrilateral with these corners: x, y, z, w of each.
    pub(crate) fn new(realm: &Realm, [p1, p2, p3, p4]: [[f64; 4]; 4]) -> Fallible<Self> {
        let point = |coordinates| realm.wrap(DOMPoint::new(coordinates)).map(Into::into);
        Ok(Self { reflector: Reflector::new(), points: [point(p1)?, point(p2)?, point(p3)?, point(p4)?] })
    }

    /// Its corners: x, y, z, w of each.
    pub(crate) fn corners(&self) -> [[f64; 4]; 4] {
        self.points.each_ref().map(|point| point.coordinates())
    }

    fn point(&self, index: usize) -> Fallible<Root<DOMPoint>> {
        let [p1, p2, p3, p4] = &self.points;
        let point = match index {
            0 => p1,
            1 => p2,
            2 => p3,
            _ => p4,
        };
        Ok((**point).clone())
    }
}

impl DOMQuadMethods for DOMQuad {
    fn constructor(
        realm: &Realm,
        p1: DOMPointInit,
        p2: DOMPointInit,
        p3: DOMPointInit,
        p4: DOMPointInit,
    ) -> Fallible<Self> {
        Self::new(realm, [p1, p2, p3, p4].map(|point| coordinates_of(&point)))
    }

    fn p1(&self, _: &Realm) -> Fallible<Root<DOMPoint>> {
        self.point(0)
    }

    fn p2(&self, _: &Realm) -> Fallible<Root<DOMPoint>> {
        self.point(1)
    }

    fn p3(&self, _: &Realm) -> Fallible<Root<DOMPoint>> {
        self.point(2)
    }

    fn p4(&self, _: &Realm) -> Fallible<Root<DOMPoint>> {
        self.point(3)
    }

    /// [Creates a quadrilateral from a dictionary](https://drafts.csswg.org/geometry-1/#create-a-domquad-from-the-domrectinit-dictionary).
    fn from_rect(realm: &Realm, other: DOMRectInit) -> Fallible<Root<Self>> {
        let (left, top) = (other.x, other.y);
        let (right, bottom) = (left + other.width, top + other.height);
        let corners = [(left, top), (right, top), (right, bottom), (left, bottom)];
        realm.wrap(Self::new(realm, corners.map(|(x, y)| [x, y, 0.0, 1.0]))?)
    }

    fn from_quad(realm: &Realm, other: DOMQuadInit) -> Fallible<Root<Self>> {
        let point =
            |point: Option<DOMPointInit>| point.map_or([0.0, 0.0, 0.0, 1.0], |point| coordinates_of(&point));
        realm.wrap(Self::new(realm, [other.p1, other.p2, other.p3, other.p4].map(point))?)
    }

    /// [`getBounds()`](https://drafts.csswg.org/geometry-1/#dom-domquad-getbounds)
    fn get_bounds(&self, realm: &Realm) -> Fallible<Root<DOMRect>> {
        let [first, others @ ..] = self.corners();
        let [mut left, mut top, ..] = first;
        let (mut right, mut bottom) = (left, top);
        for [x, y, ..] in others {
            (left, right) = (minimum(left, x), maximum(right, x));
            (top, bottom) = (minimum(top, y), maximum(bottom, y));
        }
        realm.wrap(DOMRect::new([left, top, right - left, bottom - top]))
    }
}

//! Interfaces: [ranges](https://dom.spec.whatwg.org/#ranges).

pub(crate) mod abstract_range;
pub(crate) mod boundary;
mod contents;
mod insertion;
pub(crate) mod live;
pub(crate) mod range;
pub(crate) mod static_range;

pub(crate) use abstract_range::AbstractRange;
pub(crate) use range::Range;
pub(crate) use static_range::StaticRange;

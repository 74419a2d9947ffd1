//! Interfaces: [Web storage](https://html.spec.whatwg.org/multipage/webstorage.html).
//!
//! There are areas of sessions. What would outlive them, `localStorage`, is not there: profiles keep no such areas.

pub(crate) mod area;
#[expect(clippy::module_inception, reason = "one file for each interface, named as it is")]
pub(crate) mod storage;

pub(crate) use storage::Storage;

//! Interfaces: [Web storage](https://html.spec.whatwg.org/multipage/webstorage.html).

pub(crate) mod areas;
pub(crate) mod changes;
#[expect(clippy::module_inception, reason = "one file for each interface, named as it is")]
pub(crate) mod storage;

pub(crate) use storage::Storage;

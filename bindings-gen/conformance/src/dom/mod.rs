//! The interfaces of the IDL in `webidl`, as simple as they can be: most give back what they got.

mod collections;
mod cost;
mod further;
mod lists;
mod values;
mod window;

use bgfetch_js::{Reflector, platform_object, trace_fields};

pub use self::collections::{Box, Hidden, List, Pairs, Sink, Stream};
pub use self::cost::Cost;
pub use self::further::{
    Assembly, Base, Derived, Directory, Filters, Maker, Margins, Memory, Nameless, PictureElement, Router,
    Socket, Values,
};
pub use self::lists::{Indexed, Marks, Named, NamedIndexed, Overriding, OwnTags, Scores, Shelf, Tags};
pub use self::values::{
    Buffers, DerivedJson, Dictionaries, Forms, Json, Numbers, Overloads, Strings, Tools, Unions,
};
pub use self::window::{Attributes, EventTarget, Promises, Window, event_handler};
use crate::bindings::{OnlySecureMethods, OnlyWorkerMethods};

/// In secure contexts only.
#[derive(Default)]
pub struct OnlySecure {
    reflector: Reflector,
}

/// In workers only.
#[derive(Default)]
pub struct OnlyWorker {
    reflector: Reflector,
}

trace_fields!(OnlySecure {});
platform_object!(OnlySecure);
trace_fields!(OnlyWorker {});
platform_object!(OnlyWorker);

impl OnlySecureMethods for OnlySecure {}
impl OnlyWorkerMethods for OnlyWorker {}

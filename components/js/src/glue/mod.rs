//! What generated bindings are made of: interfaces, members, and the functions that carry calls to Rust.
//!
//! Generated code builds `static` tables from the `const` functions here; it has no `unsafe` of its own. A member
//! is a plain Rust function, `fn(&Realm, &T, &Args) -> Fallible<Value>` for a method of `T`; the types make sure
//! that it is only ever called with a `this` that is a `T`.

mod args;
mod async_iterable;
mod collection;
mod custom_elements;
mod dictionary;
mod event_handlers;
mod frozen;
pub mod idl;
mod install;
mod interface;
mod iterable;
mod key;
mod legacy;
mod level;
mod member;
mod observable_array;
mod select;
mod setters;

use rquickjs_sys as q;

pub use args::{Args, at_least, in_argument};
pub(crate) use async_iterable::AsyncIterator;
pub use async_iterable::{AsyncIterable, AsyncIteration, Step};
pub use collection::{Collection, MapEntries, SetEntries, maplike, setlike};
pub use custom_elements::{CustomElementHooks, with_reactions};
pub use event_handlers::EventHandlers;
pub use frozen::{forget_frozen_array, same_frozen_array, static_frozen_array};
pub use install::{construct, prototype_for, prototype_of};
pub(crate) use install::{install_global, install_named_properties, install_unforgeable, interface_objects};
pub(crate) use interface::guard;
pub use interface::{Constructor, Exposure, Interface, LegacyFactory, Namespace, NamespaceKind};
pub use iterable::PairIterable;
pub(crate) use iterable::{FIRST_INTERNAL, INTERNAL, INTERNAL_SHARED, PairIterator};
pub use legacy::Legacy;
pub(crate) use legacy::NAMED_PROPERTIES;
pub use member::Member;
pub(crate) use observable_array::Handler as ObservableArrayHandler;
pub use observable_array::{Observable, ObservableArray, observable_array, set_observable_array};
pub use select::{Accepts, Arity, Candidate, Selected, choose, resolve, select};
pub use setters::{put_forwards, replace};

use crate::{Exception, Realm};

/// What a native throws when the Rust code behind it panicked: a bug, told to the page as an error of its own.
pub(crate) fn panicked(realm: &Realm) -> q::JSValue {
    tracing::error!("a native method panicked");
    Exception::type_error("internal error: the browser's implementation of this member failed").throw(realm)
}

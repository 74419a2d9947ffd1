//! What an object is, as structured cloning and consoles want to know it.

use rquickjs_sys as q;

use crate::{Object, TypedArrayKind, state};

/// The internal slots that an object has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectKind {
    /// An ordinary object, or one that has no kind of its own here.
    Ordinary,
    /// An array.
    Array,
    /// Has `[[ErrorData]]`.
    Error,
    /// A `Number` object.
    NumberObject,
    /// A `String` object.
    StringObject,
    /// A `Boolean` object.
    BooleanObject,
    /// A `Symbol` object.
    SymbolObject,
    /// A `BigInt` object.
    BigIntObject,
    /// An arguments object.
    Arguments,
    /// A date.
    Date,
    /// Anything callable.
    Function,
    /// A regular expression.
    RegExp,
    /// An array buffer.
    ArrayBuffer,
    /// A shared array buffer.
    SharedArrayBuffer,
    /// A typed array.
    TypedArray(TypedArrayKind),
    /// A data view.
    DataView,
    /// A map.
    Map,
    /// A set.
    Set,
    /// A weak map, weak set, weak reference or finalization registry.
    Weak,
    /// A promise.
    Promise,
    /// A proxy.
    Proxy,
    /// A generator, iterator or module namespace: internal state that cannot be copied.
    Stateful,
    /// An object of the platform.
    Platform,
}

/// Class numbers of QuickJS-NG 0.16, in the order of its own list; checked by a test against live objects.
mod class {
    pub(super) const ARRAY: u32 = 2;
    pub(super) const ERROR: u32 = 3;
    pub(super) const NUMBER: u32 = 4;
    pub(super) const STRING: u32 = 5;
    pub(super) const BOOLEAN: u32 = 6;
    pub(super) const SYMBOL: u32 = 7;
    pub(super) const ARGUMENTS: u32 = 8;
    pub(super) const MAPPED_ARGUMENTS: u32 = 9;
    pub(super) const DATE: u32 = 10;
    pub(super) const MODULE_NS: u32 = 11;
    pub(super) const C_FUNCTION: u32 = 12;
    pub(super) const GENERATOR_FUNCTION: u32 = 17;
    pub(super) const REGEXP: u32 = 19;
    pub(super) const ARRAY_BUFFER: u32 = 20;
    pub(super) const SHARED_ARRAY_BUFFER: u32 = 21;
    pub(super) const FIRST_TYPED_ARRAY: u32 = 22;
    pub(super) const LAST_TYPED_ARRAY: u32 = 33;
    pub(super) const DATA_VIEW: u32 = 34;
    pub(super) const BIG_INT: u32 = 35;
    pub(super) const MAP: u32 = 36;
    pub(super) const SET: u32 = 37;
    pub(super) const WEAK_MAP: u32 = 38;
    pub(super) const WEAK_SET: u32 = 39;
    pub(super) const FIRST_ITERATOR: u32 = 40;
    pub(super) const GENERATOR: u32 = 49;
    pub(super) const PROXY: u32 = 51;
    pub(super) const PROMISE: u32 = 52;
    pub(super) const FIRST_PROMISE_FUNCTION: u32 = 53;
    pub(super) const LAST_ASYNC_FUNCTION: u32 = 57;
    pub(super) const ASYNC_GENERATOR_FUNCTION: u32 = 59;
    pub(super) const ASYNC_GENERATOR: u32 = 60;
    pub(super) const WEAK_REF: u32 = 62;
    pub(super) const FINALIZATION_REGISTRY: u32 = 63;
}

impl Object {
    /// What it is.
    #[must_use]
    pub fn object_kind(&self) -> ObjectKind {
        // SAFETY: reads the class of a live object.
        let id = unsafe { q::JS_GetClassID(self.raw()) };
        match id {
            class::ARRAY => ObjectKind::Array,
            class::ERROR => ObjectKind::Error,
            class::NUMBER => ObjectKind::NumberObject,
            class::STRING => ObjectKind::StringObject,
            class::BOOLEAN => ObjectKind::BooleanObject,
            class::SYMBOL => ObjectKind::SymbolObject,
            class::BIG_INT => ObjectKind::BigIntObject,
            class::ARGUMENTS | class::MAPPED_ARGUMENTS => ObjectKind::Arguments,
            class::DATE => ObjectKind::Date,
            class::C_FUNCTION..=class::GENERATOR_FUNCTION
            | class::FIRST_PROMISE_FUNCTION..=class::LAST_ASYNC_FUNCTION
            | class::ASYNC_GENERATOR_FUNCTION => ObjectKind::Function,
            class::REGEXP => ObjectKind::RegExp,
            class::ARRAY_BUFFER => ObjectKind::ArrayBuffer,
            class::SHARED_ARRAY_BUFFER => ObjectKind::SharedArrayBuffer,
            class::FIRST_TYPED_ARRAY..=class::LAST_TYPED_ARRAY => {
                TypedArrayKind::from_raw(id - class::FIRST_TYPED_ARRAY)
                    .map_or(ObjectKind::Ordinary, ObjectKind::TypedArray)
            }
            class::DATA_VIEW => ObjectKind::DataView,
            class::MAP => ObjectKind::Map,
            class::SET => ObjectKind::Set,
            class::WEAK_MAP | class::WEAK_SET | class::WEAK_REF | class::FINALIZATION_REGISTRY => {
                ObjectKind::Weak
            }
            class::PROMISE => ObjectKind::Promise,
            class::PROXY => ObjectKind::Proxy,
            class::MODULE_NS | class::FIRST_ITERATOR..=class::GENERATOR | class::ASYNC_GENERATOR => {
                ObjectKind::Stateful
            }
            other if other >= state::class_base() => ObjectKind::Platform,
            _ if crate::window_proxy::is_proxy(self.raw()) => ObjectKind::Platform,
            _ if state::shared().globals.borrow().contains_key(&self.address()) => ObjectKind::Platform,
            _ => ObjectKind::Ordinary,
        }
    }
}

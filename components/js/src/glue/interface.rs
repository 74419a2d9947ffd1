//! Interfaces and namespaces, as static data.

use std::any::TypeId;
use std::ffi::{CStr, c_int};
use std::ops::BitOr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rquickjs_sys as q;

use super::iterable::PairIterable;
use super::{Args, AsyncIterable, Collection, Legacy, Member, panicked};
use crate::{Exception, Fallible, Realm, Value};

/// Kinds of global that something is [exposed](https://webidl.spec.whatwg.org/#dfn-exposed) in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exposure(u16);

impl Exposure {
    /// Nowhere.
    pub const NONE: Self = Self(0);
    /// `Window`
    pub const WINDOW: Self = Self(1);
    /// `DedicatedWorker`
    pub const DEDICATED_WORKER: Self = Self(2);
    /// `SharedWorker`
    pub const SHARED_WORKER: Self = Self(4);
    /// `ServiceWorker`
    pub const SERVICE_WORKER: Self = Self(8);
    /// `Worker`: all kinds of worker.
    pub const WORKER: Self = Self(2 | 4 | 8);
    /// `*`
    pub const ALL: Self = Self(u16::MAX);

    /// Either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they have a kind in common.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl BitOr for Exposure {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.or(other)
    }
}

/// An [interface](https://webidl.spec.whatwg.org/#idl-interfaces), as generated.
///
/// Start from [`Interface::new`] and set the fields that differ.
#[derive(Clone, Copy)]
pub struct Interface {
    /// Its identifier.
    pub name: &'static CStr,
    /// What it inherits from.
    pub parent: Option<&'static Interface>,
    /// Its place in pre-order of inheritance over all interfaces of the program.
    pub index: u16,
    /// The place of its last descendant, or its own.
    pub last: u16,
    /// How many ancestors it has.
    pub depth: u8,
    /// Where it is exposed.
    pub exposure: Exposure,
    /// Only in secure contexts.
    pub secure_context: bool,
    /// Only in cross-origin isolated realms.
    pub cross_origin_isolated: bool,
    /// `None`: `new` throws.
    pub constructor: Option<Constructor>,
    /// Attributes and operations of its prototype (of the global object itself, if `is_global`).
    pub members: &'static [Member],
    /// What its mixins add to these.
    pub mixins: &'static [&'static [Member]],
    /// Static attributes and operations.
    pub statics: &'static [Member],
    /// Constants, on interface object and prototype.
    pub constants: &'static [Member],
    /// `[LegacyUnforgeable]` members, on each object.
    pub unforgeable: &'static [Member],
    /// `[LegacyUnscopable]` names.
    pub unscopables: &'static [&'static CStr],
    /// `[LegacyWindowAlias]` names.
    pub window_aliases: &'static [&'static CStr],
    /// `[LegacyFactoryFunction]`.
    pub legacy_factories: &'static [LegacyFactory],
    /// The namespace of `[LegacyNamespace]`: the interface object is a property of that, rather than of the global.
    pub legacy_namespace: Option<&'static CStr>,
    /// `[Global]`.
    pub is_global: bool,
    /// `[LegacyNoInterfaceObject]`.
    pub no_interface_object: bool,
    /// Its prototype inherits from `Error.prototype`: DOMException.
    pub inherits_error: bool,
    /// `iterable<K, V>`.
    pub pair_iterable: Option<PairIterable>,
    /// `iterable<V>` beside an indexed getter: iteration is that of arrays.
    pub value_iterable: bool,
    /// `async_iterable<T>`.
    pub async_iterable: Option<AsyncIterable>,
    /// `maplike` and `setlike`, whose members are among the others.
    pub collection: Option<Collection>,
    /// Indexed and named getters.
    pub legacy: Option<Legacy>,
    /// The Rust type that implements it.
    pub type_id: TypeId,
}

impl Interface {
    /// An interface implemented by `T`, without members.
    #[must_use]
    pub const fn new<T: 'static>(name: &'static CStr, index: u16, last: u16, depth: u8) -> Self {
        Self {
            name,
            parent: None,
            index,
            last,
            depth,
            exposure: Exposure::ALL,
            secure_context: false,
            cross_origin_isolated: false,
            constructor: None,
            members: &[],
            mixins: &[],
            statics: &[],
            constants: &[],
            unforgeable: &[],
            unscopables: &[],
            window_aliases: &[],
            legacy_factories: &[],
            legacy_namespace: None,
            is_global: false,
            no_interface_object: false,
            inherits_error: false,
            pair_iterable: None,
            value_iterable: false,
            async_iterable: None,
            collection: None,
            legacy: None,
            type_id: TypeId::of::<T>(),
        }
    }

    /// Whether it is `ancestor` or inherits from it.
    #[must_use]
    pub const fn inherits(&self, ancestor: &Self) -> bool {
        ancestor.index <= self.index && self.index <= ancestor.last
    }

    /// Whether it is exposed in a realm.
    #[must_use]
    pub fn is_exposed(&self, realm: &Realm) -> bool {
        let options = realm.options();
        self.exposure.intersects(options.exposure)
            && (!self.secure_context || options.secure_context)
            && (!self.cross_origin_isolated || options.cross_origin_isolated)
    }

    pub(crate) fn has_unforgeable(&self) -> bool {
        !self.unforgeable.is_empty() || self.parent.is_some_and(Self::has_unforgeable)
    }
}

/// What a [`Namespace`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamespaceKind {
    /// A [namespace object](https://webidl.spec.whatwg.org/#namespace-object).
    Namespace,
    /// A [legacy callback interface object](https://webidl.spec.whatwg.org/#legacy-callback-interface-object): a function
    /// that always throws, with constants.
    CallbackInterface,
}

/// A [namespace](https://webidl.spec.whatwg.org/#idl-namespaces), or a callback interface with constants, as generated.
#[derive(Clone, Copy)]
pub struct Namespace {
    /// Its identifier.
    pub name: &'static CStr,
    /// Which of the two it is.
    pub kind: NamespaceKind,
    /// Whether its prototype is an empty object rather than `Object.prototype`.
    pub own_prototype: bool,
    /// Where it is exposed.
    pub exposure: Exposure,
    /// Only in secure contexts.
    pub secure_context: bool,
    /// Its members, made with [`Member::static_method`] and the like.
    pub members: &'static [Member],
}

/// A [legacy factory function](https://webidl.spec.whatwg.org/#legacy-factory-functions).
#[derive(Clone, Copy)]
pub struct LegacyFactory {
    /// Its identifier.
    pub name: &'static CStr,
    /// What it does.
    pub constructor: Constructor,
}

pub(super) type RawConstructor =
    unsafe extern "C" fn(*mut q::JSContext, q::JSValue, c_int, *mut q::JSValue) -> q::JSValue;

/// A constructor operation.
#[derive(Clone, Copy)]
pub struct Constructor {
    pub(crate) call: RawConstructor,
    pub(crate) length: u8,
}

impl Constructor {
    /// A constructor that takes `new.target` and the arguments, and gives the new object (see
    /// [`construct`](super::construct)).
    #[must_use]
    pub const fn new<F>(length: u8, _construct: F) -> Self
    where
        F: Fn(&Realm, &Value, &Args<'_>) -> Fallible<Value> + Copy + 'static,
    {
        Self { call: constructor_entry::<F>, length }
    }
}

unsafe extern "C" fn constructor_entry<F>(
    ctx: *mut q::JSContext,
    new_target: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
) -> q::JSValue
where
    F: Fn(&Realm, &Value, &Args<'_>) -> Fallible<Value> + Copy + 'static,
{
    let construct = super::member::conjure::<F>();
    // SAFETY: the engine calls with a live context and `argc` arguments.
    let (realm, args) = unsafe { (Realm::borrow(&ctx), Args::new(argc, argv)) };
    guard(realm, |realm| construct(realm, Value::view_one(&new_target), &args))
}

/// Carries a result or exception to the engine, and stops panics from crossing it.
#[inline(always)]
pub(crate) fn guard(realm: &Realm, call: impl FnOnce(&Realm) -> Fallible<Value>) -> q::JSValue {
    match catch_unwind(AssertUnwindSafe(|| call(realm))) {
        Ok(Ok(value)) => value.into_raw(),
        Ok(Err(exception)) => thrown(realm, exception),
        Err(_) => panicked(realm),
    }
}

#[cold]
fn thrown(realm: &Realm, exception: Exception) -> q::JSValue {
    exception.throw(realm)
}

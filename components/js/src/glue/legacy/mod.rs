//! [Legacy platform objects](https://webidl.spec.whatwg.org/#js-legacy-platform-objects): objects whose properties are
//! the indices and names that the Rust struct behind them supports.
//!
//! The engine asks here only for properties that the object does not have as ordinary ones. So that it asks for all of
//! them, and the order and precedence of properties is as specified, what a page defines on such an object becomes a
//! property of another one, its expando object, which no page ever sees.

mod hooks;
mod named_properties;
mod target;

use rquickjs_sys as q;

use super::Interface;
use super::member::conjure;
use crate::platform::Header;
use crate::{DomString, Exception, Fallible, PlatformObject, Realm, Value};

pub(crate) use self::named_properties::{NAMED_PROPERTIES, named_properties_object};

/// What stands behind the indices and names of an interface's objects.
#[derive(Clone, Copy)]
pub struct Legacy {
    indexed: Option<Indexed>,
    set_indexed: Option<SetIndexed>,
    named: Option<Named>,
    set_named: Option<SetNamed>,
    delete_named: Option<DeleteNamed>,
    override_builtins: bool,
    unenumerable: bool,
}

type SetIndexed = fn(&Realm, &Header, u32, &Value) -> Fallible<()>;
type SetNamed = fn(&Realm, &Header, DomString, &Value) -> Fallible<()>;
type DeleteNamed = fn(&Realm, &Header, DomString) -> Fallible<bool>;

#[derive(Clone, Copy)]
struct Indexed {
    length: fn(&Header) -> u32,
    get: fn(&Realm, &Header, u32) -> Fallible<Value>,
}

#[derive(Clone, Copy)]
struct Named {
    names: fn(&Header) -> Vec<DomString>,
    get: fn(&Realm, &Header, DomString) -> Fallible<Value>,
}

impl Default for Legacy {
    fn default() -> Self {
        Self::new()
    }
}

impl Legacy {
    /// Supports nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            indexed: None,
            set_indexed: None,
            named: None,
            set_named: None,
            delete_named: None,
            override_builtins: false,
            unenumerable: false,
        }
    }

    /// Supports the indices below what `length` gives.
    #[must_use]
    pub const fn indexed<T, L, G>(mut self, _length: L, _get: G) -> Self
    where
        T: PlatformObject,
        L: Fn(&T) -> u32 + Copy + 'static,
        G: Fn(&Realm, &T, u32) -> Fallible<Value> + Copy + 'static,
    {
        self.indexed = Some(Indexed { length: length_entry::<T, L>, get: index_entry::<T, G> });
        self
    }

    /// Indices can be set, those that are not supported yet as well.
    #[must_use]
    pub const fn indexed_setter<T, S>(mut self, _set: S) -> Self
    where
        T: PlatformObject,
        S: Fn(&Realm, &T, u32, &Value) -> Fallible<()> + Copy + 'static,
    {
        self.set_indexed = Some(set_index_entry::<T, S>);
        self
    }

    /// Supports the names that `names` gives.
    #[must_use]
    pub const fn named<T, N, G>(mut self, _names: N, _get: G) -> Self
    where
        T: PlatformObject,
        N: Fn(&T) -> Vec<DomString> + Copy + 'static,
        G: Fn(&Realm, &T, DomString) -> Fallible<Value> + Copy + 'static,
    {
        self.named = Some(Named { names: names_entry::<T, N>, get: name_entry::<T, G> });
        self
    }

    /// Names can be set, those that are not supported yet as well.
    #[must_use]
    pub const fn named_setter<T, S>(mut self, _set: S) -> Self
    where
        T: PlatformObject,
        S: Fn(&Realm, &T, DomString, &Value) -> Fallible<()> + Copy + 'static,
    {
        self.set_named = Some(set_entry::<T, S>);
        self
    }

    /// Names can be deleted; whether that succeeded.
    #[must_use]
    pub const fn named_deleter<T, D>(mut self, _delete: D) -> Self
    where
        T: PlatformObject,
        D: Fn(&Realm, &T, DomString) -> Fallible<bool> + Copy + 'static,
    {
        self.delete_named = Some(delete_entry::<T, D>);
        self
    }

    /// With what it has not taken from what an ancestor has.
    fn over(self, inherited: &Self) -> Self {
        Self {
            indexed: self.indexed.or(inherited.indexed),
            set_indexed: self.set_indexed.or(inherited.set_indexed),
            named: self.named.or(inherited.named),
            set_named: self.set_named.or(inherited.set_named),
            delete_named: self.delete_named.or(inherited.delete_named),
            override_builtins: self.override_builtins || inherited.override_builtins,
            unenumerable: self.unenumerable || inherited.unenumerable,
        }
    }

    /// `[LegacyOverrideBuiltIns]`: names hide properties of the prototype.
    #[must_use]
    pub const fn override_builtins(mut self) -> Self {
        self.override_builtins = true;
        self
    }

    /// `[LegacyUnenumerableNamedProperties]`
    #[must_use]
    pub const fn unenumerable(mut self) -> Self {
        self.unenumerable = true;
        self
    }

    pub(super) const fn is_indexed(&self) -> bool {
        self.indexed.is_some()
    }

    const fn is_named(&self) -> bool {
        self.named.is_some()
    }
}

fn view<T: PlatformObject>(header: &Header) -> Fallible<&T> {
    header.view::<T>().ok_or_else(|| Exception::type_error("illegal invocation"))
}

fn length_entry<T: PlatformObject, L: Fn(&T) -> u32 + Copy + 'static>(header: &Header) -> u32 {
    header.view::<T>().map_or(0, conjure::<L>())
}

fn index_entry<T, G>(realm: &Realm, header: &Header, index: u32) -> Fallible<Value>
where
    T: PlatformObject,
    G: Fn(&Realm, &T, u32) -> Fallible<Value> + Copy + 'static,
{
    conjure::<G>()(realm, view::<T>(header)?, index)
}

fn set_index_entry<T, S>(realm: &Realm, header: &Header, index: u32, value: &Value) -> Fallible<()>
where
    T: PlatformObject,
    S: Fn(&Realm, &T, u32, &Value) -> Fallible<()> + Copy + 'static,
{
    conjure::<S>()(realm, view::<T>(header)?, index, value)
}

fn names_entry<T, N>(header: &Header) -> Vec<DomString>
where
    T: PlatformObject,
    N: Fn(&T) -> Vec<DomString> + Copy + 'static,
{
    header.view::<T>().map_or_else(Vec::new, conjure::<N>())
}

fn name_entry<T, G>(realm: &Realm, header: &Header, name: DomString) -> Fallible<Value>
where
    T: PlatformObject,
    G: Fn(&Realm, &T, DomString) -> Fallible<Value> + Copy + 'static,
{
    conjure::<G>()(realm, view::<T>(header)?, name)
}

fn set_entry<T, S>(realm: &Realm, header: &Header, name: DomString, value: &Value) -> Fallible<()>
where
    T: PlatformObject,
    S: Fn(&Realm, &T, DomString, &Value) -> Fallible<()> + Copy + 'static,
{
    conjure::<S>()(realm, view::<T>(header)?, name, value)
}

fn delete_entry<T, D>(realm: &Realm, header: &Header, name: DomString) -> Fallible<bool>
where
    T: PlatformObject,
    D: Fn(&Realm, &T, DomString) -> Fallible<bool> + Copy + 'static,
{
    conjure::<D>()(realm, view::<T>(header)?, name)
}

impl Interface {
    /// What supports the indices and names of its objects: of each special operation its own, or else the nearest
    /// ancestor's.
    pub(crate) fn legacy(&'static self) -> Option<Legacy> {
        match (self.legacy, self.parent.and_then(Self::legacy)) {
            (Some(own), Some(inherited)) => Some(own.over(&inherited)),
            (own, inherited) => own.or(inherited),
        }
    }

    /// What the engine calls for objects of its class.
    pub(crate) fn exotic_methods(&'static self) -> *const q::JSClassExoticMethods {
        if self.index == NAMED_PROPERTIES.index {
            named_properties::METHODS
        } else if self.legacy().is_some() {
            &raw const hooks::METHODS
        } else {
            std::ptr::null()
        }
    }

    /// Whether it is [`Global`](https://webidl.spec.whatwg.org/#Global) and supports named properties.
    pub(super) fn has_named_properties_object(&self) -> bool {
        self.is_global && self.legacy.as_ref().is_some_and(Legacy::is_named)
    }
}

//! Which overload, or which type of a union, a value is for.
//!
//! [Overload resolution](https://webidl.spec.whatwg.org/#dfn-overload-resolution-algorithm) and the [conversion to a
//! union](https://webidl.spec.whatwg.org/#js-union) look at a value in the same order; both are done by
//! [`select`], with a table of what each overload or type accepts.

use super::{Args, Interface};
use crate::sequence::{get_method, iterator_method, sequence_with};
use crate::{
    Callback, Exception, Fallible, Object, ObjectKind, Realm, TypedArrayKind, Value, ValueKind, platform,
};

/// Kinds of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepts(u32);

impl Accepts {
    /// Only what the candidate's lists say.
    pub const NOTHING: Self = Self(0);
    /// `undefined`: the type, or a missing argument.
    pub const UNDEFINED: Self = Self(1);
    /// `null` and `undefined`: nullable types, and dictionaries.
    pub const NULLISH: Self = Self(1 << 1);
    /// `object`
    pub const OBJECT: Self = Self(1 << 2);
    /// `ArrayBuffer`
    pub const ARRAY_BUFFER: Self = Self(1 << 3);
    /// `SharedArrayBuffer`
    pub const SHARED_ARRAY_BUFFER: Self = Self(1 << 4);
    /// `DataView`
    pub const DATA_VIEW: Self = Self(1 << 5);
    /// Every typed array.
    pub const TYPED_ARRAY: Self = Self(1 << 6);
    /// A callback function.
    pub const CALLBACK: Self = Self(1 << 7);
    /// `async_sequence<T>`
    pub const ASYNC_SEQUENCE: Self = Self(1 << 8);
    /// `sequence<T>`, `FrozenArray<T>`
    pub const SEQUENCE: Self = Self(1 << 9);
    /// A dictionary, record or callback interface.
    pub const DICTIONARY: Self = Self(1 << 10);
    /// `boolean`
    pub const BOOLEAN: Self = Self(1 << 11);
    /// A numeric type.
    pub const NUMBER: Self = Self(1 << 12);
    /// A string type or enumeration.
    pub const STRING: Self = Self(1 << 13);
    /// `any`
    pub const ANY: Self = Self(1 << 14);
    /// `bigint`
    pub const BIGINT: Self = Self(1 << 15);
    /// `symbol`
    pub const SYMBOL: Self = Self(1 << 16);

    /// Both.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What one overload or one type of a union accepts.
#[derive(Clone, Copy)]
pub struct Candidate {
    accepts: Accepts,
    interfaces: &'static [&'static Interface],
    typed_arrays: &'static [TypedArrayKind],
}

impl Candidate {
    /// Accepts values of these kinds.
    #[must_use]
    pub const fn new(accepts: Accepts) -> Self {
        Self { accepts, interfaces: &[], typed_arrays: &[] }
    }

    /// Also objects of these interfaces.
    #[must_use]
    pub const fn interfaces(mut self, interfaces: &'static [&'static Interface]) -> Self {
        self.interfaces = interfaces;
        self
    }

    /// Also these typed arrays.
    #[must_use]
    pub const fn typed_arrays(mut self, kinds: &'static [TypedArrayKind]) -> Self {
        self.typed_arrays = kinds;
        self
    }
}

/// The candidate for a value.
#[derive(Debug)]
pub struct Selected {
    /// Its place in the table.
    pub index: usize,
    /// The iterator method that told a sequence; it is looked up only once.
    pub method: Option<Callback>,
    /// What the value was converted to in order to tell a number from a bigint.
    pub numeric: Option<Value>,
}

impl Selected {
    const fn index(index: usize) -> Self {
        Self { index, method: None, numeric: None }
    }

    /// The value to convert.
    #[must_use]
    pub fn value<'v>(&'v self, value: &'v Value) -> &'v Value {
        self.numeric.as_ref().unwrap_or(value)
    }
}

/// The candidate that a value is for.
///
/// # Errors
/// A `TypeError` if it is for none.
#[inline]
pub fn select(realm: &Realm, value: &Value, candidates: &[Candidate]) -> Fallible<Selected> {
    // Where this is inlined, nothing is put together only to be taken apart.
    if value.kind() == ValueKind::String
        && let Some(index) = candidates.iter().position(|candidate| candidate.accepts.has(Accepts::STRING))
    {
        return Ok(Selected::index(index));
    }
    select_other(realm, value, candidates)
}

/// As [`select`], where the place of the candidate says all.
///
/// # Errors
/// A `TypeError` if it is for none.
pub fn choose(realm: &Realm, value: &Value, candidates: &[Candidate]) -> Fallible<usize> {
    select(realm, value, candidates).map(|selected| selected.index)
}

fn select_other(realm: &Realm, value: &Value, candidates: &[Candidate]) -> Fallible<Selected> {
    let find = |kind: Accepts| candidates.iter().position(|candidate| candidate.accepts.has(kind));
    let found = match value.kind() {
        ValueKind::Undefined => find(Accepts::UNDEFINED).or_else(|| find(Accepts::NULLISH)),
        ValueKind::Null => find(Accepts::NULLISH),
        ValueKind::Boolean => find(Accepts::BOOLEAN),
        ValueKind::Number => find(Accepts::NUMBER),
        ValueKind::Object => match value.object_ref() {
            Some(object) => match select_object(realm, object, candidates)? {
                Some(selected) => return Ok(selected),
                None => None,
            },
            None => None,
        },
        // The first of the fallbacks.
        ValueKind::String => find(Accepts::STRING),
        ValueKind::BigInt => find(Accepts::BIGINT),
        ValueKind::Symbol => find(Accepts::SYMBOL),
    };
    if let Some(index) = found.or_else(|| find(Accepts::STRING)) {
        return Ok(Selected::index(index));
    }
    if let (Some(number), Some(bigint)) = (find(Accepts::NUMBER), find(Accepts::BIGINT)) {
        // https://webidl.spec.whatwg.org/#converted-to-a-numeric-type-or-bigint
        let numeric = realm.to_numeric(value)?;
        let index = if numeric.kind() == ValueKind::BigInt { bigint } else { number };
        return Ok(Selected { numeric: Some(numeric), ..Selected::index(index) });
    }
    let fallbacks = [Accepts::NUMBER, Accepts::BOOLEAN, Accepts::BIGINT, Accepts::ANY];
    let none = || Exception::type_error("the value is of none of the types that are accepted here");
    fallbacks.into_iter().find_map(find).map(Selected::index).ok_or_else(none)
}

fn select_object(realm: &Realm, object: &Object, candidates: &[Candidate]) -> Fallible<Option<Selected>> {
    let find = |kind: Accepts| candidates.iter().position(|candidate| candidate.accepts.has(kind));
    let kind = object.object_kind();
    let by_slots = match kind {
        ObjectKind::Platform => {
            let header = platform::header_of(object.raw());
            // SAFETY: the header lives as long as its object, which `object` holds.
            let interface = header.map(|header| unsafe { header.as_ref() }.interface());
            let accepted = |candidate: &Candidate| {
                interface.is_some_and(|own| candidate.interfaces.iter().any(|other| own.inherits(other)))
            };
            candidates.iter().position(accepted)
        }
        ObjectKind::ArrayBuffer => find(Accepts::ARRAY_BUFFER),
        ObjectKind::SharedArrayBuffer => find(Accepts::SHARED_ARRAY_BUFFER),
        ObjectKind::DataView => find(Accepts::DATA_VIEW),
        ObjectKind::TypedArray(kind) => {
            let by_kind = candidates.iter().position(|candidate| candidate.typed_arrays.contains(&kind));
            by_kind.or_else(|| find(Accepts::TYPED_ARRAY))
        }
        _ if object.as_value().is_callable() => find(Accepts::CALLBACK),
        _ => None,
    };
    // Whatever its slots, an object is an `object` before it is anything that needs a look at its properties.
    if let Some(index) = by_slots.or_else(|| find(Accepts::OBJECT)) {
        return Ok(Some(Selected::index(index)));
    }
    if let Some(index) = find(Accepts::ASYNC_SEQUENCE)
        && (kind != ObjectKind::StringObject || find(Accepts::STRING).is_none())
    {
        let method = match get_method(realm, object, "symbolAsyncIterator")? {
            None => iterator_method(realm, object)?,
            method => method,
        };
        if method.is_some() {
            return Ok(Some(Selected { method, ..Selected::index(index) }));
        }
    }
    if let Some(index) = find(Accepts::SEQUENCE)
        && let Some(method) = iterator_method(realm, object)?
    {
        return Ok(Some(Selected { method: Some(method), ..Selected::index(index) }));
    }
    Ok(find(Accepts::DICTIONARY).map(Selected::index))
}

/// The overloads that can be called with a number of arguments.
#[derive(Clone, Copy)]
pub struct Arity {
    /// The number of arguments.
    pub arguments: usize,
    /// The [distinguishing argument index](https://webidl.spec.whatwg.org/#dfn-distinguishing-argument-index).
    pub at: usize,
    /// The overloads, by their place in the IDL.
    pub overloads: &'static [usize],
    /// What each of them accepts as the distinguishing argument; empty if there is one overload.
    pub candidates: &'static [Candidate],
}

/// The overload that a call is for, and what was found out by looking at the argument that told it; `arities` are in
/// order of their number of arguments. `before` converts the argument at an index: those before the distinguishing one
/// are converted before that one is looked at.
///
/// # Errors
/// A `TypeError` if it is for none, and what `before` throws.
pub fn resolve(
    realm: &Realm,
    args: &Args<'_>,
    arities: &[Arity],
    mut before: impl FnMut(usize) -> Fallible<()>,
) -> Fallible<Selected> {
    let most = arities.last().map_or(0, |arity| arity.arguments);
    let count = args.len().min(most);
    let Some(arity) = arities.iter().find(|arity| arity.arguments == count) else {
        let next = arities.iter().find(|arity| arity.arguments > count).map_or(most, |arity| arity.arguments);
        super::at_least(args, next)?;
        return Err(Exception::type_error(format!("no overload takes {count} arguments")));
    };
    let selected = match arity.candidates {
        [] => Selected::index(0),
        candidates => {
            (0..arity.at).try_for_each(&mut before)?;
            select(realm, args.get(arity.at), candidates)?
        }
    };
    match arity.overloads.get(selected.index) {
        Some(&index) => Ok(Selected { index, ..selected }),
        None => Err(Exception::type_error("no overload takes these arguments")),
    }
}

impl Selected {
    /// Creates a sequence from the iterable that was selected, by the method that was found.
    pub fn sequence<T>(
        &self,
        realm: &Realm,
        value: &Value,
        convert: impl Fn(&Realm, &Value) -> Fallible<T>,
    ) -> Fallible<Vec<T>> {
        match (value.object_ref(), &self.method) {
            (Some(object), Some(method)) => sequence_with(realm, object, method, convert),
            _ => super::idl::sequence(realm, value, convert),
        }
    }
}

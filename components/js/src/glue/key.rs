//! Property keys, as objects with indices and names of their own tell them apart.

use rquickjs_sys as q;

use crate::{DomString, Fallible, Realm, Value, ValueKind};

/// A property key.
pub(super) enum Key {
    /// An [array index](https://webidl.spec.whatwg.org/#is-an-array-index).
    Index(u32),
    /// Any other string.
    Name(DomString),
    /// A symbol.
    Symbol,
}

impl Key {
    /// The key that a string or symbol is.
    pub(super) fn of_value(realm: &Realm, value: &Value) -> Fallible<Self> {
        if value.kind() == ValueKind::Symbol {
            return Ok(Self::Symbol);
        }
        let name = DomString::of(realm, value)?;
        let index = name.parse::<u32>().ok();
        let index = index.filter(|index| *index != u32::MAX && index.to_string() == *name.as_str());
        Ok(index.map_or(Self::Name(name), Self::Index))
    }

    /// The key that an atom is.
    pub(super) fn of_atom(realm: &Realm, atom: q::JSAtom) -> Fallible<Self> {
        Self::of_value(realm, &atom_value(realm, atom)?)
    }

    /// The key as a string; none for a symbol.
    pub(super) fn name(&self) -> Option<DomString> {
        match self {
            Self::Index(index) => Some(index.to_string().into()),
            Self::Name(name) => Some(name.clone()),
            Self::Symbol => None,
        }
    }
}

/// An atom as a string or symbol.
pub(super) fn atom_value(realm: &Realm, atom: q::JSAtom) -> Fallible<Value> {
    // SAFETY: context and atom are alive.
    realm.own(unsafe { q::JS_AtomToValue(realm.raw(), atom) })
}

//! [Dictionaries](https://webidl.spec.whatwg.org/#js-dictionary).
//!
//! What is generated for a dictionary says what its members are, in one call for each; the work is done by functions for each
//! type of member, which all dictionaries share.

use rquickjs_sys as q;

use crate::atoms::Names;
use crate::{Exception, Fallible, Object, Realm, ToJs, Value};

/// What a dictionary's own members are called, in lexicographical order.
pub struct Members {
    dictionary: &'static str,
    names: Names,
}

impl Members {
    /// Of the dictionary of that name.
    #[must_use]
    pub const fn new(dictionary: &'static str, names: &'static [&'static str]) -> Self {
        Self { dictionary, names: Names::new(names) }
    }
}

/// Reads the members of a dictionary, in the order it is asked.
pub struct Dictionary<'r> {
    realm: &'r Realm,
    members: &'static Members,
    /// None: every member is missing.
    source: Option<Source<'r>>,
}

/// An object, and the names of the members as atoms.
#[derive(Clone, Copy)]
struct Source<'r> {
    object: &'r Object,
    atoms: &'r [q::JSAtom],
}

impl<'r> Dictionary<'r> {
    /// A value as a dictionary.
    ///
    /// # Errors
    /// A `TypeError` if it is neither undefined, null, nor an object.
    pub fn new(realm: &'r Realm, value: &'r Value, members: &'static Members) -> Fallible<Self> {
        let source = match value.object_ref() {
            Some(object) => Some(Source { object, atoms: members.names.atoms(realm)? }),
            None if value.is_nullish() => None,
            None => return Err(no_dictionary(members.dictionary)),
        };
        Ok(Self { realm, members, source })
    }

    /// A member that may be missing, by its place among the members.
    #[inline(never)]
    pub fn optional<T>(
        &self,
        member: usize,
        convert: impl FnOnce(&Realm, &Value) -> Fallible<T>,
    ) -> Fallible<Option<T>> {
        let Some(Source { object, atoms }) = self.source else { return Ok(None) };
        // SAFETY: context, object and atom are alive.
        let raw = unsafe { q::JS_GetProperty(self.realm.raw(), object.raw(), atoms[member]) };
        // What the engine gave is looked at before it is a `Value` in a `Result`.
        // SAFETY: reads the tag only.
        if unsafe { q::JS_IsUndefined(raw) } {
            return Ok(None);
        }
        // SAFETY: as above.
        if unsafe { q::JS_IsException(raw) } {
            return Err(Exception::take(self.realm));
        }
        match convert(self.realm, &Value::from_owned(raw)) {
            Ok(value) => Ok(Some(value)),
            Err(exception) => Err(exception.located(self.members.names.name(member))),
        }
    }

    /// A member with a default value.
    #[inline]
    pub fn or<T>(
        &self,
        member: usize,
        convert: impl FnOnce(&Realm, &Value) -> Fallible<T>,
        default: impl FnOnce() -> T,
    ) -> Fallible<T> {
        match self.optional(member, convert) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Ok(default()),
            Err(exception) => Err(exception),
        }
    }

    /// A required member.
    ///
    /// # Errors
    /// A `TypeError` if it is missing.
    #[inline]
    pub fn required<T>(
        &self,
        member: usize,
        convert: impl FnOnce(&Realm, &Value) -> Fallible<T>,
    ) -> Fallible<T> {
        match self.optional(member, convert) {
            Ok(Some(value)) => Ok(value),
            Ok(None) => Err(self.missing(member)),
            Err(exception) => Err(exception),
        }
    }

    #[cold]
    fn missing(&self, member: usize) -> Exception {
        let (member, dictionary) = (self.members.names.name(member), self.members.dictionary);
        Exception::type_error(format!("the member {member} of {dictionary} is required and missing"))
    }
}

#[cold]
fn no_dictionary(name: &str) -> Exception {
    Exception::type_error(format!("the value is not an object, as a {name} must be"))
}

/// Defines a member on the object that a dictionary becomes.
#[inline(never)]
pub fn write<T: ToJs>(realm: &Realm, object: &Object, member: &'static str, value: T) -> Fallible<()> {
    object.create_static(realm, member, value.to_js(realm)?)
}

//! [Sequences](https://webidl.spec.whatwg.org/#js-sequence), and the iterables they are made of.

use crate::list::List;
use crate::{Callback, Exception, Fallible, Object, Realm, Value};

/// [GetMethod](https://tc39.es/ecma262/#sec-getmethod) of `@@iterator`.
pub(crate) fn iterator_method(realm: &Realm, object: &Object) -> Fallible<Option<Callback>> {
    get_method(realm, object, "symbolIterator")
}

/// [GetMethod](https://tc39.es/ecma262/#sec-getmethod) of a well-known symbol.
pub(crate) fn get_method(realm: &Realm, object: &Object, symbol: &'static str) -> Fallible<Option<Callback>> {
    let method = object.get_name(realm, &crate::atoms::symbol(realm, symbol)?)?;
    if method.is_nullish() { Ok(None) } else { Callback::new(&method).map(Some) }
}

/// [Creates a sequence from an iterable](https://webidl.spec.whatwg.org/#create-sequence-from-iterable), with a conversion for the
/// items.
pub(crate) fn sequence_with<T>(
    realm: &Realm,
    object: &Object,
    method: &Callback,
    convert: impl Fn(&Realm, &Value) -> Fallible<T>,
) -> Fallible<Vec<T>> {
    let mut source = Items::of(realm, object, method)?;
    let mut items = List::new();
    while let Some(value) = source.next(realm)? {
        items.push(realm, convert(realm, &value)?)?;
    }
    Ok(items.into_vec())
}

/// What an iterable gives, one after the other; the same for items of every type.
enum Items<'o> {
    /// An array whose iterator would only count: what it would look at is looked at, in its order, and the objects that it
    /// would give nobody can see.
    Array { array: &'o Object, index: u32 },
    /// [Iterates](https://tc39.es/ecma262/#sec-iterator-records).
    Iterator { iterator: Object, next: Callback },
}

impl<'o> Items<'o> {
    fn of(realm: &Realm, object: &'o Object, method: &Callback) -> Fallible<Self> {
        if realm.iterates_as_array(object, method) {
            return Ok(Self::Array { array: object, index: 0 });
        }
        let iterator = method.call(realm, object.as_value(), &[])?;
        let iterator =
            iterator.as_object().ok_or_else(|| Exception::type_error("the iterator is not an object"))?;
        let next = Callback::new(&iterator.get_static(realm, "next")?)?;
        Ok(Self::Iterator { iterator, next })
    }

    fn next(&mut self, realm: &Realm) -> Fallible<Option<Value>> {
        match self {
            Self::Array { array, index } => {
                if u64::from(*index) >= array.length(realm)? {
                    return Ok(None);
                }
                let value = array.get_index(realm, *index)?;
                *index =
                    index.checked_add(1).ok_or_else(|| Exception::range_error("the array is too long"))?;
                Ok(Some(value))
            }
            Self::Iterator { iterator, next } => {
                let result = next.call(realm, iterator.as_value(), &[])?;
                let result = result
                    .as_object()
                    .ok_or_else(|| Exception::type_error("the iterator's result is not an object"))?;
                if result.get_static(realm, "done")?.to_boolean(realm) {
                    return Ok(None);
                }
                result.get_static(realm, "value").map(Some)
            }
        }
    }
}

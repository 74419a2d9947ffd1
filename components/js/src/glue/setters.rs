//! Setters that are the same for every attribute with an extended attribute.

use crate::{Exception, Fallible, PlatformObject, Realm, Value};

/// The setter of every `[Replaceable]` attribute: pass it a name.
pub fn replace(realm: &Realm, this: &Value, name: &str, value: &Value) -> Fallible<()> {
    this.as_object().map_or(Ok(()), |object| object.create_or_throw(realm, name, value))
}

/// The setter of every [`[PutForwards]`](https://webidl.spec.whatwg.org/#PutForwards) attribute: sets `to` on the object
/// that the attribute `name` of `this` is.
pub fn put_forwards<T: PlatformObject>(
    realm: &Realm,
    this: &T,
    name: &str,
    to: &str,
    value: &Value,
) -> Fallible<()> {
    match this.root().to_object().get(realm, name)?.as_object() {
        Some(target) => target.set_quietly(realm, to, value),
        None => Err(Exception::type_error(format!("the value of {name} is not an object"))),
    }
}

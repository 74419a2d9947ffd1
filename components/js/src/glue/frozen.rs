//! Attributes whose type is a [frozen array](https://webidl.spec.whatwg.org/#idl-frozen-array).

use crate::convert::frozen_array;
use crate::{Exception, Fallible, Object, PlatformObject, Realm, ToJs, Value, platform};

/// The frozen array that an attribute gives: the one it gave last, as long as its items are the same.
pub fn same_frozen_array<T: PlatformObject, I: ToJs>(
    realm: &Realm,
    this: &T,
    attribute: &'static str,
    items: Vec<I>,
) -> Fallible<Value> {
    let items = items.into_iter().map(|item| item.to_js(realm)).collect::<Fallible<Vec<_>>>()?;
    let root = this.root();
    let Some(header) = platform::header_of(root.as_value().raw()) else { return frozen_array(realm, items) };
    // SAFETY: the header lives as long as its object, which `root` holds.
    let header = unsafe { header.as_ref() };
    if let Some(array) = header.kept(attribute)
        && has_items(realm, &array, &items)?
    {
        return Ok(array.into_value());
    }
    let array = frozen_array(realm, items)?;
    if let Some(object) = array.as_object() {
        header.keep(attribute, object);
    }
    Ok(array)
}

/// The next time the attribute is read, it gives a new array, also of the same items.
pub fn forget_frozen_array<T: PlatformObject>(this: &T, attribute: &'static str) {
    let root = this.root();
    if let Some(header) = platform::header_of(root.as_value().raw()) {
        // SAFETY: the header lives as long as its object, which `root` holds.
        unsafe { header.as_ref() }.forget(attribute);
    }
}

/// The frozen array that a static attribute gives, known by `key`: one for each realm.
pub fn static_frozen_array<I: ToJs>(
    realm: &Realm,
    key: &'static str,
    items: impl FnOnce() -> Fallible<Vec<I>>,
) -> Fallible<Value> {
    let make = |realm: &Realm| {
        let array = frozen_array(realm, items()?)?;
        array.as_object().ok_or_else(|| Exception::type_error("an array is an object"))
    };
    Ok(realm.once(key, make)?.into_value())
}

/// Whether a frozen array has these items. It cannot have been changed, so that reading it runs no script.
fn has_items(realm: &Realm, array: &Object, items: &[Value]) -> Fallible<bool> {
    if array.length(realm)? != items.len() as u64 {
        return Ok(false);
    }
    for (index, item) in (0_u32..).zip(items) {
        if !array.get_index(realm, index)?.same_value(item) {
            return Ok(false);
        }
    }
    Ok(true)
}

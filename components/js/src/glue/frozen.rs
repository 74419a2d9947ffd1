//! Attributes whose type is a [frozen array](https://webidl.spec.whatwg.org/#idl-frozen-array).

use crate::convert::frozen_array;
use crate::{Fallible, Object, PlatformObject, Realm, ToJs, Value, platform};

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

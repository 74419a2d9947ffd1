//! Conversions that a type alone does not tell: annotated types, types made of them, dictionaries, enumerations.
//!
//! Each has the shape `fn(&Realm, &Value) -> Fallible<T>` once its own parameters are given, as has
//! [`FromJs::from_js`]: generated code passes one where a value is converted.

use crate::convert::{Clamp, EnforceRange, Unrestricted};
use crate::list::List;
use crate::sequence::{iterator_method, sequence_with};
use crate::string::Lent;
use crate::{
    ArrayBuffer, ArrayBufferView, BufferSource, Callback, DomString, Exception, Fallible, FromJs, Object,
    PropertyKey, Realm, Record, ToJs, TypedArray, TypedArrayKind, Value, ValueKind,
};

pub use super::dictionary::{Dictionary, Members, write};
pub use super::level::Level;
pub use crate::convert::null_to_empty;

/// An integer with `[EnforceRange]`.
pub fn enforce_range<T>(realm: &Realm, value: &Value) -> Fallible<T>
where
    EnforceRange<T>: FromJs,
{
    EnforceRange::from_js(realm, value).map(|number| number.0)
}

/// An integer with `[Clamp]`.
pub fn clamp<T>(realm: &Realm, value: &Value) -> Fallible<T>
where
    Clamp<T>: FromJs,
{
    Clamp::from_js(realm, value).map(|number| number.0)
}

/// An `unrestricted float` or `unrestricted double`.
pub fn unrestricted<T>(realm: &Realm, value: &Value) -> Fallible<T>
where
    Unrestricted<T>: FromJs,
{
    Unrestricted::from_js(realm, value).map(|number| number.0)
}

/// A nullable type.
pub fn nullable<T>(
    realm: &Realm,
    value: &Value,
    convert: impl FnOnce(&Realm, &Value) -> Fallible<T>,
) -> Fallible<Option<T>> {
    if value.is_nullish() { Ok(None) } else { convert(realm, value).map(Some) }
}

/// A `sequence<T>`.
pub fn sequence<T>(
    realm: &Realm,
    value: &Value,
    convert: impl Fn(&Realm, &Value) -> Fallible<T>,
) -> Fallible<Vec<T>> {
    let not_iterable = || Exception::type_error("the value is not iterable");
    let object = value.object_ref().ok_or_else(not_iterable)?;
    let method = iterator_method(realm, object)?.ok_or_else(not_iterable)?;
    sequence_with(realm, object, &method, convert)
}

/// A `record<K, V>`.
pub fn record<K: PartialEq, V>(
    realm: &Realm,
    value: &Value,
    convert_key: impl Fn(&Realm, &Value) -> Fallible<K>,
    convert_value: impl Fn(&Realm, &Value) -> Fallible<V>,
) -> Fallible<Record<K, V>> {
    let object = value.as_object().ok_or_else(|| Exception::type_error("the value is not an object"))?;
    let mut entries = List::new();
    let mut lossy = false;
    for key in object.own_property_keys(realm)? {
        if !object.is_own_enumerable(realm, &key)? {
            continue;
        }
        let typed = convert_key(realm, &key.to_value(realm)?)?;
        let value = convert_value(realm, &object.get_key(realm, &key)?)?;
        // Keys of an object differ; as types that know no lone surrogates, two may be the same, of which one has some.
        lossy |= matches!(&key, PropertyKey::String(text) if text.has_lone_surrogate());
        let known = if lossy {
            crate::list::check_time(realm)?;
            entries.as_mut_slice().iter_mut().find(|(known, _)| *known == typed)
        } else {
            None
        };
        match known {
            Some(entry) => entry.1 = value,
            None => entries.push(realm, (typed, value))?,
        }
    }
    Ok(entries.into_vec())
}

/// Makes an object of a `record<K, V>`.
pub fn record_to_js<K: ToJs, V: ToJs>(realm: &Realm, record: Record<K, V>) -> Fallible<Value> {
    let object = Object::new(realm)?;
    for (key, value) in record {
        let key = PropertyKey::String(DomString::of(realm, &key.to_js(realm)?)?);
        object.create_data_property(realm, &key, &value.to_js(realm)?)?;
    }
    Ok(object.into_value())
}

/// What a buffer or a view on one may be, beside an `ArrayBuffer` of a fixed length or a view on one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Allow {
    /// `[AllowShared]`
    pub shared: bool,
    /// `[AllowResizable]`
    pub resizable: bool,
}

impl Allow {
    /// Nothing else.
    pub const NOTHING: Self = Self { shared: false, resizable: false };
    /// `[AllowShared]`
    pub const SHARED: Self = Self { shared: true, resizable: false };
    /// `[AllowResizable]`
    pub const RESIZABLE: Self = Self { shared: false, resizable: true };
    /// `[AllowShared, AllowResizable]`
    pub const BOTH: Self = Self { shared: true, resizable: true };

    fn check(self, realm: &Realm, buffer: &ArrayBuffer) -> Fallible<()> {
        if buffer.is_shared() && !self.shared {
            return Err(Exception::type_error(
                "the value is, or is a view on, a SharedArrayBuffer, which is not allowed here",
            ));
        }
        if !self.resizable && !buffer.is_fixed_length(realm)? {
            return Err(Exception::type_error(
                "the value is, or is a view on, a buffer that can be resized, which is not allowed here",
            ));
        }
        Ok(())
    }

    fn check_view(self, realm: &Realm, view: &ArrayBufferView) -> Fallible<()> {
        // A view whose buffer is detached has no parts to look at, and is neither shared nor resizable.
        view.parts(realm).map_or(Ok(()), |(buffer, ..)| self.check(realm, &buffer))
    }
}

/// An [`ArrayBuffer`](https://webidl.spec.whatwg.org/#js-to-ArrayBuffer).
pub fn array_buffer(realm: &Realm, value: &Value, allow: Allow) -> Fallible<ArrayBuffer> {
    let buffer = ArrayBuffer::from_js(realm, value)?;
    allow.check(realm, &buffer)?;
    Ok(buffer)
}

/// A [`SharedArrayBuffer`](https://webidl.spec.whatwg.org/#js-to-SharedArrayBuffer).
pub fn shared_array_buffer(realm: &Realm, value: &Value, allow: Allow) -> Fallible<ArrayBuffer> {
    let buffer = value.as_object().and_then(|object| ArrayBuffer::of_object(&object));
    let buffer = buffer.filter(ArrayBuffer::is_shared);
    let buffer = buffer.ok_or_else(|| Exception::type_error("the value is not a SharedArrayBuffer"))?;
    Allow { shared: true, ..allow }.check(realm, &buffer)?;
    Ok(buffer)
}

/// A typed array of one kind, such as `Uint8Array`.
pub fn typed_array(realm: &Realm, value: &Value, kind: TypedArrayKind, allow: Allow) -> Fallible<TypedArray> {
    let array = TypedArray::from_js(realm, value).ok().filter(|array| array.kind() == kind);
    let array = array.ok_or_else(|| Exception::type_error(format!("the value is not a {}", kind.name())))?;
    allow.check_view(realm, &array.to_view())?;
    Ok(array)
}

/// A `DataView`.
pub fn data_view(realm: &Realm, value: &Value, allow: Allow) -> Fallible<ArrayBufferView> {
    let view = ArrayBufferView::from_js(realm, value).ok().filter(|view| view.kind().is_none());
    let view = view.ok_or_else(|| Exception::type_error("the value is not a DataView"))?;
    allow.check_view(realm, &view)?;
    Ok(view)
}

/// An `ArrayBufferView`.
pub fn array_buffer_view(realm: &Realm, value: &Value, allow: Allow) -> Fallible<ArrayBufferView> {
    let view = ArrayBufferView::from_js(realm, value)?;
    allow.check_view(realm, &view)?;
    Ok(view)
}

/// A `BufferSource`, or an `AllowSharedBufferSource`.
pub fn buffer_source(realm: &Realm, value: &Value, allow: Allow) -> Fallible<BufferSource> {
    let source = BufferSource::from_js(realm, value)?;
    match &source {
        BufferSource::Buffer(buffer) => allow.check(realm, buffer)?,
        BufferSource::View(view) => allow.check_view(realm, view)?,
    }
    Ok(source)
}

/// A [`symbol`](https://webidl.spec.whatwg.org/#js-symbol).
pub fn symbol(_: &Realm, value: &Value) -> Fallible<Value> {
    match value.kind() {
        ValueKind::Symbol => Ok(value.clone()),
        _ => Err(Exception::type_error("the value is not a symbol")),
    }
}

/// A callback function with `[LegacyTreatNonObjectAsNull]`: any object will do, and anything else is null.
pub fn non_object_as_null<T>(
    realm: &Realm,
    value: &Value,
    convert: impl FnOnce(&Realm, &Value) -> Fallible<T>,
) -> Fallible<Option<T>> {
    if value.is_object() { convert(realm, value).map(Some) } else { Ok(None) }
}

/// An [enumeration](https://webidl.spec.whatwg.org/#js-enumeration); `of_str` knows its values.
pub fn enumeration<T>(
    realm: &Realm,
    value: &Value,
    name: &'static str,
    of_str: impl FnOnce(&str) -> Option<T>,
) -> Fallible<T> {
    let text = Lent::of(realm, value)?;
    match text.as_str().and_then(of_str) {
        Some(known) => Ok(known),
        None => Err(unknown(name, &text)),
    }
}

#[cold]
fn unknown(name: &str, text: &Lent) -> Exception {
    let text = text.to_usv_string();
    Exception::type_error(format!("\"{text}\" is not a value of the enumeration {name}"))
}

/// An enumeration in the setter of an attribute: a string that is not one of its values is ignored.
pub fn known<T>(realm: &Realm, value: &Value, of_str: impl FnOnce(&str) -> Option<T>) -> Fallible<Option<T>> {
    Ok(Lent::of(realm, value)?.as_str().and_then(of_str))
}

/// What an object with `handleEvent` or the like is called with: a [callback interface's
/// operation](https://webidl.spec.whatwg.org/#call-a-user-objects-operation).
pub fn call_operation(
    realm: &Realm,
    object: &Object,
    operation: &str,
    this: &Value,
    args: &[Value],
) -> Fallible<Value> {
    // Step 6: what fails before script runs is thrown in the realm of the object.
    let realm = &object.associated_realm(realm);
    // Steps 9 and 10: an object that is not callable itself has the operation as a property, and is then `this`.
    if object.as_value().is_callable() {
        return object.call(realm, this, args);
    }
    let property = object.get_key(realm, &PropertyKey::String(operation.into()))?;
    let function = Callback::new(&property).map_err(|_| {
        Exception::type_error(format!("the property {operation} of the listener is not a function"))
    })?;
    function.call(realm, object.as_value(), args)
}

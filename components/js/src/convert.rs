//! [Conversions](https://webidl.spec.whatwg.org/#js-type-mapping) between Web IDL types and JavaScript values.

use crate::sequence::{iterator_method, sequence_with};
use crate::string::Lent;
use crate::{
    ByteString, Callback, DomString, Exception, Fallible, Object, PlatformObject, Realm, Root, Value,
    ValueKind,
};

/// Converts a JavaScript value to an IDL type, with the specification's own errors.
pub trait FromJs: Sized {
    /// Converts.
    ///
    /// # Errors
    /// What the specification throws, or what script threw while it was asked.
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self>;
}

/// Converts an IDL value to a JavaScript value of a realm.
pub trait ToJs {
    /// Converts.
    ///
    /// # Errors
    /// Only without memory, or where an object has to be made and cannot be.
    fn to_js(self, realm: &Realm) -> Fallible<Value>;
}

/// An integer with [`[EnforceRange]`](https://webidl.spec.whatwg.org/#EnforceRange).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EnforceRange<T>(pub T);

/// An integer with [`[Clamp]`](https://webidl.spec.whatwg.org/#Clamp).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clamp<T>(pub T);

/// An [unrestricted](https://webidl.spec.whatwg.org/#js-unrestricted-double) `float` or `double`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Unrestricted<T>(pub T);

/// A [`record<K, V>`](https://webidl.spec.whatwg.org/#idl-record), in order.
pub type Record<K, V> = Vec<(K, V)>;

/// An object of an interface that is not implemented: there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotImplemented {}

impl FromJs for NotImplemented {
    fn from_js(_: &Realm, _: &Value) -> Fallible<Self> {
        Err(Exception::type_error("the value is not of the interface that is expected"))
    }
}

/// A `FrozenArray<T>` that something else gives, such as a promise; attributes are `Vec`s.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FrozenArray<T>(pub Vec<T>);

impl<T: ToJs> ToJs for FrozenArray<T> {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        frozen_array(realm, self.0)
    }
}

const MAX_SAFE: f64 = 9_007_199_254_740_991.0;

/// Integer types of Web IDL.
trait Integer: Copy {
    const MIN: f64;
    const MAX: f64;
    const NAME: &'static str;
    /// From a whole number in range.
    fn of_whole(number: f64) -> Self;
    /// From an integer, if it is in range.
    fn of_int(number: i32) -> Option<Self>;
    /// From a whole number, modulo the type's size.
    fn of_modulo(number: f64) -> Self;
}

macro_rules! integers {
    ($($int:ident, $unsigned:ident, $bits:literal, $min:expr, $max:expr, $name:literal);+ $(;)?) => {$(
        impl Integer for $int {
            const MIN: f64 = $min;
            const MAX: f64 = $max;
            const NAME: &'static str = $name;
            fn of_whole(number: f64) -> Self {
                number as Self
            }
            #[inline]
            fn of_int(number: i32) -> Option<Self> {
                Self::try_from(number).ok()
            }
            fn of_modulo(number: f64) -> Self {
                // The remainder is exact, and below 2^64 in magnitude: an i128 holds it, and its low bits are the
                // number modulo 2^n.
                (number % 2.0_f64.powi($bits)) as i128 as $unsigned as Self
            }
        }

        impl FromJs for $int {
            #[inline]
            fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
                plain(realm, value)
            }
        }
        impl FromJs for EnforceRange<$int> {
            fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
                enforce_range(realm, value).map(Self)
            }
        }
        impl FromJs for Clamp<$int> {
            fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
                clamp(realm, value).map(Self)
            }
        }
        impl ToJs for $int {
            #[inline]
            fn to_js(self, _: &Realm) -> Fallible<Value> {
                // What fits has no need of a double.
                Ok(i32::try_from(self).map_or_else(|_| Value::number(self as f64), Value::int))
            }
        }
    )+};
}

integers!(
    i8, u8, 8, -128.0, 127.0, "a byte";
    u8, u8, 8, 0.0, 255.0, "an octet";
    i16, u16, 16, -32768.0, 32767.0, "a short";
    u16, u16, 16, 0.0, 65535.0, "an unsigned short";
    i32, u32, 32, -2_147_483_648.0, 2_147_483_647.0, "a long";
    u32, u32, 32, 0.0, 4_294_967_295.0, "an unsigned long";
    i64, u64, 64, -MAX_SAFE, MAX_SAFE, "a long long";
    u64, u64, 64, 0.0, MAX_SAFE, "an unsigned long long";
);

/// [ConvertToInt](https://webidl.spec.whatwg.org/#abstract-opdef-converttoint), without extended attributes.
#[inline]
fn plain<T: Integer>(realm: &Realm, value: &Value) -> Fallible<T> {
    match value.as_int().and_then(T::of_int) {
        Some(whole) => Ok(whole),
        None => modulo(realm, value),
    }
}

/// ConvertToInt of what is no integer in range.
#[inline(never)]
fn modulo<T: Integer>(realm: &Realm, value: &Value) -> Fallible<T> {
    let number = value.to_number(realm)?;
    if !number.is_finite() {
        return Ok(T::of_whole(0.0));
    }
    let whole = number.trunc();
    if (T::MIN..=T::MAX).contains(&whole) { Ok(T::of_whole(whole)) } else { Ok(T::of_modulo(whole)) }
}

/// ConvertToInt with `[EnforceRange]`.
fn enforce_range<T: Integer>(realm: &Realm, value: &Value) -> Fallible<T> {
    let number = value.to_number(realm)?;
    if !number.is_finite() {
        return Err(Exception::type_error(format!(
            "the value {number} is not a finite number, as {} must be",
            T::NAME
        )));
    }
    let whole = number.trunc();
    if (T::MIN..=T::MAX).contains(&whole) {
        Ok(T::of_whole(whole))
    } else {
        let message =
            format!("the value {number} is outside the range of {}: {} to {}", T::NAME, T::MIN, T::MAX);
        Err(Exception::type_error(message))
    }
}

/// ConvertToInt with `[Clamp]`.
fn clamp<T: Integer>(realm: &Realm, value: &Value) -> Fallible<T> {
    let number = value.to_number(realm)?;
    if number.is_nan() {
        return Ok(T::of_whole(0.0));
    }
    Ok(T::of_whole(number.clamp(T::MIN, T::MAX).round_ties_even()))
}

fn finite(realm: &Realm, value: &Value) -> Fallible<f64> {
    let number = value.to_number(realm)?;
    if number.is_finite() {
        Ok(number)
    } else {
        Err(Exception::type_error("the value is not a finite number"))
    }
}

impl FromJs for f64 {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        finite(realm, value)
    }
}

impl FromJs for f32 {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
        let number = finite(realm, value)? as Self;
        if number.is_finite() {
            Ok(number)
        } else {
            Err(Exception::type_error("the value is outside the range of a float"))
        }
    }
}

impl FromJs for Unrestricted<f64> {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        value.to_number(realm).map(Self)
    }
}

impl FromJs for Unrestricted<f32> {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        #[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
        value.to_number(realm).map(|number| Self(number as f32))
    }
}

impl ToJs for f64 {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(Value::number(self))
    }
}

impl ToJs for f32 {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(Value::number(f64::from(self)))
    }
}

impl<T: ToJs> ToJs for Unrestricted<T> {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        self.0.to_js(realm)
    }
}

impl FromJs for bool {
    #[inline]
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        Ok(value.to_boolean(realm))
    }
}

impl ToJs for bool {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(Value::boolean(self))
    }
}

impl FromJs for () {
    fn from_js(_: &Realm, _: &Value) -> Fallible<Self> {
        Ok(())
    }
}

impl ToJs for () {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(Value::UNDEFINED)
    }
}

impl FromJs for Value {
    fn from_js(_: &Realm, value: &Value) -> Fallible<Self> {
        Ok(value.clone())
    }
}

impl ToJs for Value {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(self)
    }
}

impl FromJs for Object {
    fn from_js(_: &Realm, value: &Value) -> Fallible<Self> {
        value.as_object().ok_or_else(|| Exception::type_error("the value is not an object"))
    }
}

impl ToJs for Object {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(self.into_value())
    }
}

impl FromJs for Callback {
    fn from_js(_: &Realm, value: &Value) -> Fallible<Self> {
        Self::new(value)
    }
}

impl ToJs for Callback {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(self.as_value().clone())
    }
}

impl FromJs for DomString {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        Self::of(realm, value)
    }
}

impl ToJs for DomString {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        self.to_value(realm)
    }
}

/// A `USVString`.
impl FromJs for String {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        Ok(Lent::of(realm, value)?.to_usv_string())
    }
}

impl ToJs for String {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        Value::string(realm, &self)
    }
}

impl ToJs for &str {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        Value::string(realm, self)
    }
}

impl FromJs for ByteString {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        let text = DomString::of(realm, value)?;
        let mut bytes = Vec::with_capacity(text.len());
        for unit in text.to_utf16() {
            let byte = u8::try_from(unit).map_err(|_| {
                Exception::type_error(format!(
                    "the string has the code unit U+{unit:04X}: a ByteString has none above U+00FF"
                ))
            })?;
            bytes.push(byte);
        }
        Ok(Self(bytes))
    }
}

impl ToJs for ByteString {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        let text: String = self.0.iter().map(|byte| char::from(*byte)).collect();
        Value::string(realm, &text)
    }
}

/// A nullable type.
impl<T: FromJs> FromJs for Option<T> {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        if value.is_nullish() { Ok(None) } else { T::from_js(realm, value).map(Some) }
    }
}

impl<T: ToJs> ToJs for Option<T> {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        self.map_or(Ok(Value::NULL), |value| value.to_js(realm))
    }
}

/// A `sequence<T>`.
impl<T: FromJs> FromJs for Box<T> {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        T::from_js(realm, value).map(Box::new)
    }
}

impl<T: FromJs> FromJs for Vec<T> {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        let object = value.as_object().ok_or_else(|| Exception::type_error("the value is not iterable"))?;
        match iterator_method(realm, &object)? {
            Some(method) => sequence_with(realm, &object, &method, T::from_js),
            None => Err(Exception::type_error("the value is not iterable")),
        }
    }
}

impl<T: ToJs> ToJs for Box<T> {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        (*self).to_js(realm)
    }
}

impl<T: ToJs> ToJs for Vec<T> {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        let items = self.into_iter().map(|item| item.to_js(realm)).collect::<Fallible<Vec<_>>>()?;
        Object::array(realm, items).map(Object::into_value)
    }
}

/// Converts to a [`record<K, V>`](https://webidl.spec.whatwg.org/#js-record).
pub fn record<K: FromJs + PartialEq, V: FromJs>(realm: &Realm, value: &Value) -> Fallible<Record<K, V>> {
    crate::glue::idl::record(realm, value, K::from_js, V::from_js)
}

/// Makes an object of a [`record<K, V>`](https://webidl.spec.whatwg.org/#js-record).
pub fn record_to_js<V: ToJs>(realm: &Realm, record: Record<DomString, V>) -> Fallible<Value> {
    let object = Object::new(realm)?;
    for (key, value) in record {
        let value = value.to_js(realm)?;
        object.create_data_property(realm, &crate::PropertyKey::String(key), &value)?;
    }
    Ok(object.into_value())
}

/// A `FrozenArray<T>`.
pub fn frozen_array<T: ToJs>(realm: &Realm, items: Vec<T>) -> Fallible<Value> {
    let array = items.to_js(realm)?;
    if let Some(array) = array.as_object() {
        array.freeze(realm)?;
    }
    Ok(array)
}

/// A string with [`[LegacyNullToEmptyString]`](https://webidl.spec.whatwg.org/#LegacyNullToEmptyString).
pub fn null_to_empty(realm: &Realm, value: &Value) -> Fallible<DomString> {
    if value.kind() == ValueKind::Null { Ok(DomString::default()) } else { DomString::of(realm, value) }
}

impl<T: PlatformObject> FromJs for Root<T> {
    fn from_js(_: &Realm, value: &Value) -> Fallible<Self> {
        Self::from_value(value).ok_or_else(|| {
            let name = T::INTERFACE.name.to_string_lossy();
            Exception::type_error(format!("the value does not implement interface {name}"))
        })
    }
}

impl<T> ToJs for Root<T> {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(crate::window_proxy::seen(self.as_value()))
    }
}

impl<T> ToJs for &Root<T> {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(crate::window_proxy::seen(self.as_value()))
    }
}

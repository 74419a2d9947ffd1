//! Any JavaScript value.

use std::fmt;

use rquickjs_sys as q;

use crate::{Exception, Fallible, Object, Realm, state};

/// Any JavaScript value: a counted reference.
#[repr(transparent)]
pub struct Value(q::JSValue);

/// What type a value is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `undefined`
    Undefined,
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number.
    Number,
    /// A bigint.
    BigInt,
    /// A string.
    String,
    /// A symbol.
    Symbol,
    /// An object, functions included.
    Object,
}

impl Value {
    /// `undefined`
    pub const UNDEFINED: Self = Self(q::JS_UNDEFINED);
    /// `null`
    pub const NULL: Self = Self(q::JS_NULL);

    /// A boolean.
    #[must_use]
    pub const fn boolean(value: bool) -> Self {
        Self(if value { q::JS_TRUE } else { q::JS_FALSE })
    }

    /// A number.
    #[must_use]
    pub fn number(value: f64) -> Self {
        Self(q::JS_NewFloat64(value))
    }

    /// An integer.
    #[must_use]
    pub const fn int(value: i32) -> Self {
        Self(q::JS_MKVAL(q::JS_TAG_INT, value))
    }

    /// A string.
    pub fn string(realm: &Realm, text: &str) -> Fallible<Self> {
        // SAFETY: the pointer and length are those of `text`; the context is alive.
        realm.own(unsafe { q::JS_NewStringLen(realm.raw(), text.as_ptr().cast(), text.len() as _) })
    }

    /// A bigint.
    pub fn bigint_i64(realm: &Realm, value: i64) -> Fallible<Self> {
        // SAFETY: the context is alive.
        realm.own(unsafe { q::JS_NewBigInt64(realm.raw(), value) })
    }

    /// Its type.
    #[inline]
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        #[expect(clippy::cast_possible_truncation, reason = "tags are small")]
        match self.0.tag as i32 {
            q::JS_TAG_UNDEFINED | q::JS_TAG_UNINITIALIZED => ValueKind::Undefined,
            q::JS_TAG_NULL => ValueKind::Null,
            q::JS_TAG_BOOL => ValueKind::Boolean,
            q::JS_TAG_INT | q::JS_TAG_FLOAT64 => ValueKind::Number,
            q::JS_TAG_BIG_INT | q::JS_TAG_SHORT_BIG_INT => ValueKind::BigInt,
            q::JS_TAG_STRING | q::JS_TAG_STRING_ROPE => ValueKind::String,
            q::JS_TAG_SYMBOL => ValueKind::Symbol,
            _ => ValueKind::Object,
        }
    }

    /// Whether it is `undefined`.
    #[inline]
    #[must_use]
    pub fn is_undefined(&self) -> bool {
        self.kind() == ValueKind::Undefined
    }

    /// Whether it is `undefined` or `null`.
    #[inline]
    #[must_use]
    pub fn is_nullish(&self) -> bool {
        matches!(self.kind(), ValueKind::Undefined | ValueKind::Null)
    }

    /// Whether it is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.kind() == ValueKind::Null
    }

    /// Whether it is an object.
    #[inline]
    #[must_use]
    pub fn is_object(&self) -> bool {
        self.kind() == ValueKind::Object
    }

    /// Whether it is callable.
    #[must_use]
    pub fn is_callable(&self) -> bool {
        // SAFETY: reads the object's class; the context argument is not used for objects of this runtime.
        self.is_object() && Realm::any().is_some_and(|realm| unsafe { q::JS_IsFunction(realm, self.0) })
    }

    /// The object that it is.
    #[inline]
    #[must_use]
    pub fn as_object(&self) -> Option<Object> {
        self.is_object().then(|| Object::from_value_unchecked(self.clone()))
    }

    /// The boolean that it is.
    #[inline]
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        // SAFETY: the tag says that the union holds a boolean.
        (self.kind() == ValueKind::Boolean).then(|| unsafe { q::JS_VALUE_GET_BOOL(self.0) })
    }

    /// The integer that it is, if the engine holds it as one: small whole numbers mostly are, but need not be.
    #[inline]
    pub(crate) fn as_int(&self) -> Option<i32> {
        #[expect(clippy::cast_possible_truncation, reason = "tags are small")]
        // SAFETY: the tag says that the union holds an int.
        (self.0.tag as i32 == q::JS_TAG_INT).then(|| unsafe { q::JS_VALUE_GET_INT(self.0) })
    }

    /// The object that it is, borrowed.
    #[inline]
    pub(crate) fn object_ref(&self) -> Option<&Object> {
        // SAFETY: an `Object` is a transparent wrapper of a value that is an object.
        self.is_object().then(|| unsafe { &*std::ptr::from_ref(self).cast() })
    }

    /// The number that it is.
    #[inline]
    #[must_use]
    pub fn as_number(&self) -> Option<f64> {
        #[expect(clippy::cast_possible_truncation, reason = "tags are small")]
        match self.0.tag as i32 {
            // SAFETY: the tag says that the union holds an int.
            q::JS_TAG_INT => Some(f64::from(unsafe { q::JS_VALUE_GET_INT(self.0) })),
            // SAFETY: the tag says that the union holds a double.
            q::JS_TAG_FLOAT64 => Some(unsafe { q::JS_VALUE_GET_FLOAT64(self.0) }),
            _ => None,
        }
    }

    /// [ToBoolean](https://tc39.es/ecma262/#sec-toboolean).
    #[inline]
    pub fn to_boolean(&self, realm: &Realm) -> bool {
        match self.as_bool() {
            Some(boolean) => boolean,
            // SAFETY: the context is alive; ToBoolean runs no script.
            None => unsafe { q::JS_ToBool(realm.raw(), self.0) > 0 },
        }
    }

    /// [ToNumber](https://tc39.es/ecma262/#sec-tonumber).
    #[inline]
    pub fn to_number(&self, realm: &Realm) -> Fallible<f64> {
        if let Some(number) = self.as_number() {
            return Ok(number);
        }
        let mut number = 0.0;
        // SAFETY: the context is alive and `number` is a valid place.
        let status = unsafe { q::JS_ToFloat64(realm.raw(), &raw mut number, self.0) };
        if status < 0 { Err(Exception::take(realm)) } else { Ok(number) }
    }

    /// What `console.log` or an error message would call it; never fails and is never empty.
    #[must_use]
    pub fn describe(&self, realm: &Realm) -> String {
        match self.kind() {
            ValueKind::Symbol => "a symbol".into(),
            ValueKind::String => {
                crate::DomString::of(realm, self).map_or_else(|_| "a string".into(), |s| s.to_string())
            }
            _ => {
                // SAFETY: the context is alive; a throwing toString leaves an exception, which is taken below.
                let text = unsafe { q::JS_ToString(realm.raw(), self.0) };
                match realm.own(text).and_then(|text| crate::DomString::of(realm, &text)) {
                    Ok(text) => text.to_string(),
                    Err(_) => "an object".into(),
                }
            }
        }
    }

    /// [SameValue](https://tc39.es/ecma262/#sec-samevalue).
    #[must_use]
    pub fn same_value(&self, other: &Self) -> bool {
        // SAFETY: reads both values; no script runs.
        Realm::any().is_some_and(|realm| unsafe { q::JS_IsSameValue(realm, self.0, other.0) })
    }

    /// Takes over a reference that the engine gave away.
    #[inline]
    pub(crate) fn from_owned(raw: q::JSValue) -> Self {
        // SAFETY: reads the tag only.
        if unsafe { q::JS_VALUE_HAS_REF_COUNT(raw) } {
            state::count_handle();
        }
        Self(raw)
    }

    /// Makes a new reference to a value that somebody else holds.
    #[inline]
    pub(crate) fn from_borrowed(raw: q::JSValue) -> Self {
        // SAFETY: the caller holds `raw`, so it is alive.
        Self::from_owned(unsafe { q::JS_DupValueRT(state::runtime(), raw) })
    }

    /// Views engine values as values without taking references.
    pub(crate) const fn view(raw: &[q::JSValue]) -> &[Self] {
        // SAFETY: `Value` is a transparent wrapper, and a shared reference to it never drops it.
        unsafe { std::slice::from_raw_parts(raw.as_ptr().cast(), raw.len()) }
    }

    /// Views one engine value as a value without taking a reference.
    pub(crate) const fn view_one(raw: &q::JSValue) -> &Self {
        // SAFETY: as `view`.
        unsafe { &*std::ptr::from_ref(raw).cast() }
    }

    /// The engine's value, still owned here.
    pub(crate) const fn raw(&self) -> q::JSValue {
        self.0
    }

    /// Gives the reference away to the engine.
    #[inline]
    pub(crate) fn into_raw(self) -> q::JSValue {
        let raw = self.0;
        // SAFETY: reads the tag only.
        if unsafe { q::JS_VALUE_HAS_REF_COUNT(raw) } {
            state::uncount_handle();
        }
        std::mem::forget(self);
        raw
    }
}

impl Clone for Value {
    #[inline]
    fn clone(&self) -> Self {
        Self::from_borrowed(self.0)
    }
}

impl Drop for Value {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: reads the tag only.
        if unsafe { q::JS_VALUE_HAS_REF_COUNT(self.0) } {
            state::uncount_handle();
            let rt = state::runtime();
            if !rt.is_null() {
                // SAFETY: this handle owns one reference, and the runtime is this thread's.
                unsafe { q::JS_FreeValueRT(rt, self.0) };
            }
        }
    }
}

impl Default for Value {
    fn default() -> Self {
        Self::UNDEFINED
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Value").field(&self.kind()).finish()
    }
}

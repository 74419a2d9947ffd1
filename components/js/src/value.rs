//! Any JavaScript value.

use std::ffi::c_void;
use std::fmt;
use std::mem::{MaybeUninit, transmute};

use rquickjs_sys as q;

use crate::{Exception, Fallible, Object, Realm, state};

/// Any JavaScript value: a counted reference.
///
/// Laid out as the engine's own, of which the compiler does not know that few numbers are tags: so there is room for what an
/// `Option` or a [`Fallible`] has to say, and they are no larger.
#[repr(C)]
pub struct Value {
    payload: MaybeUninit<*mut c_void>,
    tag: Tag,
}

/// The engine's tags of values.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i64)]
#[expect(dead_code, reason = "the engine makes values")]
enum Tag {
    BigInt = q::JS_TAG_BIG_INT as i64,
    Symbol = q::JS_TAG_SYMBOL as i64,
    String = q::JS_TAG_STRING as i64,
    StringRope = q::JS_TAG_STRING_ROPE as i64,
    Module = q::JS_TAG_MODULE as i64,
    FunctionBytecode = q::JS_TAG_FUNCTION_BYTECODE as i64,
    Object = q::JS_TAG_OBJECT as i64,
    Int = q::JS_TAG_INT as i64,
    Bool = q::JS_TAG_BOOL as i64,
    Null = q::JS_TAG_NULL as i64,
    Undefined = q::JS_TAG_UNDEFINED as i64,
    Uninitialized = q::JS_TAG_UNINITIALIZED as i64,
    CatchOffset = q::JS_TAG_CATCH_OFFSET as i64,
    Exception = q::JS_TAG_EXCEPTION as i64,
    ShortBigInt = q::JS_TAG_SHORT_BIG_INT as i64,
    Float64 = q::JS_TAG_FLOAT64 as i64,
}

const _: () = assert!(size_of::<Value>() == size_of::<q::JSValue>() && size_of::<Option<Value>>() == 16);

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
    pub const UNDEFINED: Self = Self::uncounted(q::JS_UNDEFINED);
    /// `null`
    pub const NULL: Self = Self::uncounted(q::JS_NULL);

    /// A value whose reference is counted elsewhere, or that has none.
    #[inline]
    const fn uncounted(raw: q::JSValue) -> Self {
        // SAFETY: the layouts are the same, and the engine's tags are those of `Tag`.
        unsafe { transmute(raw) }
    }

    /// A boolean.
    #[must_use]
    pub const fn boolean(value: bool) -> Self {
        Self::uncounted(if value { q::JS_TRUE } else { q::JS_FALSE })
    }

    /// A number.
    #[must_use]
    pub fn number(value: f64) -> Self {
        Self::uncounted(q::JS_NewFloat64(value))
    }

    /// An integer.
    #[must_use]
    pub const fn int(value: i32) -> Self {
        Self::uncounted(q::JS_MKVAL(q::JS_TAG_INT, value))
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
        match self.tag {
            Tag::Undefined | Tag::Uninitialized => ValueKind::Undefined,
            Tag::Null => ValueKind::Null,
            Tag::Bool => ValueKind::Boolean,
            Tag::Int | Tag::Float64 => ValueKind::Number,
            Tag::BigInt | Tag::ShortBigInt => ValueKind::BigInt,
            Tag::String | Tag::StringRope => ValueKind::String,
            Tag::Symbol => ValueKind::Symbol,
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
        self.is_object() && Realm::any().is_some_and(|realm| unsafe { q::JS_IsFunction(realm, self.raw()) })
    }

    /// [IsConstructor](https://tc39.es/ecma262/#sec-isconstructor).
    #[must_use]
    pub fn is_constructor(&self) -> bool {
        // SAFETY: reads the object's class; the context argument is not used for objects of this runtime.
        self.is_object()
            && Realm::any().is_some_and(|realm| unsafe { q::JS_IsConstructor(realm, self.raw()) })
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
        (self.tag == Tag::Bool).then(|| unsafe { self.union().int32 != 0 })
    }

    /// The integer that it is, if the engine holds it as one: small whole numbers mostly are, but need not be.
    #[inline]
    pub(crate) fn as_int(&self) -> Option<i32> {
        // SAFETY: the tag says that the union holds an int.
        (self.tag == Tag::Int).then(|| unsafe { self.union().int32 })
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
        match self.tag {
            // SAFETY: the tag says that the union holds an int.
            Tag::Int => Some(f64::from(unsafe { self.union().int32 })),
            // SAFETY: the tag says that the union holds a double.
            Tag::Float64 => Some(unsafe { self.union().float64 }),
            _ => None,
        }
    }

    /// [ToBoolean](https://tc39.es/ecma262/#sec-toboolean).
    #[inline]
    pub fn to_boolean(&self, realm: &Realm) -> bool {
        match self.as_bool() {
            Some(boolean) => boolean,
            // SAFETY: the context is alive; ToBoolean runs no script.
            None => unsafe { q::JS_ToBool(realm.raw(), self.raw()) > 0 },
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
        let status = unsafe { q::JS_ToFloat64(realm.raw(), &raw mut number, self.raw()) };
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
                let text = unsafe { q::JS_ToString(realm.raw(), self.raw()) };
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
        Realm::any().is_some_and(|realm| unsafe { q::JS_IsSameValue(realm, self.raw(), other.raw()) })
    }

    /// Takes over a reference that the engine gave away.
    #[inline]
    pub(crate) fn from_owned(raw: q::JSValue) -> Self {
        // SAFETY: reads the tag only.
        if unsafe { q::JS_VALUE_HAS_REF_COUNT(raw) } {
            state::count_handle();
        }
        Self::uncounted(raw)
    }

    /// Makes a new reference to a value that somebody else holds.
    #[inline]
    pub(crate) fn from_borrowed(raw: q::JSValue) -> Self {
        // SAFETY: the caller holds `raw`, so it is alive.
        Self::from_owned(unsafe { q::JS_DupValueRT(state::runtime(), raw) })
    }

    /// Views engine values as values without taking references.
    pub(crate) const fn view(raw: &[q::JSValue]) -> &[Self] {
        // SAFETY: `Value` is laid out as the engine's, and a shared reference to it never drops it.
        unsafe { std::slice::from_raw_parts(raw.as_ptr().cast(), raw.len()) }
    }

    /// Views one engine value as a value without taking a reference.
    pub(crate) const fn view_one(raw: &q::JSValue) -> &Self {
        // SAFETY: as `view`.
        unsafe { &*std::ptr::from_ref(raw).cast() }
    }

    /// The engine's value, still owned here.
    #[inline]
    pub(crate) const fn raw(&self) -> q::JSValue {
        q::JSValue { u: self.union(), tag: self.tag as i64 }
    }

    #[inline]
    const fn union(&self) -> q::JSValueUnion {
        // SAFETY: the size is the same, and both may hold any bytes.
        unsafe { transmute(self.payload) }
    }

    /// Gives the reference away to the engine.
    #[inline]
    pub(crate) fn into_raw(self) -> q::JSValue {
        let raw = self.raw();
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
        Self::from_borrowed(self.raw())
    }
}

impl Drop for Value {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: reads the tag only.
        if unsafe { q::JS_VALUE_HAS_REF_COUNT(self.raw()) } {
            free(self.raw());
        }
    }
}

#[inline(never)]
fn free(raw: q::JSValue) {
    state::uncount_handle();
    let rt = state::runtime();
    if !rt.is_null() {
        // SAFETY: a handle that is dropped owns one reference, and the runtime is this thread's.
        unsafe { q::JS_FreeValueRT(rt, raw) };
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

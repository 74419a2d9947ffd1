//! The three string types of Web IDL.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use rquickjs_sys as q;

use crate::{Exception, Fallible, Realm, Value, ValueKind};

/// A [`DOMString`](https://webidl.spec.whatwg.org/#idl-DOMString): UTF-16 code units, lone surrogates included.
///
/// It dereferences to `str`, in which each lone surrogate is U+FFFD; going back to JavaScript nothing is lost.
#[derive(Clone, Default)]
pub struct DomString {
    text: Box<str>,
    /// The code units, kept only if there is a lone surrogate among them.
    units: Option<Box<[u16]>>,
}

impl DomString {
    /// From code units.
    #[must_use]
    pub fn from_utf16(units: &[u16]) -> Self {
        match String::from_utf16(units) {
            Ok(text) => text.into(),
            Err(_) => Self { text: String::from_utf16_lossy(units).into(), units: Some(units.into()) },
        }
    }

    /// The text, lone surrogates as U+FFFD: what a `USVString` would be.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether there is a lone surrogate.
    #[must_use]
    pub fn has_lone_surrogate(&self) -> bool {
        self.units.is_some()
    }

    /// The code units.
    #[must_use]
    pub fn to_utf16(&self) -> Vec<u16> {
        self.units.as_ref().map_or_else(|| self.text.encode_utf16().collect(), |units| units.to_vec())
    }

    /// Takes the text out, lone surrogates as U+FFFD.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text.into()
    }

    /// [ToString](https://tc39.es/ecma262/#sec-tostring) of a value.
    pub fn of(realm: &Realm, value: &Value) -> Fallible<Self> {
        let converted;
        let string = if value.kind() == ValueKind::String {
            value
        } else {
            // SAFETY: the context is alive.
            converted = realm.own(unsafe { q::JS_ToString(realm.raw(), value.raw()) })?;
            &converted
        };
        let mut length: q::size_t = 0;
        // SAFETY: the value is a string; the result is freed below. (`cesu8` false: lone surrogates come as three
        // bytes each, which is not UTF-8 and is told apart by the check.)
        let text = unsafe { q::JS_ToCStringLen2(realm.raw(), &raw mut length, string.raw(), false) };
        if text.is_null() {
            return Err(Exception::take(realm));
        }
        // SAFETY: the engine gave `length` bytes that live until freed.
        let bytes = unsafe { std::slice::from_raw_parts(text.cast::<u8>(), length as usize) };
        let result = match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Self { text: text.into(), units: None }),
            Err(_) => Self::from_engine_utf16(realm, string),
        };
        // SAFETY: `text` came from JS_ToCStringLen2 and is freed once.
        unsafe { q::JS_FreeCString(realm.raw(), text) };
        result
    }

    fn from_engine_utf16(realm: &Realm, string: &Value) -> Fallible<Self> {
        let mut length: q::size_t = 0;
        // SAFETY: the value is a string; the result is freed below.
        let units = unsafe { q::JS_ToCStringLenUTF16(realm.raw(), &raw mut length, string.raw()) };
        if units.is_null() {
            return Err(Exception::take(realm));
        }
        // SAFETY: the engine gave `length` code units that live until freed.
        let result = Self::from_utf16(unsafe { std::slice::from_raw_parts(units, length as usize) });
        // SAFETY: `units` came from JS_ToCStringLenUTF16 and is freed once.
        unsafe { q::JS_FreeCStringUTF16(realm.raw(), units) };
        Ok(result)
    }

    /// As a JavaScript string.
    pub fn to_value(&self, realm: &Realm) -> Fallible<Value> {
        match &self.units {
            None => Value::string(realm, &self.text),
            Some(units) => {
                // SAFETY: pointer and length are those of `units`; the context is alive.
                realm.own(unsafe { q::JS_NewStringUTF16(realm.raw(), units.as_ptr(), units.len() as _) })
            }
        }
    }
}

impl Deref for DomString {
    type Target = str;
    fn deref(&self) -> &str {
        &self.text
    }
}

impl Borrow<str> for DomString {
    fn borrow(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for DomString {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl From<String> for DomString {
    fn from(text: String) -> Self {
        Self { text: text.into(), units: None }
    }
}

impl From<&str> for DomString {
    fn from(text: &str) -> Self {
        Self { text: text.into(), units: None }
    }
}

impl From<DomString> for String {
    fn from(text: DomString) -> Self {
        text.into_string()
    }
}

impl PartialEq for DomString {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.units == other.units
    }
}

impl Eq for DomString {}

impl PartialEq<str> for DomString {
    fn eq(&self, other: &str) -> bool {
        self.units.is_none() && &*self.text == other
    }
}

impl PartialEq<&str> for DomString {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl Hash for DomString {
    // `units` is left out so that the hash agrees with that of the borrowed `str`; equality still compares it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for DomString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for DomString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A [`ByteString`](https://webidl.spec.whatwg.org/#idl-ByteString): bytes, each one code unit below 256.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub struct ByteString(pub Vec<u8>);

impl ByteString {
    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Deref for ByteString {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl From<&str> for ByteString {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for ByteString {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

//! The three string types of Web IDL.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::ptr::NonNull;
use std::str;

use rquickjs_sys as q;

use crate::text::{Lone, Outcome, Packed, SHORT, Text};
use crate::{Exception, Fallible, Realm, Value};

/// A [`DOMString`](https://webidl.spec.whatwg.org/#idl-DOMString): UTF-16 code units, lone surrogates included.
///
/// It dereferences to `str`, in which each lone surrogate is U+FFFD; going back to JavaScript nothing is lost. Short texts
/// need no allocation.
#[derive(Clone)]
pub struct DomString(Text);

impl DomString {
    /// From code units.
    #[must_use]
    pub fn from_utf16(units: &[u16]) -> Self {
        match String::from_utf16(units) {
            Ok(text) => text.into(),
            Err(_) => {
                let text = String::from_utf16_lossy(units).into();
                Self(Text::of_lone(Lone { text, units: units.into() }))
            }
        }
    }

    /// The text, lone surrogates as U+FFFD: what a `USVString` would be.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether there is a lone surrogate.
    #[must_use]
    pub fn has_lone_surrogate(&self) -> bool {
        self.0.lone().is_some()
    }

    /// The code units.
    #[must_use]
    pub fn to_utf16(&self) -> Vec<u16> {
        match self.0.lone() {
            Some(lone) => lone.units.to_vec(),
            None => self.as_str().encode_utf16().collect(),
        }
    }

    /// Takes the text out, lone surrogates as U+FFFD.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0.into_string()
    }

    /// [ToString](https://tc39.es/ecma262/#sec-tostring) of a value.
    #[inline]
    pub fn of(realm: &Realm, value: &Value) -> Fallible<Self> {
        Self::outcome(realm, value).into_result().map(Self)
    }

    #[inline(never)]
    fn outcome(realm: &Realm, value: &Value) -> Outcome {
        let lent = match Lent::of(realm, value) {
            Ok(lent) => lent,
            Err(exception) => return Outcome::of(Err(exception)),
        };
        Outcome::of(Ok(match Packed::of(lent.bytes()) {
            // SAFETY: ASCII is UTF-8.
            Some(packed) if packed.is_ascii() => unsafe { packed.into_text() },
            _ => Self::of_wtf8(lent.bytes()).0,
        }))
    }

    /// From [WTF-8](https://simonsapin.github.io/wtf-8/): UTF-8 that may have surrogates, each of them alone.
    #[inline(never)]
    fn of_wtf8(bytes: &[u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => {
                if text.len() > SHORT {
                    crate::list::count_allocated(text.len());
                }
                text.into()
            }
            Err(_) => {
                let units = units_of_wtf8(bytes);
                // The units, and the text that they are but for lone surrogates.
                crate::list::count_allocated(units.len().saturating_mul(5));
                Self::from_utf16(&units)
            }
        }
    }

    /// As a JavaScript string.
    pub fn to_value(&self, realm: &Realm) -> Fallible<Value> {
        match self.0.lone() {
            Some(lone) => {
                let units = &lone.units;
                // SAFETY: pointer and length are those of `units`; the context is alive.
                realm.own(unsafe { q::JS_NewStringUTF16(realm.raw(), units.as_ptr(), units.len() as _) })
            }
            None => Value::string(realm, self.as_str()),
        }
    }
}

impl Deref for DomString {
    type Target = str;
    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for DomString {
    #[inline]
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for DomString {
    #[inline]
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl From<String> for DomString {
    fn from(text: String) -> Self {
        Self(Text::of_string(text))
    }
}

impl From<&str> for DomString {
    fn from(text: &str) -> Self {
        Self(Text::of(text))
    }
}

impl Default for DomString {
    fn default() -> Self {
        Self::from("")
    }
}

impl From<DomString> for String {
    fn from(text: DomString) -> Self {
        text.into_string()
    }
}

impl PartialEq for DomString {
    fn eq(&self, other: &Self) -> bool {
        match (self.0.lone(), other.0.lone()) {
            (Some(own), Some(other)) => own.units == other.units,
            (None, None) => self.as_str() == other.as_str(),
            _ => false,
        }
    }
}

impl Eq for DomString {}

impl PartialEq<str> for DomString {
    fn eq(&self, other: &str) -> bool {
        !self.has_lone_surrogate() && self.as_str() == other
    }
}

impl PartialEq<&str> for DomString {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl Hash for DomString {
    // The units are left out so that the hash agrees with that of the borrowed `str`; equality still compares it.
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for DomString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for DomString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text of a value, which the engine lends.
pub(crate) struct Lent {
    ctx: *mut q::JSContext,
    text: NonNull<u8>,
    length: usize,
}

impl Lent {
    /// [ToString](https://tc39.es/ecma262/#sec-tostring) of a value.
    #[inline]
    pub(crate) fn of(realm: &Realm, value: &Value) -> Fallible<Self> {
        let (ctx, mut length) = (realm.raw(), 0);
        // SAFETY: the context is alive; the result is freed when this is dropped. (`cesu8` false: only surrogates that are
        // alone come as three bytes each, which is not UTF-8.)
        let text = unsafe { q::JS_ToCStringLen2(ctx, &raw mut length, value.raw(), false) };
        match NonNull::new(text.cast_mut()) {
            Some(text) => Ok(Self { ctx, text: text.cast(), length: length as usize }),
            None => Err(Exception::take(realm)),
        }
    }

    /// The text as [WTF-8](https://simonsapin.github.io/wtf-8/).
    #[inline]
    fn bytes(&self) -> &[u8] {
        // SAFETY: the engine gave `length` bytes that live until freed.
        unsafe { std::slice::from_raw_parts(self.text.as_ptr(), self.length) }
    }

    /// The text; none if it has a lone surrogate.
    pub(crate) fn as_str(&self) -> Option<&str> {
        let bytes = self.bytes();
        // Most texts are short ASCII, which this finds sooner.
        if Packed::of(bytes).is_some_and(Packed::is_ascii) {
            // SAFETY: ASCII is UTF-8.
            return Some(unsafe { str::from_utf8_unchecked(bytes) });
        }
        str::from_utf8(bytes).ok()
    }

    /// The text, lone surrogates as U+FFFD.
    pub(crate) fn to_usv_string(&self) -> String {
        match self.as_str() {
            Some(text) => {
                crate::list::count_allocated(text.len());
                text.to_owned()
            }
            None => DomString::of_wtf8(self.bytes()).into_string(),
        }
    }
}

impl Drop for Lent {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the text came from JS_ToCStringLen2 of that context, which is alive as long as script is, and is freed once.
        unsafe { q::JS_FreeCString(self.ctx, self.text.as_ptr().cast()) };
    }
}

/// The code units of [WTF-8](https://simonsapin.github.io/wtf-8/).
fn units_of_wtf8(bytes: &[u8]) -> Vec<u16> {
    let mut units = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        units.extend(chunk.valid().encode_utf16());
        // Of the three bytes of a surrogate, each comes by itself: the first one begins a unit.
        match *chunk.invalid() {
            [0xED] => units.push(0xD),
            [rest] => {
                if let Some(unit) = units.last_mut() {
                    *unit = *unit << 6 | u16::from(rest & 0x3F);
                }
            }
            _ => {}
        }
    }
    units
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

#[cfg(test)]
mod tests {
    use super::DomString;

    #[test]
    fn a_lone_surrogate_is_kept() {
        let lone = DomString::from_utf16(&[0x61, 0xD800]);
        assert!(lone.has_lone_surrogate());
        assert_eq!(lone.as_str(), "a\u{FFFD}");
        assert_eq!(lone.to_utf16(), [0x61, 0xD800]);
        assert_ne!(lone, DomString::from("a\u{FFFD}"));
    }

    #[test]
    fn surrogates_of_wtf8_are_found() {
        let parts: [&[u8]; 6] = [
            b"a",
            b"\xED\xA0\x80",
            "\u{1F600}".as_bytes(),
            b"\xED\xB0\x80",
            "ä".as_bytes(),
            b"\xED\xBF\xBF\xED\xAF\xBF",
        ];
        let text = DomString::of_wtf8(&parts.concat());
        assert_eq!(text.to_utf16(), [0x61, 0xD800, 0xD83D, 0xDE00, 0xDC00, 0xE4, 0xDFFF, 0xDBFF]);
        assert_eq!(text.as_str(), "a\u{FFFD}\u{1F600}\u{FFFD}ä\u{FFFD}\u{FFFD}");
    }
}

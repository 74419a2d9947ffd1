//! The three string types of Web IDL.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use rquickjs_sys as q;

use crate::{Exception, Fallible, Realm, Value, ValueKind};

/// A [`DOMString`](https://webidl.spec.whatwg.org/#idl-DOMString): UTF-16 code units, lone surrogates included.
///
/// It dereferences to `str`, in which each lone surrogate is U+FFFD; going back to JavaScript nothing is lost. Short texts
/// need no allocation.
#[derive(Clone)]
pub struct DomString(Text);

/// How many bytes of text need no allocation of their own.
const SHORT: usize = 22;

/// A text that does not change.
#[derive(Clone)]
enum Text {
    /// The first `length` of the bytes are the text.
    Short { length: u8, bytes: [u8; SHORT] },
    /// Well-formed.
    Long(Box<str>),
    /// With a lone surrogate.
    Lone(Box<Lone>),
}

#[derive(Clone)]
struct Lone {
    text: Box<str>,
    units: Box<[u16]>,
}

impl DomString {
    /// From code units.
    #[must_use]
    pub fn from_utf16(units: &[u16]) -> Self {
        match String::from_utf16(units) {
            Ok(text) => text.into(),
            Err(_) => {
                let text = String::from_utf16_lossy(units).into();
                Self(Text::Lone(Box::new(Lone { text, units: units.into() })))
            }
        }
    }

    /// The text, lone surrogates as U+FFFD: what a `USVString` would be.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            // SAFETY: the bytes are copied from a whole `str` of that length.
            Text::Short { length, bytes } => unsafe {
                std::str::from_utf8_unchecked(bytes.get_unchecked(..usize::from(*length)))
            },
            Text::Long(text) => text,
            Text::Lone(lone) => &lone.text,
        }
    }

    /// Whether there is a lone surrogate.
    #[must_use]
    pub fn has_lone_surrogate(&self) -> bool {
        matches!(self.0, Text::Lone(_))
    }

    /// The code units.
    #[must_use]
    pub fn to_utf16(&self) -> Vec<u16> {
        match &self.0 {
            Text::Lone(lone) => lone.units.to_vec(),
            _ => self.as_str().encode_utf16().collect(),
        }
    }

    /// Takes the text out, lone surrogates as U+FFFD.
    #[must_use]
    pub fn into_string(self) -> String {
        match self.0 {
            Text::Short { .. } => self.as_str().to_owned(),
            Text::Long(text) => text.into(),
            Text::Lone(lone) => lone.text.into(),
        }
    }

    /// [ToString](https://tc39.es/ecma262/#sec-tostring) of a value.
    pub fn of(realm: &Realm, value: &Value) -> Fallible<Self> {
        Self::with(realm, value, |string, text| match text {
            Some(text) => {
                if text.len() > SHORT {
                    crate::list::count_allocated(text.len());
                }
                Ok(text.into())
            }
            None => Self::from_engine_utf16(realm, string),
        })?
    }

    /// What `read` makes of a value's text, which it need not keep; none if the text has a lone surrogate.
    pub(crate) fn read<T>(
        realm: &Realm,
        value: &Value,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Fallible<Option<T>> {
        Self::with(realm, value, |_, text| text.and_then(read))
    }

    /// Calls `read` with a value as a string of the engine's, and its text, if that has no lone surrogate.
    fn with<T>(realm: &Realm, value: &Value, read: impl FnOnce(&Value, Option<&str>) -> T) -> Fallible<T> {
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
        let result = read(string, utf8(bytes));
        // SAFETY: `text` came from JS_ToCStringLen2 and is freed once.
        unsafe { q::JS_FreeCString(realm.raw(), text) };
        Ok(result)
    }

    fn from_engine_utf16(realm: &Realm, string: &Value) -> Fallible<Self> {
        let mut length: q::size_t = 0;
        // SAFETY: the value is a string; the result is freed below.
        let units = unsafe { q::JS_ToCStringLenUTF16(realm.raw(), &raw mut length, string.raw()) };
        if units.is_null() {
            return Err(Exception::take(realm));
        }
        // The units, and the text that they are but for lone surrogates.
        crate::list::count_allocated((length as usize).saturating_mul(5));
        // SAFETY: the engine gave `length` code units that live until freed.
        let result = Self::from_utf16(unsafe { std::slice::from_raw_parts(units, length as usize) });
        // SAFETY: `units` came from JS_ToCStringLenUTF16 and is freed once.
        unsafe { q::JS_FreeCStringUTF16(realm.raw(), units) };
        Ok(result)
    }

    /// As a JavaScript string.
    pub fn to_value(&self, realm: &Realm) -> Fallible<Value> {
        match &self.0 {
            Text::Lone(lone) => {
                let units = &lone.units;
                // SAFETY: pointer and length are those of `units`; the context is alive.
                realm.own(unsafe { q::JS_NewStringUTF16(realm.raw(), units.as_ptr(), units.len() as _) })
            }
            _ => Value::string(realm, self.as_str()),
        }
    }
}

impl Deref for DomString {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for DomString {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for DomString {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// The text that some bytes are, if they are UTF-8. Most texts are ASCII and short, which this finds sooner.
#[inline]
fn utf8(bytes: &[u8]) -> Option<&str> {
    if bytes.len() <= SHORT && bytes.is_ascii() {
        // SAFETY: ASCII is UTF-8.
        return Some(unsafe { std::str::from_utf8_unchecked(bytes) });
    }
    std::str::from_utf8(bytes).ok()
}

/// The bytes of a short text, and zeros. Put together in registers: a processor waits where it reads in one piece what it
/// has just written in several.
#[inline]
fn short(text: &[u8]) -> Option<[u8; SHORT]> {
    let eight =
        |at: usize| text.get(at..at + 8).and_then(|part| part.try_into().ok()).map(u64::from_le_bytes);
    let four = |at: usize| text.get(at..at + 4).and_then(|part| part.try_into().ok()).map(u32::from_le_bytes);
    // The last bytes overlap those before them; what is there already is shifted out.
    let rest = |last: u64, length: usize| last.checked_shr(64 - 8 * length as u32).unwrap_or(0);
    let length = text.len();
    let words = match length {
        0 => [0; 3],
        1..=3 => {
            let byte = |at: usize| text.get(at).map_or(0, |byte| u64::from(*byte) << (8 * at));
            [byte(0) | byte(1) | byte(2), 0, 0]
        }
        4..=7 => {
            let high = u64::from(four(length - 4)?) << (8 * (length - 4));
            [u64::from(four(0)?) | high, 0, 0]
        }
        8..=15 => [eight(0)?, rest(eight(length - 8)?, length - 8), 0],
        16..=SHORT => [eight(0)?, eight(8)?, rest(eight(length - 8)?, length - 16)],
        _ => return None,
    };
    let [first, second, third] = words.map(u64::to_le_bytes);
    let mut bytes = [0; SHORT];
    bytes[..8].copy_from_slice(&first);
    bytes[8..16].copy_from_slice(&second);
    bytes[16..].copy_from_slice(&third[..SHORT - 16]);
    Some(bytes)
}

impl From<String> for DomString {
    fn from(text: String) -> Self {
        if text.len() <= SHORT { text.as_str().into() } else { Self(Text::Long(text.into())) }
    }
}

impl From<&str> for DomString {
    #[inline]
    fn from(text: &str) -> Self {
        match (short(text.as_bytes()), u8::try_from(text.len())) {
            (Some(bytes), Ok(length)) => Self(Text::Short { length, bytes }),
            _ => Self(Text::Long(text.into())),
        }
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
        match (&self.0, &other.0) {
            (Text::Lone(own), Text::Lone(other)) => own.units == other.units,
            (Text::Lone(_), _) | (_, Text::Lone(_)) => false,
            _ => self.as_str() == other.as_str(),
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
    fn texts_of_every_length_are_kept() {
        let long = "abcdefghijklmnopqrstuvwxyz0123456789";
        for length in 0..long.len() {
            let text = &long[..length];
            assert_eq!(DomString::from(text).as_str(), text);
            assert_eq!(DomString::from(text.to_owned()).into_string(), text);
        }
        let umlauts = "äöüßéèê";
        assert_eq!(DomString::from(umlauts).to_utf16(), umlauts.encode_utf16().collect::<Vec<_>>());
    }

    #[test]
    fn a_lone_surrogate_is_kept() {
        let lone = DomString::from_utf16(&[0x61, 0xD800]);
        assert!(lone.has_lone_surrogate());
        assert_eq!(lone.as_str(), "a\u{FFFD}");
        assert_eq!(lone.to_utf16(), [0x61, 0xD800]);
        assert_ne!(lone, DomString::from("a\u{FFFD}"));
    }
}

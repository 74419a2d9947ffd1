//! Where the text of a string is: in place if it is short, else allocated.

use std::mem::ManuallyDrop;
use std::num::NonZeroU64;
use std::ptr;

use crate::{Exception, Fallible};

/// A text that does not change, as two numbers: functions pass it and return it in registers.
///
/// A processor waits where it reads in one piece what it has just written in several; so nothing here is put together in
/// memory.
#[repr(C)]
pub(crate) struct Text {
    /// The first 8 bytes of a short text, or what `Box::into_raw` gave: of the text, or of a [`Lone`].
    first: *mut u8,
    /// Little-endian. The highest byte tells the kind: up to [`SHORT`] + 1 the length of a short text plus one, the other
    /// bytes of which are here; [`LONG`], and the length of the allocated text; [`LONE`].
    second: NonZeroU64,
}

/// How many bytes of text need no allocation of their own.
pub(crate) const SHORT: usize = 15;
/// The highest byte of a longer text.
const LONG: u8 = 0x20;
/// The highest byte of a text with a lone surrogate.
const LONE: u8 = 0x40;

const _: () = assert!(size_of::<*mut u8>() == 8 && size_of::<Option<Text>>() == 16);

/// The text with each lone surrogate as U+FFFD, and the code units.
#[derive(Clone)]
pub(crate) struct Lone {
    pub(crate) text: Box<str>,
    pub(crate) units: Box<[u16]>,
}

// SAFETY: it is a `Box<str>` or a `Box<Lone>`, or has no pointer.
unsafe impl Send for Text {}
// SAFETY: as above.
unsafe impl Sync for Text {}

impl Text {
    /// A well-formed text.
    pub(crate) fn of(text: &str) -> Self {
        match Packed::of(text.as_bytes()) {
            // SAFETY: the bytes are those of a whole `str`.
            Some(packed) => unsafe { packed.into_text() },
            None => Self::long(text.into()),
        }
    }

    /// A well-formed text, of which the allocation is kept.
    pub(crate) fn of_string(text: String) -> Self {
        if text.len() <= SHORT { Self::of(&text) } else { Self::long(text.into()) }
    }

    /// A text with a lone surrogate.
    pub(crate) fn of_lone(lone: Lone) -> Self {
        Self::with(Box::into_raw(Box::new(lone)).cast(), LONE, 0)
    }

    fn long(text: Box<str>) -> Self {
        // No memory has room for a text whose length has another byte.
        let length = text.len() as u64;
        Self::with(Box::into_raw(text).cast(), LONG, length)
    }

    #[inline]
    const fn with(first: *mut u8, kind: u8, rest: u64) -> Self {
        let second = u64::from_le_bytes([0, 0, 0, 0, 0, 0, 0, kind]) | rest;
        match NonZeroU64::new(second.to_le()) {
            Some(second) => Self { first, second },
            None => panic!("every kind is above 0"),
        }
    }

    #[inline]
    fn kind(&self) -> u8 {
        (u64::from_le(self.second.get()) >> 56) as u8
    }

    /// The box of a [`LONG`] text.
    #[inline]
    fn long_box(&self) -> *mut str {
        let length = u64::from_le(self.second.get()) as usize & 0xFF_FFFF_FFFF_FFFF;
        ptr::slice_from_raw_parts_mut(self.first, length) as *mut str
    }

    /// The text with a lone surrogate, if it is one.
    #[inline]
    pub(crate) fn lone(&self) -> Option<&Lone> {
        // SAFETY: the kind says that it is a `Lone`, which is this one's until it is dropped.
        (self.kind() == LONE).then(|| unsafe { &*self.first.cast::<Lone>() })
    }

    /// The text, lone surrogates as U+FFFD.
    #[inline]
    pub(crate) fn as_str(&self) -> &str {
        let kind = self.kind();
        if kind >= LONG {
            return self.boxed_str();
        }
        let text = ptr::slice_from_raw_parts(ptr::from_ref(self).cast::<u8>(), usize::from(kind) - 1);
        // SAFETY: the kind says that so many bytes of this are a whole `str`.
        unsafe { &*(text as *const str) }
    }

    #[inline(never)]
    fn boxed_str(&self) -> &str {
        match self.lone() {
            Some(lone) => &lone.text,
            // SAFETY: the kind says that it is the box of a `str`, which is this one's until it is dropped.
            None => unsafe { &*self.long_box() },
        }
    }

    /// The same as a `String`.
    pub(crate) fn into_string(self) -> String {
        if self.kind() != LONG {
            return self.as_str().to_owned();
        }
        // SAFETY: of this kind it is a box, which nothing else drops.
        unsafe { Box::from_raw(ManuallyDrop::new(self).long_box()) }.into()
    }

    /// Drops the box.
    #[inline(never)]
    fn free(&mut self) {
        if self.kind() == LONE {
            // SAFETY: the kind says what it is a box of; nothing looks at it after this.
            drop(unsafe { Box::from_raw(self.first.cast::<Lone>()) });
        } else {
            // SAFETY: as above.
            drop(unsafe { Box::from_raw(self.long_box()) });
        }
    }
}

impl Clone for Text {
    fn clone(&self) -> Self {
        match self.kind() {
            LONG => Self::long(self.as_str().into()),
            LONE => self.lone().cloned().map_or_else(|| Self::of(""), Self::of_lone),
            _ => Self { first: self.first, second: self.second },
        }
    }
}

impl Drop for Text {
    #[inline]
    fn drop(&mut self) {
        if self.kind() >= LONG {
            self.free();
        }
    }
}

/// The bytes of a short text, as two numbers.
#[derive(Clone, Copy)]
pub(crate) struct Packed {
    first: u64,
    /// The highest byte is the length plus one.
    second: u64,
}

impl Packed {
    /// The bytes of a text, if they are few enough.
    #[inline]
    pub(crate) fn of(text: &[u8]) -> Option<Self> {
        let eight = |at: usize| Some(u64::from_le_bytes(*text.get(at..)?.first_chunk()?));
        let four = |at: usize| Some(u64::from(u32::from_le_bytes(*text.get(at..)?.first_chunk()?)));
        let length = text.len();
        // Where the last bytes overlap those before them, they are the same.
        let (first, second) = match length {
            0 => (0, 0),
            1..4 => {
                let byte = |at: usize| text.get(at).map_or(0, |byte| u64::from(*byte) << (8 * at));
                (byte(0) | byte(1) | byte(2), 0)
            }
            4..8 => (four(0)? | four(length - 4)? << (8 * (length - 4)), 0),
            // Of the last eight, those of the first number are shifted out.
            8..=SHORT => (eight(0)?, (eight(length - 8)? >> (8 * (SHORT - length))) >> 8),
            _ => return None,
        };
        Some(Self { first, second: second | (length as u64 + 1) << 56 })
    }

    /// Whether it is all ASCII.
    #[inline]
    pub(crate) const fn is_ascii(self) -> bool {
        // The length has no such bit.
        (self.first | self.second) & 0x8080_8080_8080_8080 == 0
    }

    /// # Safety
    /// The bytes are those of a whole `str`.
    #[inline]
    pub(crate) const unsafe fn into_text(self) -> Text {
        Text::with(ptr::without_provenance_mut(self.first.to_le() as usize), 0, self.second)
    }
}

/// A `Fallible<Text>`, as a function returns it in registers.
#[repr(C)]
pub(crate) struct Outcome {
    /// That of the text, or the exception.
    first: *mut u8,
    /// That of the text; none for an exception.
    second: Option<NonZeroU64>,
}

impl Outcome {
    #[inline]
    pub(crate) fn of(result: Fallible<Text>) -> Self {
        match result {
            Ok(text) => {
                let text = ManuallyDrop::new(text);
                Self { first: text.first, second: Some(text.second) }
            }
            Err(exception) => Self { first: exception.into_raw(), second: None },
        }
    }

    #[inline]
    pub(crate) fn into_result(self) -> Fallible<Text> {
        match self.second {
            Some(second) => Ok(Text { first: self.first, second }),
            // SAFETY: made of an exception, and used once.
            None => Err(unsafe { Exception::from_raw(self.first) }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Packed, SHORT, Text};

    const LONG: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

    #[test]
    fn texts_of_every_length_are_kept() {
        for length in 0..LONG.len() {
            let text = &LONG[..length];
            assert_eq!(Text::of(text).as_str(), text);
            assert_eq!(Text::of(text).clone().into_string(), text);
            assert_eq!(Text::of_string(text.to_owned()).into_string(), text);
        }
        assert_eq!(Text::of("äöüßéèê").as_str(), "äöüßéèê");
        assert_eq!(Text::of("äöüßéèêâ").as_str(), "äöüßéèêâ");
    }

    #[test]
    fn ascii_is_told_at_every_place() {
        for length in 1..=SHORT {
            for at in 0..length {
                let mut bytes = LONG.as_bytes()[..length].to_vec();
                assert!(Packed::of(&bytes).unwrap().is_ascii());
                bytes[at] = 0x80;
                assert!(!Packed::of(&bytes).unwrap().is_ascii());
            }
        }
    }
}

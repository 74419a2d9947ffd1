//! Names that pages choose, on their way to other threads: a `DOMString` may have lone surrogates, a `String` not.

use bgfetch_js::DomString;

/// Stands before what is not a character of the name itself.
const ESCAPE: char = '\u{10FFFF}';
/// A lone surrogate comes after [`ESCAPE`] as the character that many after it.
const OFFSET: u32 = 0x10_0000;

/// The name as text: itself, unless it has a lone surrogate or U+10FFFF (which is no character).
pub(crate) fn to_text(name: &DomString) -> String {
    if !name.has_lone_surrogate() && !name.contains(ESCAPE) {
        return name.as_str().to_owned();
    }
    let mut text = String::new();
    for unit in char::decode_utf16(name.to_utf16()) {
        match unit {
            Ok(ESCAPE) => text.extend([ESCAPE, ESCAPE]),
            Ok(character) => text.push(character),
            Err(lone) => {
                text.push(ESCAPE);
                text.extend(char::from_u32(OFFSET + u32::from(lone.unpaired_surrogate())));
            }
        }
    }
    text
}

/// The name that [`to_text`] made text of.
pub(crate) fn from_text(text: &str) -> DomString {
    if !text.contains(ESCAPE) {
        return text.into();
    }
    let mut units = Vec::new();
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let character = if character == ESCAPE { characters.next().unwrap_or(ESCAPE) } else { character };
        let lone = u32::from(character).checked_sub(OFFSET).and_then(|unit| u16::try_from(unit).ok());
        match lone.filter(|unit| (0xD800..0xE000).contains(unit)) {
            Some(unit) => units.push(unit),
            None => units.extend_from_slice(character.encode_utf16(&mut [0; 2])),
        }
    }
    DomString::from_utf16(&units)
}

#[cfg(test)]
mod tests {
    use super::{from_text, to_text};
    use bgfetch_js::DomString;

    #[test]
    fn every_name_comes_back_and_no_two_are_the_same_text() {
        let names: &[&[u16]] = &[
            &[],
            &[0x61],
            &[0xD800],
            &[0xDC00, 0xD800],
            &[0xFFFD],
            &[0xDBFF, 0xDFFF],
            &[0xDBFF, 0xDFFF, 0xDBFF, 0xDFFF],
            &[0xDBFF, 0xDFFF, 0xD800],
            &[0xDBC0, 0xDC00],
            &[0xDBF6, 0xDC00],
        ];
        let mut texts = std::collections::BTreeSet::new();
        for units in names {
            let name = DomString::from_utf16(units);
            let text = to_text(&name);
            assert_eq!(from_text(&text), name, "{units:x?}");
            assert!(texts.insert(text), "{units:x?}");
        }
    }
}

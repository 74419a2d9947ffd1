//! [Percent-encoded bytes](https://url.spec.whatwg.org/#percent-encoded-bytes).

use encoding_rs::{EncoderResult, Encoding, UTF_8};

/// A [percent-encode set](https://url.spec.whatwg.org/#percent-encode-sets); each holds the one before it, but for the
/// queries'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EncodeSet {
    C0Control,
    Fragment,
    Query,
    SpecialQuery,
    Path,
    Userinfo,
}

impl EncodeSet {
    fn contains(self, byte: u8) -> bool {
        if !(0x20..=0x7e).contains(&byte) {
            return true;
        }
        let query = matches!(byte, b' ' | b'"' | b'#' | b'<' | b'>');
        let path = query || matches!(byte, b'?' | b'^' | b'`' | b'{' | b'}');
        match self {
            Self::C0Control => false,
            Self::Fragment => matches!(byte, b' ' | b'"' | b'<' | b'>' | b'`'),
            Self::Query => query,
            Self::SpecialQuery => query || byte == b'\'',
            Self::Path => path,
            Self::Userinfo => {
                path || matches!(byte, b'/' | b':' | b';' | b'=' | b'@' | b'[' | b'\\' | b']' | b'|')
            }
        }
    }
}

fn push_byte(out: &mut String, byte: u8, set: EncodeSet) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    if set.contains(byte) {
        let digit = |nibble: u8| char::from(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0'));
        out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
    } else {
        out.push(char::from(byte));
    }
}

/// [UTF-8 percent-encodes](https://url.spec.whatwg.org/#utf-8-percent-encode) a code point.
pub(super) fn push(out: &mut String, character: char, set: EncodeSet) {
    character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| push_byte(out, byte, set));
}

/// [UTF-8 percent-encodes](https://url.spec.whatwg.org/#string-utf-8-percent-encode) a string.
pub(super) fn push_str(out: &mut String, text: &str, set: EncodeSet) {
    text.bytes().for_each(|byte| push_byte(out, byte, set));
}

/// [Percent-encodes after encoding](https://url.spec.whatwg.org/#string-percent-encode-after-encoding): what the encoding
/// does not have becomes a character reference.
pub(super) fn push_encoded(out: &mut String, text: &str, encoding: &'static Encoding, set: EncodeSet) {
    if encoding.output_encoding() == UTF_8 {
        return push_str(out, text, set);
    }
    let mut encoder = encoding.new_encoder();
    let mut rest = text;
    let mut buffer = [0; 1024];
    loop {
        let (result, read, written) = encoder.encode_from_utf8_without_replacement(rest, &mut buffer, true);
        buffer.iter().take(written).for_each(|byte| push_byte(out, *byte, set));
        rest = rest.get(read..).unwrap_or_default();
        match result {
            EncoderResult::InputEmpty => return,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(character) => {
                out.push_str("%26%23");
                out.push_str(&u32::from(character).to_string());
                out.push_str("%3B");
            }
        }
    }
}

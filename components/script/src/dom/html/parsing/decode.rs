//! [Determining the character encoding](https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding).

use encoding_rs::{Decoder, Encoding};

/// How many bytes are looked through for a `meta` element.
const PRESCAN: usize = 1024;

/// Decodes a document as it arrives.
pub(crate) struct Decoding {
    /// What the transport says.
    transport: Option<&'static Encoding>,
    /// What a document is in that says nothing of it.
    fallback: &'static Encoding,
    /// Whether the document says it as XML does.
    xml: bool,
    /// Bytes that came before the encoding was known.
    held: Vec<u8>,
    decoder: Option<Decoder>,
}

impl Decoding {
    /// A document whose transport names an encoding, or none.
    pub(crate) const fn new(transport: Option<&'static Encoding>) -> Self {
        let fallback = encoding_rs::WINDOWS_1252;
        Self { transport, fallback, xml: false, held: Vec::new(), decoder: None }
    }

    /// Of an XML document: without a word of it, UTF-8.
    pub(crate) fn of_xml(transport: Option<&'static Encoding>) -> Self {
        Self { fallback: encoding_rs::UTF_8, xml: true, ..Self::new(transport) }
    }

    /// Takes the encoding of the document that has the frame, where nothing else tells.
    pub(crate) fn within(self, container: Option<&'static Encoding>) -> Self {
        match container {
            Some(fallback) if !self.xml => Self { fallback, ..self },
            _ => self,
        }
    }

    /// The text of further bytes; `last` says that there are no more. Empty while the encoding is not known.
    pub(crate) fn decode(&mut self, bytes: &[u8], last: bool) -> String {
        let held;
        let bytes = if self.decoder.is_some() {
            bytes
        } else {
            self.held.extend_from_slice(bytes);
            if self.held.len() < PRESCAN && !last {
                return String::new();
            }
            held = std::mem::take(&mut self.held);
            self.decoder = Some(self.sniff(&held).new_decoder_with_bom_removal());
            &held
        };
        let Some(decoder) = &mut self.decoder else { return String::new() };
        let room = decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len().saturating_mul(3));
        let mut text = String::with_capacity(room);
        // The room is enough for the worst case, so all of the input is taken at once.
        let _ = decoder.decode_to_string(bytes, &mut text, last);
        text
    }

    /// The encoding, once it is known.
    pub(crate) fn encoding(&self) -> Option<&'static Encoding> {
        self.decoder.as_ref().map(Decoder::encoding)
    }

    /// The [encoding sniffing algorithm](https://html.spec.whatwg.org/multipage/parsing.html#encoding-sniffing-algorithm): byte
    /// order mark, transport, `meta`, the document around it, and what western pages without any of these are in.
    fn sniff(&self, start: &[u8]) -> &'static Encoding {
        if let Some((encoding, _)) = Encoding::for_bom(start) {
            return encoding;
        }
        let declared = || if self.xml { xml_declaration(start) } else { prescan(start) };
        self.transport.or_else(declared).unwrap_or(self.fallback)
    }
}

/// The encoding that an [XML declaration](https://www.w3.org/TR/xml/#NT-EncodingDecl) names.
fn xml_declaration(bytes: &[u8]) -> Option<&'static Encoding> {
    let rest = bytes.strip_prefix(b"<?xml")?;
    let end = rest.windows(2).position(|window| window == b"?>")?;
    let declaration = std::str::from_utf8(rest.get(..end)?).ok()?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let name = value.strip_prefix(quote)?.split(quote).next()?;
    match Encoding::for_label(name.as_bytes())? {
        // What can be read as bytes of ASCII is not in these.
        utf_16 if !utf_16.is_ascii_compatible() => Some(encoding_rs::UTF_8),
        encoding => Some(encoding),
    }
}

/// [Prescans a byte stream](https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding).
pub(crate) fn prescan(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut rest = bytes.get(..PRESCAN).unwrap_or(bytes);
    while let Some(byte) = rest.first() {
        if let Some(after) = rest.strip_prefix(b"<!--") {
            // The two hyphens may be those that open it.
            let from = rest.get(2..).unwrap_or_default();
            let end = from.windows(3).position(|window| window == b"-->");
            rest = end
                .and_then(|end| from.get(end + 3..))
                .unwrap_or(after.get(after.len()..).unwrap_or_default());
            continue;
        }
        let next = rest.get(1).copied().unwrap_or(0);
        if *byte == b'<' && is_meta(rest) {
            let (attributes, after) = attributes(rest.get(5..).unwrap_or_default());
            if let Some(encoding) = encoding_of_meta(&attributes) {
                return Some(encoding);
            }
            rest = after;
        } else if *byte == b'<' && (next.is_ascii_alphabetic() || next == b'/') {
            let name_end =
                rest.iter().position(|b| b.is_ascii_whitespace() || *b == b'>').unwrap_or(rest.len());
            rest = attributes(rest.get(name_end..).unwrap_or_default()).1;
        } else if *byte == b'<' && matches!(next, b'!' | b'?') {
            let end = rest.iter().position(|b| *b == b'>').unwrap_or(rest.len());
            rest = rest.get(end..).unwrap_or_default();
        } else {
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    None
}

fn is_meta(rest: &[u8]) -> bool {
    let name = rest.get(1..5).is_some_and(|name| name.eq_ignore_ascii_case(b"meta"));
    name && rest.get(5).is_some_and(|byte| byte.is_ascii_whitespace() || *byte == b'/')
}

type Attributes = Vec<(String, String)>;

/// [Gets attributes](https://html.spec.whatwg.org/multipage/parsing.html#concept-get-attributes-when-sniffing) up to the end
/// of the tag, lower case, the first of each name.
fn attributes(bytes: &[u8]) -> (Attributes, &[u8]) {
    let mut found: Attributes = Vec::new();
    let mut rest = bytes;
    loop {
        let start = rest.iter().position(|b| !(b.is_ascii_whitespace() || *b == b'/')).unwrap_or(rest.len());
        rest = rest.get(start..).unwrap_or_default();
        if rest.first().is_none_or(|byte| *byte == b'>') {
            return (found, rest);
        }
        let end = rest
            .iter()
            .enumerate()
            .position(|(i, b)| (*b == b'=' && i > 0) || b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
        let blank = after.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(after.len());
        let after_blank = after.get(blank..).unwrap_or_default();
        let (value, after) = match after_blank.strip_prefix(b"=") {
            Some(value) => value_of(value),
            None => (&[][..], after),
        };
        let lower = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_lowercase();
        let name = lower(name);
        if !found.iter().any(|(known, _)| *known == name) {
            found.push((name, lower(value)));
        }
        rest = after;
    }
}

fn value_of(bytes: &[u8]) -> (&[u8], &[u8]) {
    let start = bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(bytes.len());
    let bytes = bytes.get(start..).unwrap_or_default();
    match bytes.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let inner = bytes.get(1..).unwrap_or_default();
            let end = inner.iter().position(|b| b == quote).unwrap_or(inner.len());
            (inner.get(..end).unwrap_or_default(), inner.get(end + 1..).unwrap_or_default())
        }
        _ => {
            let end = bytes.iter().position(|b| b.is_ascii_whitespace() || *b == b'>').unwrap_or(bytes.len());
            bytes.split_at(end)
        }
    }
}

fn encoding_of_meta(attributes: &Attributes) -> Option<&'static Encoding> {
    let get =
        |name: &str| attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let label = match get("charset") {
        Some(charset) => charset,
        None if get("http-equiv") == Some("content-type") => charset_in(get("content")?)?,
        None => return None,
    };
    let encoding = Encoding::for_label(label.as_bytes())?;
    // A document that could be read up to here is not in UTF-16.
    let is_utf_16 = encoding == encoding_rs::UTF_16BE || encoding == encoding_rs::UTF_16LE;
    Some(if is_utf_16 {
        encoding_rs::UTF_8
    } else if encoding == encoding_rs::X_USER_DEFINED {
        encoding_rs::WINDOWS_1252
    } else {
        encoding
    })
}

/// [Extracts a character encoding from a meta element](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#extracting-character-encodings-from-meta-elements).
fn charset_in(content: &str) -> Option<&str> {
    let mut rest = content;
    loop {
        rest = rest.get(rest.find("charset")? + "charset".len()..)?.trim_start();
        let Some(value) = rest.strip_prefix('=') else { continue };
        let value = value.trim_start();
        return match value.chars().next()? {
            quote @ ('"' | '\'') => value.get(1..)?.split_once(quote).map(|(label, _)| label),
            _ => value.split([';', ' ', '\t', '\n', '\r', '\u{c}']).next(),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::{Decoding, prescan};

    #[test]
    fn a_meta_element_names_the_encoding() {
        let name = |html: &str| prescan(html.as_bytes()).map(|encoding| encoding.name());
        assert_eq!(name("<!DOCTYPE html><meta charset=utf-8>"), Some("UTF-8"));
        assert_eq!(
            name("<!-- <meta charset=koi8-r> --><html a='>'><META CHARSET = 'koi8-u'/>"),
            Some("KOI8-U")
        );
        assert_eq!(
            name("<meta http-equiv=Content-Type content=\"text/html; charset='latin2'\">"),
            Some("ISO-8859-2")
        );
        assert_eq!(name("<meta charset=utf-16>"), Some("UTF-8"));
        assert_eq!(name("<metadata charset=koi8-r><p title=\"<meta charset=koi8-r>\">"), None);
        assert_eq!(name("<!--"), None);
        assert_eq!(name("<meta content='charset=koi8-r'>"), None);
    }

    #[test]
    fn a_byte_order_mark_wins_and_is_not_text() {
        let mut decoding = Decoding::new(Some(encoding_rs::KOI8_R));
        assert_eq!(decoding.decode(b"\xEF\xBB\xBF", false), "");
        assert_eq!(decoding.decode("ü".as_bytes(), true), "ü");
        assert_eq!(decoding.encoding().map(|encoding| encoding.name()), Some("UTF-8"));
    }

    #[test]
    fn xml_says_it_in_its_declaration() {
        let name = |text: &str| {
            let mut decoding = Decoding::of_xml(None).within(Some(encoding_rs::KOI8_R));
            decoding.decode(text.as_bytes(), true);
            decoding.encoding().map(|encoding| encoding.name())
        };
        assert_eq!(name("<?xml version='1.0' encoding='euc-jp'?><p/>"), Some("EUC-JP"));
        assert_eq!(name("<?xml version='1.0' encoding = \"utf-16\"?><p/>"), Some("UTF-8"));
        assert_eq!(name("<meta charset='euc-jp'/>"), Some("UTF-8"));
        assert_eq!(name("<?xml encoding='nothing'?>"), Some("UTF-8"));
    }

    #[test]
    fn a_frame_is_in_the_encoding_of_the_document_around_it() {
        let mut decoding = Decoding::new(None).within(Some(encoding_rs::KOI8_R));
        decoding.decode(b"<p>", true);
        assert_eq!(decoding.encoding().map(|encoding| encoding.name()), Some("KOI8-R"));
    }

    #[test]
    fn a_character_may_arrive_in_pieces() {
        let mut decoding = Decoding::new(Some(encoding_rs::UTF_8));
        let mut text = decoding.decode(&[b'x'; 2000], false);
        text += &decoding.decode(&[0xC3], false);
        text += &decoding.decode(&[0xBC], true);
        assert!(text.ends_with("xü"));
    }
}

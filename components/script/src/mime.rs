//! [MIME types](https://mimesniff.spec.whatwg.org/#mime-type): parsing, serializing, extracting from headers.

use bgfetch_traits::headers::HeaderList;

/// A MIME type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MimeType {
    /// Such as `text/html`, lower case.
    pub(crate) essence: String,
    /// Parameters, in order; names lower case.
    pub(crate) parameters: Vec<(String, String)>,
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Whether an essence is that of an [XML MIME type](https://mimesniff.spec.whatwg.org/#xml-mime-type).
pub(crate) fn is_xml(essence: &str) -> bool {
    essence.ends_with("+xml") || matches!(essence, "text/xml" | "application/xml")
}

/// Whether it is a non-empty run of [HTTP token code points](https://mimesniff.spec.whatwg.org/#http-token-code-point).
pub(crate) fn is_http_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token)
}

fn is_http_whitespace(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' ')
}

impl MimeType {
    /// [Parses](https://mimesniff.spec.whatwg.org/#parse-a-mime-type) it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim_matches(is_http_whitespace);
        let (kind, rest) = text.split_once('/')?;
        let (subtype, mut rest) =
            rest.split_once(';').map_or((rest, None), |(subtype, rest)| (subtype, Some(rest)));
        let subtype = subtype.trim_end_matches(is_http_whitespace);
        if !is_http_token(kind) || !is_http_token(subtype) {
            return None;
        }
        let mut parsed = Self {
            essence: format!("{}/{}", kind.to_ascii_lowercase(), subtype.to_ascii_lowercase()),
            parameters: Vec::new(),
        };
        while let Some(text) = rest {
            let (parameter, after) = next_parameter(text);
            rest = after;
            let Some((name, value)) = parameter else { continue };
            let valid = value
                .chars()
                .all(|c| c == '\t' || (' '..='~').contains(&c) || ('\u{80}'..='\u{ff}').contains(&c));
            if is_http_token(&name) && valid && parsed.parameter(&name).is_none() {
                parsed.parameters.push((name, value));
            }
        }
        Some(parsed)
    }

    /// The value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// [Serializes](https://mimesniff.spec.whatwg.org/#serialize-a-mime-type) it.
    pub(crate) fn serialize(&self) -> String {
        let mut text = self.essence.clone();
        for (name, value) in &self.parameters {
            text.push(';');
            text.push_str(name);
            text.push('=');
            if is_http_token(value) {
                text.push_str(value);
            } else {
                text.push('"');
                for character in value.chars() {
                    if matches!(character, '"' | '\\') {
                        text.push('\\');
                    }
                    text.push(character);
                }
                text.push('"');
            }
        }
        text
    }

    /// [Extracts](https://fetch.spec.whatwg.org/#concept-header-extract-mime-type) the MIME type of a header list.
    pub(crate) fn extract(headers: &HeaderList) -> Option<Self> {
        let mut charset: Option<String> = None;
        let mut essence: Option<String> = None;
        let mut extracted: Option<Self> = None;
        let value: String = headers.get("content-type")?.into_iter().map(char::from).collect();
        for part in split_header(&value) {
            let Some(mut parsed) = Self::parse(&part).filter(|parsed| parsed.essence != "*/*") else {
                continue;
            };
            if essence.as_deref() != Some(&parsed.essence) {
                charset = parsed.parameter("charset").map(str::to_owned);
                essence = Some(parsed.essence.clone());
            } else if parsed.parameter("charset").is_none()
                && let Some(charset) = &charset
            {
                parsed.parameters.push(("charset".into(), charset.clone()));
            }
            extracted = Some(parsed);
        }
        extracted
    }
}

/// One `name=value` and what follows its semicolon.
fn next_parameter(text: &str) -> (Option<(String, String)>, Option<&str>) {
    let text = text.trim_start_matches(is_http_whitespace);
    let end = text.find([';', '=']).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(rest) = rest.strip_prefix('=') else {
        return (None, rest.strip_prefix(';'));
    };
    let name = name.to_ascii_lowercase();
    if let Some(quoted) = rest.strip_prefix('"') {
        let (value, after) = quoted_string(quoted);
        let after = after.find(';').and_then(|semicolon| after.get(semicolon + 1..));
        return (Some((name, value)), after);
    }
    let (value, after) = rest.split_once(';').map_or((rest, None), |(value, after)| (value, Some(after)));
    let value = value.trim_end_matches(is_http_whitespace);
    (Some((name, value.to_owned())).filter(|(_, value)| !value.is_empty()), after)
}

/// The value of a quoted string after its opening quote, and what follows it.
fn quoted_string(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((index, character)) = characters.next() {
        match character {
            '"' => return (value, text.get(index + 1..).unwrap_or("")),
            '\\' => value.push(characters.next().map_or('\\', |(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

/// [Gets, decodes, and splits](https://fetch.spec.whatwg.org/#header-value-get-decode-and-split) a header's value.
pub(crate) fn split_header(value: &str) -> Vec<String> {
    let mut values = vec![String::new()];
    let mut quoted = false;
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        let Some(last) = values.last_mut() else { break };
        match character {
            '"' => {
                quoted = !quoted;
                last.push(character);
            }
            '\\' if quoted => {
                last.push(character);
                last.extend(characters.next());
            }
            ',' if !quoted => values.push(String::new()),
            other => last.push(other),
        }
    }
    values.iter().map(|value| value.trim_matches(['\t', ' ']).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_parsed_and_serialized_as_the_standard_says() {
        let cases = [
            ("text/html;charset=gbk", Some("text/html;charset=gbk")),
            ("TEXT/HTML;CHARSET=GBK", Some("text/html;charset=GBK")),
            ("text/html;x=\"a\\\"b\";y", Some("text/html;x=\"a\\\"b\"")),
            ("text/html;charset=\"a b\"", Some("text/html;charset=\"a b\"")),
            ("text/html ;charset=;a=1", Some("text/html;a=1")),
            ("text", None),
            ("a b/c", None),
        ];
        for (text, expected) in cases {
            assert_eq!(MimeType::parse(text).map(|t| t.serialize()).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn the_last_type_of_a_header_counts_and_inherits_a_charset() {
        let headers =
            HeaderList::from_iter([("Content-Type", "text/html;charset=gbk"), ("Content-Type", "text/html")]);
        assert_eq!(
            MimeType::extract(&headers).map(|t| t.serialize()).as_deref(),
            Some("text/html;charset=gbk")
        );
    }
}

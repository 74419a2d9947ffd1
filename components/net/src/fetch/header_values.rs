//! Values inside headers: splitting, extracting, lengths, ranges.
//!
//! Spec: Fetch Standard, 2026-07-02.

use bgfetch_traits::headers::HeaderList;

const fn is_http_tab_or_space(c: char) -> bool {
    matches!(c, '\t' | ' ')
}

/// [Isomorphic decode](https://infra.spec.whatwg.org/#isomorphic-decode).
pub(crate) fn isomorphic_decode(bytes: &[u8]) -> String {
    bytes.iter().map(|&b| char::from(b)).collect()
}

/// Whether `text` is an HTTP [token](https://httpwg.org/specs/rfc9110.html#rule.token.separators).
pub(crate) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// [Extract header list values](https://fetch.spec.whatwg.org/#extract-header-list-values) of a header whose ABNF
/// is `#token`: `None` is null, `Some(Err(()))` failure.
pub(crate) fn extract_token_list(list: &HeaderList, name: &str) -> Option<Result<Vec<String>, NotAList>> {
    let value = list.get(name)?;
    let text = isomorphic_decode(&value);
    // RFC 9110, 5.6.1: empty list elements are ignored.
    let tokens: Vec<String> = text
        .split(',')
        .map(|t| t.trim_matches(is_http_tab_or_space))
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
        .collect();
    Some(if tokens.iter().all(|t| is_token(t)) { Ok(tokens) } else { Err(NotAList) })
}

/// A header's value does not follow its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotAList;

/// [Parse a single range header value](https://fetch.spec.whatwg.org/#simple-range-header-value): first and last
/// byte, either of which may be missing.
pub(crate) fn parse_a_single_range_header_value(
    value: &[u8],
    allow_whitespace: bool,
) -> Option<(Option<u64>, Option<u64>)> {
    let text = std::str::from_utf8(value).ok()?;
    let trim = |t: &'_ str| -> String {
        if allow_whitespace { t.trim_matches(is_http_tab_or_space).to_owned() } else { t.to_owned() }
    };
    let rest = trim(text.strip_prefix("bytes")?);
    let rest = trim(rest.strip_prefix('=')?);
    let (first, last) = rest.split_once('-')?;
    let number = |digits: String| -> Option<Option<u64>> {
        if digits.is_empty() {
            return Some(None);
        }
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().map(Some)
    };
    let (first, last) = (number(trim(first))?, number(trim(last))?);
    match (first, last) {
        (None, None) => None,
        (Some(first), Some(last)) if first > last => None,
        range => Some(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        let cases = [
            ("bytes=0-", false, Some((Some(0), None))),
            ("bytes=5-9", false, Some((Some(5), Some(9)))),
            ("bytes=-500", false, Some((None, Some(500)))),
            ("bytes=9-5", false, None),
            ("bytes=-", false, None),
            ("bytes= 0-", false, None),
            ("bytes = 0 - 1", true, Some((Some(0), Some(1)))),
            ("bytes=0-1,2-3", false, None),
            ("Bytes=0-", false, None),
            ("bytes=+1-", false, None),
            ("bytes=99999999999999999999-", false, None),
            ("units=0-", false, None),
        ];
        for (value, whitespace, expected) in cases {
            assert_eq!(parse_a_single_range_header_value(value.as_bytes(), whitespace), expected, "{value}");
        }
    }

    #[test]
    fn token_lists_fail_as_a_whole() {
        let list = |v: &str| HeaderList::from_iter([("m", v)]);
        assert_eq!(extract_token_list(&list("A,, b "), "m"), Some(Ok(vec!["A".into(), "b".into()])));
        assert_eq!(extract_token_list(&list("a b"), "m"), Some(Err(NotAList)));
        assert_eq!(extract_token_list(&list(""), "m"), Some(Ok(vec![])));
        assert_eq!(extract_token_list(&list(""), "n"), None);
    }
}

//! [Extract content-range values](https://wicg.github.io/background-fetch/#extract-content-range-values-algorithm).

use bgfetch_traits::headers::HeaderList;

/// The values of a [single byte content-range](https://wicg.github.io/background-fetch/#single-byte-content-range).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ContentRange {
    /// Position of the first byte.
    pub(crate) first_byte_pos: u64,
    /// Position of the last byte.
    pub(crate) last_byte_pos: u64,
    /// Length of the whole resource in bytes, if the server knows it.
    pub(crate) complete_length: Option<u64>,
}

/// [Extract content-range values](https://wicg.github.io/background-fetch/#extract-content-range-values-algorithm)
/// from a response's header list; `None` is failure.
pub(crate) fn extract_content_range_values(headers: &HeaderList) -> Option<ContentRange> {
    // Steps 1 and 2: the first header of that name.
    let value = headers.get_all("Content-Range").next()?;
    // Step 3.
    let (first_byte_pos, rest) = parse_integer(strip_unit(value)?)?;
    let (last_byte_pos, rest) = parse_integer(rest.strip_prefix(b"-")?)?;
    // Steps 4 to 7.
    let complete_length = parse_complete_length(rest.strip_prefix(b"/")?)?;
    // A range that ends before it begins, or beyond the resource, is one that RFC 9110 (section 14.4) calls
    // invalid; the specification leaves these checks to it.
    if last_byte_pos < first_byte_pos || complete_length.is_some_and(|length| length <= last_byte_pos) {
        return None;
    }
    // Step 8.
    Some(ContentRange { first_byte_pos, last_byte_pos, complete_length })
}

/// The complete length that a `416` tells: `Content-Range: bytes */N`.
pub(crate) fn unsatisfied_range_length(headers: &HeaderList) -> Option<u64> {
    let value = headers.get_all("Content-Range").next()?;
    parse_complete_length(strip_unit(value)?.strip_prefix(b"*/")?)?
}

/// The unit, in any case. The specification's grammar has `bytes=`, which is how requests write it; responses
/// (RFC 9110, section 14.4) write `bytes` and a space. Both are understood.
fn strip_unit(value: &[u8]) -> Option<&[u8]> {
    let value = value.trim_ascii();
    let (unit, rest) = value.split_at_checked(5)?;
    let rest = rest.strip_prefix(b" ").or_else(|| rest.strip_prefix(b"="))?;
    unit.eq_ignore_ascii_case(b"bytes").then_some(rest)
}

fn parse_complete_length(text: &[u8]) -> Option<Option<u64>> {
    if text == b"*" {
        return Some(None);
    }
    let (length, rest) = parse_integer(text)?;
    rest.is_empty().then_some(Some(length))
}

/// `1*DIGIT`; `None` also for what does not fit 64 bits.
pub(crate) fn parse_integer(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = text.split_at_checked(digits)?;
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extract(value: &str) -> Option<(u64, u64, Option<u64>)> {
        extract_content_range_values(&HeaderList::from_iter([("content-range", value)]))
            .map(|range| (range.first_byte_pos, range.last_byte_pos, range.complete_length))
    }

    #[test]
    fn well_formed_values_are_extracted() {
        assert_eq!(extract("bytes 0-0/1"), Some((0, 0, Some(1))));
        assert_eq!(extract("bytes=10-19/20"), Some((10, 19, Some(20))));
        assert_eq!(extract("BYTES 5-9/*"), Some((5, 9, None)));
        assert_eq!(extract(" bytes 007-9/100 "), Some((7, 9, Some(100))));
        let most = u64::MAX;
        assert_eq!(extract(&format!("bytes 0-{}/{most}", most - 1)), Some((0, most - 1, Some(most))));
    }

    #[test]
    fn anything_else_is_failure() {
        for value in [
            "",
            "bytes",
            "bytes ",
            "bytes 0-9",
            "bytes 0-9/",
            "bytes -9/10",
            "bytes 0-/10",
            "bytes 0/10",
            "bytes */10",
            "bytes  0-9/10",
            "bytes 0 -9/10",
            "bytes 0-9/10 x",
            "bytes 0-9/-1",
            "bytes 0-9/**",
            "octets 0-9/10",
            "bytes 9-0/10",
            "bytes 0-9/9",
            "bytes 0-10/10",
            "bytes +0-9/10",
            "bytes 0x0-9/10",
            "bytes 0-9/18446744073709551616",
            "bytes 0-99999999999999999999/*",
            "b\u{fc}tes 0-9/10",
        ] {
            assert_eq!(extract(value), None, "{value:?}");
        }
        assert_eq!(extract_content_range_values(&HeaderList::new()), None);
    }

    #[test]
    fn the_first_header_counts() {
        let headers = HeaderList::from_iter([("Content-Range", "bytes 1-2/3"), ("content-range", "x")]);
        assert!(extract_content_range_values(&headers).is_some());
        let headers = HeaderList::from_iter([("Content-Range", "x"), ("content-range", "bytes 1-2/3")]);
        assert_eq!(extract_content_range_values(&headers), None);
    }

    #[test]
    fn a_416_tells_the_complete_length() {
        let length =
            |value: &str| unsatisfied_range_length(&HeaderList::from_iter([("Content-Range", value)]));
        assert_eq!(length("bytes */47"), Some(47));
        assert_eq!(length("bytes */0"), Some(0));
        assert_eq!(length("bytes */*"), None);
        assert_eq!(length("bytes 0-1/47"), None);
        assert_eq!(length("bytes */47 "), Some(47));
        assert_eq!(length("bytes */4x"), None);
    }
}

//! [Range requests](https://www.rfc-editor.org/rfc/rfc9110#section-14) and
//! [conditional requests](https://www.rfc-editor.org/rfc/rfc9110#section-13), as far as a file server needs them.

use std::ops::Range;
use std::time::SystemTime;

use http::header::{IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, RANGE};
use http::{HeaderMap, Method};

/// What identifies a version of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validators {
    /// A strong entity tag, with its quotes.
    pub etag: String,
    /// When it changed last, to the second.
    pub last_modified: SystemTime,
}

/// What a `GET` or `HEAD` is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selected {
    /// 304: the client has it.
    NotModified,
    /// 200: all of it.
    Whole,
    /// 206: these bytes.
    Part(Range<u64>),
    /// 416: no byte of what was asked for exists.
    Unsatisfiable,
}

/// Decides which part of a resource of `length` bytes a request wants
/// ([precedence](https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2)).
#[must_use]
pub fn select(method: &Method, headers: &HeaderMap, validators: &Validators, length: u64) -> Selected {
    if is_not_modified(headers, validators) {
        return Selected::NotModified;
    }
    // Range is defined for GET only.
    let Some(range) = text(headers, &RANGE).filter(|_| method == Method::GET) else { return Selected::Whole };
    match text(headers, &IF_RANGE) {
        Some(condition) if !if_range_holds(condition, validators) => Selected::Whole,
        _ => parse_range(range, length),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}

fn is_not_modified(headers: &HeaderMap, validators: &Validators) -> bool {
    if let Some(tags) = text(headers, &IF_NONE_MATCH) {
        // Weak comparison.
        return tags
            .split(',')
            .map(str::trim)
            .any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == validators.etag);
    }
    text(headers, &IF_MODIFIED_SINCE)
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .is_some_and(|date| validators.last_modified <= date)
}

/// [If-Range](https://www.rfc-editor.org/rfc/rfc9110#section-13.1.5): strong comparison of tags, equality of dates.
fn if_range_holds(condition: &str, validators: &Validators) -> bool {
    if condition.starts_with('"') || condition.starts_with("W/") {
        return condition == validators.etag;
    }
    httpdate::parse_http_date(condition).is_ok_and(|date| date == validators.last_modified)
}

/// One byte range. A range that is not understood, of another unit, or one of several, is ignored: a server may.
fn parse_range(range: &str, length: u64) -> Selected {
    let Some((unit, set)) = range.split_once('=') else { return Selected::Whole };
    let Some((first, last)) = set.trim().split_once('-') else { return Selected::Whole };
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return Selected::Whole;
    }
    match (number(first), number(last)) {
        // The last so many bytes.
        (None, Some(suffix)) if first.trim().is_empty() => {
            if suffix == 0 || length == 0 {
                Selected::Unsatisfiable
            } else {
                Selected::Part(length.saturating_sub(suffix)..length)
            }
        }
        (Some(first), None) if last.trim().is_empty() => part(first, length, length),
        (Some(first), Some(last)) if first <= last => part(first, last.saturating_add(1), length),
        _ => Selected::Whole,
    }
}

fn part(start: u64, end: u64, length: u64) -> Selected {
    if start < length { Selected::Part(start..end.min(length)) } else { Selected::Unsatisfiable }
}

fn number(digits: &str) -> Option<u64> {
    let digits = digits.trim();
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // More digits than a u64 holds is beyond any file.
    Some(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    fn asked(headers: &[(http::HeaderName, &str)]) -> Selected {
        let map = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        select(&Method::GET, &map, &validators(), 1000)
    }

    fn validators() -> Validators {
        Validators { etag: "\"v1\"".into(), last_modified: UNIX_EPOCH + Duration::from_secs(1_700_000_000) }
    }

    #[test]
    fn ranges_of_one_part_are_answered() {
        for (range, expected) in [
            ("bytes=0-", 0..1000),
            ("bytes=400-", 400..1000),
            ("bytes=0-0", 0..1),
            ("bytes=10-19", 10..20),
            ("bytes=990-5000", 990..1000),
            ("bytes=0-99999999999999999999999", 0..1000),
            ("bytes=-10", 990..1000),
            ("bytes=-5000", 0..1000),
            ("Bytes = 5-6", 5..7),
        ] {
            assert_eq!(asked(&[(RANGE, range)]), Selected::Part(expected), "{range}");
        }
    }

    #[test]
    fn a_range_beyond_the_end_is_unsatisfiable() {
        for range in ["bytes=1000-", "bytes=1000-1001", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(asked(&[(RANGE, range)]), Selected::Unsatisfiable, "{range}");
        }
    }

    #[test]
    fn a_range_that_is_not_understood_is_ignored() {
        for range in
            ["bytes=", "bytes=-", "bytes=9-3", "bytes=a-b", "bytes=+1-2", "lines=1-2", "1-2", "bytes=0-1,5-6"]
        {
            assert_eq!(asked(&[(RANGE, range)]), Selected::Whole, "{range}");
        }
        assert_eq!(asked(&[]), Selected::Whole);
    }

    #[test]
    fn if_range_gives_the_part_only_of_the_same_version() {
        let part = (RANGE, "bytes=10-");
        for (condition, same) in [
            ("\"v1\"", true),
            ("\"v2\"", false),
            ("W/\"v1\"", false),
            ("Tue, 14 Nov 2023 22:13:20 GMT", true),
            ("Tue, 14 Nov 2023 22:13:21 GMT", false),
            ("nonsense", false),
        ] {
            let expected = if same { Selected::Part(10..1000) } else { Selected::Whole };
            assert_eq!(asked(&[part.clone(), (IF_RANGE, condition)]), expected, "{condition}");
        }
    }

    #[test]
    fn what_the_client_has_is_not_sent_again() {
        assert_eq!(asked(&[(IF_NONE_MATCH, "\"v0\", W/\"v1\"")]), Selected::NotModified);
        assert_eq!(asked(&[(IF_NONE_MATCH, "\"v0\"")]), Selected::Whole);
        assert_eq!(asked(&[(IF_MODIFIED_SINCE, "Tue, 14 Nov 2023 22:13:20 GMT")]), Selected::NotModified);
        assert_eq!(asked(&[(IF_MODIFIED_SINCE, "Tue, 14 Nov 2023 22:13:19 GMT")]), Selected::Whole);
    }

    #[test]
    fn a_head_request_has_no_range() {
        let map = [(RANGE, "bytes=1-2".parse().unwrap())].into_iter().collect();
        assert_eq!(select(&Method::HEAD, &map, &validators(), 1000), Selected::Whole);
    }
}

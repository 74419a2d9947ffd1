//! [Validate a partial response](https://wicg.github.io/background-fetch/#validate-partial-response-algorithm), and
//! what else a stored response says about the resource it is the beginning of.

use bgfetch_traits::fetch::ResponseHead;
use url::{Origin, Url};

use crate::content_range::{extract_content_range_values, parse_integer, unsatisfied_range_length};

/// [Validate a partial response](https://wicg.github.io/background-fetch/#validate-partial-response-algorithm): the
/// complete length it tells (`None` inside is unknown) if it is valid, or what is wrong with it.
pub(crate) fn validate_a_partial_response(
    expected_range_start: u64,
    partial_response: &ResponseHead,
    previous_response: Option<&ResponseHead>,
) -> Result<Option<u64>, &'static str> {
    // Step 1.
    debug_assert_eq!(partial_response.status, 206, "only partial responses are validated");
    // Step 2.
    let Some(range) = extract_content_range_values(&partial_response.headers) else {
        return Err("its Content-Range is missing or malformed");
    };
    // Step 3.
    if range.first_byte_pos != expected_range_start {
        return Err("it starts at another byte than was asked for");
    }
    // Step 4.
    let Some(previous) = previous_response else { return Ok(range.complete_length) };
    // Step 4.1.
    for (name, problem) in [
        ("ETag", "its ETag is another than before"),
        ("Last-Modified", "its Last-Modified is another than before"),
    ] {
        if previous.headers.contains(name) && previous.headers.get(name) != partial_response.headers.get(name)
        {
            return Err(problem);
        }
    }
    // Step 4.2.
    if previous.status == 206 {
        let Some(previous) = extract_content_range_values(&previous.headers) else {
            return Err("the Content-Range of the response before it is malformed");
        };
        if previous.complete_length.is_some() && previous.complete_length != range.complete_length {
            return Err("its complete length is another than before");
        }
    }
    // Step 5.
    Ok(range.complete_length)
}

/// What tells two states of a resource apart, and what is wrong if it does.
const VALIDATORS: [(&str, &str); 2] = [
    ("ETag", "its ETag is another than before"),
    ("Last-Modified", "its Last-Modified is another than before"),
];

/// Whether a `416` (spec-decisions row 11) is about the very resource whose beginning is stored, and says that this
/// beginning of `stored` bytes is all of it. Validators are checked if it carries them; it need not.
pub(crate) fn says_it_is_complete(
    not_satisfiable: &ResponseHead,
    previous_response: &ResponseHead,
    stored: u64,
) -> bool {
    let same = |name| match (previous_response.headers.get(name), not_satisfiable.headers.get(name)) {
        (Some(before), Some(now)) => before == now,
        (Some(_), None) | (None, _) => true,
    };
    unsatisfied_range_length(&not_satisfiable.headers) == Some(stored)
        && known_complete_length(previous_response).is_none_or(|known| known == stored)
        && VALIDATORS.iter().all(|(name, _)| same(name))
}

/// Length in bytes that the whole resource has, as far as the response tells (spec-decisions row 10): a partial
/// one by `Content-Range`, a whole one by `Content-Length` unless a content coding makes that the length of
/// something else.
pub(crate) fn known_complete_length(response: &ResponseHead) -> Option<u64> {
    if response.status == 206 {
        return extract_content_range_values(&response.headers)?.complete_length;
    }
    if response.headers.contains("Content-Encoding") {
        return None;
    }
    let mut lengths = response.headers.get_all("Content-Length");
    let (length, rest) = parse_integer(lengths.next()?.trim_ascii())?;
    (rest.is_empty() && lengths.next().is_none()).then_some(length)
}

/// The validator for `If-Range` (spec-decisions row 12): a strong `ETag`, else `Last-Modified`.
///
/// None if the request or any redirect of the response left the client's origin: `If-Range` is not a header that
/// [CORS safelists](https://fetch.spec.whatwg.org/#cors-safelisted-request-header), so it would cost a preflight
/// that few servers answer, where `Range` alone needs none. The validators are checked all the same when the
/// response is there.
pub(crate) fn if_range_validator(response: &ResponseHead, request: &Url, client: &Origin) -> Option<Vec<u8>> {
    let mut urls = std::iter::once(request).chain(&response.url_list);
    if !urls.all(|url| url.origin() == *client) {
        return None;
    }
    let strong = |value: &Vec<u8>| value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"");
    response.headers.get("ETag").filter(strong).or_else(|| response.headers.get("Last-Modified"))
}

#[cfg(test)]
mod tests {
    use bgfetch_traits::headers::HeaderList;

    use super::*;

    fn head(status: u16, headers: &[(&str, &str)]) -> ResponseHead {
        let headers = headers.iter().map(|&(name, value)| (name, value)).collect::<HeaderList>();
        ResponseHead { status, headers, ..ResponseHead::default() }
    }

    fn partial(headers: &[(&str, &str)]) -> ResponseHead {
        let mut head = head(206, headers);
        head.headers.append("Content-Range", "bytes 10-19/30");
        head
    }

    #[test]
    fn the_first_byte_must_be_the_one_asked_for() {
        assert_eq!(validate_a_partial_response(10, &partial(&[]), None), Ok(Some(30)));
        assert!(validate_a_partial_response(0, &partial(&[]), None).is_err());
        assert!(validate_a_partial_response(0, &head(206, &[]), None).is_err());
        assert!(
            validate_a_partial_response(0, &head(206, &[("Content-Range", "bytes 0-x/1")]), None).is_err()
        );
    }

    #[test]
    fn validators_of_the_previous_response_must_come_again() {
        let valid = |before: &[(&str, &str)], now: &[(&str, &str)]| {
            validate_a_partial_response(10, &partial(now), Some(&head(200, before))).is_ok()
        };
        assert!(valid(&[], &[("ETag", "\"a\"")]));
        assert!(valid(&[("ETag", "\"a\"")], &[("etag", "\"a\"")]));
        assert!(!valid(&[("ETag", "\"a\"")], &[("ETag", "\"b\"")]));
        assert!(!valid(&[("ETag", "\"a\"")], &[]));
        assert!(valid(&[("Last-Modified", "x")], &[("Last-Modified", "x")]));
        assert!(!valid(&[("Last-Modified", "x")], &[("Last-Modified", "y")]));
        assert!(!valid(&[("ETag", "\"a\""), ("Last-Modified", "x")], &[("ETag", "\"a\"")]));
        assert!(!valid(&[("ETag", "\"a\""), ("ETag", "\"b\"")], &[("ETag", "\"a\"")]));
    }

    #[test]
    fn a_previous_partial_response_fixes_the_complete_length() {
        let check = |before: &str| {
            let before = head(206, &[("Content-Range", before)]);
            validate_a_partial_response(10, &partial(&[]), Some(&before)).is_ok()
        };
        assert!(check("bytes 0-9/30"));
        assert!(check("bytes 0-9/*"));
        assert!(!check("bytes 0-9/31"));
        assert!(!check("nonsense"));
        let whole = head(200, &[("Content-Length", "31")]);
        assert!(validate_a_partial_response(10, &partial(&[]), Some(&whole)).is_ok());
    }

    #[test]
    fn complete_lengths_are_known_from_either_header() {
        assert_eq!(known_complete_length(&partial(&[("Content-Length", "10")])), Some(30));
        assert_eq!(known_complete_length(&head(206, &[("Content-Length", "10")])), None);
        assert_eq!(known_complete_length(&head(200, &[("Content-Length", "10")])), Some(10));
        assert_eq!(known_complete_length(&head(200, &[])), None);
        assert_eq!(known_complete_length(&head(200, &[("Content-Length", "1x")])), None);
        let twice = head(200, &[("Content-Length", "10"), ("Content-Length", "11")]);
        assert_eq!(known_complete_length(&twice), None);
        let coded = head(200, &[("Content-Length", "10"), ("Content-Encoding", "gzip")]);
        assert_eq!(known_complete_length(&coded), None);
    }

    #[test]
    fn a_416_is_believed_unless_something_speaks_against_it() {
        let told = |headers: &[(&str, &str)], before: &[(&str, &str)]| {
            says_it_is_complete(&head(416, headers), &head(200, before), 10)
        };
        let length = ("Content-Range", "bytes */10");
        assert!(told(&[length], &[]));
        assert!(told(&[length], &[("Content-Length", "10"), ("ETag", "\"a\"")]));
        assert!(told(&[length, ("ETag", "\"a\"")], &[("ETag", "\"a\"")]));
        assert!(told(&[length, ("ETag", "\"a\"")], &[]));
        assert!(!told(&[length, ("ETag", "\"b\"")], &[("ETag", "\"a\"")]));
        assert!(!told(&[length, ("Last-Modified", "y")], &[("Last-Modified", "x")]));
        assert!(!told(&[length], &[("Content-Length", "11")]));
        assert!(!told(&[("Content-Range", "bytes */11")], &[]));
        assert!(!told(&[], &[]));
    }

    #[test]
    fn if_range_is_a_strong_etag_or_a_date_and_stays_within_the_origin() {
        let here: Url = "https://a.test/film".parse().unwrap();
        let there: Url = "https://b.test/film".parse().unwrap();
        let of = |headers: &[(&str, &str)], urls: &[&Url], request: &Url| {
            let mut head = head(200, headers);
            head.url_list = urls.iter().map(|&url| url.clone()).collect();
            if_range_validator(&head, request, &here.origin()).map(|value| String::from_utf8(value).unwrap())
        };
        let both = [("ETag", "\"a\""), ("Last-Modified", "then")];
        assert_eq!(of(&both, &[&here], &here).as_deref(), Some("\"a\""));
        assert_eq!(of(&[("ETag", "W/\"a\""), both[1]], &[&here], &here).as_deref(), Some("then"));
        assert_eq!(of(&[("ETag", "W/\"a\"")], &[&here], &here), None);
        assert_eq!(of(&[("ETag", "\"")], &[&here], &here), None);
        assert_eq!(of(&[], &[&here], &here), None);
        assert_eq!(of(&both, &[&here, &there], &here), None);
        assert_eq!(of(&both, &[&there], &there), None);
    }
}

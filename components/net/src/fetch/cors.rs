//! The CORS protocol's checks: [CORS check](https://fetch.spec.whatwg.org/#cors-check) and the
//! [safelists](https://fetch.spec.whatwg.org/#cors-safelisted-request-header).

use bgfetch_policy::mime::parse_essence;
use bgfetch_traits::fetch::CredentialsMode;
use bgfetch_traits::headers::HeaderList;
use http::Method;

use super::header_values::{isomorphic_decode, parse_a_single_range_header_value};
use super::request::FetchRequest;

/// A safelisted header's value may be so long.
const LONGEST_SAFE_VALUE: usize = 128;
/// All safelisted headers' values together may be so long.
const LONGEST_SAFE_VALUES: usize = 1024;

/// [CORS check](https://fetch.spec.whatwg.org/#concept-cors-check); an error says what is missing.
pub(crate) fn cors_check(request: &FetchRequest, response: &HeaderList) -> Result<(), String> {
    // Steps 1 and 2.
    let Some(allowed) = response.get("access-control-allow-origin") else {
        return Err("it sent no Access-Control-Allow-Origin".to_owned());
    };
    // Step 3.
    let include = request.head.credentials == CredentialsMode::Include;
    if !include && allowed == b"*" {
        return Ok(());
    }
    // Step 4.
    if request.serialize_origin().as_bytes() != allowed {
        let allowed = isomorphic_decode(&allowed);
        let hint = if allowed == "*" { ", which does not cover requests with credentials" } else { "" };
        return Err(format!("its Access-Control-Allow-Origin is {allowed:?}{hint}"));
    }
    // Steps 5 to 8.
    let credentials = response.get("access-control-allow-credentials");
    if include && credentials.as_deref() != Some(b"true") {
        return Err("it does not send Access-Control-Allow-Credentials: true".to_owned());
    }
    Ok(())
}

/// [CORS-safelisted method](https://fetch.spec.whatwg.org/#cors-safelisted-method).
pub(crate) fn is_cors_safelisted_method(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::POST)
}

/// [CORS non-wildcard request-header name](https://fetch.spec.whatwg.org/#cors-non-wildcard-request-header-name).
pub(crate) fn is_cors_non_wildcard_request_header_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
}

/// [CORS-unsafe request-header names](https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names): sorted,
/// lower-cased.
pub(crate) fn cors_unsafe_request_header_names(headers: &HeaderList) -> Vec<String> {
    let mut unsafe_names = Vec::new();
    let mut potentially_unsafe_names = Vec::new();
    let mut safelist_value_size = 0;
    for (name, value) in headers.iter() {
        if is_cors_safelisted_request_header(name, value) {
            potentially_unsafe_names.push(name.to_ascii_lowercase());
            safelist_value_size += value.len();
        } else {
            unsafe_names.push(name.to_ascii_lowercase());
        }
    }
    if safelist_value_size > LONGEST_SAFE_VALUES {
        unsafe_names.append(&mut potentially_unsafe_names);
    }
    unsafe_names.sort_unstable();
    unsafe_names.dedup();
    unsafe_names
}

/// [CORS-safelisted request-header](https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
fn is_cors_safelisted_request_header(name: &str, value: &[u8]) -> bool {
    if value.len() > LONGEST_SAFE_VALUE {
        return false;
    }
    match name.to_ascii_lowercase().as_str() {
        "accept" => !value.iter().any(|b| is_cors_unsafe_request_header_byte(*b)),
        "accept-language" | "content-language" => {
            value.iter().all(|b| b.is_ascii_alphanumeric() || b" *,-.;=".contains(b))
        }
        "content-type" => {
            !value.iter().any(|b| is_cors_unsafe_request_header_byte(*b))
                && parse_essence(&isomorphic_decode(value)).is_some_and(|essence| {
                    matches!(
                        essence.as_str(),
                        "application/x-www-form-urlencoded" | "multipart/form-data" | "text/plain"
                    )
                })
        }
        "range" => matches!(parse_a_single_range_header_value(value, false), Some((Some(_), _))),
        _ => false,
    }
}

/// [CORS-unsafe request-header byte](https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte).
fn is_cors_unsafe_request_header_byte(byte: u8) -> bool {
    (byte < 0x20 && byte != b'\t') || b"\"():<>?@[\\]{}\x7f".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::super::request::tests::request;
    use super::*;

    #[test]
    fn the_check_by_header_and_credentials() {
        use CredentialsMode::{Include, Omit, SameOrigin};
        let cases = [
            (Omit, Some("*"), None, true),
            (SameOrigin, Some("*"), None, true),
            (Include, Some("*"), Some("true"), false),
            (Omit, Some("https://a.test"), None, true),
            (Include, Some("https://a.test"), None, false),
            (Include, Some("https://a.test"), Some("true"), true),
            (Include, Some("https://a.test"), Some("True"), false),
            (Omit, Some("https://a.test/"), None, false),
            (Omit, Some("https://b.test"), None, false),
            (Omit, Some("null"), None, false),
            (Omit, None, Some("true"), false),
            (Omit, Some("*, *"), None, false),
        ];
        for (credentials, origin, allow_credentials, expected) in cases {
            let mut request = request("https://a.test/", &["https://b.test/"]);
            request.head.credentials = credentials;
            let mut headers = HeaderList::new();
            if let Some(origin) = origin {
                headers.append("Access-Control-Allow-Origin", origin);
            }
            if let Some(value) = allow_credentials {
                headers.append("Access-Control-Allow-Credentials", value);
            }
            assert_eq!(
                cors_check(&request, &headers).is_ok(),
                expected,
                "{credentials} {origin:?} {allow_credentials:?}"
            );
        }
    }

    #[test]
    fn a_tainted_request_needs_null_or_a_star() {
        let request = request("https://a.test/", &["https://b.test/", "https://c.test/"]);
        let check = |value: &str| {
            cors_check(&request, &HeaderList::from_iter([("Access-Control-Allow-Origin", value)]))
        };
        assert!(check("null").is_ok() && check("*").is_ok());
        assert!(check("https://a.test").is_err());
    }

    #[test]
    fn which_headers_are_safe() {
        let long = "x".repeat(129);
        let cases = [
            ("Accept", "text/html, */*", true),
            ("Accept", "x:y", false),
            ("Accept", long.as_str(), false),
            ("Accept-Language", "en-US,en;q=0.5", true),
            ("Accept-Language", "en/US", false),
            ("Content-Language", "de", true),
            ("Content-Type", "text/plain;charset=utf-8", true),
            ("Content-Type", "application/x-www-form-urlencoded", true),
            ("Content-Type", "application/json", false),
            ("Content-Type", "text", false),
            ("Range", "bytes=0-", true),
            ("Range", "bytes=10-20", true),
            ("Range", "bytes=-20", false),
            ("Range", "bytes=0-1,3-4", false),
            ("X-Mine", "1", false),
            ("Authorization", "x", false),
        ];
        for (name, value, safe) in cases {
            assert_eq!(is_cors_safelisted_request_header(name, value.as_bytes()), safe, "{name}: {value}");
        }
    }

    #[test]
    fn too_many_safe_headers_are_unsafe_together() {
        let mut headers = HeaderList::new();
        (0..9).for_each(|_| headers.append("Accept", "x".repeat(120)));
        headers.append("X-B", "1");
        headers.append("x-a", "1");
        assert_eq!(cors_unsafe_request_header_names(&headers), ["accept", "x-a", "x-b"]);
    }
}

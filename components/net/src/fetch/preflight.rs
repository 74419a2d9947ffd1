//! [CORS-preflight fetch](https://fetch.spec.whatwg.org/#cors-preflight-fetch).

use std::rc::Rc;
use std::time::Duration;

use bgfetch_traits::fetch::{CredentialsMode, NetworkError, NetworkErrorKind, RequestHead};
use bgfetch_traits::headers::HeaderList;
use http::Method;

use super::cors::{
    cors_check, cors_unsafe_request_header_names, is_cors_non_wildcard_request_header_name,
    is_cors_safelisted_method,
};
use super::header_values::{NotAList, extract_token_list, isomorphic_decode};
use super::network_or_cache::http_network_or_cache_fetch;
use super::request::{FetchParams, FetchRequest};
use super::timing::Timer;

/// How long an answer without `Access-Control-Max-Age` holds.
const DEFAULT_MAX_AGE: Duration = Duration::from_secs(5);

/// CORS-preflight fetch: `Ok` if the server allows the request.
pub(crate) async fn cors_preflight_fetch(params: &FetchParams) -> Result<(), NetworkError> {
    let request = &params.request;
    // Steps 1 to 5.
    let mut head = RequestHead::get(request.current_url().clone());
    head.method = Method::OPTIONS;
    head.destination = request.head.destination;
    head.referrer = request.head.referrer.clone();
    head.referrer_policy = request.head.referrer_policy;
    head.headers.append("Accept", "*/*");
    head.headers.append("Access-Control-Request-Method", request.head.method.as_str());
    let header_names = cors_unsafe_request_header_names(&request.head.headers);
    if !header_names.is_empty() {
        head.headers.append("Access-Control-Request-Headers", header_names.join(","));
    }
    // Step 6.
    let mut preflight = FetchParams {
        net: Rc::clone(&params.net),
        request: request.preflight(head),
        upload_progress: None,
        csp: Rc::clone(&params.csp),
        timer: Box::new(Timer::begin()),
        recording: None,
        keepalive: None,
    };
    let response = http_network_or_cache_fetch(&mut preflight).await?;
    response.body.drain().await;
    let refused = |why: String| {
        let message = format!(
            "{} does not allow {} from {}: in the preflight, {why}",
            request.current_url(),
            request.head.method,
            request.serialize_origin()
        );
        NetworkError::new(NetworkErrorKind::Cors, message)
    };
    // Step 7.
    cors_check(request, &response.head.headers).map_err(refused)?;
    if !response.head.is_ok() {
        return Err(refused(format!("its status is {}", response.head.status)));
    }
    let allowed = Allowed::of(request, &response.head.headers).map_err(refused)?;
    allowed.check(request, &header_names).map_err(refused)?;
    let max_age = max_age(&response.head.headers);
    let now = params.net.clock.monotonic();
    let lists = (allowed.methods.as_slice(), allowed.header_names.as_slice());
    params.net.preflights.borrow_mut().store(request, lists, now, max_age);
    Ok(())
}

/// What the server allows.
#[derive(Debug)]
struct Allowed {
    methods: Vec<String>,
    header_names: Vec<String>,
}

impl Allowed {
    /// Steps 7.1 to 7.4.
    fn of(request: &FetchRequest, response: &HeaderList) -> Result<Self, String> {
        let list = |name: &str| {
            extract_token_list(response, name)
                .transpose()
                .map_err(|NotAList| format!("its {name} is not a list of names"))
        };
        let methods = list("Access-Control-Allow-Methods")?;
        let header_names = list("Access-Control-Allow-Headers")?;
        let methods = match methods {
            None if request.head.use_cors_preflight => vec![request.head.method.as_str().to_owned()],
            methods => methods.unwrap_or_default(),
        };
        Ok(Self { methods, header_names: header_names.unwrap_or_default() })
    }

    /// Steps 7.5 to 7.7.
    fn check(&self, request: &FetchRequest, unsafe_names: &[String]) -> Result<(), String> {
        let star_counts = request.head.credentials != CredentialsMode::Include;
        let method = &request.head.method;
        let method_star = star_counts && self.methods.iter().any(|m| m == "*");
        if !self.methods.iter().any(|m| m == method.as_str())
            && !is_cors_safelisted_method(method)
            && !method_star
        {
            return Err(format!("its Access-Control-Allow-Methods does not have {method}"));
        }
        let header_star = star_counts && self.header_names.iter().any(|name| name == "*");
        let listed = |name: &str| self.header_names.iter().any(|n| n.eq_ignore_ascii_case(name));
        for name in unsafe_names {
            if !listed(name) && (is_cors_non_wildcard_request_header_name(name) || !header_star) {
                return Err(format!("its Access-Control-Allow-Headers does not have {name}"));
            }
        }
        Ok(())
    }
}

/// Steps 7.8 and 7.9: `Access-Control-Max-Age`, which is `delta-seconds`.
fn max_age(headers: &HeaderList) -> Duration {
    let mut values = headers.get_all("access-control-max-age");
    let (Some(value), None) = (values.next(), values.next()) else { return DEFAULT_MAX_AGE };
    let text = isomorphic_decode(value);
    let digits = text.trim_matches([' ', '\t']);
    // Less than nothing is not `delta-seconds`, for which the text has the default. Browsers take it for what it means.
    if digits
        .strip_prefix('-')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()))
    {
        return Duration::ZERO;
    }
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return DEFAULT_MAX_AGE;
    }
    // More than fits is more than the limit that the cache imposes.
    Duration::from_secs(digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::request::tests::request;
    use super::*;

    #[test]
    fn what_the_server_allows() {
        use CredentialsMode::{Include, Omit};
        let cases = [
            ("PUT", "", Some("PUT"), None, Omit, true),
            ("PUT", "", Some("GET, PUT"), None, Include, true),
            ("PUT", "", Some("*"), None, Omit, true),
            ("PUT", "", Some("*"), None, Include, false),
            ("PUT", "", Some("put"), None, Omit, false),
            ("PUT", "", None, None, Omit, false),
            ("POST", "", None, None, Omit, true),
            ("GET", "x-a", None, Some("X-A"), Omit, true),
            ("GET", "x-a", None, Some("*"), Omit, true),
            ("GET", "x-a", None, Some("*"), Include, false),
            ("GET", "x-a", None, Some("x-b"), Omit, false),
            ("GET", "authorization", None, Some("*"), Omit, false),
            ("GET", "authorization", None, Some("*, Authorization"), Omit, true),
            ("GET", "x-a", None, Some("x y"), Omit, false),
            ("PUT", "", Some("PUT@"), None, Omit, false),
        ];
        for (method, header, methods, names, credentials, expected) in cases {
            let mut request = request("https://a.test/", &["https://b.test/"]);
            request.head.method = Method::from_bytes(method.as_bytes()).unwrap();
            request.head.credentials = credentials;
            if !header.is_empty() {
                request.head.headers.append(header, "1");
            }
            let mut response = HeaderList::new();
            if let Some(methods) = methods {
                response.append("Access-Control-Allow-Methods", methods);
            }
            if let Some(names) = names {
                response.append("Access-Control-Allow-Headers", names);
            }
            let unsafe_names = cors_unsafe_request_header_names(&request.head.headers);
            let allowed = Allowed::of(&request, &response).and_then(|a| a.check(&request, &unsafe_names));
            assert_eq!(allowed.is_ok(), expected, "{method} {header} {methods:?} {names:?} {allowed:?}");
        }
    }

    #[test]
    fn max_ages() {
        let cases = [
            (Some("600"), 600),
            (Some(" 0 "), 0),
            (Some("-1"), 0),
            (Some("-"), 5),
            (Some("1.5"), 5),
            (Some(""), 5),
            (None, 5),
            (Some("99999999999999999999999"), u64::MAX),
        ];
        for (value, expected) in cases {
            let mut headers = HeaderList::new();
            if let Some(value) = value {
                headers.append("Access-Control-Max-Age", value);
            }
            assert_eq!(max_age(&headers), Duration::from_secs(expected), "{value:?}");
        }
    }
}

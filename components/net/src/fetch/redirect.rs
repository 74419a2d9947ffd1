//! [HTTP-redirect fetch](https://fetch.spec.whatwg.org/#http-redirect-fetch).

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, ReferrerPolicy, RequestMode, ResponseHead};
use http::Method;
use url::Url;

use super::request::{FetchParams, FetchRequest, Tainting};
use super::{InternalResponse, Turn, TurnResult};
use crate::policy::referrer::parse_a_referrer_policy;

/// So many redirects are followed.
const MOST_REDIRECTS: u32 = 20;
/// [Request-body-header names](https://fetch.spec.whatwg.org/#request-body-header-name).
const REQUEST_BODY_HEADERS: [&str; 4] =
    ["content-encoding", "content-language", "content-location", "content-type"];

/// HTTP-redirect fetch.
pub(crate) async fn http_redirect_fetch(params: &mut FetchParams, response: InternalResponse) -> TurnResult {
    // Steps 3 to 5.
    let location = match location_url(&response.head, params.request.current_url()) {
        None => return Ok(Turn::Response(response)),
        Some(location) => location?,
    };
    follow(&mut params.request, &response.head, location)?;
    // The redirect's own body is of no use; its connection is.
    response.body.drain().await;
    // Steps 20 and 22.
    Ok(Turn::Again)
}

/// A response's [location URL](https://fetch.spec.whatwg.org/#concept-response-location-url), given the URL that
/// redirects. `None` is null.
fn location_url(head: &ResponseHead, current_url: &Url) -> Option<Result<Url, NetworkError>> {
    let mut values = head.headers.get_all("location");
    let value = values.next()?;
    let malformed = |why: String| {
        Some(Err(NetworkError::new(NetworkErrorKind::Redirect, format!("{current_url} redirects to {why}"))))
    };
    if values.next().is_some() {
        return malformed("more than one place".to_owned());
    }
    // What servers send is UTF-8 if anything; other bytes stay as they are.
    let text = std::str::from_utf8(value).map_or_else(|_| percent_encode_non_ascii(value), str::to_owned);
    let base = head.url().unwrap_or(current_url);
    match base.join(&text) {
        Ok(mut location) => {
            if location.fragment().is_none() {
                location.set_fragment(current_url.fragment());
            }
            Some(Ok(location))
        }
        Err(error) => malformed(format!("{text:?}, which is not a URL ({error})")),
    }
}

/// Each byte that is not ASCII as `%XX`.
fn percent_encode_non_ascii(value: &[u8]) -> String {
    let encode = |byte: &u8| {
        if byte.is_ascii() { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    value.iter().map(encode).collect()
}

/// Steps 6 to 19: changes the request to one for `location`.
fn follow(request: &mut FetchRequest, response: &ResponseHead, location: Url) -> Result<(), NetworkError> {
    let status = response.status;
    let error = |why: &str| {
        let message = format!("{} redirects to {location}: {why}", request.current_url());
        Err(NetworkError::new(NetworkErrorKind::Redirect, message))
    };
    // Step 6.
    if !matches!(location.scheme(), "http" | "https") {
        return error("only http: and https: URLs can be redirected to");
    }
    // Step 7.
    if request.redirect_count >= MOST_REDIRECTS {
        return error("that is one redirect too many");
    }
    // Steps 9 and 10.
    let with_credentials = !location.username().is_empty() || location.password().is_some();
    let cross_origin = *request.origin() != location.origin();
    let cors_mode = request.head.mode == RequestMode::Cors;
    if with_credentials && ((cors_mode && cross_origin) || request.tainting == Tainting::Cors) {
        return error("a URL with a user name or password is not allowed across origins");
    }
    // Step 11.
    if status != 303 && request.body_can_be_sent_once_only() {
        return error("the request's body is a stream, which cannot be sent again");
    }
    // Step 12.
    let method = &request.head.method;
    if (matches!(status, 301 | 302) && *method == Method::POST)
        || (status == 303 && *method != Method::GET && *method != Method::HEAD)
    {
        request.head.method = Method::GET;
        request.drop_body();
        for name in REQUEST_BODY_HEADERS {
            request.head.headers.delete(name);
        }
    }
    // Step 13.
    if request.current_url().origin() != location.origin() {
        request.head.headers.delete("authorization");
    }
    // Steps 8 and 18 (14 does nothing here: a body that can be sent again is kept; 15 to 17 are timing).
    request.push_url(location);
    // Step 19: set request's referrer policy on redirect.
    let policy = parse_a_referrer_policy(&response.headers);
    if policy != ReferrerPolicy::Empty {
        request.head.referrer_policy = policy;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bgfetch_traits::body::BodyReader;
    use bgfetch_traits::fetch::RequestBody;
    use bgfetch_traits::headers::HeaderList;

    use super::super::request::tests::request;
    use super::*;

    fn redirect(status: u16) -> ResponseHead {
        ResponseHead { status, ..ResponseHead::default() }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn methods_and_bodies_by_status() {
        let cases = [
            (301, "POST", "GET", false),
            (302, "POST", "GET", false),
            (303, "POST", "GET", false),
            (307, "POST", "POST", true),
            (308, "POST", "POST", true),
            (301, "PUT", "PUT", true),
            (302, "PUT", "PUT", true),
            (303, "PUT", "GET", false),
            (303, "HEAD", "HEAD", true),
            (303, "GET", "GET", true),
        ];
        for (status, before, after, keeps_body) in cases {
            let mut request = request("https://a.test/", &["https://a.test/"]);
            request.head.method = Method::from_bytes(before.as_bytes()).unwrap();
            request.body = Some(RequestBody::Bytes("x".into()));
            request.head.headers = HeaderList::from_iter([("Content-Type", "text/plain"), ("X-Mine", "1")]);
            follow(&mut request, &redirect(status), url("https://a.test/2")).unwrap();
            assert_eq!(request.head.method.as_str(), after, "{status} {before}");
            assert_eq!(request.body.is_some(), keeps_body, "{status} {before}");
            assert_eq!(request.head.headers.contains("content-type"), keeps_body, "{status} {before}");
            assert!(request.head.headers.contains("x-mine"));
        }
    }

    #[test]
    fn authorization_is_dropped_at_the_first_other_origin() {
        for (to, kept) in [("https://a.test/2", true), ("https://b.test/", false), ("http://a.test/", false)]
        {
            let mut request = request("https://a.test/", &["https://a.test/"]);
            request.head.headers.append("Authorization", "Basic x");
            follow(&mut request, &redirect(302), url(to)).unwrap();
            assert_eq!(request.head.headers.contains("authorization"), kept, "{to}");
        }
    }

    #[test]
    fn redirects_that_may_not_be_followed() {
        let mut full = request("https://a.test/", &["https://a.test/"]);
        full.redirect_count = MOST_REDIRECTS;
        let mut cors = request("https://a.test/", &["https://b.test/"]);
        cors.head.mode = RequestMode::Cors;
        let mut tainted = request("https://a.test/", &["https://b.test/"]);
        tainted.head.mode = RequestMode::Cors;
        tainted.tainting = Tainting::Cors;
        let mut stream = request("https://a.test/", &["https://a.test/"]);
        stream.body = Some(RequestBody::Stream { reader: BodyReader::from_bytes("x"), length: Some(1) });
        let plain = request("https://a.test/", &["https://a.test/"]);
        let cases = [
            (full, "https://a.test/2", "one redirect too many"),
            (cors, "https://user@b.test/", "user name or password"),
            (tainted, "https://:secret@a.test/", "user name or password"),
            (stream, "https://a.test/2", "cannot be sent again"),
            (plain, "ftp://a.test/", "only http: and https:"),
        ];
        for (mut request, to, expected) in cases {
            let error = follow(&mut request, &redirect(307), url(to)).unwrap_err();
            assert_eq!(error.kind, NetworkErrorKind::Redirect);
            assert!(error.message.contains(expected), "{error}");
        }
        let mut same_origin = request("https://a.test/", &["https://a.test/"]);
        follow(&mut same_origin, &redirect(302), url("https://user:secret@a.test/")).unwrap();
    }

    #[test]
    fn locations() {
        let current = url("https://a.test/dir/page#old");
        let cases = [
            (&[][..], None),
            (&["../x"], Some(Ok("https://a.test/x#old"))),
            (&["/x#new"], Some(Ok("https://a.test/x#new"))),
            (&["//b.test/é"], Some(Ok("https://b.test/%C3%A9#old"))),
            (&["http://"], Some(Err(()))),
            (&["/a", "/b"], Some(Err(()))),
        ];
        for (headers, expected) in cases {
            let headers = headers.iter().map(|v| ("Location", *v)).collect();
            let head = ResponseHead { headers, ..redirect(302) };
            let found = location_url(&head, &current);
            let found = found.as_ref().map(|r| r.as_ref().map(Url::as_str).map_err(|_| ()));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn a_redirect_may_change_the_referrer_policy() {
        let mut request = request("https://a.test/", &["https://a.test/"]);
        let mut head = redirect(302);
        head.headers.append("Referrer-Policy", "origin");
        follow(&mut request, &head, url("https://b.test/")).unwrap();
        assert_eq!(request.head.referrer_policy, ReferrerPolicy::Origin);
    }
}

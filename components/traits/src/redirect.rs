//! [HTTP-redirect fetch](https://fetch.spec.whatwg.org/#http-redirect-fetch): what a redirect makes of a request. The network
//! thread follows those of servers; script threads those of service workers, and those of navigations.

use http::Method;
use url::{Origin, Url};

use crate::fetch::{NetworkError, NetworkErrorKind, ReferrerPolicy, RequestHead, RequestMode, ResponseHead};
use crate::referrer::parse_a_referrer_policy;

/// So many redirects are followed.
pub const MOST_REDIRECTS: u32 = 20;

/// [Request-body-header names](https://fetch.spec.whatwg.org/#request-body-header-name).
const REQUEST_BODY_HEADERS: [&str; 4] =
    ["content-encoding", "content-language", "content-location", "content-type"];

/// Whether a status is a [redirect status](https://fetch.spec.whatwg.org/#redirect-status).
#[must_use]
pub const fn is_redirect_status(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// A response's [location URL](https://fetch.spec.whatwg.org/#concept-response-location-url), given the request's current
/// URL. `None` is null. `base` is the response's URL, which one that script made has not.
#[must_use]
pub fn location_url(
    head: &ResponseHead,
    base: Option<&Url>,
    current_url: &Url,
) -> Option<Result<Url, NetworkError>> {
    if !is_redirect_status(head.status) {
        return None;
    }
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
    match Url::options().base_url(base).parse(&text) {
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

/// A redirect that is to be followed.
#[derive(Clone, Copy, Debug)]
pub struct Redirect<'a> {
    /// The response.
    pub response: &'a ResponseHead,
    /// The request's [current URL](https://fetch.spec.whatwg.org/#concept-request-current-url).
    pub from: &'a Url,
    /// The response's location URL.
    pub location: &'a Url,
    /// The request's [redirect count](https://fetch.spec.whatwg.org/#concept-request-redirect-count).
    pub count: u32,
    /// The request's origin.
    pub origin: &'a Origin,
    /// Whether the request's [response tainting](https://fetch.spec.whatwg.org/#concept-request-response-tainting) is "cors".
    pub is_cors_tainted: bool,
    /// Whether the request has a body whose [source](https://fetch.spec.whatwg.org/#concept-body-source) is null.
    pub body_is_stream: bool,
}

impl Redirect<'_> {
    /// Steps 6 to 19, but for the URL list and the body, which the caller has: changes a request to one for the
    /// location. Tells whether its body is taken away.
    ///
    /// # Errors
    /// The network error, if the redirect may not be followed.
    pub fn follow(&self, head: &mut RequestHead) -> Result<bool, NetworkError> {
        let (status, location) = (self.response.status, self.location);
        let error = |why: &str| {
            let message = format!("{} redirects to {location}: {why}", self.from);
            Err(NetworkError::new(NetworkErrorKind::Redirect, message))
        };
        // Step 6.
        if !matches!(location.scheme(), "http" | "https") {
            return error("only http: and https: URLs can be redirected to");
        }
        // Step 7.
        if self.count >= MOST_REDIRECTS {
            return error("that is one redirect too many");
        }
        // Steps 9 and 10.
        let with_credentials = !location.username().is_empty() || location.password().is_some();
        let cross_origin = *self.origin != location.origin();
        let cors_mode = head.mode == RequestMode::Cors;
        if with_credentials && ((cors_mode && cross_origin) || self.is_cors_tainted) {
            return error("a URL with a user name or password is not allowed across origins");
        }
        // Step 11.
        if status != 303 && self.body_is_stream {
            return error("the request's body is a stream, which cannot be sent again");
        }
        // Step 12.
        let loses_body = (matches!(status, 301 | 302) && head.method == Method::POST)
            || (status == 303 && head.method != Method::GET && head.method != Method::HEAD);
        if loses_body {
            head.method = Method::GET;
            for name in REQUEST_BODY_HEADERS {
                head.headers.delete(name);
            }
        }
        // Step 13.
        if self.from.origin() != location.origin() {
            head.headers.delete("authorization");
        }
        // Step 14 does nothing here: a body that can be sent again is kept. Steps 15 to 17 are timing; 8 and 18 are the
        // caller's.
        // Step 19: set request's referrer policy on redirect.
        let policy = parse_a_referrer_policy(&self.response.headers);
        if policy != ReferrerPolicy::Empty {
            head.referrer_policy = policy;
        }
        Ok(loses_body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headers::HeaderList;

    fn redirect(status: u16) -> ResponseHead {
        ResponseHead { status, ..ResponseHead::default() }
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn request(from: &str) -> RequestHead {
        RequestHead::get(url(from))
    }

    /// Follows a redirect of a request of `https://a.test`.
    fn follow(
        head: &mut RequestHead,
        response: &ResponseHead,
        to: &str,
        change: fn(&mut Redirect<'_>),
    ) -> Result<bool, NetworkError> {
        let (from, origin, location) = (head.url.clone(), url("https://a.test/").origin(), url(to));
        let mut redirect = Redirect {
            response,
            from: &from,
            location: &location,
            count: 0,
            origin: &origin,
            is_cors_tainted: false,
            body_is_stream: false,
        };
        change(&mut redirect);
        redirect.follow(head)
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
            let mut head = request("https://a.test/");
            head.method = Method::from_bytes(before.as_bytes()).unwrap();
            head.headers = HeaderList::from_iter([("Content-Type", "text/plain"), ("X-Mine", "1")]);
            let loses = follow(&mut head, &redirect(status), "https://a.test/2", |_| ()).unwrap();
            assert_eq!(head.method.as_str(), after, "{status} {before}");
            assert_eq!(loses, !keeps_body, "{status} {before}");
            assert_eq!(head.headers.contains("content-type"), keeps_body, "{status} {before}");
            assert!(head.headers.contains("x-mine"));
        }
    }

    #[test]
    fn authorization_is_dropped_at_the_first_other_origin() {
        for (to, kept) in [("https://a.test/2", true), ("https://b.test/", false), ("http://a.test/", false)]
        {
            let mut head = request("https://a.test/");
            head.headers.append("Authorization", "Basic x");
            follow(&mut head, &redirect(302), to, |_| ()).unwrap();
            assert_eq!(head.headers.contains("authorization"), kept, "{to}");
        }
    }

    #[test]
    fn redirects_that_may_not_be_followed() {
        let mut cors = request("https://b.test/");
        cors.mode = RequestMode::Cors;
        let same_origin = request("https://a.test/");
        let too_many: fn(&mut Redirect<'_>) = |redirect| redirect.count = MOST_REDIRECTS;
        let stream: fn(&mut Redirect<'_>) = |redirect| redirect.body_is_stream = true;
        let tainted: fn(&mut Redirect<'_>) = |redirect| redirect.is_cors_tainted = true;
        let plain: fn(&mut Redirect<'_>) = |_| ();
        let cases = [
            (&same_origin, too_many, "https://a.test/2", "one redirect too many"),
            (&cors, plain, "https://user@b.test/", "user name or password"),
            (&cors, tainted, "https://:secret@a.test/", "user name or password"),
            (&same_origin, stream, "https://a.test/2", "cannot be sent again"),
            (&same_origin, plain, "ftp://a.test/", "only http: and https:"),
        ];
        for (head, change, to, expected) in cases {
            let error = follow(&mut head.clone(), &redirect(307), to, change).unwrap_err();
            assert_eq!(error.kind, NetworkErrorKind::Redirect);
            assert!(error.message.contains(expected), "{error}");
        }
        follow(&mut same_origin.clone(), &redirect(302), "https://user:secret@a.test/", plain).unwrap();
        follow(&mut same_origin.clone(), &redirect(303), "https://a.test/2", stream).unwrap();
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
            let headers: HeaderList = headers.iter().map(|v| ("Location", *v)).collect();
            let head = ResponseHead { headers, ..redirect(302) };
            let found = location_url(&head, Some(&current), &current);
            let found = found.as_ref().map(|r| r.as_ref().map(Url::as_str).map_err(|_| ()));
            assert_eq!(found, expected);
            assert_eq!(location_url(&ResponseHead { status: 200, ..head }, Some(&current), &current), None);
        }
        // Nothing says where a response that script made is.
        for (location, good) in [("../x", false), ("https://b.test/", true)] {
            let headers = HeaderList::from_iter([("Location", location)]);
            let found = location_url(&ResponseHead { headers, ..redirect(302) }, None, &current);
            assert_eq!(found.unwrap().is_ok(), good);
        }
    }

    #[test]
    fn a_redirect_may_change_the_referrer_policy() {
        let mut head = request("https://a.test/");
        let mut response = redirect(302);
        response.headers.append("Referrer-Policy", "origin");
        follow(&mut head, &response, "https://b.test/", |_| ()).unwrap();
        assert_eq!(head.referrer_policy, ReferrerPolicy::Origin);
    }
}

//! [`new Request()`](https://fetch.spec.whatwg.org/#dom-request).

use bgfetch_js::{Exception, Fallible, Realm, Root};
use bgfetch_traits::fetch::{
    self, CacheMode, CredentialsMode, Destination, RedirectMode, Referrer, ReferrerPolicy, RequestHead,
    RequestMode,
};
use bgfetch_traits::headers::HeaderList;
use http::Method;
use url::Url;

use super::body::{Body, BodyOwner};
use super::headers::{Guard, Headers, is_forbidden_method};
use super::request::Request;
use crate::bindings::{RequestInfo, RequestInit};
use crate::dom::AbortSignal;
use crate::environment::Environment;

/// Makes the struct of a request.
pub(super) fn construct(realm: &Realm, input: RequestInfo, mut init: RequestInit) -> Fallible<Request> {
    let environment = Environment::of(realm);
    // Steps 2 to 6.
    let (mut head, input_request) = match input {
        RequestInfo::UsvString(text) => {
            let url = environment
                .parse_url(&text)
                .map_err(|error| Exception::type_error(format!("{text:?} is not a URL: {error}")))?;
            if !url.username().is_empty() || url.password().is_some() {
                return Err(Exception::type_error(format!(
                    "{text:?} has credentials in it, which requests may not have"
                )));
            }
            let head = RequestHead {
                mode: RequestMode::Cors,
                credentials: CredentialsMode::SameOrigin,
                ..RequestHead::get(url)
            };
            (head, None)
        }
        // Step 12 leaves the destination out.
        RequestInfo::Request(request) => {
            (RequestHead { destination: Destination::Empty, ..request.head() }, Some(request))
        }
    };
    head.unsafe_request = true;
    // Steps 7 to 10: `window` may only be set to null, which changes nothing here.
    if init.window.as_ref().is_some_and(|window| !window.is_null()) {
        return Err(Exception::type_error("window in a request's init can only be null"));
    }
    let has_members = !is_empty(&init);
    // Steps 13 to 26.
    apply(&environment, &mut head, &init)?;
    // Steps 27 to 29.
    let signals = signals(&init, input_request.as_ref());
    let signal = AbortSignal::create_dependent(realm, &signals)?;
    // Steps 31 and 32.
    let mut guard = Guard::Request;
    if head.mode == RequestMode::NoCors {
        if !matches!(head.method, Method::GET | Method::HEAD | Method::POST) {
            let message = format!("a request of mode no-cors cannot have the method {}", head.method);
            return Err(Exception::type_error(message));
        }
        guard = Guard::RequestNoCors;
    }
    // Step 33.
    let headers = Headers::create(realm, head.headers.clone(), guard)?;
    if has_members {
        let copied = init.headers.take();
        match copied {
            Some(given) => {
                headers.replace(HeaderList::new(), guard);
                headers.fill(given)?;
            }
            None => refill(&headers, &head.headers, guard)?,
        }
    } else if let Some(request) = &input_request {
        headers.replace(request.headers_object().list(), guard);
    }
    let body =
        body(realm, &mut head, &init, input_request.as_deref(), &headers, init.body.clone().flatten())?;
    let request = Request::of(head, headers, body, signal);
    Ok(match input_request {
        Some(input) => request.with_blob_entry(input.blob_entry()),
        None => request,
    })
}

/// Fills the headers again from the copied list, under the guard that may be a stricter one now.
fn refill(headers: &Headers, list: &HeaderList, guard: Guard) -> Fallible<()> {
    headers.replace(HeaderList::new(), guard);
    let pairs = list.iter().map(|(name, value)| vec![name.into(), value.to_vec().into()]).collect();
    headers.fill(crate::bindings::HeadersInit::ByteStringSequenceSequence(pairs))
}

fn is_empty(init: &RequestInit) -> bool {
    init.body.is_none()
        && init.cache.is_none()
        && init.credentials.is_none()
        && init.duplex.is_none()
        && init.headers.is_none()
        && init.integrity.is_none()
        && init.keepalive.is_none()
        && init.method.is_none()
        && init.mode.is_none()
        && init.priority.is_none()
        && init.redirect.is_none()
        && init.referrer.is_none()
        && init.referrer_policy.is_none()
        && init.signal.is_none()
        && init.window.is_none()
}

/// The trait's value of a string that both know.
fn known<T>(value: Option<T>) -> Fallible<T> {
    value.ok_or_else(|| Exception::type_error("the value is not one that fetching knows"))
}

fn apply(environment: &Environment, head: &mut RequestHead, init: &RequestInit) -> Fallible<()> {
    // Step 13.
    if !is_empty(init) {
        if head.mode == RequestMode::Navigate {
            head.mode = RequestMode::SameOrigin;
        }
        head.reload_navigation = false;
        head.history_navigation = false;
        head.redirected_from.clear();
        head.origin = None;
        head.top_level_navigation_initiator = None;
        head.referrer = Referrer::Client;
        head.referrer_policy = ReferrerPolicy::Empty;
    }
    // Step 14.
    if let Some(referrer) = &init.referrer {
        head.referrer = parse_referrer(environment, referrer)?;
    }
    // Step 15.
    if let Some(policy) = init.referrer_policy {
        head.referrer_policy = known(ReferrerPolicy::parse(policy.as_str()))?;
    }
    // Steps 16 to 18.
    if let Some(mode) = init.mode {
        let mode = known(RequestMode::parse(mode.as_str()))?;
        if mode == RequestMode::Navigate {
            return Err(Exception::type_error("a request cannot be made with the mode navigate"));
        }
        head.mode = mode;
    }
    // Step 19.
    if let Some(credentials) = init.credentials {
        head.credentials = known(CredentialsMode::parse(credentials.as_str()))?;
    }
    // Steps 20 and 21.
    if let Some(cache) = init.cache {
        head.cache = known(CacheMode::parse(cache.as_str()))?;
    }
    if head.cache == CacheMode::OnlyIfCached && head.mode != RequestMode::SameOrigin {
        return Err(Exception::type_error("the cache mode only-if-cached needs the mode same-origin"));
    }
    // Steps 22 to 24.
    if let Some(redirect) = init.redirect {
        head.redirect = known(RedirectMode::parse(redirect.as_str()))?;
    }
    if let Some(integrity) = &init.integrity {
        head.integrity = integrity.to_string();
    }
    if let Some(keepalive) = init.keepalive {
        head.keepalive = keepalive;
    }
    // Step 25.
    if let Some(method) = &init.method {
        head.method = parse_method(method)?;
    }
    Ok(())
}

fn parse_referrer(environment: &Environment, text: &str) -> Fallible<Referrer> {
    if text.is_empty() {
        return Ok(Referrer::NoReferrer);
    }
    let url: Url = environment
        .parse_url(text)
        .map_err(|error| Exception::type_error(format!("the referrer {text:?} is not a URL: {error}")))?;
    let about_client = url.scheme() == "about" && url.path() == "client";
    if about_client || !fetch::same_origin(&url.origin(), &environment.origin) {
        return Ok(Referrer::Client);
    }
    Ok(Referrer::Url(url))
}

/// Checks and normalizes a method.
fn parse_method(method: &[u8]) -> Fallible<Method> {
    let text = String::from_utf8_lossy(method);
    let parsed = Method::from_bytes(method);
    let parsed = parsed.map_err(|_| Exception::type_error(format!("{text:?} is not a method")))?;
    if is_forbidden_method(&text) {
        return Err(Exception::type_error(format!("requests may not have the method {text}")));
    }
    Ok(normalize_method(parsed))
}

/// [Normalizes](https://fetch.spec.whatwg.org/#concept-method-normalize) a method.
pub(crate) fn normalize_method(method: Method) -> Method {
    let normal = [Method::DELETE, Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT];
    let same = |known: &Method| known.as_str().eq_ignore_ascii_case(method.as_str());
    normal.into_iter().find(same).unwrap_or(method)
}

fn signals(init: &RequestInit, input: Option<&Root<Request>>) -> Vec<Root<AbortSignal>> {
    match &init.signal {
        Some(signal) => signal.iter().cloned().collect(),
        None => input.map(|request| request.abort_signal()).into_iter().collect(),
    }
}

/// Steps 34 to 42.
fn body(
    realm: &Realm,
    head: &mut RequestHead,
    init: &RequestInit,
    input: Option<&Request>,
    headers: &Headers,
    given: Option<crate::bindings::BodyInit>,
) -> Fallible<Option<Body>> {
    let input_body = input.and_then(BodyOwner::current_body);
    // Step 35.
    if (given.is_some() || input_body.is_some()) && matches!(head.method, Method::GET | Method::HEAD) {
        return Err(Exception::type_error(format!(
            "a request with the method {} cannot have a body",
            head.method
        )));
    }
    // Steps 36 and 37.
    let init_body = match given {
        None => None,
        Some(given) => {
            let (body, content_type) = Body::extract(realm, given, head.keepalive)?;
            if let Some(content_type) = content_type {
                headers.add_default("Content-Type", &content_type);
            }
            Some(body)
        }
    };
    // Steps 38 and 39.
    if let Some(body) = init_body.as_ref().or(input_body.as_ref())
        && body.source.is_none()
    {
        if init_body.is_some() && init.duplex.is_none() {
            return Err(Exception::type_error("a request whose body is a stream needs duplex: \"half\""));
        }
        if !matches!(head.mode, RequestMode::SameOrigin | RequestMode::Cors) {
            return Err(Exception::type_error(
                "a request whose body is a stream needs the mode same-origin or cors",
            ));
        }
        head.use_cors_preflight = true;
    }
    // Steps 40 and 41.
    match (init_body, input_body) {
        (Some(body), _) => Ok(Some(body)),
        (None, Some(body)) => {
            if body.is_unusable() {
                return Err(Exception::type_error("the input request's body is locked or was read before"));
            }
            body.hand_over(realm).map(Some)
        }
        (None, None) => Ok(None),
    }
}

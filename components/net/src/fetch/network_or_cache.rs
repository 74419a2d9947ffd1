//! [HTTP-network-or-cache fetch](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch).

use bgfetch_traits::fetch::{
    CacheMode, CredentialsMode, Destination, NetworkError, NetworkErrorKind, Priority, ReferrerPolicy,
    RequestBody, RequestMode, ResponseHead,
};
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::isolation::EmbedderPolicy;
use bgfetch_traits::redirect::is_redirect_status;
use bgfetch_traits::timing::CacheState;
use bytes::Bytes;
use http::Method;
use url::{Origin, Url};

use super::authentication::Authentication;
use super::clear_site_data::Types;
use super::network::{NetworkFetch, http_network_fetch};
use super::request::{
    FetchParams, FetchRequest, KeepaliveBytes, MOST_KEEPALIVE_BYTES, RedirectTaint, Tainting,
};
use super::{FetchResult, InternalBody, InternalResponse};
use crate::context::Net;
use crate::cookies::{CookiePartition, SameSiteMode};
use crate::http_cache::{CacheKey, Recording, Stored, freshen};
use crate::policy::fetch_metadata::append_the_fetch_metadata_headers;
use bgfetch_policy::site::same_site;

/// HTTP-network-or-cache fetch.
///
/// Proxies, hence their credentials (step 15), are not implemented. Stale responses are never used while they are
/// revalidated.
pub(crate) async fn http_network_or_cache_fetch(params: &mut FetchParams) -> FetchResult {
    params.recording = None;
    reserve_keepalive(params)?;
    // Step 8.3.
    let include_credentials = includes_credentials(&params.request);
    // Steps 8.5 to 8.22.1.
    let headers = request_headers(&params.net, &params.request, include_credentials);
    // Steps 8.23 to 8.26.
    let mode = cache_mode(&params.request.head.headers, params.request.head.cache);
    let now = params.net.clock.now();
    let key = cache_key(&params.request, &headers);
    let usable = key.as_ref().filter(|_| !matches!(mode, CacheMode::NoStore | CacheMode::Reload));
    let stored = usable.and_then(|key| params.net.cache.borrow_mut().select(key, &headers, now));
    let stored = match stored {
        Some(stored) if may_be_used(&stored, mode) => {
            return Ok(from_cache(params, CacheState::Local, stored.head, stored.body));
        }
        // Step 10.1.
        None if mode == CacheMode::OnlyIfCached => {
            let message = format!("{} is not in the cache", params.request.current_url());
            return Err(NetworkError::new(NetworkErrorKind::Internal, message));
        }
        stored => stored,
    };
    // Step 10.2.
    let mut sent = headers.clone();
    if let Some(stored) = &stored {
        append_validators(&mut sent, &stored.head.headers);
    }
    let response = Box::pin(network_fetch(params, sent, include_credentials)).await?;
    // Step 10.3.
    if !params.request.head.method.is_safe() && matches!(response.head.status, 200..=399) {
        let key = CacheKey::new(params.request.partition(), params.request.current_url());
        params.net.cache.borrow_mut().invalidate(&key);
    }
    // What clears the cache is not stored in it.
    let clears_cache = Types::of(params, &response.head, include_credentials).cache;
    let is_stored = mode != CacheMode::NoStore && !clears_cache;
    let Some(key) = key.filter(|_| is_stored) else { return Ok(response) };
    // Step 10.4.
    if let Some(stored) = stored.filter(|_| response.head.status == 304) {
        let Stored { mut head, body, .. } = *stored;
        response.body.drain().await;
        freshen(&mut head, &response.head.headers);
        if let Some(mut recording) = Recording::of(&params.net, key, &headers, &head, now) {
            recording.push(&body);
            recording.finish();
        }
        return Ok(from_cache(params, CacheState::Validated, head, body));
    }
    // Step 10.5. Of a redirect that is followed the body does not matter.
    let recording = Recording::of(&params.net, key, &headers, &response.head, now);
    if is_redirect_status(response.head.status) && response.head.headers.contains("location") {
        if let Some(recording) = recording {
            recording.finish();
        }
    } else {
        params.recording = recording;
    }
    Ok(response)
}

/// What a request is found in the cache by, if it is one for the cache. Background fetches are not, nor are parts of a
/// response.
fn cache_key(request: &FetchRequest, headers: &HeaderList) -> Option<CacheKey> {
    let wanted = request.priority == Priority::Foreground
        && request.head.method == Method::GET
        && !headers.contains("range");
    wanted.then(|| CacheKey::new(request.partition(), request.current_url()))
}

/// Whether a stored response does without its server.
const fn may_be_used(stored: &Stored, mode: CacheMode) -> bool {
    match mode {
        CacheMode::Default => stored.fresh,
        CacheMode::ForceCache | CacheMode::OnlyIfCached => true,
        CacheMode::NoStore | CacheMode::Reload | CacheMode::NoCache => false,
    }
}

/// Steps 8.25 and 8.26: the server may say that the stored response is still the right one.
fn append_validators(headers: &mut HeaderList, stored: &HeaderList) {
    for (validator, name) in [("etag", "If-None-Match"), ("last-modified", "If-Modified-Since")] {
        if let Some(value) = stored.get(validator) {
            headers.append(name, value);
        }
    }
}

fn from_cache(
    params: &mut FetchParams,
    state: CacheState,
    head: ResponseHead,
    body: Bytes,
) -> InternalResponse {
    params.timer.found_in_cache(state, body.len());
    let url_list = params.request.url_list().to_vec();
    InternalResponse { head: ResponseHead { url_list, ..head }, body: InternalBody::Bytes(body) }
}

/// Step 10.2, and what follows of the network's answer itself.
async fn network_fetch(
    params: &mut FetchParams,
    headers: HeaderList,
    include_credentials: bool,
) -> FetchResult {
    let range_requested = headers.contains("range");
    let mut fetch = NetworkFetch { headers, include_credentials, new_connection: false };
    let mut response = if include_credentials {
        authenticated_fetch(params, &mut fetch).await?
    } else {
        http_network_fetch(params, &fetch).await?
    };
    // Step 16: 421 says that the connection was wrong for this request.
    if response.head.status == 421 && !params.request.body_can_be_sent_once_only() {
        response.body.drain().await;
        response = http_network_fetch(params, &NetworkFetch { new_connection: true, ..fetch }).await?;
    }
    // Step 15.
    if response.head.status == 407 {
        response.body.discard();
        let message = format!("{}: a proxy asks for credentials", params.request.current_url());
        return Err(NetworkError::new(NetworkErrorKind::Protocol, message));
    }
    // Steps 11 and 12.
    response.head.url_list = params.request.url_list_of_response();
    response.head.range_requested = range_requested;
    Ok(response)
}

/// [`includeCredentials`](https://fetch.spec.whatwg.org/#concept-http-network-or-cache-fetch), step 8.3, and whether [the
/// embedder policy allows
/// credentials](https://fetch.spec.whatwg.org/#cross-origin-embedder-policy-allows-credentials).
pub(crate) fn includes_credentials(request: &FetchRequest) -> bool {
    let credentialless = request.tainting == Tainting::Opaque
        && request.client.policy.embedder_policy == EmbedderPolicy::Credentialless;
    match request.head.credentials {
        CredentialsMode::Include => !credentialless,
        CredentialsMode::SameOrigin => request.tainting == Tainting::Basic,
        CredentialsMode::Omit => false,
    }
}

/// The fetch of a request with credentials: steps 8.22.2, 14 and 17. Where the text runs this algorithm again with
/// *isAuthenticationFetch*, here only the request is sent again.
async fn authenticated_fetch(params: &mut FetchParams, fetch: &mut NetworkFetch) -> FetchResult {
    let mut authentication = Authentication::begin(params, &mut fetch.headers);
    loop {
        let response = http_network_fetch(params, fetch).await?;
        if response.head.status != 401 || params.request.tainting == Tainting::Cors {
            authentication.taken(params);
            return Ok(response);
        }
        // Step 14.2.
        if params.request.body_can_be_sent_once_only() {
            response.body.discard();
            let message = format!(
                "{}: asked for credentials, and the request's body is a stream, which cannot be sent again",
                params.request.current_url()
            );
            return Err(NetworkError::new(NetworkErrorKind::Protocol, message));
        }
        if !authentication.answer(params, &mut fetch.headers, &response.head.headers).await {
            return Ok(response);
        }
        response.body.drain().await;
    }
}

/// Steps 8.5 to 8.22.1: the header list of the *httpRequest*.
pub(crate) fn request_headers(net: &Net, request: &FetchRequest, include_credentials: bool) -> HeaderList {
    let mut headers = request.head.headers.clone();
    append_content_length(&mut headers, request);
    // Step 8.11.
    if let Some(referrer) = &request.referrer_url {
        headers.append("Referer", referrer.as_str());
    }
    // Step 8.12.
    append_a_request_origin_header(&mut headers, request);
    // Step 8.13.
    append_the_fetch_metadata_headers(
        &mut headers,
        request.head.destination,
        request.head.mode,
        request.origin(),
        request.url_list(),
    );
    // [The header field](https://w3c.github.io/webappsec-upgrade-insecure-requests/#preference) of Upgrade Insecure Requests.
    if request.head.mode == RequestMode::Navigate {
        append_unless_there(&mut headers, "Upgrade-Insecure-Requests", "1");
    }
    // Step 8.14: no request is a prefetch. Step 8.15.
    append_unless_there(&mut headers, "User-Agent", &net.agent.user_agent);
    // Steps 8.16 to 8.18.
    append_cache_headers(&mut headers, request.head.cache);
    // Step 8.19.
    if headers.contains("range") {
        headers.append("Accept-Encoding", "identity");
    }
    // Step 8.20.
    append_unless_there(&mut headers, "Accept-Encoding", "gzip, deflate, br, zstd");
    // Step 8.21.
    if include_credentials
        && let Some(cookies) = net.cookies.borrow().header_for(
            request.current_url(),
            same_site_mode(request),
            &cookie_partition(request),
        )
    {
        headers.append("Cookie", cookies);
    }
    headers
}

/// Steps 8.5 to 8.9.
fn append_content_length(headers: &mut HeaderList, request: &FetchRequest) {
    let length = match &request.body {
        None => None,
        Some(RequestBody::Bytes(bytes)) => Some(bytes.len() as u64),
        Some(RequestBody::Stream { length, .. }) => *length,
    };
    let method = &request.head.method;
    let value = match &request.body {
        None if *method == Method::POST || *method == Method::PUT => Some(0),
        _ => length,
    };
    if let Some(value) = value {
        headers.append("Content-Length", value.to_string());
    }
}

/// Step 8.10, once for a request and all that it is redirected to.
fn reserve_keepalive(params: &mut FetchParams) -> Result<(), NetworkError> {
    let request = &params.request;
    let length = match &request.body {
        Some(RequestBody::Bytes(bytes)) => bytes.len() as u64,
        Some(RequestBody::Stream { length, .. }) => length.unwrap_or_default(),
        None => 0,
    };
    if !request.head.keepalive || length == 0 || params.keepalive.is_some() {
        return Ok(());
    }
    let reserved = KeepaliveBytes::reserve(&params.net, request.client.id, length).map_err(|others| {
        super::blocked(format!(
            "the bodies of keepalive requests may have {MOST_KEEPALIVE_BYTES} bytes together; this one has {length}, \
             and those that are under way {others}"
        ))
    })?;
    params.keepalive = Some(reserved);
    Ok(())
}

fn append_unless_there(headers: &mut HeaderList, name: &str, value: &str) {
    if !headers.contains(name) {
        headers.append(name, value);
    }
}

/// Step 8.16: who asks for conditions does so without the cache.
fn cache_mode(headers: &HeaderList, mode: CacheMode) -> CacheMode {
    let conditional = ["if-modified-since", "if-none-match", "if-unmodified-since", "if-match", "if-range"];
    if mode == CacheMode::Default && conditional.iter().any(|name| headers.contains(name)) {
        CacheMode::NoStore
    } else {
        mode
    }
}

/// Steps 8.16 to 8.18.
fn append_cache_headers(headers: &mut HeaderList, mode: CacheMode) {
    match cache_mode(headers, mode) {
        CacheMode::NoCache => append_unless_there(headers, "Cache-Control", "max-age=0"),
        CacheMode::NoStore | CacheMode::Reload => {
            append_unless_there(headers, "Pragma", "no-cache");
            append_unless_there(headers, "Cache-Control", "no-cache");
        }
        CacheMode::Default | CacheMode::ForceCache | CacheMode::OnlyIfCached => {}
    }
}

/// [Append a request `Origin` header](https://fetch.spec.whatwg.org/#append-a-request-origin-header).
fn append_a_request_origin_header(headers: &mut HeaderList, request: &FetchRequest) {
    // Steps 2 and 3.
    let mut serialized = request.serialize_origin();
    if request.tainting == Tainting::Cors || request.head.mode == RequestMode::WebSocket {
        headers.append("Origin", serialized);
        return;
    }
    // Step 4.
    if matches!(request.head.method, Method::GET | Method::HEAD) {
        return;
    }
    if request.head.mode != RequestMode::Cors {
        let url = request.current_url();
        let hide = match request.head.referrer_policy {
            ReferrerPolicy::NoReferrer => true,
            ReferrerPolicy::NoReferrerWhenDowngrade
            | ReferrerPolicy::StrictOrigin
            | ReferrerPolicy::StrictOriginWhenCrossOrigin => {
                matches!(request.origin(), Origin::Tuple(scheme, _, _) if scheme == "https")
                    && url.scheme() != "https"
            }
            ReferrerPolicy::SameOrigin => *request.origin() != url.origin(),
            _ => false,
        };
        if hide {
            "null".clone_into(&mut serialized);
        }
    }
    headers.append("Origin", serialized);
}

/// Whether a request navigates a top-level traversable; service workers may pass it on.
fn is_top_level_navigation(request: &FetchRequest) -> bool {
    let head = &request.head;
    let is_top_level =
        head.top_level_navigation_initiator.is_some() || head.destination == Destination::Document;
    is_top_level && head.mode == RequestMode::Navigate
}

/// Which partitioned cookies go with a request, and where its response's go.
pub(crate) fn cookie_partition(request: &FetchRequest) -> CookiePartition {
    if is_top_level_navigation(request) {
        CookiePartition::of_top_level(request.current_url())
    } else {
        CookiePartition::of(&request.client, request.current_url())
    }
}

/// Whether the response to a request may set cookies with `SameSite`: one of the same site may, and one to a
/// [top-level navigation](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-storage-model).
pub(crate) fn may_set_same_site_cookies(request: &FetchRequest) -> bool {
    is_top_level_navigation(request) || same_site_mode(request) > SameSiteMode::UnsetOrLess
}

/// [Determine the same-site mode](https://fetch.spec.whatwg.org/#determine-the-same-site-mode).
///
/// As browsers and [RFC 6265bis](https://httpwg.org/http-extensions/draft-ietf-httpbis-rfc6265bis.html#name-same-site-and-cross-site-re)
/// have it: the text's step 3 would keep strict cookies from every navigation, also from one that its own site began.
fn same_site_mode(request: &FetchRequest) -> SameSiteMode {
    let target = request.current_url().origin();
    if is_top_level_navigation(request) {
        // Steps 2 and 3. What the user begins is begun by the site itself; an opaque origin is of no site.
        let initiator = match &request.head.top_level_navigation_initiator {
            None => request.origin().clone(),
            Some(serialized) => {
                Url::parse(serialized).map_or_else(|_| Origin::new_opaque(), |url| url.origin())
            }
        };
        let is_own = same_site(&initiator, &target)
            && request.redirect_taint_for(&initiator) != RedirectTaint::CrossSite;
        return match (is_own, request.head.method.is_safe()) {
            (true, _) => SameSiteMode::StrictOrLess,
            (false, true) => SameSiteMode::LaxOrLess,
            (false, false) => SameSiteMode::UnsetOrLess,
        };
    }
    // Step 4.
    let client = &request.client;
    let mut within =
        client.ancestor_origins.iter().chain([request.origin(), &client.origin, &client.top_level_origin]);
    if !within.all(|origin| same_site(origin, &target)) {
        return SameSiteMode::UnsetOrLess;
    }
    // Step 5.
    if request.redirect_taint() == RedirectTaint::CrossSite {
        return SameSiteMode::UnsetOrLess;
    }
    SameSiteMode::StrictOrLess
}

#[cfg(test)]
mod tests;

//! [Main fetch](https://fetch.spec.whatwg.org/#main-fetch).

use bgfetch_traits::fetch::{
    CredentialsMode, Destination, NetworkError, NetworkErrorKind, RedirectMode, Referrer, ReferrerPolicy,
    RequestMode, ResponseType,
};
use bgfetch_traits::policy::Violation;
use bgfetch_traits::referrer::determine_requests_referrer;
use http::Method;

use super::cors::{cors_unsafe_request_header_names, is_cors_safelisted_method};
use super::header_values::extract_token_list;
use super::request::{FetchParams, Tainting};
use super::{FetchResult, InternalBody, InternalResponse, Turn, TurnResult, blocked, is_null_body_status};
use super::{http_fetch::http_fetch, scheme_fetch::scheme_fetch};
use bgfetch_policy::blocked_request;
use bgfetch_policy::csp::Verdict;
use bgfetch_policy::mime_checks::blocked_due_to_type;
use bgfetch_policy::mixed_content::{blocked_as_mixed_content, upgrade_mixed_content};
use bgfetch_policy::upgrade::upgrade_insecure_request;

/// Main fetch with *recursive* false: all steps. Integrity, which needs the whole body, is its caller's.
pub(crate) async fn main_fetch(params: &mut FetchParams) -> FetchResult {
    let mut response = main_fetch_recursively(params).await?;
    let request = &params.request;
    // Step 14: the filter. Responses carry their type; the filter is applied where a page looks at them.
    if response.head.kind == ResponseType::Default {
        response.head.kind = match request.tainting {
            Tainting::Basic => ResponseType::Basic,
            Tainting::Cors => {
                response.head.cors_exposed_headers = cors_exposed_header_names(params, &response);
                ResponseType::Cors
            }
            Tainting::Opaque => ResponseType::Opaque,
        };
    }
    // Steps 15 and 16.
    if response.head.url_list.is_empty() {
        response.head.url_list = request.url_list_of_response();
    }
    // Steps 17 to 19 are the timer's, and about the timing of navigations' redirects, which whoever navigates follows.
    // Step 20.
    block_response(params, &response)?;
    // Step 21.
    if response.head.kind == ResponseType::Opaque
        && matches!(response.head.status, 206 | 416)
        && response.head.range_requested
        && !request.head.headers.contains("range")
    {
        let message = format!("{} answered with a range that was not asked for", request.current_url());
        return Err(NetworkError::new(NetworkErrorKind::Protocol, message));
    }
    // Step 22.
    if request.head.method == Method::HEAD || is_null_body_status(response.head.status) {
        std::mem::replace(&mut response.body, InternalBody::Null).discard();
    }
    Ok(response)
}

/// Steps 1 to 13, once for the request and once for each redirect.
async fn main_fetch_recursively(params: &mut FetchParams) -> FetchResult {
    let mut preflighted = false;
    loop {
        match one_turn(params, &mut preflighted).await {
            Ok(Turn::Response(response)) => return Ok(response),
            Ok(Turn::Again) => {}
            Err(error) => {
                // Step 12, "use-CORS-preflight flag", 3.
                if preflighted {
                    params.net.preflights.borrow_mut().clear_for(&params.request);
                }
                return Err(error);
            }
        }
    }
}

/// Steps 1 to 12. Tells whether a preflight was called for.
async fn one_turn(params: &mut FetchParams, preflighted: &mut bool) -> TurnResult {
    // Step 3 does not apply: no request is for local URLs only.
    // Step 4: what is only reported goes by the URL before it is upgraded.
    report_violations(params, |violation| violation.policy.report_only);
    // Steps 5 and 6.
    let request = &mut params.request;
    let mut url = request.current_url().clone();
    upgrade_insecure_request(&request.client, &request.head, &mut url);
    upgrade_mixed_content(&request.client, request.head.destination, &mut url);
    *request.current_url_mut() = url;
    // Step 7.
    block_request(params)?;
    // Step 8.
    let request = &mut params.request;
    if request.head.referrer_policy == ReferrerPolicy::Empty {
        request.head.referrer_policy = request.client.policy.referrer_policy;
    }
    // Step 9.
    request.referrer_url = determine_requests_referrer(
        &request.head.referrer,
        request.head.referrer_policy,
        &request.client,
        request.current_url(),
    );
    request.head.referrer = request.referrer_url.clone().map_or(Referrer::NoReferrer, Referrer::Url);
    // Step 10, HSTS, is not implemented: nothing remembers which hosts asked for it.
    // Step 12.
    let url = request.current_url();
    let http = matches!(url.scheme(), "http" | "https");
    if (url.origin() == *request.origin() && request.tainting == Tainting::Basic)
        || url.scheme() == "data"
        || matches!(request.head.mode, RequestMode::Navigate | RequestMode::WebSocket)
    {
        request.tainting = Tainting::Basic;
        return scheme_fetch(params).await;
    }
    match request.head.mode {
        RequestMode::SameOrigin => {
            let origin = request.origin().ascii_serialization();
            let message = format!("{url} is of another origin than {origin}, and the mode is same-origin");
            return Err(NetworkError::new(NetworkErrorKind::Cors, message));
        }
        RequestMode::NoCors => {
            // Reports forbid redirects (CSP 3, "report a violation"), which the text overlooks here; browsers send them.
            let is_report = request.head.destination == Destination::Report;
            if request.head.redirect != RedirectMode::Follow && !is_report {
                return Err(blocked(format!(
                    "{url}: a no-cors request to another origin has to follow redirects, not {:?} them",
                    request.head.redirect.as_str()
                )));
            }
            request.tainting = Tainting::Opaque;
            return scheme_fetch(params).await;
        }
        RequestMode::Cors | RequestMode::Navigate | RequestMode::WebSocket => {}
    }
    if !http {
        return Err(blocked(format!("{}: URLs cannot be fetched across origins", url.scheme())));
    }
    request.tainting = Tainting::Cors;
    let needs_preflight = request.head.use_cors_preflight
        || (request.head.unsafe_request
            && (!is_cors_safelisted_method(&request.head.method)
                || !cors_unsafe_request_header_names(&request.head.headers).is_empty()));
    *preflighted |= needs_preflight;
    http_fetch(params, needs_preflight).await
}

/// Step 7: bad ports, mixed content, Content Security Policy. Integrity-Policy is not implemented: policy
/// containers do not carry any.
fn block_request(params: &FetchParams) -> Result<(), NetworkError> {
    let request = &params.request;
    let url = request.current_url();
    blocked_request(&request.client, request.head.destination, url)?;
    if let Some(directive) = report_violations(params, |violation| !violation.policy.report_only) {
        return Err(blocked(format!(
            "{url} is blocked by the Content Security Policy directive {directive:?}"
        )));
    }
    Ok(())
}

/// Asks the client's Content Security Policy about the current URL, and tells the client of those violations that are
/// `meant`; which directive of an enforced policy forbids the request.
fn report_violations(params: &FetchParams, meant: impl Fn(&Violation) -> bool) -> Option<String> {
    let request = &params.request;
    let Verdict { mut violations, blocked_by } = params.csp.check_request(&request.csp_subject());
    // Who has asked a service worker before has reported them.
    let sink = request.client.violations.as_ref();
    if request.was_redirected_here() || sink.is_some_and(|sink| !sink.request_was_checked) {
        violations.retain(meant);
        report(params, violations);
    }
    blocked_by
}

/// Tells the client what violates its policies.
pub(crate) fn report(params: &FetchParams, violations: Vec<Violation>) {
    let Some(sink) = &params.request.client.violations else { return };
    for violation in violations {
        sink.tell(violation);
    }
}

/// Step 20: mixed content, Content Security Policy, MIME type, nosniff.
fn block_response(params: &FetchParams, response: &InternalResponse) -> Result<(), NetworkError> {
    let request = &params.request;
    let Some(url) = response.head.url() else { return Ok(()) };
    if blocked_as_mixed_content(&request.client, request.head.destination, url) {
        return Err(blocked(format!("the response from {url} is blocked as mixed content")));
    }
    let Verdict { violations, blocked_by } = params.csp.check_response(&request.csp_subject(), url);
    report(params, violations);
    if let Some(directive) = blocked_by {
        return Err(blocked(format!(
            "the response from {url} is blocked by the Content Security Policy directive {directive:?}"
        )));
    }
    if let Some(why) = blocked_due_to_type(request.head.destination, &response.head.headers) {
        return Err(blocked(format!(
            "the response from {url} cannot be a {}: {why}",
            request.head.destination
        )));
    }
    Ok(())
}

/// Step 14.1: [CORS-exposed header-name list](https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list),
/// lower-cased.
fn cors_exposed_header_names(params: &FetchParams, response: &InternalResponse) -> Vec<String> {
    let headers = &response.head.headers;
    let Some(Ok(names)) = extract_token_list(headers, "access-control-expose-headers") else {
        return Vec::new();
    };
    let mut names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
    if params.request.head.credentials != CredentialsMode::Include && names.iter().any(|name| name == "*") {
        names = headers.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    }
    names.sort_unstable();
    names.dedup();
    names
}

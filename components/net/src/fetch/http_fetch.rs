//! [HTTP fetch](https://fetch.spec.whatwg.org/#http-fetch).

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, RedirectMode, RequestMode, ResponseType};
use bgfetch_traits::redirect::is_redirect_status;

use super::cors::{cors_check, cors_unsafe_request_header_names, is_cors_safelisted_method};
use super::network_or_cache::{http_network_or_cache_fetch, includes_credentials};
use super::preflight::cors_preflight_fetch;
use super::redirect::http_redirect_fetch;
use super::request::{FetchParams, FetchRequest, Tainting};
use super::{InternalResponse, Turn, TurnResult};
use bgfetch_policy::corp::{Embedding, blocked_by_resource_policy};

/// HTTP fetch.
///
/// Step 3, service workers, is the engine's: it asks them before a request comes to the network thread.
pub(crate) async fn http_fetch(params: &mut FetchParams, make_cors_preflight: bool) -> TurnResult {
    // Step 4.1.
    if make_cors_preflight && preflight_is_needed(params) {
        cors_preflight_fetch(params).await?;
    }
    // Step 4.3.
    let response = http_network_or_cache_fetch(params).await?;
    let request = &params.request;
    // Step 4.4.
    if request.tainting == Tainting::Cors
        && let Err(why) = cors_check(request, &response.head.headers)
    {
        let message =
            format!("{} does not allow {}: {why}", request.current_url(), request.serialize_origin());
        return Err(NetworkError::new(NetworkErrorKind::Cors, message));
    }
    // Step 4.5.
    params.timer.tao_check(request, &response.head.headers);
    // Step 5.
    let embedding = Embedding {
        origin: request.origin(),
        policy: request.client.policy.embedder_policy,
        navigation: false,
        with_credentials: includes_credentials(request),
    };
    if request.tainting == Tainting::Opaque
        && blocked_by_resource_policy(embedding, request.current_url(), &response.head.headers)
    {
        let message = format!(
            "{} may not be used by {}: its Cross-Origin-Resource-Policy forbids it",
            request.current_url(),
            request.origin().ascii_serialization()
        );
        return Err(NetworkError::new(NetworkErrorKind::Cors, message));
    }
    // Step 6.
    if is_redirect_status(response.head.status) {
        redirected(params, response).await
    } else {
        Ok(Turn::Response(response))
    }
}

/// The condition of step 4.1.
fn preflight_is_needed(params: &FetchParams) -> bool {
    let request: &FetchRequest = &params.request;
    let now = params.net.clock.monotonic();
    let cache = params.net.preflights.borrow();
    let method = &request.head.method;
    let method_unknown = !cache.method_matches(request, method, now)
        && (!is_cors_safelisted_method(method) || request.head.use_cors_preflight);
    method_unknown
        || cors_unsafe_request_header_names(&request.head.headers)
            .iter()
            .any(|name| !cache.header_name_matches(request, name, now))
}

/// Step 6.3, by redirect mode.
async fn redirected(params: &mut FetchParams, mut response: InternalResponse) -> TurnResult {
    match params.request.head.redirect {
        RedirectMode::Error => {
            response.body.discard();
            let message = format!("{} redirects, which the request forbids", params.request.current_url());
            Err(NetworkError::new(NetworkErrorKind::Redirect, message))
        }
        RedirectMode::Manual => {
            // A navigation goes on by itself: it sees the response and follows it with a new request.
            if params.request.head.mode != RequestMode::Navigate {
                response.head.kind = ResponseType::OpaqueRedirect;
            }
            Ok(Turn::Response(response))
        }
        RedirectMode::Follow => http_redirect_fetch(params, response).await,
    }
}

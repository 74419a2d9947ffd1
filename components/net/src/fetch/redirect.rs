//! [HTTP-redirect fetch](https://fetch.spec.whatwg.org/#http-redirect-fetch).

use bgfetch_traits::redirect::{Redirect, location_url};

use super::request::{FetchParams, Tainting};
use super::{InternalResponse, Turn, TurnResult};

/// HTTP-redirect fetch.
pub(crate) async fn http_redirect_fetch(params: &mut FetchParams, response: InternalResponse) -> TurnResult {
    let request = &mut params.request;
    let from = request.current_url().clone();
    // Steps 3 to 5.
    let location = match location_url(&response.head, Some(&from), &from) {
        None => return Ok(Turn::Response(response)),
        Some(location) => location?,
    };
    // Steps 6 to 19.
    let origin = request.origin().clone();
    let redirect = Redirect {
        response: &response.head,
        from: &from,
        location: &location,
        count: request.redirect_count,
        origin: &origin,
        is_cors_tainted: request.tainting == Tainting::Cors,
        body_is_stream: request.body_can_be_sent_once_only(),
    };
    if redirect.follow(&mut request.head)? {
        request.drop_body();
    }
    request.push_url(location);
    // Steps 15 to 17.
    params.timer.redirected();
    // The redirect's own body is of no use; its connection is.
    response.body.drain().await;
    // Steps 20 and 22.
    Ok(Turn::Again)
}

//! Whether what was found for a frame may be shown there: `frame-ancestors`, `X-Frame-Options`, and the embedder policy of the
//! document around it.

use bgfetch_policy::corp::{Embedding, blocked_by_resource_policy};
use bgfetch_policy::csp::CspList;
use bgfetch_policy::framing::adheres_to_x_frame_options;
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, Response};
use url::Url;

use super::browsing_context::BrowsingContext;
use super::loading::Found;
use crate::environment::Environment;
use crate::policies;

/// [Should navigation response be blocked?](https://w3c.github.io/webappsec-csp/#should-block-navigation-response), and
/// `X-Frame-Options`.
pub(super) fn unless_framing_is_forbidden(context: &BrowsingContext, found: Found) -> Found {
    let Found::Response(fetched) = found else { return found };
    let response = &fetched.response;
    let Some(url) = response.head.url().cloned() else { return Found::Response(fetched) };
    let mut ancestors = Vec::new();
    let mut around = context.parent();
    while let Some(current) = around {
        ancestors.extend(current.environment().map(|environment| environment.origin.clone()));
        around = current.parent();
    }
    let origin = url.origin();
    if let Some(around) = context.parent().and_then(|parent| parent.environment())
        && !adheres_to_embedder_policy(&around, &url, response)
    {
        let message =
            format!("{url} may not be shown in this frame: its Cross-Origin-Embedder-Policy does not fit");
        return Found::Error(url, NetworkError::new(NetworkErrorKind::Blocked, message));
    }
    let list = CspList::of(&response.policy, &origin);
    let adheres = adheres_to_x_frame_options(&response.head.headers, &list, &origin, &ancestors);
    let verdict = list.check_frame_ancestors(&url, &ancestors);
    let is_shown = adheres && !verdict.is_blocked();
    if let Some(parent) = context.parent().and_then(|parent| parent.environment()) {
        policies::report::of_response(&parent, &response.head, &response.policy, verdict.violations);
    }
    if is_shown {
        return Found::Response(fetched);
    }
    let message = format!("{url} may not be shown in this frame: its policies forbid it");
    Found::Error(url, NetworkError::new(NetworkErrorKind::Blocked, message))
}

/// [Checks a navigation response's adherence to its embedder
/// policy](https://html.spec.whatwg.org/multipage/browsers.html#check-a-navigation-response's-adherence-to-its-embedder-policy), and the
/// [`Cross-Origin-Resource-Policy`](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check) of what a frame in the document
/// `around` is to show.
fn adheres_to_embedder_policy(around: &Environment, url: &Url, response: &Response) -> bool {
    let policy = around.policy.borrow().embedder_policy;
    if !policy.is_compatible_with_isolation() || !matches!(url.scheme(), "http" | "https") {
        return true;
    }
    let embedding = Embedding { origin: &around.origin, policy, navigation: true, with_credentials: true };
    response.policy.embedder_policy.is_compatible_with_isolation()
        && !blocked_by_resource_policy(embedding, url, &response.head.headers)
}

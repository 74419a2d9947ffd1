//! [Main fetch](https://fetch.spec.whatwg.org/#main-fetch), where a response does not come from the network thread.

use bgfetch_policy::csp::{CspList, Subject, Verdict};
use bgfetch_policy::upgrade::upgrade_insecure_request;
use bgfetch_policy::{blocked_request, blocked_response};
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, Request, RequestHead, Response, ResponseHead};
use bgfetch_traits::policy::{Client, Violation};
use url::Url;

/// Step 7, before a service worker is asked. Its violations are reported, and will not be by the network thread.
///
/// # Errors
/// The network error, if it is blocked.
pub(crate) fn check_request(request: &mut Request) -> Result<(), NetworkError> {
    let Request { head, client, .. } = request;
    let list = (!client.policy.csp_list.is_empty()).then(|| list(client));
    // What is only reported goes by the URL before it is upgraded.
    if let Some(list) = &list {
        let mut violations = list.check_request(&subject(head)).violations;
        violations.retain(|violation| violation.policy.report_only);
        tell(client, violations);
    }
    let mut url = head.url.clone();
    upgrade_insecure_request(client, head, &mut url);
    head.url = url;
    blocked_request(client, head.destination, &head.url)?;
    if let Some(list) = &list {
        let Verdict { mut violations, blocked_by } = list.check_request(&subject(head));
        violations.retain(|violation| !violation.policy.report_only);
        tell(client, violations);
        if let Some(directive) = blocked_by {
            return Err(blocked(&head.url, &directive));
        }
    }
    if let Some(sink) = &mut client.violations {
        sink.request_was_checked = true;
    }
    Ok(())
}

/// Step 20, and step 5 of [HTTP fetch](https://fetch.spec.whatwg.org/#http-fetch), of what a service worker answered.
///
/// # Errors
/// The network error, if it is blocked.
pub(crate) fn check_response(
    client: &Client,
    head: &RequestHead,
    response: &ResponseHead,
) -> Result<(), NetworkError> {
    blocked_response(client, head, response)?;
    let Some(url) = response.url().filter(|_| !client.policy.csp_list.is_empty()) else { return Ok(()) };
    let Verdict { violations, blocked_by } = list(client).check_response(&subject(head), url);
    tell(client, violations);
    blocked_by.map_or(Ok(()), |directive| Err(blocked(url, &directive)))
}

/// Both around a fetch of this thread's own, such as that of a `blob:` URL.
///
/// # Errors
/// The network error of the fetch, or that it is blocked.
pub(crate) fn checked(
    request: &Request,
    fetch: impl FnOnce() -> Result<Response, NetworkError>,
) -> Result<Response, NetworkError> {
    let Request { head, client, .. } = request;
    if client.policy.csp_list.is_empty() {
        return fetch();
    }
    let Verdict { violations, blocked_by } = list(client).check_request(&subject(head));
    if client.violations.as_ref().is_some_and(|sink| !sink.request_was_checked) {
        tell(client, violations);
    }
    match blocked_by {
        Some(directive) => Err(blocked(&head.url, &directive)),
        None => fetch(),
    }
}

/// [Should navigation request be blocked?](https://w3c.github.io/webappsec-csp/#should-block-navigation-request), of a form's
/// submission.
///
/// # Errors
/// The network error, if it is blocked.
pub(crate) fn check_form_action(request: &Request) -> Result<(), NetworkError> {
    let Request { head, client, .. } = request;
    let redirects = u32::try_from(head.redirected_from.len()).unwrap_or(u32::MAX);
    let Verdict { violations, blocked_by } = list(client).check_form_action(head, redirects);
    tell(client, violations);
    blocked_by.map_or(Ok(()), |directive| Err(blocked(&head.url, &directive)))
}

/// The same of a `javascript:` URL that `client` navigates to: whether it may run.
pub(crate) fn allows_javascript_url(client: &Client, url: &Url, form_submission: bool) -> bool {
    let list = list(client);
    let mut verdicts = Vec::new();
    if form_submission {
        verdicts.push(list.check_form_action(&RequestHead::get(url.clone()), 0));
    }
    if !verdicts.iter().any(Verdict::is_blocked) {
        verdicts.push(list.check_javascript_url(url));
    }
    verdicts.into_iter().all(|Verdict { violations, blocked_by }| {
        tell(client, violations);
        blocked_by.is_none()
    })
}

fn list(client: &Client) -> CspList {
    CspList::of(&client.policy, &client.origin)
}

fn subject(head: &RequestHead) -> Subject<'_> {
    // Whoever navigates has followed these.
    let redirects = u32::try_from(head.redirected_from.len()).unwrap_or(u32::MAX);
    Subject::of(head, &head.url, redirects)
}

fn tell(client: &Client, violations: Vec<Violation>) {
    let Some(sink) = &client.violations else { return };
    for violation in violations {
        sink.tell(violation);
    }
}

fn blocked(url: &Url, directive: &str) -> NetworkError {
    let message = format!("{url} is blocked by the Content Security Policy directive {directive:?}");
    NetworkError::new(NetworkErrorKind::Blocked, message)
}

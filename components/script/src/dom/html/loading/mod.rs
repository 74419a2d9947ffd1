//! What elements load: images, what links lead to, and media.
//!
//! Nothing is painted or played. What a page can observe is that things are fetched, with which
//! [destination](https://fetch.spec.whatwg.org/#concept-request-destination), mode and credentials, and the events that tell
//! how that ended.

pub(super) mod image_file;
pub(in crate::dom) mod image_request;
pub(super) mod images;
pub(super) mod links;
pub(super) mod media;
mod source_set;

use bgfetch_js::{Realm, Root};
use bgfetch_traits::fetch::{
    CredentialsMode, Destination, NetworkError, NetworkErrorKind, Priority, ReferrerPolicy, Request,
    RequestHead, RequestMode, Response,
};
use bgfetch_traits::net::CancelHandle;
use bytes::Bytes;
use url::Url;

use crate::agent::{Agent, TaskSource};
use crate::dom::{Element, EventTarget, events};
use crate::environment::Environment;
use crate::{fetching, report};

/// The largest resource that is taken, in bytes.
const MAX_RESOURCE: usize = 256 << 20;

/// [Creates a potential-CORS request](https://html.spec.whatwg.org/multipage/urls-and-fetching.html#create-a-potential-cors-request)
/// with the element's `crossorigin` and `referrerpolicy` attributes.
fn potential_cors_request(element: &Element, url: Url, destination: Destination) -> RequestHead {
    let cors = element.with_plain_attribute("crossorigin", |value| {
        value.map(|value| match value.eq_ignore_ascii_case("use-credentials") {
            true => CredentialsMode::Include,
            false => CredentialsMode::SameOrigin,
        })
    });
    let referrer_policy = element.plain_attribute("referrerpolicy");
    let referrer_policy =
        referrer_policy.and_then(|policy| ReferrerPolicy::parse(&policy.to_ascii_lowercase()));
    RequestHead {
        mode: if cors.is_some() { RequestMode::Cors } else { RequestMode::NoCors },
        credentials: cors.unwrap_or(CredentialsMode::Include),
        destination,
        referrer_policy: referrer_policy.unwrap_or_default(),
        ..RequestHead::get(url)
    }
}

/// Fetches on behalf of a realm's environment, with an
/// [initiator type](https://fetch.spec.whatwg.org/#request-initiator-type). What fails is told to the log.
pub(in crate::dom) async fn fetch(
    realm: &Realm,
    head: RequestHead,
    initiator_type: &'static str,
    cancel: CancelHandle,
) -> Result<Response, NetworkError> {
    let Some(environment) = Environment::try_of(realm) else {
        return Err(NetworkError::new(NetworkErrorKind::Aborted, "the page is gone"));
    };
    let url = head.url.clone();
    let request = Request { head, client: environment.client(), body: None, priority: Priority::Foreground };
    let response = match url.scheme() {
        "blob" => crate::dom::file::blob_url::fetch(&request, None),
        _ => fetching::fetch(&environment, request, cancel, Some(initiator_type)).await,
    };
    response.inspect_err(|error| tracing::debug!(%url, %error, "a resource could not be loaded"))
}

/// All of a response's body; `None` if it ended early.
pub(in crate::dom) async fn read(response: Response) -> Option<Bytes> {
    match response.body {
        None => Some(Bytes::new()),
        Some(body) => body.read_all(MAX_RESOURCE).await.ok(),
    }
}

/// [Queues an element task](https://html.spec.whatwg.org/multipage/webappapis.html#queue-an-element-task) to fire an event, if
/// `is_current` still holds by then.
fn queue_event<T>(
    realm: &Realm,
    element: &Root<T>,
    event_type: &'static str,
    is_current: impl Fn(&T) -> bool + 'static,
) where
    T: bgfetch_js::DerivedFrom<EventTarget> + 'static,
{
    let element = element.clone();
    Agent::current().queue_global(TaskSource::DomManipulation, realm, move |realm| {
        if is_current(&element) {
            events::event::fire(realm, &*element, event_type)?;
        }
        Ok(())
    });
}

/// Runs `steps` once a [stable state](https://html.spec.whatwg.org/multipage/webappapis.html#await-a-stable-state) is reached.
fn await_a_stable_state(realm: &Realm, steps: impl FnOnce(&Realm) + 'static) {
    if let Err(exception) = realm.queue_microtask(steps) {
        report::report_exception(realm, exception);
    }
}

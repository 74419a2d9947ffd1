//! [Beacon](https://w3c.github.io/beacon/): what a page sends without waiting for an answer, also when it goes away.

use bgfetch_js::{Exception, Fallible, Realm};
use bgfetch_traits::fetch::{CredentialsMode, Priority, Request, RequestBody, RequestHead, RequestMode};
use bgfetch_traits::net::CancelHandle;
use bytes::Bytes;
use url::Url;

use crate::agent::{Agent, TaskSource};
use crate::bindings::BodyInit;
use crate::dom::fetch::{body, headers};
use crate::environment::Environment;
use crate::fetching;

/// Bytes of bodies that may be on their way for an environment at once:
/// [64 KiB](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch).
const MOST_INFLIGHT: usize = 64 * 1024;

/// [`sendBeacon()`](https://w3c.github.io/beacon/#sendbeacon-method)
pub(super) fn send(realm: &Realm, url: &str, data: Option<BodyInit>) -> Fallible<bool> {
    // Steps 1 to 4.
    let environment = Environment::of(realm);
    let parsed = environment.parse_url(url);
    let url: Url = parsed
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Exception::type_error(format!("{url:?} is no URL of HTTP to send a beacon to")))?;
    // Steps 5 and 6.
    let mut head = RequestHead {
        method: http::Method::POST,
        mode: RequestMode::NoCors,
        credentials: CredentialsMode::Include,
        keepalive: true,
        ..RequestHead::get(url)
    };
    let mut bytes = Bytes::new();
    if let Some(data) = data {
        let stream = |_| Exception::type_error("a stream cannot be sent when nobody is left to read it");
        let (source, content_type) = body::source_of(realm, data).map_err(stream)?;
        bytes = source;
        if let Some(content_type) = content_type {
            if !headers::is_cors_safelisted_value("content-type", content_type.as_bytes()) {
                head.mode = RequestMode::Cors;
            }
            head.headers.append("Content-Type", content_type);
        }
    }
    let inflight = environment.inflight_beacons.get() + bytes.len();
    if inflight > MOST_INFLIGHT {
        return Ok(false);
    }
    environment.inflight_beacons.set(inflight);
    // Step 7.
    let length = bytes.len();
    let body = Some(RequestBody::Bytes(bytes));
    let request = Request { head, client: environment.client(), body, priority: Priority::Foreground };
    Agent::current().spawn_in_background(TaskSource::Networking, realm, async move {
        if let Err(error) = fetching::fetch(&environment, request, CancelHandle::new(), Some("beacon")).await
        {
            tracing::debug!(%error, "a beacon could not be sent");
        }
        environment.inflight_beacons.set(environment.inflight_beacons.get().saturating_sub(length));
        Ok(())
    });
    Ok(true)
}

//! [Creating navigation params by fetching](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching):
//! a document's response, from service workers and the network.

use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::{
    self, CacheMode, CredentialsMode, NetworkError, NetworkErrorKind, Priority, RedirectMode, Referrer,
    Request, RequestBody, RequestHead, RequestMode, Response,
};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::service_worker::{FetchOutcome, ServiceWorkerMsg};
use url::Url;

use super::navigation::{Resource, Source};
use crate::agent::Agent;
use crate::dom::file::blob_url;
use crate::environment::Hosts;
use crate::fetching::{settle, unless_cancelled};

/// How many redirects a navigation follows: [20](https://fetch.spec.whatwg.org/#http-redirect-fetch).
const MAX_REDIRECTS: usize = 20;

/// Who asks for a document.
pub(super) struct Requester<'a> {
    /// The client that the document will be.
    pub(super) client: ClientId,
    /// Who navigates; none for what the embedder opens.
    pub(super) source: Option<&'a Source>,
    pub(super) destination: fetch::Destination,
    pub(super) resource: &'a Resource,
    pub(super) reload: bool,
    /// Whether it goes back or forward.
    pub(super) history: bool,
    /// Whether service workers may answer: not if the document is sandboxed into an origin of its own.
    pub(super) has_workers: bool,
}

impl Requester<'_> {
    /// The request for a URL; `body` says whether there still is one, which some redirects take away.
    fn request(&self, url: &Url, redirected_from: &[Url], body: bool) -> Request {
        let mut head = RequestHead {
            mode: RequestMode::Navigate,
            credentials: CredentialsMode::Include,
            redirect: RedirectMode::Manual,
            cache: if self.reload { CacheMode::NoCache } else { CacheMode::Default },
            referrer: if self.source.is_some() { Referrer::Client } else { Referrer::NoReferrer },
            referrer_policy: self.source.map(|source| source.referrer_policy).unwrap_or_default(),
            destination: self.destination,
            reload_navigation: self.reload,
            history_navigation: self.history,
            redirected_from: redirected_from.to_vec(),
            ..RequestHead::get(url.clone())
        };
        let client = match self.source {
            Some(source) => Client { id: self.client, ..source.client.clone() },
            None => Client { id: self.client, ..Client::of_url(url) },
        };
        let mut sent = None;
        if let (Resource::Post { content_type, body }, true) = (self.resource, body) {
            head.method = http::Method::POST;
            head.headers.append("Content-Type", content_type.clone());
            sent = Some(RequestBody::Bytes(body.clone()));
        }
        Request { head, client, body: sent, priority: Priority::Foreground }
    }
}

/// [Creates navigation params by fetching](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching):
/// each hop goes to the service worker that is responsible for its URL first.
pub(super) async fn fetch_document(
    hosts: &Hosts,
    requester: &Requester<'_>,
    cancel: &CancelHandle,
    url: Url,
) -> Result<Response, NetworkError> {
    let mut url = url;
    let (mut body, mut redirected_from) = (true, Vec::new());
    for _ in 0..=MAX_REDIRECTS {
        let request = requester.request(&url, &redirected_from, body);
        let response =
            unless_cancelled(fetch_once(hosts, request, cancel, requester.has_workers), cancel).await??;
        let Some(location) = location_url(&response, &url) else { return Ok(response) };
        // HTTP-redirect fetch, step 12, where only GET and POST can be.
        body &= !matches!(response.head.status, 301..=303);
        redirected_from.push(std::mem::replace(&mut url, location?));
    }
    let message = format!("the navigation was redirected more than {MAX_REDIRECTS} times, last to {url}");
    Err(NetworkError::new(NetworkErrorKind::Redirect, message))
}

async fn fetch_once(
    hosts: &Hosts,
    mut request: Request,
    cancel: &CancelHandle,
    has_workers: bool,
) -> Result<Response, NetworkError> {
    let (url, client) = (request.head.url.clone(), request.client.id);
    if url.scheme() == "blob" {
        return blob_url::fetch(&request, None);
    }
    let request = if has_workers && matches!(url.scheme(), "http" | "https") {
        settle(&mut request);
        let answer = Agent::current().ask(|reply| {
            let message = ServiceWorkerMsg::HandleFetch(Box::new(request), cancel.clone(), reply);
            hosts.coordinator.send(CoordinatorMsg::ServiceWorker(client, message));
        });
        match answer.await {
            Ok(FetchOutcome::Network(request)) => *request,
            Ok(FetchOutcome::Response(mut response)) => {
                response.policy = PolicyContainer::of_response(&response.head.headers);
                return Ok(response);
            }
            Ok(FetchOutcome::Error(why)) => {
                let message =
                    format!("the service worker answered the navigation to {url} with an error: {why}");
                return Err(NetworkError::new(NetworkErrorKind::Internal, message));
            }
            Err(dropped) => return Err(NetworkError::new(NetworkErrorKind::Aborted, dropped.to_string())),
        }
    } else {
        request
    };
    let answer = Agent::current().ask(|reply| {
        let cancel = cancel.clone();
        hosts.net.send(NetMsg::Fetch { request, cancel, upload_progress: None, reply });
    });
    answer
        .await
        .unwrap_or_else(|dropped| Err(NetworkError::new(NetworkErrorKind::Aborted, dropped.to_string())))
}

/// A response's [location URL](https://fetch.spec.whatwg.org/#concept-response-location-url), if it is a redirect.
fn location_url(response: &Response, current: &Url) -> Option<Result<Url, NetworkError>> {
    if !matches!(response.head.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = response.head.headers.get_str("location")?;
    let base = response.head.url().unwrap_or(current);
    let joined = base.join(&location).map_err(|error| {
        let message = format!("{base} redirects to {location:?}, which is not a URL: {error}");
        NetworkError::new(NetworkErrorKind::Redirect, message)
    });
    Some(joined.and_then(|mut url| {
        if !matches!(url.scheme(), "http" | "https") {
            let message = format!("{base} redirects to {url}, which is neither http: nor https:");
            return Err(NetworkError::new(NetworkErrorKind::Redirect, message));
        }
        if url.fragment().is_none() {
            url.set_fragment(current.fragment());
        }
        Ok(url)
    }))
}

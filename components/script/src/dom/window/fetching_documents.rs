//! [Creating navigation params by fetching](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching):
//! a document's response, from service workers and the network.

use std::time::Instant;

use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::{
    self, CacheMode, CredentialsMode, NetworkError, NetworkErrorKind, Priority, RedirectMode, Referrer,
    Request, RequestBody, RequestHead, RequestMode, Response,
};
use bgfetch_traits::net::NetMsg;
use bgfetch_traits::policy::{Client, PolicyContainer};
use bgfetch_traits::service_worker::{FetchOutcome, ServiceWorkerMsg};
use url::Url;

use super::browsing_context::Navigation;
use super::navigation::{Resource, Source};
use crate::agent::Agent;
use crate::bindings::NavigationTimingType;
use crate::dom::file::blob_url::{self, BlobEntry};
use crate::dom::performance::document_timing::DocumentTiming;
use crate::environment::Hosts;
use crate::fetching::{settle, unless_cancelled};
use crate::policies;
use crate::redirecting::Asked;
use crate::reporting_timing::tell_of_workers_response;

/// Who asks for a document.
pub(super) struct Requester<'a> {
    /// What it is for.
    pub(super) navigation: &'a Navigation,
    /// Who navigates; none for what the embedder opens.
    pub(super) source: Option<&'a Source>,
    pub(super) destination: fetch::Destination,
    pub(super) resource: &'a Resource,
    /// What a blob URL stood for when it was parsed.
    pub(super) blob: Option<&'a BlobEntry>,
    /// How long it takes is noted here, which also tells whether the document is loaded again.
    pub(super) timing: &'a DocumentTiming,
    /// Whether service workers may answer: not if the document is sandboxed into an origin of its own.
    pub(super) has_workers: bool,
}

impl Requester<'_> {
    /// The request for a URL.
    fn request(&self, url: Url) -> Request {
        let client = self.client_for(&url);
        let reload = self.timing.navigation_type == NavigationTimingType::Reload;
        let mut head = RequestHead {
            mode: RequestMode::Navigate,
            credentials: CredentialsMode::Include,
            redirect: RedirectMode::Manual,
            cache: if reload { CacheMode::NoCache } else { CacheMode::Default },
            referrer: if self.source.is_some() { Referrer::Client } else { Referrer::NoReferrer },
            use_url_credentials: true,
            referrer_policy: self.source.map(|source| source.referrer_policy).unwrap_or_default(),
            destination: self.destination,
            reload_navigation: reload,
            history_navigation: self.timing.navigation_type == NavigationTimingType::BackForward,
            top_level_navigation_initiator: self
                .source
                .filter(|_| self.destination == fetch::Destination::Document)
                .map(|source| source.client.origin.ascii_serialization()),
            origin: self.source.map(|source| Box::new(source.client.origin.clone())),
            ..RequestHead::get(url)
        };
        let mut sent = None;
        if let Resource::Post { content_type, body } = self.resource {
            head.method = http::Method::POST;
            head.headers.append("Content-Type", content_type.clone());
            sent = Some(RequestBody::Bytes(body.clone()));
        }
        Request { head, client, body: sent, priority: Priority::Foreground }
    }

    /// The client of a request for a URL.
    fn client_for(&self, url: &Url) -> Client {
        match self.source {
            Some(source) => Client { id: self.navigation.client(), ..source.client.clone() },
            None => Client { id: self.navigation.client(), may_prompt: true, ..Client::of_url(url) },
        }
    }
}

/// A response to navigate to.
pub(super) struct Fetched {
    pub(super) response: Response,
    /// The request's [current URL](https://fetch.spec.whatwg.org/#concept-request-current-url): the document's, wherever a
    /// service worker had the response from.
    pub(super) url: Url,
    /// The request's [referrer](https://fetch.spec.whatwg.org/#concept-request-referrer).
    pub(super) referrer: Referrer,
}

/// [Creates navigation params by fetching](https://html.spec.whatwg.org/multipage/browsing-the-web.html#create-navigation-params-by-fetching):
/// each hop goes to the service worker that is responsible for its URL first.
pub(super) async fn fetch_document(
    hosts: &Hosts,
    requester: &Requester<'_>,
    url: Url,
) -> Result<Fetched, NetworkError> {
    let cancel = &requester.navigation.cancel;
    requester.timing.hop(None, &url);
    let mut request = requester.request(url);
    loop {
        request.client = requester.client_for(&request.head.url);
        settle(&mut request.head, &request.client);
        let (url, referrer) = (request.head.url.clone(), request.head.referrer.clone());
        // Should navigation request be blocked?
        if requester.source.is_some_and(|source| source.form_submission) {
            policies::check_form_action(&request)?;
        }
        let asked = Asked::about(&mut request)?;
        let response = unless_cancelled(fetch_once(hosts, requester, request, &asked), cancel).await??;
        match asked.http_redirect_fetch(&response.head)? {
            Some(redirected) => {
                requester.timing.hop(Some(&url), &redirected.head.url);
                if redirected.head.url.origin() != url.origin() {
                    requester.navigation.reserve_another_client();
                }
                request = redirected;
            }
            None => return Ok(Fetched { response, url, referrer }),
        }
    }
}

async fn fetch_once(
    hosts: &Hosts,
    requester: &Requester<'_>,
    request: Request,
    asked: &Asked,
) -> Result<Response, NetworkError> {
    let cancel = &requester.navigation.cancel;
    let (url, client) = (request.head.url.clone(), request.client.id);
    if url.scheme() == "blob" {
        return blob_url::fetch(&request, requester.blob);
    }
    let started = Instant::now();
    let request = if requester.has_workers && matches!(url.scheme(), "http" | "https") {
        let answer = Agent::current().ask(|reply| {
            let message = ServiceWorkerMsg::HandleFetch(Box::new(request), cancel.clone(), reply);
            hosts.coordinator.send(CoordinatorMsg::ServiceWorker(client, message));
        });
        match answer.await {
            Ok(FetchOutcome::Network(request)) => *request,
            Ok(FetchOutcome::Response(mut response)) => {
                response.policy = PolicyContainer::of_response(&response.head);
                asked.check_response(&response.head)?;
                tell_of_workers_response(&response, started, requester.timing.reply());
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
        let (cancel, timing) = (cancel.clone(), Some(requester.timing.reply()));
        hosts.net.send(NetMsg::Fetch { request, cancel, upload_progress: None, timing, reply });
    });
    answer
        .await
        .unwrap_or_else(|dropped| Err(NetworkError::new(NetworkErrorKind::Aborted, dropped.to_string())))
}

//! Fetching a worker's script: [classic](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-classic-worker-script)
//! and the first one of a [module graph](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-module-worker-script-tree).

use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::{
    CredentialsMode, Destination, NetworkError, NetworkErrorKind, Priority, Request, RequestHead,
    RequestMode, Response,
};
use bgfetch_traits::mime::is_javascript;
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::service_worker::{FetchOutcome, ServiceWorkerMsg, WorkerType};
use url::Url;

use crate::agent::{Agent, ReplyDropped};
use crate::mime::MimeType;
use crate::redirecting::Asked;
use crate::spawn::WorkerOptions;

/// Largest script that is taken, in bytes.
const MAX_SCRIPT: usize = 64 << 20;

/// The script of a worker.
pub(super) struct Script {
    /// Its URL, after redirects.
    pub(super) url: Url,
    pub(super) source: String,
    /// The worker's [policy
    /// container](https://html.spec.whatwg.org/multipage/workers.html#initialize-worker-policy-container).
    pub(super) policy: PolicyContainer,
    /// Whether that is the container of whoever made the worker: its script came from memory, with no policy of its own.
    pub(super) policy_is_inherited: bool,
    /// The status of its response.
    pub(super) status: u16,
}

/// Fetches it.
///
/// # Errors
/// A sentence for the console.
pub(super) async fn fetch(options: &mut WorkerOptions) -> Result<Script, String> {
    let requested = options.request.url.clone();
    let failed = |error| format!("the worker {requested} could not be loaded: {error}");
    let response = match options.request.response.take() {
        Some(response) => response.map_err(failed)?,
        None => send(options).await.map_err(failed)?,
    };
    let url = response.head.url().cloned().unwrap_or_else(|| requested.clone());
    let status = response.head.status;
    if !response.head.is_ok() {
        return Err(format!("the worker {url} could not be loaded: the server answered {status}"));
    }
    let is_module = options.request.worker_type == WorkerType::Module;
    let essence = MimeType::extract(&response.head.headers).map(|mime_type| mime_type.essence);
    let essence = essence.unwrap_or_default();
    if (is_module || matches!(url.scheme(), "http" | "https")) && !is_javascript(&essence) {
        return Err(format!("the worker {url} was not run: its MIME type is not JavaScript's ({essence:?})"));
    }
    let policy_is_inherited = matches!(url.scheme(), "about" | "blob" | "data");
    let policy =
        if policy_is_inherited { options.request.outside.policy.clone() } else { response.policy.clone() };
    // [Check a global object's embedder
    // policy](https://html.spec.whatwg.org/multipage/browsers.html#check-a-global-object's-embedder-policy)
    let wanted = options.request.outside.policy.embedder_policy.is_compatible_with_isolation();
    if options.owner.is_some() && wanted && !policy.embedder_policy.is_compatible_with_isolation() {
        return Err(format!("the worker {url} was not run: it has no Cross-Origin-Embedder-Policy"));
    }
    let bytes = match response.body {
        None => bytes::Bytes::new(),
        Some(body) => {
            let read = body.read_all(MAX_SCRIPT).await;
            read.map_err(|error| format!("the worker {url} could not be loaded: {error}"))?
        }
    };
    let (source, _) = encoding_rs::UTF_8.decode_with_bom_removal(&bytes);
    Ok(Script { url, source: source.into_owned(), policy, policy_is_inherited, status })
}

fn request(options: &WorkerOptions, url: Url) -> Request {
    let asked = &options.request;
    let head = RequestHead {
        mode: RequestMode::SameOrigin,
        credentials: match asked.worker_type {
            WorkerType::Classic => CredentialsMode::SameOrigin,
            WorkerType::Module => asked.credentials,
        },
        destination: if options.owner.is_some() { Destination::Worker } else { Destination::SharedWorker },
        ..RequestHead::get(url)
    };
    Request { head, client: (*asked.outside).clone(), body: None, priority: Priority::Foreground }
}

/// Asks the service worker that is responsible for the script's URL first, and the network otherwise. Redirects of the
/// network stay there, those of a service worker are followed here.
async fn send(options: &WorkerOptions) -> Result<Response, NetworkError> {
    let mut request = request(options, options.request.url.clone());
    loop {
        let asked = Asked::about(&mut request)?;
        let request = match handle(options, request).await? {
            FetchOutcome::Network(request) => *request,
            FetchOutcome::Response(mut response) => match asked.answered(&mut response)? {
                Some(redirected) => {
                    request = redirected;
                    continue;
                }
                None => return Ok(response),
            },
            FetchOutcome::Error(why) => {
                let message = format!("the service worker answered with an error: {why}");
                return Err(NetworkError::new(NetworkErrorKind::Internal, message));
            }
        };
        let answer = Agent::current().ask(|reply| {
            let cancel = CancelHandle::new();
            options.hosts.net.send(NetMsg::Fetch {
                request,
                cancel,
                upload_progress: None,
                timing: None,
                reply,
            });
        });
        return answer.await.unwrap_or_else(|dropped| Err(gone(dropped)));
    }
}

/// [Handle Fetch](https://w3c.github.io/ServiceWorker/#handle-fetch)
async fn handle(options: &WorkerOptions, request: Request) -> Result<FetchOutcome, NetworkError> {
    if !matches!(request.head.url.scheme(), "http" | "https") {
        return Ok(FetchOutcome::Network(Box::new(request)));
    }
    let answer = Agent::current().ask(|reply| {
        // Nothing cancels the fetch of a worker's script.
        let message = ServiceWorkerMsg::HandleFetch(Box::new(request), CancelHandle::new(), reply);
        options.hosts.coordinator.send(CoordinatorMsg::ServiceWorker(options.client, message));
    });
    answer.await.map_err(gone)
}

fn gone(dropped: ReplyDropped) -> NetworkError {
    NetworkError::new(NetworkErrorKind::Aborted, dropped.to_string())
}

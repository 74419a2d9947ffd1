//! Fetching on behalf of an environment: its service worker first, if one controls it, and the network otherwise.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use bgfetch_traits::coordinator::CoordinatorMsg;
use bgfetch_traits::fetch::{
    NetworkError, NetworkErrorKind, Referrer, ReferrerPolicy, Request, RequestHead, RequestMode, Response,
    ResponseHead, ResponseType,
};
use bgfetch_traits::net::{CancelHandle, NetMsg, UploadProgress};
use bgfetch_traits::policy::Client;
use bgfetch_traits::redirect::is_redirect_status;
use bgfetch_traits::referrer::determine_requests_referrer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{FetchOutcome, ServiceWorkerMsg};
use bgfetch_traits::timing::FetchTiming;
use parking_lot::Mutex;

use crate::agent::{Agent, ReplyDropped};
use crate::environment::{Environment, GlobalKind};
use crate::redirecting::Asked;
use crate::reporting_timing::{TimingReport, tell_of_workers_response};

/// [Fetches](https://fetch.spec.whatwg.org/#concept-fetch): gives the response once its head is there. With an [initiator
/// type](https://fetch.spec.whatwg.org/#request-initiator-type), the performance timeline gets an entry.
///
/// # Errors
/// The network error, of kind [`NetworkErrorKind::Aborted`] once `cancel` was triggered.
pub(crate) async fn fetch(
    environment: &Rc<Environment>,
    request: Request,
    cancel: CancelHandle,
    initiator_type: Option<&'static str>,
) -> Result<Response, NetworkError> {
    fetch_with_progress(environment, request, cancel, None, initiator_type).await
}

/// [`fetch`], telling how much of the request's body was sent to the network.
///
/// # Errors
/// As [`fetch`].
pub(crate) async fn fetch_with_progress(
    environment: &Rc<Environment>,
    request: Request,
    cancel: CancelHandle,
    progress: Option<UploadProgress>,
    initiator_type: Option<&'static str>,
) -> Result<Response, NetworkError> {
    let report = TimingReport::begin(environment, &request, initiator_type);
    let cancel = if request.head.keepalive { cancel } else { environment.loads.add(&cancel) };
    let mut fetched = handled_first(environment, request, cancel.clone(), progress, report.as_ref()).await;
    // The response may have been on its way when nobody wanted it any more.
    if cancel.is_cancelled() {
        return Err(NetworkError::new(NetworkErrorKind::Aborted, "the fetch was aborted"));
    }
    if let (Ok(response), Some(report)) = (&mut fetched, &report) {
        report.attach(response);
    }
    fetched
}

/// [HTTP fetch](https://fetch.spec.whatwg.org/#http-fetch), step 3 and what follows: service workers are asked first.
async fn handled_first(
    environment: &Rc<Environment>,
    mut request: Request,
    cancel: CancelHandle,
    progress: Option<UploadProgress>,
    report: Option<&TimingReport>,
) -> Result<Response, NetworkError> {
    let started = Instant::now();
    let telling = |by_worker| report.and_then(|report| report.reply(by_worker));
    let mut by_worker = false;
    let is_navigation = request.head.mode == RequestMode::Navigate;
    while may_be_handled(environment, &request) {
        by_worker = true;
        settle(&mut request.head, &request.client);
        let asked = Asked::about(&mut request)?;
        match ask_worker(environment, request, &cancel).await? {
            WorkersAnswer::Network(given_back) => {
                return from_network(environment, *given_back, cancel, progress, telling(true)).await;
            }
            WorkersAnswer::Response(mut response) => match asked.answered(&mut response)? {
                Some(redirected) => request = redirected,
                None => {
                    if let Some(reply) = telling(true) {
                        tell_of_workers_response(&response, started, reply);
                    }
                    return Ok(response);
                }
            },
        }
    }
    let mut response = from_network(environment, request, cancel, progress, telling(by_worker)).await?;
    // A service worker that passes a navigation's request on: whoever navigates follows redirects, for a worker they are
    // opaque.
    if is_navigation && is_redirect_status(response.head.status) {
        response.head.kind = ResponseType::OpaqueRedirect;
    }
    Ok(response)
}

/// What comes of [`ServiceWorkerMsg::HandleFetch`], but for errors.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
enum WorkersAnswer {
    Network(Box<Request>),
    Response(Response),
}

/// Asks the service worker that controls the environment.
async fn ask_worker(
    environment: &Rc<Environment>,
    request: Request,
    cancel: &CancelHandle,
) -> Result<WorkersAnswer, NetworkError> {
    let url = request.head.url.clone();
    let asks_for_range = request.head.headers.contains("range");
    let (client, told) = (environment.id, CancelHandle::new());
    let tell = told.clone();
    cancel.on_abort(move |reason| tell.cancel_with(reason));
    let record = (!request.head.keepalive).then(|| environment.fetch_group.add(told.clone()));
    let answer = Agent::current().ask(|reply| {
        let message = ServiceWorkerMsg::HandleFetch(Box::new(request), told, reply);
        environment.hosts.coordinator.send(CoordinatorMsg::ServiceWorker(client, message));
    });
    let answer = unless_cancelled(answer, cancel).await;
    if let Some(record) = record {
        environment.fetch_group.remove(record);
    }
    match answer? {
        Ok(FetchOutcome::Network(request)) => Ok(WorkersAnswer::Network(request)),
        // [Main fetch](https://fetch.spec.whatwg.org/#main-fetch), step 21.
        Ok(FetchOutcome::Response(response)) if is_unwanted_range(&response.head) && !asks_for_range => {
            let message =
                format!("the service worker answered the request for {url} with a part of something else");
            Err(NetworkError::new(NetworkErrorKind::Internal, message))
        }
        Ok(FetchOutcome::Response(response)) => Ok(WorkersAnswer::Response(response)),
        Ok(FetchOutcome::Error(why)) => {
            let message = format!("the service worker answered the request for {url} with an error: {why}");
            Err(NetworkError::new(NetworkErrorKind::Internal, message))
        }
        Err(dropped) => Err(gone(dropped)),
    }
}

/// Whether a response is a part that nobody may use who did not ask for it.
fn is_unwanted_range(head: &ResponseHead) -> bool {
    head.kind == ResponseType::Opaque && matches!(head.status, 206 | 416) && head.range_requested
}

/// [Fetch group](https://fetch.spec.whatwg.org/#concept-fetch-group) of an environment: the fetches whose service worker
/// learns that nobody waits for the response any more. Those that outlive the environment
/// ([keepalive](https://fetch.spec.whatwg.org/#request-keepalive-flag)) are not in it.
#[derive(Debug, Default)]
pub(crate) struct FetchGroup {
    records: RefCell<BTreeMap<u64, CancelHandle>>,
    next: Cell<u64>,
}

impl FetchGroup {
    /// Adds a fetch, or anything else that ends with the environment; what [`FetchGroup::remove`] takes.
    pub(crate) fn add(&self, fetch: CancelHandle) -> u64 {
        let record = self.next.get();
        self.next.set(record + 1);
        self.records.borrow_mut().insert(record, fetch);
        record
    }

    /// Removes what has ended.
    pub(crate) fn remove(&self, record: u64) {
        self.records.borrow_mut().remove(&record);
    }

    /// [Terminates](https://fetch.spec.whatwg.org/#concept-fetch-group-terminate) its fetches.
    pub(crate) fn terminate(&self) {
        for fetch in self.records.take().into_values() {
            fetch.cancel();
        }
    }
}

impl Drop for FetchGroup {
    fn drop(&mut self) {
        self.terminate();
    }
}

/// The fetches of a document, bodies included, that [aborting it](https://html.spec.whatwg.org/multipage/document-lifecycle.html#abort-a-document)
/// cancels.
#[derive(Debug, Default)]
pub(crate) struct Loads {
    under_way: RefCell<Vec<CancelHandle>>,
    /// How many there may be before those that have ended are looked for.
    limit: Cell<usize>,
}

impl Loads {
    /// A handle that is cancelled when `cancel` is, or when the document is aborted.
    fn add(&self, cancel: &CancelHandle) -> CancelHandle {
        let own = CancelHandle::new();
        let inner = own.clone();
        cancel.on_abort(move |reason| inner.cancel_with(reason));
        let mut under_way = self.under_way.borrow_mut();
        if under_way.len() >= self.limit.get() {
            under_way.retain(CancelHandle::is_shared);
            self.limit.set(under_way.len() * 2 + 16);
        }
        under_way.push(own.clone());
        own
    }

    /// Cancels all of them.
    pub(crate) fn cancel(&self) {
        self.under_way.take().iter().for_each(CancelHandle::cancel);
    }
}

/// What comes before a service worker sees the request: [fetch](https://fetch.spec.whatwg.org/#concept-fetch), step 13, and
/// [main fetch](https://fetch.spec.whatwg.org/#main-fetch), steps 8 and 9.
pub(crate) fn settle(head: &mut RequestHead, client: &Client) {
    head.set_default_accept();
    if head.referrer_policy == ReferrerPolicy::Empty {
        head.referrer_policy = match client.policy.referrer_policy {
            ReferrerPolicy::Empty => ReferrerPolicy::StrictOriginWhenCrossOrigin,
            policy => policy,
        };
    }
    let referrer = determine_requests_referrer(&head.referrer, head.referrer_policy, client, &head.url);
    head.referrer = referrer.map_or(Referrer::NoReferrer, Referrer::Url);
}

/// Whether a request goes to the service worker that controls its client:
/// [HTTP fetch](https://fetch.spec.whatwg.org/#http-fetch), step 3, and [handle
/// fetch](https://w3c.github.io/ServiceWorker/#handle-fetch). A service worker's own requests never do, nor do those that
/// [main fetch](https://fetch.spec.whatwg.org/#main-fetch) refuses before.
pub(crate) fn may_be_handled(environment: &Environment, request: &Request) -> bool {
    environment.kind != GlobalKind::ServiceWorker
        && environment.controller.borrow().is_some()
        && request.head.mode != RequestMode::Navigate
        && (request.head.mode != RequestMode::SameOrigin
            || request.head.url.origin() == request.client.origin)
        && matches!(request.head.url.scheme(), "http" | "https")
}

/// Fetches from the network, past any service worker.
pub(crate) async fn from_network(
    environment: &Environment,
    request: Request,
    cancel: CancelHandle,
    upload_progress: Option<UploadProgress>,
    timing: Option<Reply<FetchTiming>>,
) -> Result<Response, NetworkError> {
    let answer = Agent::current().ask(|reply| {
        environment.hosts.net.send(NetMsg::Fetch { request, cancel, upload_progress, timing, reply });
    });
    answer.await.unwrap_or_else(|dropped| Err(gone(dropped)))
}

fn gone(dropped: ReplyDropped) -> NetworkError {
    NetworkError::new(NetworkErrorKind::Aborted, dropped.to_string())
}

/// Waits for `future`, or until `cancel` is triggered.
///
/// # Errors
/// [`NetworkErrorKind::Aborted`] when it is triggered first.
pub(crate) async fn unless_cancelled<T>(
    future: impl Future<Output = T>,
    cancel: &CancelHandle,
) -> Result<T, NetworkError> {
    let mut future = pin!(future);
    let waker: Arc<Mutex<Option<Waker>>> = Arc::default();
    let listener = Arc::clone(&waker);
    cancel.on_cancel(move || {
        let waker = listener.lock().take();
        if let Some(waker) = waker {
            waker.wake();
        }
    });
    poll_fn(move |cx| {
        if cancel.is_cancelled() {
            return Poll::Ready(Err(NetworkError::new(NetworkErrorKind::Aborted, "the fetch was aborted")));
        }
        *waker.lock() = Some(cx.waker().clone());
        if cancel.is_cancelled() {
            return Poll::Ready(Err(NetworkError::new(NetworkErrorKind::Aborted, "the fetch was aborted")));
        }
        future.as_mut().poll(cx).map(Ok)
    })
    .await
}

/// Goes on in a task of its own.
pub(crate) async fn next_task() {
    let mut waited = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

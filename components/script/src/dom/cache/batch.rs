//! What may go into a cache, and putting it there: the checks of
//! [`put()`](https://w3c.github.io/ServiceWorker/#cache-put) and
//! [`addAll()`](https://w3c.github.io/ServiceWorker/#cache-addAll), and
//! [Batch Cache Operations](https://w3c.github.io/ServiceWorker/#batch-cache-operations) of type "put".

use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use bgfetch_js::{Exception, Fallible, Realm, Root, Trace, Tracer, Value};
use bgfetch_traits::fetch::{Priority, Request, RequestHead, ResponseHead, ResponseType};
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::storage::{CacheEntry, CacheId, CacheMsg, CacheQuery};
use http::Method;

use super::ask;
use crate::dom::AbortSignal;
use crate::dom::events::abort_signal::AbortAlgorithm;
use crate::environment::Environment;
use crate::fetching;

/// Whether a request may be a key: `GET`, over HTTP.
pub(super) fn check_request(request: &RequestHead) -> Fallible<()> {
    if !matches!(request.url.scheme(), "http" | "https") {
        let message = format!("only http: and https: are cached, not {}", request.url);
        return Err(Exception::type_error(message));
    }
    if request.method != Method::GET {
        let message = format!("only GET is cached, not {}", request.method);
        return Err(Exception::type_error(message));
    }
    Ok(())
}

/// Whether a response may be stored; of a filtered one, what a page sees of it counts.
pub(super) fn check_response(response: &ResponseHead) -> Fallible<()> {
    let visible = response.filtered();
    if visible.status == 206 {
        return Err(Exception::type_error("a partial response (206) cannot be cached"));
    }
    let varies_by_everything = visible
        .headers
        .get_all("Vary")
        .any(|value| String::from_utf8_lossy(value).split(',').any(|name| name.trim() == "*"));
    if varies_by_everything {
        return Err(Exception::type_error("a response with \"Vary: *\" cannot be cached"));
    }
    Ok(())
}

/// Whether a fetched response may be stored.
fn check_fetched(request: &RequestHead, response: &ResponseHead) -> Fallible<()> {
    let status = response.filtered().status;
    if response.kind == ResponseType::Error || !matches!(status, 200..=299) {
        let message = format!("the response to {} has status {status}, not one of 200 to 299", request.url);
        return Err(Exception::type_error(message));
    }
    check_response(response)
}

/// [Batch Cache Operations](https://w3c.github.io/ServiceWorker/#batch-cache-operations), all of type "put".
pub(super) async fn put(realm: &Realm, cache: CacheId, entries: Vec<CacheEntry>) -> Fallible<()> {
    // Step 4.2.3.
    for (index, entry) in entries.iter().enumerate() {
        let query = exact(entry.request.clone());
        let before = entries.iter().take(index);
        if before.into_iter().any(|added| query.matches(&added.request, Some(&added.response.head))) {
            return Err(put_twice(&entry.request));
        }
    }
    // Steps 4.2.5 to 4.2.7, and 5: storage does all or nothing.
    ask(realm, |reply| CacheMsg::Put { cache, entries, reply }).await
}

/// Whether two requests are the same, headers and all: whatever their responses vary by, one would replace the other.
pub(super) fn check_duplicates(requests: &[RequestHead]) -> Fallible<()> {
    for (index, request) in requests.iter().enumerate() {
        let query = exact(request.clone());
        let same = |other: &&RequestHead| query.matches(other, None) && other.headers == request.headers;
        if requests.iter().take(index).any(|other| same(&other)) {
            return Err(put_twice(request));
        }
    }
    Ok(())
}

fn exact(request: RequestHead) -> CacheQuery {
    CacheQuery { request, ignore_search: false, ignore_method: false, ignore_vary: false }
}

fn put_twice(request: &RequestHead) -> Exception {
    Exception::dom("InvalidStateError", format!("{} would be put into the cache twice at once", request.url))
}

/// The signals of requests: each of them ends what is done for all.
#[derive(Default)]
pub(super) struct Abortable {
    signals: Vec<Root<AbortSignal>>,
    cancel: CancelHandle,
}

struct Cancel(CancelHandle);

impl Trace for Cancel {
    fn trace(&self, _: &mut Tracer) {}
}

impl AbortAlgorithm for Cancel {
    fn run(self: Box<Self>, _: &Realm, _: &Value) {
        self.0.cancel();
    }
}

impl Abortable {
    /// Adds a signal.
    pub(super) fn follow(&mut self, signal: Root<AbortSignal>) {
        signal.add_algorithm(Box::new(Cancel(self.cancel.clone())));
        self.signals.push(signal);
    }

    /// What `work` gives; if it failed because a signal was aborted, an `AbortError`.
    pub(super) async fn or_aborted<T>(&self, work: impl Future<Output = Fallible<T>>) -> Fallible<T> {
        if self.is_aborted() {
            return Err(aborted());
        }
        work.await.map_err(|exception| if self.is_aborted() { aborted() } else { exception })
    }

    fn is_aborted(&self) -> bool {
        self.signals.iter().any(|signal| signal.is_aborted())
    }
}

fn aborted() -> Exception {
    Exception::dom("AbortError", "a request was aborted")
}

/// Fetches what [`addAll()`](https://w3c.github.io/ServiceWorker/#cache-addAll) puts, steps 5.5 to 6: every request at
/// once. The first that fails ends the others.
pub(super) async fn fetch_all(
    realm: &Realm,
    requests: Vec<RequestHead>,
    abortable: &Abortable,
) -> Fallible<Vec<CacheEntry>> {
    let environment = Environment::of(realm);
    let cancel = &abortable.cancel;
    let mut fetches = Vec::with_capacity(requests.len());
    for head in requests {
        fetches.push(Fetch::Pending(Box::pin(fetch_one(Rc::clone(&environment), head, cancel.clone()))));
    }
    let failure = poll_fn(|cx| {
        let mut pending = false;
        for fetch in &mut fetches {
            let Fetch::Pending(future) = fetch else { continue };
            match future.as_mut().poll(cx) {
                Poll::Pending => pending = true,
                Poll::Ready(Ok(entry)) => *fetch = Fetch::Done(Box::new(entry)),
                Poll::Ready(Err(exception)) => return Poll::Ready(Some(exception)),
            }
        }
        if pending { Poll::Pending } else { Poll::Ready(None) }
    });
    if let Some(exception) = failure.await {
        cancel.cancel();
        return Err(exception);
    }
    let done = |fetch| if let Fetch::Done(entry) = fetch { Some(*entry) } else { None };
    Ok(fetches.into_iter().filter_map(done).collect())
}

/// A fetch of `addAll()`.
enum Fetch {
    Pending(Pin<Box<dyn Future<Output = Fallible<CacheEntry>>>>),
    Done(Box<CacheEntry>),
}

async fn fetch_one(
    environment: Rc<Environment>,
    head: RequestHead,
    cancel: CancelHandle,
) -> Fallible<CacheEntry> {
    let request = Request {
        head: head.clone(),
        client: environment.client(),
        body: None,
        priority: Priority::Foreground,
    };
    match fetching::fetch(&environment, request, cancel, Some("other")).await {
        Ok(response) => {
            check_fetched(&head, &response.head)?;
            Ok(CacheEntry { request: head, response })
        }
        Err(error) => {
            tracing::debug!(url = %head.url, %error, "a request of addAll() failed");
            Err(Exception::type_error(format!("{} could not be fetched", head.url)))
        }
    }
}

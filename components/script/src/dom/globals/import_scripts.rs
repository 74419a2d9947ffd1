//! [Importing scripts into a worker](https://html.spec.whatwg.org/multipage/workers.html#import-scripts-into-worker-global-scope),
//! and fetching while a script waits.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use bgfetch_js::{Exception, Fallible, Realm};
use bgfetch_traits::fetch::{
    CacheMode, CredentialsMode, Destination, NetworkError, NetworkErrorKind, Priority, Request, RequestHead,
    RequestMode, Response, ResponseHead,
};
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::ScriptResource;
use url::Url;

use crate::agent::Agent;
use crate::environment::Environment;
use crate::mime::MimeType;

/// Bytes that a script may have.
const MAX_SCRIPT: usize = 64 << 20;

/// How often a thread that waits looks whether it is told to stop.
const STOP_INTERVAL: Duration = Duration::from_millis(50);

/// [Imports scripts into a worker global
/// scope](https://html.spec.whatwg.org/multipage/workers.html#import-scripts-into-worker-global-scope), from step 3 on.
/// `fetch` gives the script of a URL, or says why there is none.
pub(super) fn import(
    realm: &Realm,
    urls: &[String],
    mut fetch: impl FnMut(Url) -> Result<ScriptResource, String>,
) -> Fallible<()> {
    // Steps 3 to 5.
    let environment = Environment::of(realm);
    let parse = |text: &String| {
        environment
            .parse_url(text)
            .map_err(|error| Exception::dom("SyntaxError", format!("{text:?} is no URL: {error}")))
    };
    let parsed: Fallible<Vec<Url>> = urls.iter().map(parse).collect();
    // Step 6.
    for url in parsed? {
        // Step 6.1.
        let is_same_origin = url.origin() == environment.origin || url.scheme() == "data";
        let script = fetch(url).map_err(|why| Exception::dom("NetworkError", why))?;
        // Waiting for the network does not count as running.
        Agent::current().allow_time();
        // Step 6.2: errors of scripts of other origins are muted.
        match realm.evaluate_script(&script.source, script.url.as_str(), 1) {
            Err(exception) if !is_same_origin && !exception.is_termination() => {
                let message = format!("the script {} of another origin threw", script.url);
                return Err(Exception::dom("NetworkError", message));
            }
            result => drop(result?),
        }
    }
    Ok(())
}

/// [Fetches a classic worker-imported
/// script](https://html.spec.whatwg.org/multipage/webappapis.html#fetch-a-classic-worker-imported-script).
pub(super) fn fetch(realm: &Realm, url: &Url) -> Result<ScriptResource, String> {
    script(realm, url, RequestMode::NoCors, CacheMode::Default)
}

/// Fetches a script and waits for it: by `importScripts()` in mode "no-cors", or as a module in mode "cors".
pub(crate) fn script(
    realm: &Realm,
    url: &Url,
    mode: RequestMode,
    cache: CacheMode,
) -> Result<ScriptResource, String> {
    let environment = Environment::of(realm);
    // Step 1.
    // A worker's module graph is fetched without credentials: step 7 of
    // [Update](https://w3c.github.io/ServiceWorker/#update).
    let credentials =
        if mode == RequestMode::Cors { CredentialsMode::Omit } else { CredentialsMode::SameOrigin };
    let destination = Destination::Script;
    let head = RequestHead { mode, credentials, cache, destination, ..RequestHead::get(url.clone()) };
    let request = Request { head, client: environment.client(), body: None, priority: Priority::Foreground };
    // Steps 2 to 4.
    let (head, policy, body) =
        wait_for(&environment, request).map_err(|error| format!("{url} could not be fetched: {error}"))?;
    // Step 5.
    if !head.is_ok() {
        return Err(format!("{url} could not be fetched: the server answered with status {}", head.status));
    }
    let over_http = head.url().unwrap_or(url).scheme().starts_with("http");
    if (over_http || mode == RequestMode::Cors)
        && !MimeType::extract(&head.headers).is_some_and(|mime_type| mime_type.is_javascript())
    {
        let mime_type = head.headers.get_str("Content-Type").unwrap_or_default();
        return Err(format!("{url} is no script: its type is {mime_type:?}"));
    }
    // Step 6.
    let (source, _) = encoding_rs::UTF_8.decode_with_bom_removal(&body);
    Ok(ScriptResource { url: url.clone(), source: source.into_owned(), policy })
}

/// Fetches from the network while this thread waits.
fn wait_for(
    environment: &Environment,
    request: Request,
) -> Result<(ResponseHead, PolicyContainer, bytes::Bytes), NetworkError> {
    let cancel = CancelHandle::new();
    let (answer, answered) = crossbeam_channel::bounded(1);
    let waiting = thread::current();
    let reply = Reply::new(move |result| {
        // Who waits for it may have been stopped.
        drop(answer.send(result));
        waiting.unpark();
    });
    environment.hosts.net.send(NetMsg::Fetch {
        request,
        cancel: cancel.clone(),
        upload_progress: None,
        reply,
    });
    let stopped = || NetworkError::new(NetworkErrorKind::Aborted, "the worker was stopped");
    let response: Result<Response, NetworkError> =
        block_on(std::future::poll_fn(|_| match answered.try_recv() {
            Ok(result) => Poll::Ready(result),
            Err(crossbeam_channel::TryRecvError::Empty) => Poll::Pending,
            Err(crossbeam_channel::TryRecvError::Disconnected) => Poll::Ready(Err(stopped())),
        }))
        .unwrap_or_else(|| Err(stopped()));
    let response = response.inspect_err(|_| cancel.cancel())?;
    let Some(body) = response.body else { return Ok((response.head, response.policy, bytes::Bytes::new())) };
    match block_on(body.read_all(MAX_SCRIPT)) {
        Some(Ok(bytes)) => Ok((response.head, response.policy, bytes)),
        Some(Err(error)) => Err(NetworkError::new(NetworkErrorKind::Internal, error.to_string())),
        None => {
            cancel.cancel();
            Err(stopped())
        }
    }
}

/// Waits for a future of another thread's work, on an agent that does nothing else meanwhile; `None` if its scripts
/// were stopped first.
fn block_on<T>(future: impl Future<Output = T>) -> Option<T> {
    let interrupter = Agent::current().interrupter();
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut cx) {
            return Some(value);
        }
        if interrupter.is_stopped() {
            return None;
        }
        thread::park_timeout(STOP_INTERVAL);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

//! [`fetch()`](https://fetch.spec.whatwg.org/#fetch-method).

use std::rc::Rc;

use bgfetch_js::{
    ErrorLocation, Exception, Fallible, Member, Promise, Realm, Root, ToJs, Traced, Value, trace_fields,
};
use bgfetch_traits::coordinator::ConsoleLevel;
use bgfetch_traits::fetch::{self, NetworkError, Priority};
use bgfetch_traits::net::CancelHandle;
use url::Url;

use crate::agent::{Agent, TaskSource};
use crate::bindings::{RequestInfo, RequestInit};
use crate::dom::events::abort_signal::{AbortAlgorithm, report_failure};
use crate::dom::file::blob_url::{self, BlobEntry};
use crate::dom::{ReadableStream, Request, Response};
use crate::environment::Environment;
use crate::{clone, fetching, report};

/// `fetch(input, init)`
pub(crate) fn fetch(
    realm: &Realm,
    input: RequestInfo,
    init: RequestInit,
) -> Fallible<Promise<Root<Response>>> {
    // Steps 1 to 3; the glue makes rejections of exceptions.
    let promise = Promise::new(realm)?;
    let request = Request::from_info(realm, input, init)?;
    let signal = request.abort_signal();
    let body = request.stream().map(Into::into);
    let cancel = CancelHandle::new();
    let abort = AbortFetch { promise: promise.clone().into(), body, cancel: cancel.clone() };
    // Step 4.
    if let Some(reason) = signal.abort_reason() {
        abort.abort_call(realm, &reason);
        return Ok(promise);
    }
    let environment = Environment::of(realm);
    let blob = request.blob_entry();
    let body = request.take_body(realm)?;
    let fetched = fetch::Request {
        head: request.head(),
        client: environment.client(),
        body,
        priority: Priority::Foreground,
    };
    // Steps 7 to 11.
    signal.add_algorithm(Box::new(abort));
    // Step 12.
    let (owner, waiting) = (realm.clone(), promise.clone());
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        let url = fetched.head.url.clone();
        match perform(&environment, fetched, blob, cancel.clone()).await {
            Ok(response) => {
                let response = Response::create(&owner, response)?;
                if let Some(stream) = response.stream() {
                    signal.add_algorithm(Box::new(AbortBody(stream.into())));
                }
                waiting.resolve_with(&owner, &response.to_js(&owner)?);
            }
            // The promise was rejected with the reason already.
            Err(_) if cancel.is_cancelled() => {}
            Err(error) => {
                explain(&environment, &url, &error);
                waiting.reject(&owner, Exception::type_error("Failed to fetch"));
            }
        }
        Ok(())
    });
    Ok(promise)
}

/// A page learns nothing of why; its developer does.
pub(crate) fn explain(environment: &Environment, url: &Url, error: &NetworkError) {
    let text = format!("fetching {url} failed: {error}");
    report::to_console(environment, ConsoleLevel::Error, text, &ErrorLocation::default());
}

/// Fetches, blob URLs included.
async fn perform(
    environment: &Rc<Environment>,
    request: fetch::Request,
    blob: Option<BlobEntry>,
    cancel: CancelHandle,
) -> Result<fetch::Response, NetworkError> {
    if request.head.url.scheme() == "blob" {
        return blob_url::fetch(&request, blob.as_ref());
    }
    fetching::fetch(environment, request, cancel, Some("fetch")).await
}

/// What ends a fetch when its request's signal aborts.
struct AbortFetch {
    promise: Traced<Promise<Root<Response>>>,
    /// The request's body.
    body: Option<Member<ReadableStream>>,
    cancel: CancelHandle,
}

trace_fields!(AbortFetch { promise, body });

impl AbortFetch {
    /// [Abort the fetch() call](https://fetch.spec.whatwg.org/#abort-fetch), before there is a response.
    fn abort_call(&self, realm: &Realm, reason: &Value) {
        // Rejecting does nothing once there was a response.
        self.promise.reject(realm, Exception::js(reason.clone()));
        if let Some(body) = self.body.as_ref().filter(|body| body.is_readable()) {
            report_failure(realm, body.cancel_with(realm, reason).map(|canceled| canceled.mark_as_handled()));
        }
    }
}

impl AbortAlgorithm for AbortFetch {
    /// [`fetch()`](https://fetch.spec.whatwg.org/#dom-global-fetch), steps 11.3 and 11.4.
    fn run(self: Box<Self>, realm: &Realm, reason: &Value) {
        // [Abort](https://fetch.spec.whatwg.org/#fetch-controller-abort): a reason that cannot be serialized is replaced
        // by an "AbortError" where it is wanted.
        self.cancel.cancel_with(clone::serialize(realm, reason, &[]).ok());
        self.abort_call(realm, reason);
    }
}

/// The same, for the body of a response that is there.
struct AbortBody(Member<ReadableStream>);

impl bgfetch_js::Trace for AbortBody {
    fn trace(&self, tracer: &mut bgfetch_js::Tracer) {
        self.0.trace(tracer);
    }
}

impl AbortAlgorithm for AbortBody {
    fn run(self: Box<Self>, realm: &Realm, reason: &Value) {
        if self.0.is_readable() {
            report_failure(realm, self.0.error_with(realm, reason));
        }
    }
}

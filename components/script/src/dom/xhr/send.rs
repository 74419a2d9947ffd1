//! [`send()`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-send): the fetch and its events.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::{Duration, Instant};

use bgfetch_js::{Exception, Fallible, Realm, Root};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::{
    self, CredentialsMode, NetworkError, NetworkErrorKind, Priority, RequestBody, RequestHead, RequestMode,
    Response, ResponseHead,
};
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::net::UploadProgress;
use bytes::Bytes;
use http::Method;
use parking_lot::Mutex;

use super::XMLHttpRequest;
use super::progress_event::fire;
use super::xml_http_request::State;
use crate::agent::{Agent, TaskSource};
use crate::bindings::{
    BodyInit, DocumentOrBlobOrBufferSourceOrFormDataOrURLSearchParamsOrUsvString as SendBody,
};
use crate::dom::events::event;
use crate::dom::fetch::{body, global_fetch};
use crate::dom::file::blob_url::{self, BlobEntry};
use crate::dom::nodes::{fragment_html, fragment_xml};
use crate::environment::Environment;
use crate::mime::MimeType;
use crate::{blocking, fetching, report};

/// Progress is told about so often.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(50);

/// What is to be fetched.
struct Outgoing {
    request: fetch::Request,
    blob: Option<BlobEntry>,
    /// Bytes of the request's body.
    length: u64,
}

/// `send()`, from step 3 on.
pub(super) fn send(realm: &Realm, xhr: &Root<XMLHttpRequest>, body: Option<SendBody>) -> Fallible<()> {
    // Steps 3 and 4.
    set_body(realm, xhr, body)?;
    // Step 5.
    let upload = xhr.upload_object(realm)?;
    if upload.has_any_listener() {
        xhr.upload_listener.set(true);
    }
    // Step 6.
    let Some(outgoing) = outgoing(realm, xhr) else { return Ok(()) };
    // Steps 7 to 10.
    xhr.upload_complete.set(outgoing.request.body.is_none());
    xhr.send_invoked.set(true);
    // Steps 11 and 12.
    if xhr.synchronous.get() {
        return send_and_wait(realm, xhr, outgoing);
    }
    let generation = xhr.generation();
    fire(realm, &**xhr, "loadstart", 0, 0)?;
    if !xhr.upload_complete.get() && xhr.upload_listener.get() {
        fire(realm, &*upload, "loadstart", 0, outgoing.length)?;
    }
    if xhr.state.get() != State::Opened || !xhr.send_invoked.get() || xhr.generation() != generation {
        return Ok(());
    }
    let (owner, xhr) = (realm.clone(), xhr.clone());
    Agent::current().spawn(TaskSource::Networking, realm, async move {
        Exchange { realm: owner, xhr, generation }.run(outgoing).await
    });
    Ok(())
}

/// Steps 3 and 4: the body, and what it does to `Content-Type`.
fn set_body(realm: &Realm, xhr: &XMLHttpRequest, body: Option<SendBody>) -> Fallible<()> {
    let has_none = |method: &Method| matches!(*method, Method::GET | Method::HEAD);
    let ignored = xhr.request.borrow().as_ref().is_none_or(|request| has_none(&request.method));
    let Some(body) = body.filter(|_| !ignored) else { return Ok(()) };
    let is_text =
        matches!(body, SendBody::Document(_) | SendBody::URLSearchParams(_) | SendBody::UsvString(_));
    // Steps 4.1 to 4.3.
    let (bytes, content_type) = extract(realm, body)?;
    let mut request = xhr.request.borrow_mut();
    let Some(request) = request.as_mut() else { return Ok(()) };
    request.body = Some(bytes);
    // Steps 4.4 to 4.6.
    match request.headers.get("content-type") {
        None => {
            if let Some(content_type) = content_type {
                request.headers.set("Content-Type", content_type);
            }
        }
        Some(given) if is_text => {
            if let Some(changed) = with_utf_8(&given) {
                request.headers.set("Content-Type", changed);
            }
        }
        Some(_) => {}
    }
    Ok(())
}

/// Steps 4.2 and 4.3.
fn extract(realm: &Realm, body: SendBody) -> Fallible<(Bytes, Option<String>)> {
    let init = match body {
        SendBody::Document(document) => {
            let node = document.upcast();
            let (text, content_type) = if document.is_html_document() {
                (fragment_html::serialize_children(&node), "text/html;charset=UTF-8")
            } else {
                (fragment_xml::serialize(&node), "application/xml;charset=UTF-8")
            };
            return Ok((text.into_bytes().into(), Some(content_type.into())));
        }
        SendBody::Blob(blob) => BodyInit::Blob(blob),
        SendBody::BufferSource(source) => BodyInit::BufferSource(source),
        SendBody::FormData(form) => BodyInit::FormData(form),
        SendBody::URLSearchParams(params) => BodyInit::URLSearchParams(params),
        SendBody::UsvString(text) => BodyInit::UsvString(text),
    };
    let nothing = || Exception::type_error("a stream cannot be sent here");
    body::source_of(realm, init).map_err(|_stream| nothing())
}

/// Step 4.5.1: the given type with UTF-8 as its charset, if it names another one.
fn with_utf_8(given: &[u8]) -> Option<String> {
    let text: String = given.iter().copied().map(char::from).collect();
    let mut mime_type = MimeType::parse(&text)?;
    let charset = mime_type.parameters.iter_mut().find(|(name, _)| name == "charset")?;
    if charset.1.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    "UTF-8".clone_into(&mut charset.1);
    Some(mime_type.serialize())
}

/// Step 6.
fn outgoing(realm: &Realm, xhr: &XMLHttpRequest) -> Option<Outgoing> {
    let request = xhr.request.borrow();
    let opened = request.as_ref()?;
    let include = xhr.with_credentials.get();
    let head = RequestHead {
        method: opened.method.clone(),
        headers: opened.headers.clone(),
        unsafe_request: true,
        use_url_credentials: true,
        mode: RequestMode::Cors,
        use_cors_preflight: xhr.upload_listener.get(),
        credentials: if include { CredentialsMode::Include } else { CredentialsMode::SameOrigin },
        ..RequestHead::get(opened.url.clone())
    };
    let length = opened.body.as_ref().map_or(0, |body| body.len() as u64);
    let body = opened.body.clone().map(RequestBody::Bytes);
    let client = Environment::of(realm).client();
    let request = fetch::Request { head, client, body, priority: Priority::Foreground };
    Some(Outgoing { request, blob: opened.blob.clone(), length })
}

/// How much of the request's body was sent: told by the network thread, read by this one.
#[derive(Default)]
struct Sent {
    bytes: u64,
    waker: Option<Waker>,
}

/// What comes next of a fetch.
enum Next {
    /// So much of the request's body was sent.
    Sent(u64),
    /// The response, or why there is none.
    Response(Box<Result<Response, NetworkError>>),
}

/// An asynchronous fetch of an object, as long as nothing else has been begun there.
struct Exchange {
    realm: Realm,
    xhr: Root<XMLHttpRequest>,
    generation: u64,
}

impl Exchange {
    fn is_over(&self) -> bool {
        self.xhr.generation() != self.generation
    }

    /// Steps 11.7 to 11.12.
    async fn run(self, outgoing: Outgoing) -> Fallible<()> {
        let cancel = self.xhr.begin(&self.realm);
        let environment = Environment::of(&self.realm);
        let Outgoing { request, blob, length } = outgoing;
        let url = request.head.url.clone();
        let sent: Arc<Mutex<Sent>> = Arc::default();
        let progress = self.xhr.upload_listener.get().then(|| upload_progress(&sent));
        let fetched = async {
            if url.scheme() == "blob" {
                // Not before `send()` has returned.
                fetching::next_task().await;
                return blob_url::fetch(&request, blob.as_ref());
            }
            let initiator_type = Some("xmlhttprequest");
            fetching::fetch_with_progress(&environment, request, cancel, progress, initiator_type).await
        };
        let mut fetched = pin!(fetched);
        let mut last_told = (0, None::<Instant>);
        let result = loop {
            let next = poll_fn(|cx| {
                {
                    let mut sent = sent.lock();
                    if sent.bytes > last_told.0 {
                        return Poll::Ready(Next::Sent(sent.bytes));
                    }
                    sent.waker = Some(cx.waker().clone());
                }
                fetched.as_mut().poll(cx).map(|result| Next::Response(Box::new(result)))
            });
            let next = next.await;
            if self.is_over() {
                return Ok(());
            }
            match next {
                Next::Sent(bytes) => {
                    let before = last_told.1;
                    last_told.0 = bytes;
                    if bytes < length && before.is_none_or(|before| before.elapsed() >= PROGRESS_INTERVAL) {
                        last_told.1 = Some(Instant::now());
                        self.request_body_progress(bytes, length)?;
                    }
                    if self.is_over() {
                        return Ok(());
                    }
                }
                Next::Response(result) => break *result,
            }
        };
        match result {
            Ok(response) => {
                if last_told.0 >= length {
                    self.request_body_ended(length)?;
                }
                self.process_response(response).await
            }
            Err(error) => {
                if error.kind != NetworkErrorKind::Aborted {
                    global_fetch::explain(&environment, &url, &error);
                }
                self.failed(error.kind == NetworkErrorKind::Aborted)
            }
        }
    }

    /// *processRequestBodyChunkLength*
    fn request_body_progress(&self, sent: u64, length: u64) -> Fallible<()> {
        if !self.xhr.upload_listener.get() {
            return Ok(());
        }
        fire(&self.realm, &*self.xhr.upload_object(&self.realm)?, "progress", sent, length)
    }

    /// *processRequestEndOfBody*, when the response comes: only then is it certain that the body has arrived, and what
    /// times out before has not been uploaded.
    fn request_body_ended(&self, length: u64) -> Fallible<()> {
        if self.xhr.upload_complete.replace(true) || !self.xhr.upload_listener.get() {
            return Ok(());
        }
        let upload = self.xhr.upload_object(&self.realm)?;
        for event_type in ["progress", "load", "loadend"] {
            fire(&self.realm, &*upload, event_type, length, length)?;
        }
        Ok(())
    }

    /// [Handle errors](https://xhr.spec.whatwg.org/#handle-errors), of a network error. (Time-outs and aborts do not wait
    /// for the network to tell that it has ended.)
    fn failed(&self, aborted: bool) -> Fallible<()> {
        self.xhr.ended();
        // Its own `abort()` does not wait for this: the document was aborted.
        request_error_steps(&self.realm, &self.xhr, if aborted { "abort" } else { "error" })
    }

    /// *processResponse*
    async fn process_response(&self, response: Response) -> Fallible<()> {
        let (realm, xhr) = (&self.realm, &self.xhr);
        // Steps 1 to 3; step 8.
        let head = response.head.filtered();
        let length = extract_length(&head.headers);
        xhr.has_body.set(response.body.is_some());
        xhr.response.replace(Some(head));
        // Steps 4 to 6.
        xhr.state.set(State::HeadersReceived);
        event::fire(realm, &**xhr, "readystatechange")?;
        if xhr.state.get() != State::HeadersReceived || self.is_over() {
            return Ok(());
        }
        // Step 7.
        let Some(mut body) = response.body else { return self.end_of_body(None) };
        // Steps 10 to 13.
        let mut last_told: Option<(Instant, u64)> = None;
        loop {
            let chunk = body.read().await;
            if self.is_over() {
                return Ok(());
            }
            match chunk {
                Some(Ok(bytes)) => {
                    xhr.received.borrow_mut().extend_from_slice(&bytes);
                    if last_told.is_some_and(|(told, _)| told.elapsed() < PROGRESS_INTERVAL) {
                        continue;
                    }
                    let received = xhr.received.borrow().len() as u64;
                    last_told = Some((Instant::now(), received));
                    if xhr.state.get() == State::HeadersReceived {
                        xhr.state.set(State::Loading);
                    }
                    event::fire(realm, &**xhr, "readystatechange")?;
                    if self.is_over() {
                        return Ok(());
                    }
                    fire(realm, &**xhr, "progress", received, length)?;
                    if self.is_over() {
                        return Ok(());
                    }
                }
                None => return self.end_of_body(last_told.map(|(_, received)| received)),
                Some(Err(error)) => {
                    tracing::debug!(%error, "the body of a response to an XMLHttpRequest ended early");
                    let aborted = matches!(&error, BodyError::Network(error) if error.kind == NetworkErrorKind::Aborted);
                    return self.failed(aborted);
                }
            }
        }
    }

    fn end_of_body(&self, told: Option<u64>) -> Fallible<()> {
        self.xhr.ended();
        handle_response_end_of_body(&self.realm, &self.xhr, told)
    }
}

/// Tells this thread what the network thread has sent.
fn upload_progress(sent: &Arc<Mutex<Sent>>) -> UploadProgress {
    let sent = Arc::clone(sent);
    Arc::new(move |bytes| {
        let waker = {
            let mut sent = sent.lock();
            sent.bytes = sent.bytes.max(bytes);
            sent.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    })
}

/// [Extract a length](https://fetch.spec.whatwg.org/#header-list-extract-a-length); 0 if there is none, or if it is that of
/// coded bytes, which nobody counts here.
fn extract_length(headers: &HeaderList) -> u64 {
    if headers.contains("content-encoding") {
        return 0;
    }
    let mut values = headers.get_all("content-length");
    let length = values.next().and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
    length.unwrap_or(0)
}

/// The timeout has passed.
pub(super) fn timed_out(realm: &Realm, xhr: &Root<XMLHttpRequest>, generation: u64) {
    if xhr.generation() != generation || Environment::try_of(realm).is_none() {
        return;
    }
    xhr.terminate();
    if let Err(exception) = request_error_steps(realm, xhr, "timeout") {
        report::report_exception(realm, exception);
    }
}

/// Step 12 of `send()`: pauses until the response is there.
fn send_and_wait(realm: &Realm, xhr: &Root<XMLHttpRequest>, outgoing: Outgoing) -> Fallible<()> {
    let environment = Environment::of(realm);
    let timeout = Some(xhr.timeout.get()).filter(|timeout| *timeout != 0);
    let deadline = timeout.map(|timeout| Instant::now() + Duration::from_millis(timeout.into()));
    let Outgoing { request, blob, .. } = outgoing;
    let url = request.head.url.clone();
    let fetched = if url.scheme() == "blob" {
        blob_url::fetch(&request, blob.as_ref()).and_then(|response| blocking::read(response, deadline))
    } else {
        blocking::fetch(&environment, request, deadline, "xmlhttprequest")
    };
    // The page did not run meanwhile.
    Agent::current().allow_time();
    match fetched {
        Ok(fetched) => {
            let head: ResponseHead = fetched.head.filtered();
            xhr.has_body.set(fetched.body.is_some());
            xhr.received.replace(fetched.body.map(Vec::from).unwrap_or_default());
            xhr.response.replace(Some(head));
            handle_response_end_of_body(realm, xhr, None)
        }
        Err(error) => {
            global_fetch::explain(&environment, &url, &error);
            let exception = if error.kind == NetworkErrorKind::TimedOut
                && deadline.is_some_and(|end| end <= Instant::now())
            {
                Exception::dom("TimeoutError", "the request took longer than its timeout")
            } else {
                Exception::dom("NetworkError", "the request failed")
            };
            // [Request error steps](https://xhr.spec.whatwg.org/#request-error-steps), 1 to 4.
            xhr.state.set(State::Done);
            xhr.send_invoked.set(false);
            xhr.reset_response();
            Err(exception)
        }
    }
}

/// [Handle response end-of-body](https://xhr.spec.whatwg.org/#handle-response-end-of-body), of a response that is no
/// network error.
/// The last `progress` event is not repeated if it told of all bytes: `told` says of how many.
fn handle_response_end_of_body(realm: &Realm, xhr: &Root<XMLHttpRequest>, told: Option<u64>) -> Fallible<()> {
    let generation = xhr.generation();
    // Steps 3 to 5.
    let transmitted = xhr.received.borrow().len() as u64;
    let length = xhr.response.borrow().as_ref().map_or(0, |response| extract_length(&response.headers));
    // Step 6.
    if !xhr.synchronous.get() && told != Some(transmitted) {
        fire(realm, &**xhr, "progress", transmitted, length)?;
        if xhr.generation() != generation {
            return Ok(());
        }
    }
    // Steps 7 to 9.
    xhr.state.set(State::Done);
    xhr.send_invoked.set(false);
    event::fire(realm, &**xhr, "readystatechange")?;
    // Steps 10 and 11.
    fire(realm, &**xhr, "load", transmitted, length)?;
    fire(realm, &**xhr, "loadend", transmitted, length)
}

/// [Request error steps](https://xhr.spec.whatwg.org/#request-error-steps), of an asynchronous request.
pub(super) fn request_error_steps(
    realm: &Realm,
    xhr: &Root<XMLHttpRequest>,
    event_type: &str,
) -> Fallible<()> {
    // Steps 1 to 3.
    xhr.state.set(State::Done);
    xhr.send_invoked.set(false);
    xhr.reset_response();
    // Step 5.
    event::fire(realm, &**xhr, "readystatechange")?;
    // Step 6.
    if !xhr.upload_complete.replace(true) && xhr.upload_listener.get() {
        let upload = xhr.upload_object(realm)?;
        fire(realm, &*upload, event_type, 0, 0)?;
        fire(realm, &*upload, "loadend", 0, 0)?;
    }
    // Steps 7 and 8.
    fire(realm, &**xhr, event_type, 0, 0)?;
    fire(realm, &**xhr, "loadend", 0, 0)
}

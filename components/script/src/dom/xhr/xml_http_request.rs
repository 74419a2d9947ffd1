//! [`XMLHttpRequest`](https://xhr.spec.whatwg.org/#interface-xmlhttprequest): its state, and the request before it is
//! sent.

use std::cell::{Cell, OnceCell, RefCell};
use std::time::{Duration, Instant};

use bgfetch_js::{
    ByteString, DomString, Exception, Fallible, Member, PlatformObject, Realm, Root, Value, platform_object,
    trace_fields,
};
use bgfetch_traits::fetch::ResponseHead;
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::net::CancelHandle;
use bytes::Bytes;
use http::Method;
use url::{Url, quirks};

use super::response::ResponseObject;
use super::{XMLHttpRequestEventTarget, XMLHttpRequestUpload, send};
use crate::agent::{Agent, TimerKey};
use crate::bindings::{
    DocumentOrBlobOrBufferSourceOrFormDataOrURLSearchParamsOrUsvString as SendBody, XMLHttpRequestMethods,
    XMLHttpRequestResponseType as ResponseType,
};
use crate::dom::events::event;
use crate::dom::fetch::{headers, request_init};
use crate::dom::file::blob_url::{self, BlobEntry};
use crate::dom::globals::window_or_worker::once;
use crate::dom::{Document, Window};
use crate::environment::Environment;
use crate::mime::MimeType;

/// `XMLHttpRequest`.
pub(crate) struct XMLHttpRequest {
    target: XMLHttpRequestEventTarget,
    upload: OnceCell<Member<XMLHttpRequestUpload>>,
    pub(super) state: Cell<State>,
    /// [`send()` invoked](https://xhr.spec.whatwg.org/#send-flag).
    pub(super) send_invoked: Cell<bool>,
    /// Milliseconds; 0 is no limit.
    pub(super) timeout: Cell<u32>,
    /// [Cross-origin credentials](https://xhr.spec.whatwg.org/#cross-origin-credentials).
    pub(super) with_credentials: Cell<bool>,
    pub(super) synchronous: Cell<bool>,
    pub(super) upload_complete: Cell<bool>,
    pub(super) upload_listener: Cell<bool>,
    pub(super) request: RefCell<Option<OpenedRequest>>,
    /// [Response](https://xhr.spec.whatwg.org/#response), as a page may see it; `None` is a network error.
    pub(super) response: RefCell<Option<ResponseHead>>,
    /// Whether the response's body is not null.
    pub(super) has_body: Cell<bool>,
    pub(super) received: RefCell<Vec<u8>>,
    pub(super) response_type: Cell<ResponseType>,
    pub(super) response_object: RefCell<ResponseObject>,
    pub(super) override_mime_type: RefCell<Option<MimeType>>,
    fetch: RefCell<Option<Controller>>,
    /// How many fetches there were: what comes of an earlier one is not for this object any more.
    generation: Cell<u64>,
}

trace_fields!(XMLHttpRequest { target, upload, response_object });
platform_object!(XMLHttpRequest: XMLHttpRequestEventTarget via target);

/// [State](https://xhr.spec.whatwg.org/#concept-xmlhttprequest-state).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Unsent,
    Opened,
    HeadersReceived,
    Loading,
    Done,
}

/// What `open()` and `setRequestHeader()` have set.
pub(super) struct OpenedRequest {
    pub(super) method: Method,
    pub(super) url: Url,
    /// The URL's [blob URL entry](https://url.spec.whatwg.org/#concept-url-blob-entry).
    pub(super) blob: Option<BlobEntry>,
    /// [Author request headers](https://xhr.spec.whatwg.org/#author-request-headers).
    pub(super) headers: HeaderList,
    /// [Request body](https://xhr.spec.whatwg.org/#request-body).
    pub(super) body: Option<Bytes>,
}

/// [Fetch controller](https://xhr.spec.whatwg.org/#xmlhttprequest-fetch-controller).
struct Controller {
    cancel: CancelHandle,
    started: Instant,
    timer: Option<TimerKey>,
}

/// [Bytes of a header value](https://fetch.spec.whatwg.org/#header-value), once normalized.
fn is_header_value(value: &[u8]) -> bool {
    !value.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r'))
}

fn invalid_state(message: &str) -> Exception {
    Exception::dom("InvalidStateError", message)
}

impl XMLHttpRequest {
    pub(super) fn upload_object(&self, realm: &Realm) -> Fallible<Root<XMLHttpRequestUpload>> {
        once(&self.upload, || realm.wrap(XMLHttpRequestUpload::new()))
    }

    /// Which fetch is the current one.
    pub(super) fn generation(&self) -> u64 {
        self.generation.get()
    }

    /// [Terminates](https://fetch.spec.whatwg.org/#fetch-controller-terminate) the fetch, if there is one.
    pub(super) fn terminate(&self) {
        self.generation.set(self.generation.get() + 1);
        let Some(controller) = self.fetch.take() else { return };
        controller.cancel.cancel();
        if let Some(timer) = controller.timer {
            Agent::current().cancel_timer(timer);
        }
    }

    /// A fetch begins.
    pub(super) fn begin(&self, realm: &Realm) -> CancelHandle {
        let cancel = CancelHandle::new();
        let controller = Controller { cancel: cancel.clone(), started: Instant::now(), timer: None };
        self.fetch.replace(Some(controller));
        self.set_timer(realm);
        cancel
    }

    /// The fetch has ended by itself.
    pub(super) fn ended(&self) {
        if let Some(timer) = self.fetch.take().and_then(|controller| controller.timer) {
            Agent::current().cancel_timer(timer);
        }
    }

    /// Waits for the timeout, counted from the begin of the fetch.
    fn set_timer(&self, realm: &Realm) {
        let mut fetch = self.fetch.borrow_mut();
        let Some(controller) = fetch.as_mut() else { return };
        if let Some(timer) = controller.timer.take() {
            Agent::current().cancel_timer(timer);
        }
        let timeout = Duration::from_millis(self.timeout.get().into());
        if timeout.is_zero() {
            return;
        }
        let remaining = timeout.saturating_sub(controller.started.elapsed());
        let (this, realm, generation) = (self.root(), realm.clone(), self.generation());
        let owner = Environment::of(&realm).id;
        let expired = move || send::timed_out(&realm, &this, generation);
        controller.timer = Some(Agent::current().after(owner, remaining, true, expired));
    }

    fn open_request(
        &self,
        realm: &Realm,
        method: &ByteString,
        url: &str,
        asynchronous: bool,
        credentials: (Option<String>, Option<String>),
    ) -> Fallible<()> {
        // Step 1.
        if is_window(realm) && Window::document_of(realm)?.context().is_none() {
            return Err(invalid_state("the document of this request's window is not shown any more"));
        }
        // Steps 2 to 4.
        let method = parse_method(method)?;
        // Steps 5 and 6.
        let parsed = match is_window(realm) {
            // Queries are in the document's encoding.
            true => Window::document_of(realm)?.parse_url(url),
            false => Environment::of(realm).parse_url(url),
        };
        let mut parsed = parsed
            .map_err(|error| Exception::dom("SyntaxError", format!("{url:?} is not a URL: {error}")))?;
        // Step 8.
        if parsed.has_host() {
            // A URL that cannot have any keeps none.
            if let Some(username) = credentials.0 {
                quirks::set_username(&mut parsed, &username).unwrap_or_default();
            }
            if let Some(password) = credentials.1 {
                quirks::set_password(&mut parsed, &password).unwrap_or_default();
            }
        }
        // Step 9.
        let unusual = self.timeout.get() != 0 || self.response_type.get() != ResponseType::Empty;
        if !asynchronous && is_window(realm) && unusual {
            return Err(Exception::dom(
                "InvalidAccessError",
                "a synchronous request of a window can have neither a timeout nor a response type",
            ));
        }
        // Step 10.
        self.terminate();
        // Step 11.
        self.send_invoked.set(false);
        let blob = blob_url::resolve(&parsed);
        let headers = HeaderList::new();
        self.request.replace(Some(OpenedRequest { method, url: parsed, blob, headers, body: None }));
        self.synchronous.set(!asynchronous);
        self.upload_listener.set(false);
        self.reset_response();
        // Step 12.
        if self.state.replace(State::Opened) != State::Opened {
            event::fire(realm, self, "readystatechange")?;
        }
        Ok(())
    }

    /// The response becomes a network error without bytes.
    pub(super) fn reset_response(&self) {
        self.response.replace(None);
        self.has_body.set(false);
        self.received.take();
        let object = self.response_object.take();
        drop(object);
    }

    fn check_opened(&self) -> Fallible<()> {
        if self.state.get() != State::Opened {
            return Err(invalid_state("the request is not open"));
        }
        if self.send_invoked.get() {
            return Err(invalid_state("the request was sent already"));
        }
        Ok(())
    }

    fn check_changeable(&self) -> Fallible<()> {
        match self.state.get() {
            State::Loading | State::Done => Err(invalid_state("the response is being loaded or is there")),
            State::Unsent | State::Opened | State::HeadersReceived => Ok(()),
        }
    }

    /// What a window may not set on a synchronous request.
    fn check_asynchronous(&self, realm: &Realm) -> Fallible<()> {
        if self.synchronous.get() && is_window(realm) {
            let message = "a synchronous request of a window can have neither a timeout nor a response type";
            return Err(Exception::dom("InvalidAccessError", message));
        }
        Ok(())
    }
}

/// [Method](https://fetch.spec.whatwg.org/#concept-method), normalized.
fn parse_method(method: &[u8]) -> Fallible<Method> {
    let text = String::from_utf8_lossy(method);
    let parsed = Method::from_bytes(method)
        .map_err(|_| Exception::dom("SyntaxError", format!("{text:?} is not a method")))?;
    if headers::is_forbidden_method(&text) {
        return Err(Exception::dom("SecurityError", format!("requests may not have the method {text}")));
    }
    Ok(request_init::normalize_method(parsed))
}

pub(super) fn is_window(realm: &Realm) -> bool {
    realm.global_as::<Window>().is_some()
}

impl XMLHttpRequestMethods for XMLHttpRequest {
    fn constructor(_: &Realm) -> Fallible<Self> {
        Ok(Self {
            target: XMLHttpRequestEventTarget::new_inherited(),
            upload: OnceCell::new(),
            state: Cell::new(State::Unsent),
            send_invoked: Cell::new(false),
            timeout: Cell::new(0),
            with_credentials: Cell::new(false),
            synchronous: Cell::new(false),
            upload_complete: Cell::new(false),
            upload_listener: Cell::new(false),
            request: RefCell::default(),
            response: RefCell::default(),
            has_body: Cell::new(false),
            received: RefCell::default(),
            response_type: Cell::new(ResponseType::Empty),
            response_object: RefCell::default(),
            override_mime_type: RefCell::default(),
            fetch: RefCell::default(),
            generation: Cell::new(0),
        })
    }

    fn ready_state(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.state.get() as u16)
    }

    fn timeout(&self, _: &Realm) -> Fallible<u32> {
        Ok(self.timeout.get())
    }

    /// [`timeout`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-timeout)
    fn set_timeout(&self, realm: &Realm, value: u32) -> Fallible<()> {
        self.check_asynchronous(realm)?;
        self.timeout.set(value);
        self.set_timer(realm);
        Ok(())
    }

    fn with_credentials(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.with_credentials.get())
    }

    /// [`withCredentials`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-withcredentials)
    fn set_with_credentials(&self, _: &Realm, value: bool) -> Fallible<()> {
        if !matches!(self.state.get(), State::Unsent | State::Opened) || self.send_invoked.get() {
            return Err(invalid_state("the request was sent already"));
        }
        self.with_credentials.set(value);
        Ok(())
    }

    fn upload(&self, realm: &Realm) -> Fallible<Root<XMLHttpRequestUpload>> {
        self.upload_object(realm)
    }

    /// [`open(method, url)`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-open)
    fn open(&self, realm: &Realm, method: ByteString, url: String) -> Fallible<()> {
        self.open_request(realm, &method, &url, true, (None, None))
    }

    /// [`open(method, url, async, username, password)`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-open)
    fn open_2(
        &self,
        realm: &Realm,
        method: ByteString,
        url: String,
        async_: bool,
        username: Option<String>,
        password: Option<String>,
    ) -> Fallible<()> {
        self.open_request(realm, &method, &url, async_, (username, password))
    }

    /// [`setRequestHeader()`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-setrequestheader)
    fn set_request_header(&self, _: &Realm, name: ByteString, value: ByteString) -> Fallible<()> {
        // Steps 1 and 2.
        self.check_opened()?;
        // Step 3.
        let value = headers::normalize(&value);
        // Step 4.
        let name = headers::name_text(&name);
        if !crate::mime::is_http_token(&name) || !is_header_value(value) {
            let message = format!("{name:?} is not a header name, or what it was given is not a value");
            return Err(Exception::dom("SyntaxError", message));
        }
        // Step 5.
        if headers::is_forbidden_request_header(&name, value) {
            return Ok(());
        }
        // Step 6.
        if let Some(request) = &mut *self.request.borrow_mut() {
            let combined = match request.headers.get(&name) {
                Some(mut before) => {
                    before.extend_from_slice(b", ");
                    before.extend_from_slice(value);
                    before
                }
                None => value.to_vec(),
            };
            request.headers.set(&name, combined);
        }
        Ok(())
    }

    /// [`send()`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-send)
    fn send(&self, realm: &Realm, body: Option<SendBody>) -> Fallible<()> {
        // Steps 1 and 2.
        self.check_opened()?;
        send::send(realm, &self.root(), body)
    }

    /// [`abort()`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-abort)
    fn abort(&self, realm: &Realm) -> Fallible<()> {
        // Step 1.
        self.terminate();
        // Step 2.
        let running = match self.state.get() {
            State::Opened => self.send_invoked.get(),
            State::HeadersReceived | State::Loading => true,
            State::Unsent | State::Done => false,
        };
        if running {
            send::request_error_steps(realm, &self.root(), "abort")?;
        }
        // Step 3.
        if self.state.get() == State::Done {
            self.state.set(State::Unsent);
            self.response.replace(None);
        }
        Ok(())
    }

    fn response_url(&self, _: &Realm) -> Fallible<String> {
        let response = self.response.borrow();
        Ok(response.as_ref().and_then(ResponseHead::url).map_or_else(String::new, |url| {
            let mut url = url.clone();
            url.set_fragment(None);
            url.into()
        }))
    }

    fn status(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.response.borrow().as_ref().map_or(0, |response| response.status))
    }

    fn status_text(&self, _: &Realm) -> Fallible<ByteString> {
        let response = self.response.borrow();
        Ok(ByteString(response.as_ref().map(|response| response.status_text.clone()).unwrap_or_default()))
    }

    fn get_response_header(&self, _: &Realm, name: ByteString) -> Fallible<Option<ByteString>> {
        let response = self.response.borrow();
        let value = response.as_ref().and_then(|response| response.headers.get(&headers::name_text(&name)));
        Ok(value.map(ByteString))
    }

    /// [`getAllResponseHeaders()`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-getallresponseheaders)
    fn get_all_response_headers(&self, _: &Realm) -> Fallible<ByteString> {
        let response = self.response.borrow();
        let Some(response) = &*response else { return Ok(ByteString(Vec::new())) };
        let mut headers = response.headers.sort_and_combine();
        headers.sort_by_key(|(name, _)| name.to_ascii_uppercase());
        let mut output = Vec::new();
        for (name, value) in headers {
            output.extend_from_slice(name.as_bytes());
            output.extend_from_slice(b": ");
            output.extend_from_slice(&value);
            output.extend_from_slice(b"\r\n");
        }
        Ok(ByteString(output))
    }

    /// [`overrideMimeType()`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-overridemimetype)
    fn override_mime_type(&self, _: &Realm, mime: DomString) -> Fallible<()> {
        self.check_changeable()?;
        let parsed = MimeType::parse(&mime);
        let parsed = parsed.or_else(|| MimeType::parse("application/octet-stream"));
        self.override_mime_type.replace(parsed);
        Ok(())
    }

    fn response_type(&self, _: &Realm) -> Fallible<ResponseType> {
        Ok(self.response_type.get())
    }

    /// [`responseType`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-responsetype)
    fn set_response_type(&self, realm: &Realm, value: ResponseType) -> Fallible<()> {
        if value == ResponseType::Document && !is_window(realm) {
            return Ok(());
        }
        self.check_changeable()?;
        self.check_asynchronous(realm)?;
        self.response_type.set(value);
        Ok(())
    }

    fn response(&self, realm: &Realm) -> Fallible<Value> {
        self.response_value(realm)
    }

    /// [`responseText`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-responsetext)
    fn response_text(&self, _: &Realm) -> Fallible<String> {
        if !matches!(self.response_type.get(), ResponseType::Empty | ResponseType::Text) {
            return Err(invalid_state("responseText is for the response types \"\" and \"text\""));
        }
        Ok(match self.state.get() {
            State::Loading | State::Done => self.text_response(),
            State::Unsent | State::Opened | State::HeadersReceived => String::new(),
        })
    }

    /// [`responseXML`](https://xhr.spec.whatwg.org/#dom-xmlhttprequest-responsexml)
    fn response_xml(&self, realm: &Realm) -> Fallible<Option<Root<Document>>> {
        if !matches!(self.response_type.get(), ResponseType::Empty | ResponseType::Document) {
            return Err(invalid_state("responseXML is for the response types \"\" and \"document\""));
        }
        if self.state.get() != State::Done {
            return Ok(None);
        }
        self.document_response(realm)
    }
}

//! [`Request`](https://fetch.spec.whatwg.org/#request-class).

use std::cell::RefCell;

use bgfetch_js::{
    ByteString, DomString, Exception, Fallible, Member, Realm, Reflector, Root, platform_object, trace_fields,
};
use bgfetch_traits::fetch::{self, RequestBody, RequestHead};

use super::body::{Body, BodyOwner, body_mixin};
use super::headers::{Guard, Headers};
use super::request_init;
use crate::bindings::{
    ReferrerPolicy, RequestCache, RequestCredentials, RequestDestination, RequestDuplex, RequestInfo,
    RequestInit, RequestMethods, RequestMode, RequestRedirect,
};
use crate::dom::AbortSignal;
use crate::dom::file::blob_url::{self, BlobEntry};
use crate::mime::MimeType;

/// `Request`.
pub(crate) struct Request {
    reflector: Reflector,
    /// All but the header list, which is that of `headers`.
    head: RequestHead,
    /// The URL's [blob URL entry](https://url.spec.whatwg.org/#concept-url-blob-entry).
    blob: Option<BlobEntry>,
    headers: Member<Headers>,
    body: RefCell<Option<Body>>,
    signal: Member<AbortSignal>,
}

trace_fields!(Request { headers, body, signal });
platform_object!(Request);
body_mixin!(Request);

impl BodyOwner for Request {
    fn current_body(&self) -> Option<Body> {
        self.body.borrow().clone()
    }

    fn mime_type(&self) -> Option<MimeType> {
        MimeType::extract(&self.headers.list())
    }
}

impl Request {
    /// The parts of one, before it has an object.
    pub(super) fn of(
        head: RequestHead,
        headers: Root<Headers>,
        body: Option<Body>,
        signal: Root<AbortSignal>,
    ) -> Self {
        Self {
            reflector: Reflector::new(),
            blob: blob_url::resolve(&head.url),
            head,
            headers: headers.into(),
            body: RefCell::new(body),
            signal: signal.into(),
        }
    }

    /// An object for a request of the platform's own: of a fetch event, a record, a cache. Its headers are immutable
    /// where `guard` says so.
    pub(crate) fn create(
        realm: &Realm,
        head: RequestHead,
        body: Option<Body>,
        guard: Guard,
        signal: Option<Root<AbortSignal>>,
    ) -> Fallible<Root<Self>> {
        let headers = Headers::create(realm, head.headers.clone(), guard)?;
        let signal = match signal {
            Some(signal) => signal,
            None => realm.wrap(AbortSignal::new())?,
        };
        realm.wrap(Self::of(head, headers, body, signal))
    }

    /// The request that a method was given.
    pub(crate) fn from_info(realm: &Realm, input: RequestInfo, init: RequestInit) -> Fallible<Root<Self>> {
        realm.wrap(request_init::construct(realm, input, init)?)
    }

    /// The request itself, without its body.
    pub(crate) fn head(&self) -> RequestHead {
        let mut head = self.head.clone();
        head.headers = self.headers.list();
        head
    }

    /// What its URL stands for, if that is a blob URL.
    pub(super) fn blob_entry(&self) -> Option<BlobEntry> {
        self.blob.clone()
    }

    /// Of a request that was made from another one.
    pub(super) fn with_blob_entry(self, blob: Option<BlobEntry>) -> Self {
        Self { blob, ..self }
    }

    pub(super) fn headers_object(&self) -> &Root<Headers> {
        &self.headers
    }

    /// Its signal.
    pub(crate) fn abort_signal(&self) -> Root<AbortSignal> {
        (*self.signal).clone()
    }

    /// The stream of its body.
    pub(super) fn stream(&self) -> Option<Root<crate::dom::ReadableStream>> {
        self.body.borrow().as_ref().map(|body| (*body.stream).clone())
    }

    /// Takes its body; it is used from here on.
    ///
    /// # Errors
    /// A `TypeError` if it was used before.
    pub(crate) fn take_body(&self, realm: &Realm) -> Fallible<Option<RequestBody>> {
        let body = self.body.borrow().clone();
        body.map(|body| body.into_request_body(realm)).transpose()
    }

    /// Whether its body was used, or is being.
    pub(crate) fn is_unusable(&self) -> bool {
        self.body.borrow().as_ref().is_some_and(Body::is_unusable)
    }
}

/// The IDL's value of a string that both know.
fn known<T>(value: Option<T>) -> Fallible<T> {
    value.ok_or_else(|| Exception::type_error("the value is not one that the interface knows"))
}

impl RequestMethods for Request {
    fn constructor(realm: &Realm, input: RequestInfo, init: RequestInit) -> Fallible<Self> {
        request_init::construct(realm, input, init)
    }

    fn method(&self, _: &Realm) -> Fallible<ByteString> {
        Ok(self.head.method.as_str().into())
    }

    fn url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.head.url.as_str().to_owned())
    }

    fn headers(&self, _: &Realm) -> Fallible<Root<Headers>> {
        Ok((*self.headers).clone())
    }

    fn destination(&self, _: &Realm) -> Fallible<RequestDestination> {
        // Destinations that the IDL does not show are those of requests that pages never get.
        Ok(RequestDestination::from_str(self.head.destination.as_str()).unwrap_or(RequestDestination::Empty))
    }

    fn referrer(&self, _: &Realm) -> Fallible<String> {
        Ok(match &self.head.referrer {
            fetch::Referrer::NoReferrer => String::new(),
            fetch::Referrer::Client => "about:client".into(),
            fetch::Referrer::Url(url) => url.as_str().to_owned(),
        })
    }

    fn referrer_policy(&self, _: &Realm) -> Fallible<ReferrerPolicy> {
        known(ReferrerPolicy::from_str(self.head.referrer_policy.as_str()))
    }

    fn mode(&self, _: &Realm) -> Fallible<RequestMode> {
        known(RequestMode::from_str(self.head.mode.as_str()))
    }

    fn credentials(&self, _: &Realm) -> Fallible<RequestCredentials> {
        known(RequestCredentials::from_str(self.head.credentials.as_str()))
    }

    fn cache(&self, _: &Realm) -> Fallible<RequestCache> {
        known(RequestCache::from_str(self.head.cache.as_str()))
    }

    fn redirect(&self, _: &Realm) -> Fallible<RequestRedirect> {
        known(RequestRedirect::from_str(self.head.redirect.as_str()))
    }

    fn integrity(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.head.integrity.as_str().into())
    }

    fn keepalive(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.head.keepalive)
    }

    fn is_reload_navigation(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.head.reload_navigation)
    }

    fn is_history_navigation(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.head.history_navigation)
    }

    fn signal(&self, _: &Realm) -> Fallible<Root<AbortSignal>> {
        Ok((*self.signal).clone())
    }

    fn duplex(&self, _: &Realm) -> Fallible<RequestDuplex> {
        Ok(RequestDuplex::Half)
    }

    /// [`clone()`](https://fetch.spec.whatwg.org/#dom-request-clone)
    fn clone(&self, realm: &Realm) -> Fallible<Root<Self>> {
        // Step 1.
        if self.is_unusable() {
            return Err(Exception::type_error("the request's body is locked or was read before"));
        }
        // Steps 2 to 4.
        let body = self.body.borrow().clone();
        let cloned = match body {
            None => None,
            Some(mut body) => {
                let second = body.tee(realm)?;
                let replaced = self.body.replace(Some(body));
                drop(replaced);
                Some(second)
            }
        };
        let headers = Headers::create(realm, self.headers.list(), self.headers.guard())?;
        let signal = AbortSignal::create_dependent(realm, &[(*self.signal).clone()])?;
        let request = Self::of(self.head.clone(), headers, cloned, signal);
        realm.wrap(request.with_blob_entry(self.blob_entry()))
    }
}

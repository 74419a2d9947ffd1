//! [`Response`](https://fetch.spec.whatwg.org/#response-class).

use std::cell::RefCell;

use bgfetch_js::{
    ByteString, DomString, Exception, Fallible, FromJs, Member, Realm, Reflector, Root, Value,
    platform_object, trace_fields,
};
use bgfetch_traits::fetch::{self, ResponseHead};

use super::body::{Body, BodyOwner, body_mixin};
use super::headers::{Guard, Headers};
use crate::bindings::{BodyInit, ResponseInit, ResponseMethods, ResponseType};
use crate::environment::Environment;
use crate::mime::MimeType;

/// `Response`.
pub(crate) struct Response {
    reflector: Reflector,
    /// Unfiltered; where the headers are not immutable, the header list is that of `headers`.
    head: RefCell<ResponseHead>,
    headers: Member<Headers>,
    body: RefCell<Option<Body>>,
}

trace_fields!(Response { headers, body });
platform_object!(Response);
body_mixin!(Response);

impl BodyOwner for Response {
    fn current_body(&self) -> Option<Body> {
        let kind = self.head.borrow().kind;
        if matches!(kind, fetch::ResponseType::Opaque | fetch::ResponseType::OpaqueRedirect) {
            // What a page may not read is a null body to it.
            return None;
        }
        self.body.borrow().clone()
    }

    fn mime_type(&self) -> Option<MimeType> {
        MimeType::extract(&self.headers.list())
    }
}

impl Response {
    fn of(head: ResponseHead, headers: Root<Headers>, body: Option<Body>) -> Self {
        Self {
            reflector: Reflector::new(),
            head: RefCell::new(head),
            headers: headers.into(),
            body: RefCell::new(body),
        }
    }

    /// An object for a response of the platform's own: what a page may see of it, and immutable headers.
    pub(crate) fn create(realm: &Realm, response: fetch::Response) -> Fallible<Root<Self>> {
        let body = response.body.map(|reader| Body::of_reader(realm, reader)).transpose()?;
        let headers = Headers::create(realm, response.head.filtered().headers, Guard::Immutable)?;
        realm.wrap(Self::of(response.head, headers, body))
    }

    /// The response itself, unfiltered, without its body.
    pub(crate) fn head(&self) -> ResponseHead {
        let mut head = self.head.borrow().clone();
        if self.headers.guard() != Guard::Immutable {
            head.headers = self.headers.list();
        }
        head
    }

    /// The response with its body; the body is used from here on.
    ///
    /// # Errors
    /// A `TypeError` if it was used before.
    pub(crate) fn to_fetch_response(&self, realm: &Realm) -> Fallible<fetch::Response> {
        let body = self.body.borrow().clone();
        let reader = body.map(|body| body.stream.take_bytes(realm)).transpose()?;
        Ok(fetch::Response::new(self.head(), reader))
    }

    /// Whether its body was used, or is being.
    pub(crate) fn is_unusable(&self) -> bool {
        self.body.borrow().as_ref().is_some_and(Body::is_unusable)
    }

    /// The stream of its body.
    pub(crate) fn stream(&self) -> Option<Root<crate::dom::ReadableStream>> {
        self.body.borrow().as_ref().map(|body| (*body.stream).clone())
    }

    fn visible(&self) -> ResponseHead {
        self.head.borrow().filtered()
    }
}

/// [Initializes a response](https://fetch.spec.whatwg.org/#initialize-a-response).
fn initialize(realm: &Realm, init: ResponseInit, body: Option<(Body, Option<String>)>) -> Fallible<Response> {
    // Step 1.
    if !(200..=599).contains(&init.status) {
        return Err(Exception::range_error(format!(
            "the status is {}, but must be from 200 to 599",
            init.status
        )));
    }
    // Step 2: reason-phrase.
    let text = init.status_text;
    if text.iter().any(|byte| (*byte < 0x20 && *byte != b'\t') || *byte == 0x7f) {
        return Err(Exception::type_error("the status text has control characters"));
    }
    // Steps 3 to 5.
    let head = ResponseHead { status: init.status, status_text: text.0, ..ResponseHead::default() };
    let headers = Headers::create(realm, head.headers.clone(), Guard::Response)?;
    if let Some(given) = init.headers {
        headers.fill(given)?;
    }
    // Step 6.
    let body = match body {
        None => None,
        Some(_) if matches!(init.status, 101 | 103 | 204 | 205 | 304) => {
            return Err(Exception::type_error(format!(
                "a response with the status {} cannot have a body",
                init.status
            )));
        }
        Some((body, content_type)) => {
            if let Some(content_type) = content_type {
                headers.add_default("Content-Type", &content_type);
            }
            Some(body)
        }
    };
    Ok(Response::of(head, headers, body))
}

impl ResponseMethods for Response {
    fn constructor(realm: &Realm, body: Option<BodyInit>, init: ResponseInit) -> Fallible<Self> {
        let body = body.map(|body| Body::extract(realm, body, false)).transpose()?;
        initialize(realm, init, body)
    }

    /// [`Response.error()`](https://fetch.spec.whatwg.org/#dom-response-error)
    fn error(realm: &Realm) -> Fallible<Root<Self>> {
        let head = ResponseHead { kind: fetch::ResponseType::Error, status: 0, ..ResponseHead::default() };
        let headers = Headers::create(realm, head.headers.clone(), Guard::Immutable)?;
        realm.wrap(Self::of(head, headers, None))
    }

    /// [`Response.redirect()`](https://fetch.spec.whatwg.org/#dom-response-redirect)
    fn redirect(realm: &Realm, url: String, status: u16) -> Fallible<Root<Self>> {
        let parsed = Environment::of(realm).parse_url(&url);
        let parsed =
            parsed.map_err(|error| Exception::type_error(format!("{url:?} is not a URL: {error}")))?;
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return Err(Exception::range_error(format!("{status} is not the status of a redirect")));
        }
        let mut head = ResponseHead { status, ..ResponseHead::default() };
        head.headers.append("Location", parsed.as_str());
        let headers = Headers::create(realm, head.headers.clone(), Guard::Immutable)?;
        realm.wrap(Self::of(head, headers, None))
    }

    /// [`Response.json()`](https://fetch.spec.whatwg.org/#dom-response-json)
    fn json(realm: &Realm, data: Value, init: ResponseInit) -> Fallible<Root<Self>> {
        let text = realm.stringify_json(&data)?;
        if text.is_undefined() {
            return Err(Exception::type_error("the value has no JSON"));
        }
        let bytes = DomString::from_js(realm, &text)?.into_string().into_bytes();
        let body = Body::of_bytes(realm, bytes.into())?;
        realm.wrap(initialize(realm, init, Some((body, Some("application/json".into()))))?)
    }

    fn type_(&self, _: &Realm) -> Fallible<ResponseType> {
        let kind = ResponseType::from_str(self.head.borrow().kind.as_str());
        kind.ok_or_else(|| Exception::type_error("the response's type is not one that the interface knows"))
    }

    fn url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.visible().url().map_or_else(String::new, |url| {
            let mut url = url.clone();
            url.set_fragment(None);
            url.into()
        }))
    }

    fn redirected(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.visible().url_list.len() > 1)
    }

    fn status(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.visible().status)
    }

    fn ok(&self, _: &Realm) -> Fallible<bool> {
        Ok(self.visible().is_ok())
    }

    fn status_text(&self, _: &Realm) -> Fallible<ByteString> {
        Ok(ByteString(self.visible().status_text))
    }

    fn headers(&self, _: &Realm) -> Fallible<Root<Headers>> {
        Ok((*self.headers).clone())
    }

    /// [`clone()`](https://fetch.spec.whatwg.org/#dom-response-clone)
    fn clone(&self, realm: &Realm) -> Fallible<Root<Self>> {
        // Step 1.
        if self.is_unusable() {
            return Err(Exception::type_error("the response's body is locked or was read before"));
        }
        // Step 2.
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
        // Step 3.
        let headers = Headers::create(realm, self.headers.list(), self.headers.guard())?;
        realm.wrap(Self::of(self.head(), headers, cloned))
    }
}

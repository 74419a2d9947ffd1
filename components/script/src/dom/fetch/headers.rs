//! [`Headers`](https://fetch.spec.whatwg.org/#headers-class).

use std::cell::{Cell, RefCell};

use bgfetch_js::{ByteString, Exception, Fallible, Realm, Reflector, Root, platform_object, trace_fields};
use bgfetch_traits::fetch::is_forbidden_response_header_name;
use bgfetch_traits::headers::HeaderList;

use crate::bindings::{HeadersInit, HeadersMethods};
use crate::mime::{MimeType, is_http_token, split_header};

/// `Headers`.
pub(crate) struct Headers {
    reflector: Reflector,
    list: RefCell<HeaderList>,
    guard: Cell<Guard>,
}

trace_fields!(Headers {});
platform_object!(Headers);

/// [Guard](https://fetch.spec.whatwg.org/#headers-guard).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guard {
    /// "none"
    None,
    /// "immutable"
    Immutable,
    /// "request"
    Request,
    /// "request-no-cors"
    RequestNoCors,
    /// "response"
    Response,
}

impl Headers {
    /// An object that shows a header list.
    pub(crate) fn create(realm: &Realm, list: HeaderList, guard: Guard) -> Fallible<Root<Self>> {
        realm.wrap(Self { reflector: Reflector::new(), list: RefCell::new(list), guard: Cell::new(guard) })
    }

    /// The header list.
    pub(crate) fn list(&self) -> HeaderList {
        self.list.borrow().clone()
    }

    pub(super) fn guard(&self) -> Guard {
        self.guard.get()
    }

    pub(super) fn replace(&self, list: HeaderList, guard: Guard) {
        *self.list.borrow_mut() = list;
        self.guard.set(guard);
    }

    /// Adds a header without asking the guard, if there is none of that name.
    pub(super) fn add_default(&self, name: &str, value: &str) {
        let mut list = self.list.borrow_mut();
        if !list.contains(name) {
            list.append(name, value);
        }
    }

    /// [Fills](https://fetch.spec.whatwg.org/#concept-headers-fill) it.
    pub(super) fn fill(&self, init: HeadersInit) -> Fallible<()> {
        match init {
            HeadersInit::ByteStringSequenceSequence(pairs) => pairs.into_iter().try_for_each(|pair| {
                let count = pair.len();
                match <[ByteString; 2]>::try_from(pair) {
                    Ok([name, value]) => self.append_header(&name, &value),
                    Err(_) => Err(Exception::type_error(format!(
                        "each header has a name and a value, but one has {count} items"
                    ))),
                }
            }),
            HeadersInit::ByteStringByteStringRecord(record) => {
                record.iter().try_for_each(|(name, value)| self.append_header(name, value))
            }
        }
    }

    /// [Validates](https://fetch.spec.whatwg.org/#headers-validate) a header: whether it may be changed.
    fn validate(&self, name: &str, value: &[u8]) -> Fallible<bool> {
        if !is_http_token(name) {
            return Err(Exception::type_error(format!("{name:?} is not a header name")));
        }
        if value.iter().any(|byte| matches!(byte, 0 | b'\n' | b'\r')) {
            return Err(Exception::type_error(format!(
                "the value of the header {name} has a NUL or a line break"
            )));
        }
        match self.guard.get() {
            Guard::Immutable => Err(Exception::type_error("the headers are immutable")),
            Guard::Request => Ok(!is_forbidden_request_header(name, value)),
            Guard::Response => Ok(!is_forbidden_response_header_name(name)),
            Guard::None | Guard::RequestNoCors => Ok(true),
        }
    }

    /// [Appends](https://fetch.spec.whatwg.org/#concept-headers-append).
    fn append_header(&self, name: &ByteString, value: &ByteString) -> Fallible<()> {
        let value = normalize(value);
        let name = name_text(name);
        if !self.validate(&name, value)? {
            return Ok(());
        }
        if self.guard.get() == Guard::RequestNoCors {
            let combined = match self.list.borrow().get(&name) {
                Some(before) => [&before, b", ".as_slice(), value].concat(),
                None => value.to_vec(),
            };
            if !is_no_cors_safelisted(&name, &combined) {
                return Ok(());
            }
        }
        self.list.borrow_mut().append(&name, value);
        self.remove_privileged();
        Ok(())
    }

    /// [Removes privileged no-CORS request-headers](https://fetch.spec.whatwg.org/#concept-headers-remove-privileged-no-cors-request-headers).
    fn remove_privileged(&self) {
        if self.guard.get() == Guard::RequestNoCors {
            self.list.borrow_mut().delete("range");
        }
    }
}

/// [Normalizes](https://fetch.spec.whatwg.org/#concept-header-value-normalize) a value.
pub(crate) fn normalize(value: &[u8]) -> &[u8] {
    let space = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' ');
    let start = value.iter().position(|byte| !space(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !space(byte)).map_or(start, |last| last + 1);
    value.get(start..end).unwrap_or(&[])
}

/// Bytes that are no token become characters that are none either.
pub(crate) fn name_text(name: &[u8]) -> String {
    name.iter().copied().map(char::from).collect()
}

/// [Forbidden request-header](https://fetch.spec.whatwg.org/#forbidden-request-header).
pub(crate) fn is_forbidden_request_header(name: &str, value: &[u8]) -> bool {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "accept-charset"
        | "accept-encoding"
        | "access-control-request-headers"
        | "access-control-request-method"
        | "access-control-request-private-network"
        | "connection"
        | "content-length"
        | "cookie"
        | "cookie2"
        | "date"
        | "dnt"
        | "expect"
        | "host"
        | "keep-alive"
        | "origin"
        | "referer"
        | "set-cookie"
        | "te"
        | "trailer"
        | "transfer-encoding"
        | "upgrade"
        | "via" => true,
        "x-http-method" | "x-http-method-override" | "x-method-override" => {
            let value: String = value.iter().copied().map(char::from).collect();
            split_header(&value).iter().any(|method| is_forbidden_method(method))
        }
        _ => name.starts_with("proxy-") || name.starts_with("sec-"),
    }
}

/// [Forbidden method](https://fetch.spec.whatwg.org/#forbidden-method).
pub(crate) fn is_forbidden_method(method: &str) -> bool {
    ["connect", "trace", "track"].iter().any(|forbidden| method.eq_ignore_ascii_case(forbidden))
}

/// [No-CORS-safelisted request-header](https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header).
fn is_no_cors_safelisted(name: &str, value: &[u8]) -> bool {
    is_no_cors_safelisted_name(name) && is_cors_safelisted_value(name, value)
}

/// [No-CORS-safelisted request-header name](https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header-name).
fn is_no_cors_safelisted_name(name: &str) -> bool {
    let safe = ["accept", "accept-language", "content-language", "content-type"];
    safe.iter().any(|safe| name.eq_ignore_ascii_case(safe))
}

/// [CORS-safelisted request-header](https://fetch.spec.whatwg.org/#cors-safelisted-request-header), of those four names.
pub(crate) fn is_cors_safelisted_value(name: &str, value: &[u8]) -> bool {
    let unsafe_byte =
        |byte: &u8| (*byte < 0x20 && *byte != b'\t') || b"\"():<>?@[\\]{}".contains(byte) || *byte == 0x7f;
    if value.len() > 128 {
        return false;
    }
    match name.to_ascii_lowercase().as_str() {
        "accept" => !value.iter().any(unsafe_byte),
        "accept-language" | "content-language" => {
            value.iter().all(|byte| byte.is_ascii_alphanumeric() || b" *,-.;=".contains(byte))
        }
        "content-type" => {
            let text: String = value.iter().copied().map(char::from).collect();
            let safe = ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
            !value.iter().any(unsafe_byte)
                && MimeType::parse(&text).is_some_and(|parsed| safe.contains(&parsed.essence.as_str()))
        }
        _ => false,
    }
}

impl HeadersMethods for Headers {
    fn constructor(_: &Realm, init: Option<HeadersInit>) -> Fallible<Self> {
        let headers =
            Self { reflector: Reflector::new(), list: RefCell::default(), guard: Cell::new(Guard::None) };
        if let Some(init) = init {
            headers.fill(init)?;
        }
        Ok(headers)
    }

    fn append(&self, _: &Realm, name: ByteString, value: ByteString) -> Fallible<()> {
        self.append_header(&name, &value)
    }

    /// [`delete()`](https://fetch.spec.whatwg.org/#dom-headers-delete)
    fn delete(&self, _: &Realm, name: ByteString) -> Fallible<()> {
        let name = name_text(&name);
        if !self.validate(&name, b"")? {
            return Ok(());
        }
        let no_cors = self.guard.get() == Guard::RequestNoCors;
        if no_cors && !is_no_cors_safelisted_name(&name) && !name.eq_ignore_ascii_case("range") {
            return Ok(());
        }
        self.list.borrow_mut().delete(&name);
        self.remove_privileged();
        Ok(())
    }

    fn get(&self, _: &Realm, name: ByteString) -> Fallible<Option<ByteString>> {
        let name = checked_name(&name)?;
        Ok(self.list.borrow().get(&name).map(ByteString))
    }

    fn get_set_cookie(&self, _: &Realm) -> Fallible<Vec<ByteString>> {
        Ok(self.list.borrow().get_all("set-cookie").map(|value| ByteString(value.to_vec())).collect())
    }

    fn has(&self, _: &Realm, name: ByteString) -> Fallible<bool> {
        let name = checked_name(&name)?;
        Ok(self.list.borrow().contains(&name))
    }

    /// [`set()`](https://fetch.spec.whatwg.org/#dom-headers-set)
    fn set(&self, _: &Realm, name: ByteString, value: ByteString) -> Fallible<()> {
        let value = normalize(&value);
        let name = name_text(&name);
        if !self.validate(&name, value)? {
            return Ok(());
        }
        if self.guard.get() == Guard::RequestNoCors && !is_no_cors_safelisted(&name, value) {
            return Ok(());
        }
        self.list.borrow_mut().set(&name, value);
        self.remove_privileged();
        Ok(())
    }

    fn pair_at(&self, _: &Realm, index: usize) -> Fallible<Option<(ByteString, ByteString)>> {
        let pair = self.list.borrow().sort_and_combine().into_iter().nth(index);
        Ok(pair.map(|(name, value)| (ByteString(name.into_bytes()), ByteString(value))))
    }
}

fn checked_name(name: &ByteString) -> Fallible<String> {
    let name = name_text(name);
    if is_http_token(&name) {
        Ok(name)
    } else {
        Err(Exception::type_error(format!("{name:?} is not a header name")))
    }
}

//! [Requests, responses](https://fetch.spec.whatwg.org/#infrastructure) and network errors.

use bytes::Bytes;
use http::Method;
use serde::{Deserialize, Serialize};
use url::{Origin, Url};

use crate::body::BodyReader;
use crate::headers::HeaderList;
use crate::policy::{Client, PolicyContainer};

/// Declares an enum whose variants have the string that the specification gives them.
macro_rules! string_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $(#[doc = concat!("`", $text, "`.")] $(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The specification's string.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The variant that the specification calls `text`.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use string_enum;

string_enum!(
    /// [Request mode](https://fetch.spec.whatwg.org/#concept-request-mode).
    RequestMode {
        SameOrigin = "same-origin", Cors = "cors", #[default] NoCors = "no-cors", Navigate = "navigate",
        WebSocket = "websocket",
    }
);
string_enum!(
    /// [Credentials mode](https://fetch.spec.whatwg.org/#concept-request-credentials-mode).
    CredentialsMode { Omit = "omit", #[default] SameOrigin = "same-origin", Include = "include" }
);
string_enum!(
    /// [Cache mode](https://fetch.spec.whatwg.org/#concept-request-cache-mode).
    CacheMode {
        #[default] Default = "default", NoStore = "no-store", Reload = "reload", NoCache = "no-cache",
        ForceCache = "force-cache", OnlyIfCached = "only-if-cached",
    }
);
string_enum!(
    /// [Redirect mode](https://fetch.spec.whatwg.org/#concept-request-redirect-mode).
    RedirectMode { #[default] Follow = "follow", Error = "error", Manual = "manual" }
);
string_enum!(
    /// [Referrer policy](https://w3c.github.io/webappsec-referrer-policy/#referrer-policy).
    ReferrerPolicy {
        #[default] Empty = "", NoReferrer = "no-referrer", NoReferrerWhenDowngrade = "no-referrer-when-downgrade",
        SameOrigin = "same-origin", Origin = "origin", StrictOrigin = "strict-origin",
        OriginWhenCrossOrigin = "origin-when-cross-origin",
        StrictOriginWhenCrossOrigin = "strict-origin-when-cross-origin", UnsafeUrl = "unsafe-url",
    }
);
string_enum!(
    /// [Destination](https://fetch.spec.whatwg.org/#concept-request-destination), of those that this engine makes.
    Destination {
        #[default] Empty = "", Document = "document", Iframe = "iframe", Image = "image", Manifest = "manifest",
        Report = "report", Script = "script", ServiceWorker = "serviceworker", SharedWorker = "sharedworker",
        Style = "style", Worker = "worker", Audio = "audio", AudioWorklet = "audioworklet", Embed = "embed",
        Font = "font", Frame = "frame", Json = "json", Object = "object", PaintWorklet = "paintworklet",
        Track = "track", Video = "video", Xslt = "xslt",
    }
);
string_enum!(
    /// [Parser metadata](https://fetch.spec.whatwg.org/#concept-request-parser-metadata).
    ParserMetadata {
        #[default] None = "", ParserInserted = "parser-inserted", NotParserInserted = "not-parser-inserted",
    }
);
string_enum!(
    /// [Response type](https://fetch.spec.whatwg.org/#concept-response-type).
    ResponseType {
        Basic = "basic", Cors = "cors", #[default] Default = "default", Error = "error", Opaque = "opaque",
        OpaqueRedirect = "opaqueredirect",
    }
);
string_enum!(
    /// Order in which the scheduler prefers requests of one kind over another.
    Priority {
        /// What a page waits for.
        #[default] Foreground = "foreground",
        /// What outlives pages: background fetches.
        Background = "background",
    }
);

/// [Referrer](https://fetch.spec.whatwg.org/#concept-request-referrer).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Referrer {
    /// "no-referrer".
    NoReferrer,
    /// "client": what the request's client says.
    #[default]
    Client,
    /// A URL.
    Url(Url),
}

/// [A request](https://fetch.spec.whatwg.org/#concept-request) without client and body: what is stored of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestHead {
    /// Method, normalized.
    #[serde(with = "method_text")]
    pub method: Method,
    /// The URL as requested, with its fragment; redirects are in [`ResponseHead::url_list`].
    pub url: Url,
    /// Header list.
    pub headers: HeaderList,
    /// Mode.
    pub mode: RequestMode,
    /// Credentials mode.
    pub credentials: CredentialsMode,
    /// Cache mode.
    pub cache: CacheMode,
    /// Redirect mode.
    pub redirect: RedirectMode,
    /// Referrer.
    pub referrer: Referrer,
    /// Referrer policy.
    pub referrer_policy: ReferrerPolicy,
    /// Destination.
    pub destination: Destination,
    /// Integrity metadata.
    pub integrity: String,
    /// [Cryptographic nonce metadata](https://fetch.spec.whatwg.org/#concept-request-nonce-metadata).
    #[serde(default)]
    pub nonce: Box<str>,
    /// [Parser metadata](https://fetch.spec.whatwg.org/#concept-request-parser-metadata).
    #[serde(default)]
    pub parser_metadata: ParserMetadata,
    /// Keepalive flag.
    pub keepalive: bool,
    /// Whether the author set a header or method that needs a preflight even when it looks simple.
    pub use_cors_preflight: bool,
    /// [Use-URL-credentials flag](https://fetch.spec.whatwg.org/#concept-request-use-url-credentials-flag): the user name and
    /// password in the URL count more than those that the server was given before.
    #[serde(default)]
    pub use_url_credentials: bool,
    /// [Unsafe-request flag](https://fetch.spec.whatwg.org/#unsafe-request-flag): set by `fetch()` and `Request`.
    pub unsafe_request: bool,
    /// [Reload-navigation flag](https://fetch.spec.whatwg.org/#concept-request-reload-navigation-flag).
    #[serde(default)]
    pub reload_navigation: bool,
    /// [History-navigation flag](https://fetch.spec.whatwg.org/#concept-request-history-navigation-flag).
    #[serde(default)]
    pub history_navigation: bool,
    /// [Top-level navigation initiator origin](https://fetch.spec.whatwg.org/#request-top-level-navigation-initiator-origin),
    /// serialized.
    #[serde(default)]
    pub top_level_navigation_initiator: Option<String>,
    /// What is before `url` in the [URL list](https://fetch.spec.whatwg.org/#concept-request-url-list): a navigation is
    /// redirected by whoever navigates.
    #[serde(default)]
    pub redirected_from: Vec<Url>,
    /// [Origin](https://fetch.spec.whatwg.org/#concept-request-origin), where it is not the client's: of a navigation's
    /// request that a service worker passes on, the origin of who navigates. Never stored.
    #[serde(skip)]
    pub origin: Option<Box<Origin>>,
}

impl RequestHead {
    /// A `GET` of `url` with the initial value of everything else.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            method: Method::GET,
            url,
            headers: HeaderList::new(),
            mode: RequestMode::default(),
            credentials: CredentialsMode::default(),
            cache: CacheMode::default(),
            redirect: RedirectMode::default(),
            referrer: Referrer::default(),
            referrer_policy: ReferrerPolicy::default(),
            destination: Destination::default(),
            integrity: String::new(),
            nonce: Box::default(),
            parser_metadata: ParserMetadata::default(),
            keepalive: false,
            use_cors_preflight: false,
            use_url_credentials: false,
            unsafe_request: false,
            reload_navigation: false,
            history_navigation: false,
            top_level_navigation_initiator: None,
            redirected_from: Vec::new(),
            origin: None,
        }
    }

    /// A redirect leads to `location`, whose request this is from now on.
    pub fn redirect_to(&mut self, location: Url) {
        self.redirected_from.push(std::mem::replace(&mut self.url, location));
    }

    /// [Fetch](https://fetch.spec.whatwg.org/#concept-fetch), step 13: `Accept`, unless it is set.
    pub fn set_default_accept(&mut self) {
        if self.headers.contains("accept") {
            return;
        }
        let value = match self.destination {
            Destination::Document | Destination::Frame | Destination::Iframe => {
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
            }
            Destination::Image => "image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5",
            Destination::Json => "application/json,*/*;q=0.5",
            Destination::Style => "text/css,*/*;q=0.1",
            _ => "*/*",
        };
        self.headers.append("Accept", value);
    }
}

/// A request's [body](https://fetch.spec.whatwg.org/#concept-body).
#[derive(Debug)]
pub enum RequestBody {
    /// The whole body is known: it can be sent again after a redirect or on a fresh connection.
    Bytes(Bytes),
    /// A stream that can be read once, with its length in bytes if that is known.
    Stream {
        /// The bytes.
        reader: BodyReader,
        /// How many there will be.
        length: Option<u64>,
    },
}

/// A request that is ready to go to the network thread.
#[derive(Debug)]
pub struct Request {
    /// Everything but client and body.
    pub head: RequestHead,
    /// The environment on whose behalf it is made.
    pub client: Client,
    /// Body, if any.
    pub body: Option<RequestBody>,
    /// Foreground or background.
    pub priority: Priority,
}

/// [A response](https://fetch.spec.whatwg.org/#concept-response) without its body, unfiltered.
///
/// [`ResponseHead::filtered`] is what a page may see of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseHead {
    /// Type: which filter applies.
    #[serde(rename = "type")]
    pub kind: ResponseType,
    /// URL list, without fragments removed; the last is the response's URL. Empty for synthetic responses.
    pub url_list: Vec<Url>,
    /// Status; 0 for network errors.
    pub status: u16,
    /// Status message.
    pub status_text: Vec<u8>,
    /// Header list, unfiltered.
    pub headers: HeaderList,
    /// [CORS-exposed header-name list](https://fetch.spec.whatwg.org/#concept-response-cors-exposed-header-name-list),
    /// lower-cased, `*` resolved.
    pub cors_exposed_headers: Vec<String>,
    /// Whether the request carried a `Range` header.
    pub range_requested: bool,
}

impl Default for ResponseHead {
    fn default() -> Self {
        Self {
            kind: ResponseType::Default,
            url_list: Vec::new(),
            status: 200,
            status_text: Vec::new(),
            headers: HeaderList::new(),
            cors_exposed_headers: Vec::new(),
            range_requested: false,
        }
    }
}

impl ResponseHead {
    /// The response's [URL](https://fetch.spec.whatwg.org/#concept-response-url).
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        self.url_list.last()
    }

    /// Whether the status is an [ok status](https://fetch.spec.whatwg.org/#ok-status).
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// The status that a page may see, as [`ResponseHead::filtered`] has it.
    #[must_use]
    pub const fn filtered_status(&self) -> u16 {
        match self.kind {
            ResponseType::Opaque | ResponseType::OpaqueRedirect => 0,
            _ => self.status,
        }
    }

    /// What a page may see: the [filtered response](https://fetch.spec.whatwg.org/#concept-filtered-response) of
    /// this response's type.
    #[must_use]
    pub fn filtered(&self) -> Self {
        let mut visible = self.clone();
        match self.kind {
            ResponseType::Basic => visible.headers.retain(|name, _| !is_forbidden_response_header_name(name)),
            ResponseType::Cors => visible.headers.retain(|name, _| {
                let name = name.to_ascii_lowercase();
                is_cors_safelisted_response_header_name(&name, &self.cors_exposed_headers)
            }),
            ResponseType::Opaque => {
                visible.url_list.clear();
                visible.status = 0;
                visible.status_text.clear();
                visible.headers = HeaderList::new();
            }
            ResponseType::OpaqueRedirect => {
                visible.status = 0;
                visible.status_text.clear();
                visible.headers = HeaderList::new();
            }
            ResponseType::Default | ResponseType::Error => {}
        }
        visible
    }
}

/// [Forbidden response-header name](https://fetch.spec.whatwg.org/#forbidden-response-header-name).
#[must_use]
pub fn is_forbidden_response_header_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("set-cookie") || name.eq_ignore_ascii_case("set-cookie2")
}

/// [CORS-safelisted response-header name](https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name);
/// both arguments are lower case.
#[must_use]
pub fn is_cors_safelisted_response_header_name(name: &str, exposed: &[String]) -> bool {
    matches!(
        name,
        "cache-control"
            | "content-language"
            | "content-length"
            | "content-type"
            | "expires"
            | "last-modified"
            | "pragma"
    ) || (!is_forbidden_response_header_name(name) && exposed.iter().any(|e| e == name))
}

/// A response with its body.
#[derive(Debug)]
pub struct Response {
    /// Everything but the body.
    pub head: ResponseHead,
    /// Body, decoded from its content codings; `None` is a null body.
    pub body: Option<BodyReader>,
    /// Policies delivered with the response, for navigations and workers.
    pub policy: PolicyContainer,
}

impl Response {
    /// A response of `head` and `body`, without policies.
    #[must_use]
    pub fn new(head: ResponseHead, body: Option<BodyReader>) -> Self {
        Self { head, body, policy: PolicyContainer::default() }
    }
}

/// What kind of [network error](https://fetch.spec.whatwg.org/#concept-network-error) it was. Pages never see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NetworkErrorKind {
    /// The host's name does not resolve.
    NameNotResolved,
    /// The host refused the connection.
    ConnectionRefused,
    /// No route, or the machine is offline.
    Unreachable,
    /// Nothing came for too long.
    TimedOut,
    /// The TLS handshake failed, or the certificate is not trusted.
    Tls,
    /// The connection broke in the middle.
    ConnectionReset,
    /// The server did not speak HTTP, or lied about lengths.
    Protocol,
    /// A content coding could not be decoded.
    Decoding,
    /// CORS: a check or a preflight failed.
    Cors,
    /// Blocked before the wire: CSP, mixed content, bad port, scheme, credentials in the URL.
    Blocked,
    /// A redirect that may not be followed, or too many.
    Redirect,
    /// Subresource integrity did not match.
    Integrity,
    /// Someone cancelled the fetch.
    Aborted,
    /// Reading a local body or something inside the engine failed.
    Internal,
}

/// A network error: its kind, and a sentence for the console that names what failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct NetworkError {
    /// What kind.
    pub kind: NetworkErrorKind,
    /// A sentence for developers; a page must not get it.
    pub message: String,
}

impl NetworkError {
    /// A network error.
    pub fn new(kind: NetworkErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// Whether retrying later may help once connectivity is back (spec-decisions row 16 calls these temporary
    /// only while offline).
    #[must_use]
    pub const fn is_connectivity(&self) -> bool {
        matches!(
            self.kind,
            NetworkErrorKind::NameNotResolved | NetworkErrorKind::Unreachable | NetworkErrorKind::TimedOut
        )
    }
}

/// Whether two origins are [same origin](https://html.spec.whatwg.org/multipage/browsers.html#same-origin).
#[must_use]
pub fn same_origin(a: &Origin, b: &Origin) -> bool {
    a == b
}

/// Serde for [`http::Method`].
mod method_text {
    use http::Method;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(method: &Method, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(method.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Method, D::Error> {
        let text = String::deserialize(deserializer)?;
        Method::from_bytes(text.as_bytes()).map_err(|_| D::Error::custom(format!("not a method: {text:?}")))
    }
}

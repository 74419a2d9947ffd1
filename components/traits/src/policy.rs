//! What a client's environment allows its requests, and what is told of requests that it does not allow.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::{Origin, Url};

use crate::fetch::{ReferrerPolicy, ResponseHead};
use crate::ids::ClientId;
use crate::isolation::{EmbedderPolicy, has_same_origin_opener_policy};
use crate::referrer::parse_a_referrer_policy;
use crate::reporting::{ReportingEndpoint, process_reporting_endpoints};

/// One serialized [CSP](https://w3c.github.io/webappsec-csp/) policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CspPolicy {
    /// The policy as delivered, such as `connect-src 'self'`.
    pub serialized: String,
    /// `Content-Security-Policy-Report-Only`: reported, never enforced.
    pub report_only: bool,
    /// By `<meta>` rather than by header.
    pub from_meta: bool,
}

/// A [policy container](https://html.spec.whatwg.org/multipage/browsers.html#policy-container).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyContainer {
    /// The CSP list.
    pub csp_list: Vec<CspPolicy>,
    /// A URL of the CSP list's [self-origin](https://w3c.github.io/webappsec-csp/#csp-list-self-origin), which `'self'` in it
    /// means, also for a document of an opaque origin that inherited it; `None` is that of the client.
    #[serde(default)]
    pub self_url: Option<Box<Url>>,
    /// The referrer policy of requests that name none.
    pub referrer_policy: ReferrerPolicy,
    /// The [embedder policy](https://html.spec.whatwg.org/multipage/browsers.html#policy-container-embedder-policy).
    #[serde(default)]
    pub embedder_policy: EmbedderPolicy,
    /// Whether the document's [opener policy](https://html.spec.whatwg.org/multipage/dom.html#concept-document-coop) is
    /// "same-origin": not of the container, but inherited where that is.
    #[serde(default)]
    pub same_origin_opener: bool,
    /// [Endpoints](https://w3c.github.io/reporting/#windoworworkerglobalscope-endpoints) that the policies' `report-to` names:
    /// they are here so that who inherits the policies can report to them as well.
    #[serde(default)]
    pub reporting_endpoints: Vec<ReportingEndpoint>,
    /// If a document that this one is within [upgrades insecure
    /// requests](https://w3c.github.io/webappsec-upgrade-insecure-requests/#nesting), where those are from that do.
    #[serde(default)]
    pub inherited_upgrades: Option<Vec<InsecureNavigation>>,
}

/// A member of the [insecure navigations
/// set](https://w3c.github.io/webappsec-upgrade-insecure-requests/#insecure-navigations-set).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsecureNavigation {
    /// Host.
    pub host: String,
    /// Port; `None` is the one that the scheme has by default.
    pub port: Option<u16>,
}

impl PolicyContainer {
    /// [Creates a policy container from a fetch response](https://html.spec.whatwg.org/multipage/browsers.html#creating-a-policy-container-from-a-fetch-response):
    /// what its headers say.
    #[must_use]
    pub fn of_response(head: &ResponseHead) -> Self {
        let headers = &head.headers;
        let isomorphic_decode = |value: &[u8]| value.iter().map(|byte| char::from(*byte)).collect::<String>();
        let mut csp_list = Vec::new();
        for (name, report_only) in
            [("content-security-policy", false), ("content-security-policy-report-only", true)]
        {
            for value in headers.get_all(name) {
                let value = isomorphic_decode(value);
                let policies = value.split(',').map(str::trim).filter(|serialized| !serialized.is_empty());
                csp_list.extend(policies.map(|serialized| CspPolicy {
                    serialized: serialized.to_owned(),
                    report_only,
                    from_meta: false,
                }));
            }
        }
        let is_secure = head.url().is_some_and(is_potentially_trustworthy);
        Self {
            embedder_policy: if is_secure {
                EmbedderPolicy::of_headers(headers)
            } else {
                EmbedderPolicy::UnsafeNone
            },
            same_origin_opener: is_secure && has_same_origin_opener_policy(headers),
            csp_list,
            self_url: head.url().cloned().map(Box::new),
            referrer_policy: parse_a_referrer_policy(headers),
            reporting_endpoints: process_reporting_endpoints(headers, head.url()),
            inherited_upgrades: None,
        }
    }
}

/// A [violation](https://w3c.github.io/webappsec-csp/#violation) of a policy, as it crosses threads: what the environment
/// whose policy it is does not know by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// [Resource](https://w3c.github.io/webappsec-csp/#violation-resource).
    pub resource: ViolationResource,
    /// [Effective directive](https://w3c.github.io/webappsec-csp/#violation-effective-directive).
    pub effective_directive: String,
    /// [Policy](https://w3c.github.io/webappsec-csp/#violation-policy).
    pub policy: CspPolicy,
    /// [Sample](https://w3c.github.io/webappsec-csp/#violation-sample): at most 40 characters.
    pub sample: String,
}

/// What violated a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViolationResource {
    /// A URL, as it was asked for.
    Url(Url),
    /// A script, style or event handler in the document itself, or a `javascript:` URL.
    Inline,
    /// A string that was to be compiled.
    Eval,
    /// WebAssembly that was to be compiled.
    WasmEval,
}

/// Where a script was when it did something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScriptPlace {
    /// URL or name of the script; empty if none ran.
    pub file: String,
    /// Line from 1; 0 if not known.
    pub line: u32,
    /// Column from 1; 0 if not known.
    pub column: u32,
}

/// Told of violations of a client's policies, on any thread; it must not block.
#[derive(Clone)]
pub struct ViolationSink {
    tell: Arc<dyn Fn(Violation) + Send + Sync>,
    /// Whether who fetches has reported the violations of the request as it was made: then those come here that are found
    /// from the first redirect on, and of the response.
    pub request_was_checked: bool,
}

impl ViolationSink {
    /// A sink that hands each violation to `tell`.
    pub fn new(tell: impl Fn(Violation) + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), request_was_checked: false }
    }

    /// Tells of a violation.
    pub fn tell(&self, violation: Violation) {
        (self.tell)(violation);
    }
}

/// Two are the same that tell the same.
impl PartialEq for ViolationSink {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.tell, &other.tell) && self.request_was_checked == other.request_was_checked
    }
}

impl Eq for ViolationSink {}

impl fmt::Debug for ViolationSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ViolationSink")
    }
}

/// A request's client: the parts of an
/// [environment settings object](https://html.spec.whatwg.org/multipage/webappapis.html#environment-settings-object)
/// that fetching needs, as they were when the request was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// The environment's id.
    pub id: ClientId,
    /// The environment's origin.
    pub origin: Origin,
    /// The creation URL; the referrer of requests whose referrer is "client".
    pub url: Url,
    /// Its policies.
    pub policy: PolicyContainer,
    /// Whether it is a [secure context](https://w3c.github.io/webappsec-secure-contexts/).
    pub secure_context: bool,
    /// The top-level site that its cookies and connections are keyed by.
    pub top_level_origin: Origin,
    /// Origins of the documents that it is within, from its parent to the top: what tells whether it
    /// [has a cross-site ancestor](https://html.spec.whatwg.org/multipage/webappapis.html#concept-settings-object-has-cross-site-ancestor).
    pub ancestor_origins: Vec<Origin>,
    /// Whether there is a
    /// [traversable for user prompts](https://fetch.spec.whatwg.org/#concept-request-window): the user sees a window of it.
    pub may_prompt: bool,
    /// Told of violations of its policies. They are enforced all the same if nobody is told.
    pub violations: Option<ViolationSink>,
}

impl Client {
    /// A client of `url`'s own origin with no policies, for programs without pages.
    #[must_use]
    pub fn of_url(url: &Url) -> Self {
        Self {
            id: ClientId::new(),
            origin: url.origin(),
            url: url.clone(),
            policy: PolicyContainer::default(),
            secure_context: is_potentially_trustworthy(url),
            top_level_origin: url.origin(),
            ancestor_origins: Vec::new(),
            may_prompt: false,
            violations: None,
        }
    }
}

/// [Is url potentially trustworthy?](https://w3c.github.io/webappsec-secure-contexts/#is-url-trustworthy)
#[must_use]
pub fn is_potentially_trustworthy(url: &Url) -> bool {
    match url.scheme() {
        "https" | "wss" | "file" | "data" => true,
        "about" => matches!(url.path(), "blank" | "srcdoc"),
        "blob" => Url::parse(url.path()).is_ok_and(|inner| is_potentially_trustworthy(&inner)),
        _ => match url.host() {
            Some(url::Host::Domain(domain)) => {
                let domain = domain.trim_end_matches('.');
                domain.eq_ignore_ascii_case("localhost")
                    || domain.to_ascii_lowercase().ends_with(".localhost")
            }
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        },
    }
}

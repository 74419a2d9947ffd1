//! [Sites](https://html.spec.whatwg.org/multipage/browsers.html#sites): what the public suffix list makes of hosts.

use std::fmt;

use url::{Host, Origin};

/// A [site](https://html.spec.whatwg.org/multipage/browsers.html#site): a scheme and a registrable domain, or an
/// opaque origin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Site {
    /// Of an opaque origin: the same as none but itself.
    Opaque(Origin),
    /// Scheme, and registrable domain (or the host if it has none).
    SchemeAndHost(String, String),
}

impl Site {
    /// [Obtain a site](https://html.spec.whatwg.org/multipage/browsers.html#obtain-a-site).
    #[must_use]
    pub fn of(origin: &Origin) -> Self {
        match origin {
            Origin::Opaque(_) => Self::Opaque(origin.clone()),
            Origin::Tuple(scheme, host, _) => Self::SchemeAndHost(scheme.clone(), site_host(host)),
        }
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque(_) => f.write_str("null"),
            Self::SchemeAndHost(scheme, host) => write!(f, "{scheme}://{host}"),
        }
    }
}

/// The [registrable domain](https://url.spec.whatwg.org/#host-registrable-domain) of `host`, or `host` if it has none.
fn site_host(host: &Host<String>) -> String {
    match host {
        Host::Domain(domain) => registrable_domain(domain).unwrap_or(domain).to_owned(),
        address => address.to_string(),
    }
}

/// The [registrable domain](https://url.spec.whatwg.org/#host-registrable-domain) of a domain.
#[must_use]
pub fn registrable_domain(domain: &str) -> Option<&str> {
    psl::domain_str(domain)
}

/// Whether `domain` is itself a [public suffix](https://url.spec.whatwg.org/#host-public-suffix).
#[must_use]
pub fn is_public_suffix(domain: &str) -> bool {
    psl::suffix_str(domain) == Some(domain)
}

/// [Same site](https://html.spec.whatwg.org/multipage/browsers.html#same-site): scheme counts.
#[must_use]
pub fn same_site(a: &Origin, b: &Origin) -> bool {
    Site::of(a) == Site::of(b)
}

/// [Schemelessly same site](https://html.spec.whatwg.org/multipage/browsers.html#schemelessly-same-site).
#[must_use]
pub fn schemelessly_same_site(a: &Origin, b: &Origin) -> bool {
    match (a, b) {
        (Origin::Tuple(_, a, _), Origin::Tuple(_, b, _)) => site_host(a) == site_host(b),
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        url::Url::parse(url).unwrap().origin()
    }

    #[test]
    fn same_site_follows_the_public_suffix_list() {
        let cases = [
            ("https://example.com", "https://www.example.com", true, true),
            ("http://example.com", "https://example.com", false, true),
            ("https://a.github.io", "https://b.github.io", false, false),
            ("https://a.co.uk", "https://b.co.uk", false, false),
            ("https://www.web-platform.test:8443", "https://web-platform.test", true, true),
            ("http://127.0.0.1:1", "http://127.0.0.1:2", true, true),
            ("http://127.0.0.1", "http://127.0.0.2", false, false),
            ("http://localhost:1", "http://localhost:2", true, true),
        ];
        for (a, b, same, schemeless) in cases {
            assert_eq!(same_site(&origin(a), &origin(b)), same, "{a} {b}");
            assert_eq!(schemelessly_same_site(&origin(a), &origin(b)), schemeless, "{a} {b}");
        }
        assert!(!same_site(&origin("data:,"), &origin("data:,")));
    }

    #[test]
    fn public_suffixes() {
        for (domain, expected) in
            [("com", true), ("co.uk", true), ("github.io", true), ("example.com", false), ("localhost", true)]
        {
            assert_eq!(is_public_suffix(domain), expected, "{domain}");
        }
    }
}

//! [`Cross-Origin-Resource-Policy`](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header).

use bgfetch_traits::headers::HeaderList;
use url::{Origin, Url};

use crate::site::schemelessly_same_site;

/// [Cross-origin resource policy internal check](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-internal-check)
/// for an embedder policy of "unsafe-none": whether the response is blocked.
///
/// Other embedder policies are not implemented: a client's policy container does not carry any.
#[must_use]
pub fn blocked_by_resource_policy(origin: &Origin, response_url: &Url, headers: &HeaderList) -> bool {
    match headers.get("cross-origin-resource-policy").as_deref() {
        Some(b"same-origin") => *origin != response_url.origin(),
        Some(b"same-site") => {
            let secure_enough = matches!(origin, Origin::Tuple(scheme, _, _) if scheme == "https")
                || response_url.scheme() != "https";
            !(schemelessly_same_site(origin, &response_url.origin()) && secure_enough)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_against_origins() {
        let cases = [
            ("same-origin", "https://a.test", "https://a.test/x", false),
            ("same-origin", "https://a.test", "https://www.a.test/x", true),
            ("same-site", "https://a.test", "https://www.a.test/x", false),
            ("same-site", "http://a.test", "https://www.a.test/x", true),
            ("same-site", "http://a.test", "http://www.a.test/x", false),
            ("same-site", "https://a.test", "https://b.test/x", true),
            ("cross-origin", "https://a.test", "https://b.test/x", false),
            ("same-site, same-origin", "https://a.test", "https://b.test/x", false),
            ("Same-Origin", "https://a.test", "https://b.test/x", false),
        ];
        for (policy, origin, response, blocked) in cases {
            let origin = Url::parse(origin).unwrap().origin();
            let response = Url::parse(response).unwrap();
            let headers = HeaderList::from_iter([("Cross-Origin-Resource-Policy", policy)]);
            assert_eq!(
                blocked_by_resource_policy(&origin, &response, &headers),
                blocked,
                "{policy} {response}"
            );
        }
    }
}

//! [`Cross-Origin-Resource-Policy`](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-header).

use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::isolation::EmbedderPolicy;
use url::{Origin, Url};

use crate::site::schemelessly_same_site;

/// Who embeds a response, and how.
#[derive(Clone, Copy, Debug)]
pub struct Embedding<'a> {
    /// The origin of who asked for it.
    pub origin: &'a Origin,
    /// Its embedder policy.
    pub policy: EmbedderPolicy,
    /// Whether the response is to be shown in a frame.
    pub navigation: bool,
    /// Whether it was asked for with credentials.
    pub with_credentials: bool,
}

/// [Cross-origin resource policy check](https://fetch.spec.whatwg.org/#cross-origin-resource-policy-check): whether the response
/// is blocked.
#[must_use]
pub fn blocked_by_resource_policy(
    embedding: Embedding<'_>,
    response_url: &Url,
    headers: &HeaderList,
) -> bool {
    let Embedding { origin, policy, navigation, with_credentials } = embedding;
    if navigation && policy == EmbedderPolicy::UnsafeNone {
        return false;
    }
    match headers.get("cross-origin-resource-policy").as_deref() {
        Some(b"same-origin") => *origin != response_url.origin(),
        Some(b"same-site") => {
            let secure_enough = matches!(origin, Origin::Tuple(scheme, _, _) if scheme == "https")
                || response_url.scheme() != "https";
            !(schemelessly_same_site(origin, &response_url.origin()) && secure_enough)
        }
        Some(b"cross-origin") => false,
        // Without one, what the embedder wants counts.
        _ => {
            let wanted = match policy {
                EmbedderPolicy::UnsafeNone => false,
                EmbedderPolicy::Credentialless => with_credentials || navigation,
                EmbedderPolicy::RequireCorp => true,
            };
            wanted && *origin != response_url.origin()
        }
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
            let embedding = Embedding {
                origin: &origin,
                policy: EmbedderPolicy::UnsafeNone,
                navigation: false,
                with_credentials: true,
            };
            assert_eq!(
                blocked_by_resource_policy(embedding, &response, &headers),
                blocked,
                "{policy} {response}"
            );
            let framed = Embedding { navigation: true, ..embedding };
            assert!(!blocked_by_resource_policy(framed, &response, &headers), "{policy} {response}");
        }
    }

    #[test]
    fn embedders_may_want_a_policy() {
        use EmbedderPolicy::{Credentialless, RequireCorp};
        let cases = [
            (RequireCorp, false, false, true),
            (RequireCorp, true, false, true),
            (Credentialless, false, false, false),
            (Credentialless, false, true, true),
            (Credentialless, true, false, true),
        ];
        let origin = Url::parse("https://a.test").unwrap().origin();
        for (policy, navigation, with_credentials, blocked) in cases {
            let embedding = Embedding { origin: &origin, policy, navigation, with_credentials };
            let other = Url::parse("https://b.test/x").unwrap();
            let is_blocked =
                |url: &Url, headers: &HeaderList| blocked_by_resource_policy(embedding, url, headers);
            assert_eq!(is_blocked(&other, &HeaderList::new()), blocked, "{embedding:?}");
            assert!(!is_blocked(&Url::parse("https://a.test/x").unwrap(), &HeaderList::new()));
            let headers = HeaderList::from_iter([("Cross-Origin-Resource-Policy", "cross-origin")]);
            assert!(!is_blocked(&other, &headers), "{embedding:?}");
        }
    }
}

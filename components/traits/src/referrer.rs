//! [Referrer Policy](https://w3c.github.io/webappsec-referrer-policy/).

use url::Url;

use crate::fetch::{Referrer, ReferrerPolicy};
use crate::headers::HeaderList;
use crate::policy::{Client, is_potentially_trustworthy};

/// A longer referrer is cut to its origin
/// ([determine request's referrer, step 5](https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer)).
const LONGEST: usize = 4096;

/// [Determine request's referrer](https://w3c.github.io/webappsec-referrer-policy/#determine-requests-referrer):
/// the URL to send, or `None` for "no referrer".
#[must_use]
pub fn determine_requests_referrer(
    referrer: &Referrer,
    policy: ReferrerPolicy,
    client: &Client,
    current_url: &Url,
) -> Option<Url> {
    // Steps 1 to 3. (Documents with opaque origins and srcdoc documents are the caller's: its client says which
    // URL speaks for it.)
    let source = match referrer {
        Referrer::NoReferrer => return None,
        Referrer::Client if client.origin.is_tuple() => &client.url,
        Referrer::Client => return None,
        Referrer::Url(url) => url,
    };
    // Steps 4 to 6.
    let mut full = strip_url_for_use_as_a_referrer(source, false)?;
    let origin = strip_url_for_use_as_a_referrer(source, true)?;
    if full.as_str().len() > LONGEST {
        full.clone_from(&origin);
    }
    let same_origin = full.origin() == current_url.origin();
    let downgrade = is_potentially_trustworthy(&full) && !is_potentially_trustworthy(current_url);
    // Step 7 (and 8, which has no meaning without a user's choice).
    match policy {
        ReferrerPolicy::NoReferrer => None,
        ReferrerPolicy::Origin => Some(origin),
        ReferrerPolicy::UnsafeUrl => Some(full),
        ReferrerPolicy::StrictOrigin => (!downgrade).then_some(origin),
        ReferrerPolicy::Empty | ReferrerPolicy::StrictOriginWhenCrossOrigin => match () {
            () if same_origin => Some(full),
            () if downgrade => None,
            () => Some(origin),
        },
        ReferrerPolicy::SameOrigin => same_origin.then_some(full),
        ReferrerPolicy::OriginWhenCrossOrigin => Some(if same_origin { full } else { origin }),
        ReferrerPolicy::NoReferrerWhenDowngrade => (!downgrade).then_some(full),
    }
}

/// [Parse a referrer policy from a `Referrer-Policy` header](https://w3c.github.io/webappsec-referrer-policy/#parse-referrer-policy-from-header).
#[must_use]
pub fn parse_a_referrer_policy(headers: &HeaderList) -> ReferrerPolicy {
    let isomorphic_decode = |value: &[u8]| value.iter().map(|byte| char::from(*byte)).collect::<String>();
    let values: Vec<_> = headers.get_all("referrer-policy").map(isomorphic_decode).collect();
    let tokens = values.iter().flat_map(|value| value.split(','));
    let mut policies = tokens.filter_map(|token| ReferrerPolicy::parse(&token.trim().to_ascii_lowercase()));
    policies.rfind(|policy| *policy != ReferrerPolicy::Empty).unwrap_or_default()
}

/// [Strip url for use as a referrer](https://w3c.github.io/webappsec-referrer-policy/#strip-url).
fn strip_url_for_use_as_a_referrer(url: &Url, origin_only: bool) -> Option<Url> {
    if matches!(url.scheme(), "about" | "blob" | "data") {
        return None;
    }
    let mut url = url.clone();
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_fragment(None);
    if origin_only {
        url.set_path("");
        url.set_query(None);
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn every_policy_to_the_same_another_and_a_less_secure_origin() {
        const FULL: &str = "https://a.test/dir/page?q";
        const ORIGIN: &str = "https://a.test/";
        use ReferrerPolicy as P;
        let cases = [
            (P::NoReferrer, None, None, None),
            (P::NoReferrerWhenDowngrade, Some(FULL), Some(FULL), None),
            (P::SameOrigin, Some(FULL), None, None),
            (P::Origin, Some(ORIGIN), Some(ORIGIN), Some(ORIGIN)),
            (P::StrictOrigin, Some(ORIGIN), Some(ORIGIN), None),
            (P::OriginWhenCrossOrigin, Some(FULL), Some(ORIGIN), Some(ORIGIN)),
            (P::StrictOriginWhenCrossOrigin, Some(FULL), Some(ORIGIN), None),
            (P::Empty, Some(FULL), Some(ORIGIN), None),
            (P::UnsafeUrl, Some(FULL), Some(FULL), Some(FULL)),
        ];
        let client = Client::of_url(&url("https://user:secret@a.test/dir/page?q#fragment"));
        for (policy, same, cross, downgrade) in cases {
            for (target, expected) in
                [("https://a.test/x", same), ("https://b.test/x", cross), ("http://b.test/x", downgrade)]
            {
                let referrer = determine_requests_referrer(&Referrer::Client, policy, &client, &url(target));
                assert_eq!(referrer.as_ref().map(Url::as_str), expected, "{policy:?} {target}");
            }
        }
    }

    #[test]
    fn the_last_policy_of_the_header_that_is_known_counts() {
        let cases = [
            ("no-referrer", ReferrerPolicy::NoReferrer),
            ("no-referrer, Unsafe-URL", ReferrerPolicy::UnsafeUrl),
            ("origin, something-new", ReferrerPolicy::Origin),
            ("", ReferrerPolicy::Empty),
        ];
        for (value, expected) in cases {
            let headers = HeaderList::from_iter([("Referrer-Policy", value)]);
            assert_eq!(parse_a_referrer_policy(&headers), expected, "{value}");
        }
    }

    #[test]
    fn local_schemes_and_opaque_origins_have_no_referrer() {
        let target = url("https://a.test/");
        for source in ["data:text/html,x", "about:blank"] {
            let referrer = Referrer::Url(url(source));
            let client = Client::of_url(&target);
            let policy = ReferrerPolicy::UnsafeUrl;
            assert_eq!(determine_requests_referrer(&referrer, policy, &client, &target), None, "{source}");
        }
    }

    #[test]
    fn a_long_referrer_is_cut_to_its_origin() {
        let client = Client::of_url(&url(&format!("https://a.test/{}", "x".repeat(5000))));
        let target = url("https://a.test/");
        let referrer =
            determine_requests_referrer(&Referrer::Client, ReferrerPolicy::UnsafeUrl, &client, &target);
        assert_eq!(referrer.unwrap().as_str(), "https://a.test/");
    }
}

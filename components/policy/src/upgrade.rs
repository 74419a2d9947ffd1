//! [Upgrade Insecure Requests](https://w3c.github.io/webappsec-upgrade-insecure-requests/).

use bgfetch_traits::fetch::{Destination, RequestHead, RequestMode};
use bgfetch_traits::policy::{Client, InsecureNavigation, PolicyContainer, is_potentially_trustworthy};
use http::Method;
use url::Url;

/// Whether the [insecure requests
/// policy](https://w3c.github.io/webappsec-upgrade-insecure-requests/#insecure-requests-policy) of an environment is
/// "Upgrade": one of its own policies says so, or one of a document that it is within.
#[must_use]
pub fn upgrades_insecure_requests(policy: &PolicyContainer) -> bool {
    policy.inherited_upgrades.is_some()
        || policy.csp_list.iter().any(|policy| {
            let mut directives =
                policy.serialized.split(';').filter_map(|text| text.split_whitespace().next());
            !policy.report_only
                && directives.any(|name| name.eq_ignore_ascii_case("upgrade-insecure-requests"))
        })
}

/// [Policy inheritance](https://w3c.github.io/webappsec-upgrade-insecure-requests/#nesting): gives the policies of a document
/// what it inherits from the one that it is within, whose policies are `around` and whose URL is `url`.
pub fn inherit_upgrades(policy: &mut PolicyContainer, around: &PolicyContainer, url: &Url) {
    if upgrades_insecure_requests(around) {
        policy.inherited_upgrades = Some(insecure_navigations(around, url));
    }
}

/// The [insecure navigations
/// set](https://w3c.github.io/webappsec-upgrade-insecure-requests/#insecure-navigations-set) of an environment that upgrades.
fn insecure_navigations(policy: &PolicyContainer, url: &Url) -> Vec<InsecureNavigation> {
    let mut navigations = policy.inherited_upgrades.clone().unwrap_or_default();
    let own = navigation(url);
    if !navigations.contains(&own) {
        navigations.push(own);
    }
    navigations
}

fn navigation(url: &Url) -> InsecureNavigation {
    InsecureNavigation { host: url.host_str().unwrap_or_default().to_owned(), port: url.port() }
}

/// [Upgrade request to a potentially trustworthy URL, if
/// appropriate](https://w3c.github.io/webappsec-upgrade-insecure-requests/#upgrade-request), of a request whose current URL is
/// `url`.
pub fn upgrade_insecure_request(client: &Client, head: &RequestHead, url: &mut Url) {
    if url.scheme() != "http"
        || is_potentially_trustworthy(url)
        || !upgrades_insecure_requests(&client.policy)
    {
        return;
    }
    // Step 2. What is posted comes from a form.
    if head.mode == RequestMode::Navigate {
        let is_nested = !matches!(head.destination, Destination::Document);
        let is_form = head.method == Method::POST;
        let known = || insecure_navigations(&client.policy, &client.url).contains(&navigation(url));
        if !is_nested && !is_form && !known() {
            return;
        }
    }
    // Step 5. The port that HTTP has by default becomes that of HTTPS.
    if url.set_scheme("https").is_ok() {
        tracing::info!(%url, "asked for over HTTPS instead of HTTP, because the page's policy says so");
    }
}

#[cfg(test)]
mod tests {
    use bgfetch_traits::policy::CspPolicy;

    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn client(page: &str, serialized: &str, report_only: bool) -> Client {
        let mut client = Client::of_url(&url(page));
        client.policy.csp_list =
            vec![CspPolicy { serialized: serialized.to_owned(), report_only, from_meta: false }];
        client
    }

    fn upgraded(client: &Client, head: &RequestHead) -> String {
        let mut url = head.url.clone();
        upgrade_insecure_request(client, head, &mut url);
        url.into()
    }

    #[test]
    fn requests_of_pages_that_say_so() {
        let policy = "img-src *; Upgrade-Insecure-Requests";
        let page = client("https://a.test/", policy, false);
        for (target, expected) in [
            ("http://b.test/x", "https://b.test/x"),
            ("http://b.test:80/x", "https://b.test/x"),
            ("http://b.test:8000/x", "https://b.test:8000/x"),
            ("http://localhost/x", "http://localhost/x"),
        ] {
            assert_eq!(upgraded(&page, &RequestHead::get(url(target))), expected);
        }
        let head = RequestHead::get(url("http://b.test/"));
        assert_eq!(upgraded(&client("https://a.test/", policy, true), &head), "http://b.test/");
        assert_eq!(upgraded(&client("https://a.test/", "img-src *", false), &head), "http://b.test/");
    }

    #[test]
    fn navigations_are_upgraded_where_the_page_itself_is_from() {
        let page = client("https://a.test/", "upgrade-insecure-requests", false);
        let navigation = |target: &str, destination, method| RequestHead {
            mode: RequestMode::Navigate,
            destination,
            method,
            ..RequestHead::get(url(target))
        };
        let document = Destination::Document;
        let cases = [
            ("http://b.test/", document, Method::GET, "http://b.test/"),
            ("http://a.test/", document, Method::GET, "https://a.test/"),
            ("http://b.test/", document, Method::POST, "https://b.test/"),
            ("http://b.test/", Destination::Iframe, Method::GET, "https://b.test/"),
        ];
        for (target, destination, method, expected) in cases {
            assert_eq!(upgraded(&page, &navigation(target, destination, method)), expected, "{target}");
        }
    }

    #[test]
    fn documents_within_inherit_it() {
        let outer = client("https://a.test/", "upgrade-insecure-requests", false);
        let mut inner = Client::of_url(&url("https://b.test/"));
        inherit_upgrades(&mut inner.policy, &outer.policy, &outer.url);
        assert_eq!(upgraded(&inner, &RequestHead::get(url("http://c.test/"))), "https://c.test/");
        let mut unrelated = Client::of_url(&url("https://b.test/"));
        inherit_upgrades(&mut unrelated.policy, &Client::of_url(&url("https://a.test/")).policy, &outer.url);
        assert_eq!(upgraded(&unrelated, &RequestHead::get(url("http://c.test/"))), "http://c.test/");
    }
}

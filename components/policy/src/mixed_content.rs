//! [Mixed content](https://w3c.github.io/webappsec-mixed-content/).

use bgfetch_traits::fetch::Destination;
use bgfetch_traits::policy::{Client, is_potentially_trustworthy};
use url::{Host, Origin, Url};

/// [Does settings prohibit mixed security contexts?](https://w3c.github.io/webappsec-mixed-content/#categorize-settings-object)
///
/// The specification says yes for every potentially trustworthy origin, `http://localhost` included. No browser
/// does that, because a page under development would then not reach the plain-HTTP hosts that it reaches once it
/// is deployed over HTTP; as they do, only clients that came over HTTPS prohibit it.
fn prohibits_mixed_security_contexts(client: &Client) -> bool {
    match &client.origin {
        Origin::Tuple(scheme, _, _) => scheme == "https",
        Origin::Opaque(_) => client.url.scheme() == "https",
    }
}

/// [Should fetching request be blocked as mixed content?](https://w3c.github.io/webappsec-mixed-content/#should-block-fetch),
/// and the same question about a response from `url`.
#[must_use]
pub fn blocked_as_mixed_content(client: &Client, destination: Destination, url: &Url) -> bool {
    // Step 1: allowed if the client does not prohibit it, if the URL is potentially trustworthy, or if this is a
    // top-level navigation.
    prohibits_mixed_security_contexts(client)
        && !is_potentially_trustworthy(url)
        && !matches!(url.scheme(), "blob" | "about")
        && destination != Destination::Document
}

/// [Upgrade a mixed content request](https://w3c.github.io/webappsec-mixed-content/#upgrade-algorithm): images and
/// media of a secure page are asked for over HTTPS instead of being blocked.
pub fn upgrade_mixed_content(client: &Client, destination: Destination, url: &mut Url) {
    let upgradeable = matches!(destination, Destination::Image | Destination::Audio | Destination::Video);
    let to_address = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
    if upgradeable
        && url.scheme() == "http"
        && !to_address
        && !is_potentially_trustworthy(url)
        && prohibits_mixed_security_contexts(client)
        && url.set_scheme("https").is_ok()
    {
        tracing::info!(%url, "asked for over HTTPS instead of HTTP, because the page came over HTTPS");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn what_a_client_may_fetch() {
        use Destination::{Document, Empty, Iframe};
        let cases = [
            ("https://a.test/", Empty, "http://b.test/", true),
            ("https://a.test/", Iframe, "http://b.test/", true),
            ("https://a.test/", Document, "http://b.test/", false),
            ("https://a.test/", Empty, "https://b.test/", false),
            ("https://a.test/", Empty, "http://localhost:8000/", false),
            ("https://a.test/", Empty, "http://x.localhost/", false),
            ("https://a.test/", Empty, "http://127.8.9.10/", false),
            ("https://a.test/", Empty, "http://[::1]/", false),
            ("https://a.test/", Empty, "http://192.168.0.1/", true),
            ("https://a.test/", Empty, "data:,x", false),
            ("http://a.test/", Empty, "http://b.test/", false),
            ("http://localhost/", Empty, "http://b.test/", false),
        ];
        for (page, destination, target, blocked) in cases {
            let client = Client::of_url(&url(page));
            assert_eq!(
                blocked_as_mixed_content(&client, destination, &url(target)),
                blocked,
                "{page} -> {target}"
            );
        }
    }

    #[test]
    fn images_of_secure_pages_are_upgraded() {
        let client = Client::of_url(&url("https://a.test/"));
        let cases = [
            (Destination::Image, "http://b.test/x", "https://b.test/x"),
            (Destination::Empty, "http://b.test/x", "http://b.test/x"),
            (Destination::Image, "http://192.168.0.1/x", "http://192.168.0.1/x"),
            (Destination::Image, "http://localhost/x", "http://localhost/x"),
        ];
        for (destination, before, after) in cases {
            let mut target = url(before);
            upgrade_mixed_content(&client, destination, &mut target);
            assert_eq!(target.as_str(), after);
        }
    }
}

//! [Fetch Metadata Request Headers](https://w3c.github.io/webappsec-fetch-metadata/).

use bgfetch_traits::fetch::{Destination, RequestMode};
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::policy::is_potentially_trustworthy;
use url::{Origin, Url};

use bgfetch_policy::site::same_site;

/// [Append the Fetch metadata headers for a request](https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-append-the-fetch-metadata-headers-for-a-request).
///
/// `Sec-Fetch-User` is not sent: no request of this engine carries a user activation.
pub(crate) fn append_the_fetch_metadata_headers(
    headers: &mut HeaderList,
    destination: Destination,
    mode: RequestMode,
    origin: &Origin,
    url_list: &[Url],
) {
    if !url_list.last().is_some_and(is_potentially_trustworthy) {
        return;
    }
    let destination = if destination == Destination::Empty { "empty" } else { destination.as_str() };
    headers.set("Sec-Fetch-Dest", destination);
    headers.set("Sec-Fetch-Mode", mode.as_str());
    headers.set("Sec-Fetch-Site", sec_fetch_site(origin, url_list));
}

/// [Set the `Sec-Fetch-Site` header](https://w3c.github.io/webappsec-fetch-metadata/#abstract-opdef-set-site). A
/// navigation by the user ("none") is its caller's: its client has the target's own origin, as same-origin.
fn sec_fetch_site(origin: &Origin, url_list: &[Url]) -> &'static str {
    let mut value = "same-origin";
    for url in url_list {
        if url.origin() == *origin {
            continue;
        }
        value = "cross-site";
        if !same_site(&url.origin(), origin) {
            break;
        }
        value = "same-site";
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn site_is_that_of_the_furthest_url_of_the_redirects() {
        let origin = Url::parse("https://a.test/").unwrap().origin();
        let cases: [(&[&str], &str); 5] = [
            (&["https://a.test/x"], "same-origin"),
            (&["https://www.a.test/x"], "same-site"),
            (&["https://b.test/x"], "cross-site"),
            (&["https://b.test/x", "https://a.test/y"], "cross-site"),
            (&["https://www.a.test/x", "https://a.test/y"], "same-site"),
        ];
        for (urls, expected) in cases {
            let urls: Vec<Url> = urls.iter().map(|u| Url::parse(u).unwrap()).collect();
            assert_eq!(sec_fetch_site(&origin, &urls), expected, "{urls:?}");
        }
    }

    #[test]
    fn nothing_is_told_to_urls_that_are_not_trustworthy() {
        let url = Url::parse("http://a.test/").unwrap();
        let mut headers = HeaderList::new();
        let (destination, mode) = (Destination::Empty, RequestMode::Cors);
        append_the_fetch_metadata_headers(
            &mut headers,
            destination,
            mode,
            &url.origin(),
            std::slice::from_ref(&url),
        );
        assert!(headers.is_empty());
    }
}

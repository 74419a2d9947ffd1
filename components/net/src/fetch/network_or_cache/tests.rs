use super::super::request::tests::request;
use super::*;

#[test]
fn origin_headers() {
    use RequestMode::{Cors, NoCors};
    use Tainting::{Basic, Opaque};
    let https = "https://a.test/";
    let cases = [
        ("GET", Cors, Tainting::Cors, ReferrerPolicy::NoReferrer, "https://b.test/", Some("https://a.test")),
        ("GET", NoCors, Opaque, ReferrerPolicy::Empty, "https://b.test/", None),
        ("HEAD", Cors, Basic, ReferrerPolicy::Empty, https, None),
        ("POST", Cors, Basic, ReferrerPolicy::NoReferrer, https, Some("https://a.test")),
        ("POST", NoCors, Opaque, ReferrerPolicy::NoReferrer, "https://b.test/", Some("null")),
        ("POST", NoCors, Opaque, ReferrerPolicy::StrictOrigin, "http://b.test/", Some("null")),
        ("POST", NoCors, Opaque, ReferrerPolicy::StrictOrigin, "https://b.test/", Some("https://a.test")),
        ("POST", NoCors, Opaque, ReferrerPolicy::SameOrigin, "https://b.test/", Some("null")),
        ("POST", NoCors, Opaque, ReferrerPolicy::UnsafeUrl, "http://b.test/", Some("https://a.test")),
    ];
    for (method, mode, tainting, policy, target, expected) in cases {
        let mut request = request(https, &[target]);
        request.head.method = Method::from_bytes(method.as_bytes()).unwrap();
        request.head.mode = mode;
        request.head.referrer_policy = policy;
        request.tainting = tainting;
        let mut headers = HeaderList::new();
        append_a_request_origin_header(&mut headers, &request);
        assert_eq!(headers.get_str("origin").as_deref(), expected, "{method} {mode} {policy:?} {target}");
    }
}

#[test]
fn cache_modes_become_headers() {
    let cases = [
        (CacheMode::Default, None, None, None),
        (CacheMode::Default, Some("If-Range"), Some("no-cache"), Some("no-cache")),
        (CacheMode::NoStore, None, Some("no-cache"), Some("no-cache")),
        (CacheMode::Reload, None, Some("no-cache"), Some("no-cache")),
        (CacheMode::NoCache, None, None, Some("max-age=0")),
        (CacheMode::ForceCache, None, None, None),
    ];
    for (mode, header, pragma, cache_control) in cases {
        let mut headers = HeaderList::new();
        if let Some(name) = header {
            headers.append(name, "x");
        }
        append_cache_headers(&mut headers, mode);
        assert_eq!(headers.get_str("pragma").as_deref(), pragma, "{mode}");
        assert_eq!(headers.get_str("cache-control").as_deref(), cache_control, "{mode}");
    }
}

#[test]
fn same_site_modes() {
    let cases = [
        ("https://a.test/", &["https://a.test/"][..], Destination::Empty, SameSiteMode::StrictOrLess),
        ("https://a.test/", &["https://www.a.test/"], Destination::Empty, SameSiteMode::StrictOrLess),
        ("https://a.test/", &["https://b.test/"], Destination::Empty, SameSiteMode::UnsetOrLess),
        (
            "https://a.test/",
            &["https://b.test/", "https://a.test/"],
            Destination::Empty,
            SameSiteMode::UnsetOrLess,
        ),
        ("https://a.test/", &["https://b.test/"], Destination::Document, SameSiteMode::LaxOrLess),
        ("https://a.test/", &["https://a.test/"], Destination::Document, SameSiteMode::StrictOrLess),
    ];
    for (client, urls, destination, expected) in cases {
        let mut request = request(client, urls);
        request.head.destination = destination;
        if destination == Destination::Document {
            request.head.mode = RequestMode::Navigate;
        }
        assert_eq!(same_site_mode(&request), expected, "{client} {urls:?}");
    }
    let mut framed = request("https://a.test/", &["https://a.test/"]);
    framed.client.top_level_origin = url::Url::parse("https://top.test/").unwrap().origin();
    assert_eq!(same_site_mode(&framed), SameSiteMode::UnsetOrLess);
    let mut within = request("https://a.test/", &["https://a.test/"]);
    within.client.ancestor_origins = ["https://b.test/", "https://a.test/"].map(origin_of).to_vec();
    assert_eq!(same_site_mode(&within), SameSiteMode::UnsetOrLess);
}

fn origin_of(url: &str) -> Origin {
    Url::parse(url).unwrap().origin()
}

#[test]
fn same_site_modes_of_navigations_are_by_who_began_them() {
    use SameSiteMode::{LaxOrLess, StrictOrLess, UnsetOrLess};
    let (own, through_other) = (&["https://a.test/"][..], &["https://b.test/", "https://a.test/"][..]);
    let cases = [
        ("https://www.a.test", own, "GET", StrictOrLess),
        ("https://a.test", own, "POST", StrictOrLess),
        ("https://b.test", own, "GET", LaxOrLess),
        ("https://b.test", own, "POST", UnsetOrLess),
        ("null", own, "GET", LaxOrLess),
        ("https://a.test", through_other, "GET", LaxOrLess),
        ("https://a.test", through_other, "POST", UnsetOrLess),
    ];
    for (initiator, urls, method, expected) in cases {
        // A service worker passes it on: the client is the worker, and the destination is not told any more.
        let mut request = request("https://a.test/worker.js", urls);
        request.head.mode = RequestMode::Navigate;
        request.head.method = Method::from_bytes(method.as_bytes()).unwrap();
        request.head.top_level_navigation_initiator = Some(initiator.to_owned());
        assert_eq!(same_site_mode(&request), expected, "{initiator} {urls:?} {method}");
        assert!(may_set_same_site_cookies(&request));
    }
}

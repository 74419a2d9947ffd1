//! What may not be fetched never reaches a server, and says why.

use bgfetch_traits::fetch::{CacheMode, Destination, NetworkErrorKind, Request};
use bgfetch_traits::policy::{Client, CspPolicy};
use url::Url;

use crate::support::{Authority, Net, Server, Speaks, cors, get, respond};

fn with_policy(mut request: Request, policy: &str) -> Request {
    request.client.policy.csp_list =
        vec![CspPolicy { serialized: policy.to_owned(), report_only: false, from_meta: false }];
    request
}

#[test]
fn before_the_wire() {
    let net = Net::plain();
    let page = |target: &str| cors("https://page.test/", Url::parse(target).unwrap());
    let cases = [
        (page("http://other.test/"), "mixed content"),
        (page("https://other.test:22/"), "port 22 belongs to another protocol"),
        (with_policy(page("https://other.test/"), "connect-src 'self'"), "directive \"connect-src\""),
        (
            cors("http://page.test/", Url::parse("ftp://other.test/").unwrap()),
            "ftp: URLs cannot be fetched across origins",
        ),
        (get(Url::parse("file:///etc/hostname").unwrap()), "file: URLs cannot be fetched across origins"),
    ];
    for (mut request, expected) in cases {
        if request.head.url.scheme() == "file" {
            request.head.mode = bgfetch_traits::fetch::RequestMode::Cors;
        }
        let error = net.fetch(request).unwrap_err();
        assert_eq!(error.kind, NetworkErrorKind::Blocked, "{error}");
        assert!(error.message.contains(expected), "{error}");
    }
    let file = get(Url::parse("file:///etc/hostname").unwrap());
    let error = net.fetch(file).unwrap_err();
    assert!(error.message.contains("a local file, which pages may not fetch"), "{error}");
}

#[test]
fn a_redirect_is_checked_too() {
    let authority = Authority::new();
    let reached = Server::http(|_| async { respond(200, &[("access-control-allow-origin", "*")], "") });
    let location = format!("http://b.test:{}/", reached.address.port());
    let redirecting = Server::https(&authority, Speaks::Https, move |_| {
        let location = location.clone();
        async move { respond(302, &[("access-control-allow-origin", "*"), ("location", &location)], "") }
    });
    let net = Net::trusting(&authority);
    let error = net.fetch(cors("https://page.test/", redirecting.url("/"))).unwrap_err();
    assert!(error.message.contains("mixed content"), "{error}");
    let allowed = format!("connect-src https://localhost:{}", redirecting.address.port());
    let request = with_policy(cors("http://page.test/", redirecting.url("/")), &allowed);
    let error = net.fetch(request).unwrap_err();
    assert!(error.message.contains("Content Security Policy"), "{error}");
    assert!(reached.seen().is_empty());
    assert_eq!(redirecting.seen().len(), 2);
}

#[test]
fn loopback_over_http_is_not_mixed_content() {
    let server = Server::http(|_| async { respond(200, &[("access-control-allow-origin", "*")], "ok") });
    let net = Net::plain();
    assert!(net.fetch(cors("https://page.test/", server.url_of("127.0.0.1", "/"))).is_ok());
    assert!(net.fetch(cors("https://page.test/", server.url_of("localhost", "/"))).is_ok());
}

#[test]
fn a_script_that_is_no_script() {
    let server = Server::http(|_| async {
        respond(200, &[("content-type", "text/plain"), ("x-content-type-options", "nosniff")], "x")
    });
    let net = Net::plain();
    let mut request = get(server.url("/"));
    request.head.destination = Destination::Script;
    let error = net.fetch(request).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::Blocked);
    assert!(error.message.contains("cannot be a script: its type is text/plain"), "{error}");
    assert!(net.fetch(get(server.url("/"))).is_ok());
}

#[test]
fn without_a_cache_only_if_cached_has_no_answer() {
    let server = Server::http(|_| async { respond(200, &[], "x") });
    let mut request = get(server.url("/"));
    request.head.cache = CacheMode::OnlyIfCached;
    assert!(Net::plain().fetch(request).unwrap_err().message.contains("not in the cache"));
    assert!(server.seen().is_empty());
}

#[test]
fn a_navigation_is_not_governed_by_connect_src() {
    let server =
        Server::http(|_| async { respond(200, &[("content-security-policy", "img-src x.test")], "") });
    let mut request = with_policy(get(server.url("/")), "default-src 'none'");
    request.head.destination = Destination::Document;
    request.client = Client { policy: request.client.policy.clone(), ..request.client };
    let response = Net::plain().fetch(request).unwrap();
    assert_eq!(response.policy.csp_list[0].serialized, "img-src x.test");
}

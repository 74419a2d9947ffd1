//! The headers that a request carries.

use bgfetch_traits::fetch::{
    CacheMode, Destination, NetworkErrorKind, Referrer, ReferrerPolicy, RequestMode,
};
use http::Method;
use url::Url;

use crate::support::{Authority, Net, Seen, Server, Speaks, cors, get, respond};

fn server(authority: &Authority) -> Server {
    Server::https(authority, Speaks::Https, |_| async {
        respond(200, &[("access-control-allow-origin", "*")], "")
    })
}

fn last(server: &Server) -> Seen {
    server.seen().pop().unwrap()
}

#[test]
fn a_plain_get() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    net.fetch(get(server.url("/path?query#fragment"))).unwrap();
    let seen = last(&server);
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("GET", "/path?query"));
    let host = format!("localhost:{}", server.address.port());
    let expected = [
        ("host", Some(host.as_str())),
        ("accept", Some("*/*")),
        ("accept-language", Some("en-US,en;q=0.5")),
        ("accept-encoding", Some("gzip, deflate, br, zstd")),
        ("sec-fetch-dest", Some("empty")),
        ("sec-fetch-mode", Some("no-cors")),
        ("sec-fetch-site", Some("same-origin")),
        ("origin", None),
        ("content-length", None),
        ("cookie", None),
        ("cache-control", None),
    ];
    for (name, value) in expected {
        assert_eq!(seen.header(name), value, "{name}");
    }
    assert!(seen.header("user-agent").unwrap().contains("bgfetch/"));
    assert_eq!(seen.header("referer"), Some(server.url("/path?query").as_str()));
}

#[test]
fn what_the_author_sets_stays() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    let mut request = get(server.url("/"));
    for name in ["Accept", "Accept-Language", "User-Agent", "Cache-Control", "Pragma"] {
        request.head.headers.append(name, "mine");
    }
    request.head.headers.append("X-Twice", "1");
    request.head.headers.append("X-Twice", "2");
    request.head.cache = CacheMode::NoStore;
    net.fetch(request).unwrap();
    let seen = last(&server);
    for name in ["accept", "accept-language", "user-agent", "cache-control", "pragma"] {
        let values: Vec<_> = seen.headers.iter().filter(|(n, _)| n == name).collect();
        assert_eq!(values.len(), 1, "{name}");
        assert_eq!(values[0].1, "mine");
    }
    // In one line, as browsers send it.
    let twice: Vec<_> = seen.headers.iter().filter(|(n, _)| n == "x-twice").collect();
    assert_eq!(twice.len(), 1);
    assert_eq!(twice[0].1, "1, 2");
}

#[test]
fn the_referrer_follows_its_policy() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    let page = "https://page.test/dir?q";
    let cases = [
        (ReferrerPolicy::Empty, Some("https://page.test/")),
        (ReferrerPolicy::UnsafeUrl, Some(page)),
        (ReferrerPolicy::NoReferrer, None),
        (ReferrerPolicy::SameOrigin, None),
    ];
    for (policy, expected) in cases {
        let mut request = cors(page, server.url("/"));
        request.head.referrer_policy = policy;
        net.fetch(request).unwrap();
        assert_eq!(last(&server).header("referer"), expected, "{policy:?}");
        // The client's policy counts where the request has none.
        let mut request = cors(page, server.url("/"));
        request.client.policy.referrer_policy = policy;
        net.fetch(request).unwrap();
        assert_eq!(last(&server).header("referer"), expected, "{policy:?}");
    }
    let mut request = cors(page, server.url("/"));
    request.head.referrer = Referrer::Url(Url::parse("https://page.test/else").unwrap());
    request.head.referrer_policy = ReferrerPolicy::UnsafeUrl;
    net.fetch(request).unwrap();
    assert_eq!(last(&server).header("referer"), Some("https://page.test/else"));
}

#[test]
fn a_navigation_and_a_cross_site_request() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    let mut request = get(server.url("/"));
    request.head.destination = Destination::Document;
    request.head.mode = RequestMode::Navigate;
    net.fetch(request).unwrap();
    let seen = last(&server);
    assert!(seen.header("accept").unwrap().starts_with("text/html,"));
    assert_eq!(seen.header("sec-fetch-mode"), Some("navigate"));
    let mut request = cors("https://page.test/", server.url("/"));
    request.head.method = Method::POST;
    net.fetch(request).unwrap();
    let seen = last(&server);
    assert_eq!(seen.header("sec-fetch-site"), Some("cross-site"));
    assert_eq!(seen.header("origin"), Some("https://page.test"));
    assert_eq!(seen.header("content-length"), Some("0"));
}

#[test]
fn a_header_that_http_cannot_carry_is_an_error() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    for (name, value) in [("X-Bad", "a\0b"), ("not a name", "x")] {
        let mut request = get(server.url("/"));
        request.head.headers.append(name, value);
        let error = net.fetch(request).unwrap_err();
        assert_eq!(error.kind, NetworkErrorKind::Protocol);
        assert!(error.message.contains("cannot be sent"), "{error}");
    }
    assert!(server.seen().is_empty());
}

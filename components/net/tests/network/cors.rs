//! The CORS protocol: what a page of another origin may have, and when it has to ask first.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bgfetch_net::{Clock, NetConfig};
use bgfetch_traits::fetch::{CredentialsMode, NetworkErrorKind, RequestMode, ResponseType};
use http::Method;

use crate::support::{Authority, Net, Server, Speaks, config, cors, get, respond};

const PAGE: &str = "https://page.test/";
const ALLOW_PAGE: (&str, &str) = ("access-control-allow-origin", "https://page.test");

/// Answers every request with `headers`, preflights with `preflight`.
fn server(
    authority: &Authority,
    headers: &'static [(&str, &str)],
    preflight: &'static [(&str, &str)],
) -> Server {
    Server::https(authority, Speaks::Https, move |request| async move {
        if request.method() == Method::OPTIONS {
            return respond(204, preflight, "");
        }
        respond(200, headers, "shared")
    })
}

#[test]
fn a_response_is_shared_only_if_its_server_says_so() {
    let authority = Authority::new();
    let net = Net::trusting(&authority);
    let cases = [
        (&[][..], CredentialsMode::Omit, false),
        (&[("access-control-allow-origin", "*")], CredentialsMode::Omit, true),
        (&[("access-control-allow-origin", "*")], CredentialsMode::Include, false),
        (&[ALLOW_PAGE], CredentialsMode::SameOrigin, true),
        (&[ALLOW_PAGE, ("access-control-allow-credentials", "true")], CredentialsMode::Include, true),
        (&[("access-control-allow-origin", "https://other.test")], CredentialsMode::Omit, false),
    ];
    for (headers, credentials, shared) in cases {
        let server = server(&authority, headers, &[]);
        let mut request = cors(PAGE, server.url("/"));
        request.head.credentials = credentials;
        match net.fetch(request) {
            Ok(response) => assert!(shared && response.head.kind == ResponseType::Cors, "{headers:?}"),
            Err(error) => {
                assert!(!shared, "{error}");
                assert_eq!(error.kind, NetworkErrorKind::Cors);
            }
        }
        let seen = server.seen();
        assert_eq!(seen.len(), 1);
        assert_eq!(seen[0].header("origin"), Some("https://page.test"));
    }
}

#[test]
fn headers_are_shown_as_exposed() {
    let authority = Authority::new();
    let net = Net::trusting(&authority);
    let server = server(
        &authority,
        &[
            ALLOW_PAGE,
            ("access-control-expose-headers", "X-Shown, Set-Cookie"),
            ("x-shown", "1"),
            ("x-hidden", "2"),
            ("set-cookie", "a=b"),
            ("etag", "\"3\""),
        ],
        &[],
    );
    let response = net.fetch(cors(PAGE, server.url("/"))).unwrap();
    let shown = response.head.filtered().headers;
    assert!(shown.contains("x-shown") && shown.contains("content-length"));
    assert!(!shown.contains("x-hidden") && !shown.contains("set-cookie") && !shown.contains("etag"));
    assert!(response.head.headers.contains("x-hidden"));
}

#[test]
fn an_unusual_request_is_preceded_by_a_preflight() {
    let authority = Authority::new();
    let net = Net::trusting(&authority);
    let server = server(
        &authority,
        &[ALLOW_PAGE],
        &[
            ALLOW_PAGE,
            ("access-control-allow-methods", "PUT"),
            ("access-control-allow-headers", "x-mine, x-other"),
        ],
    );
    let mut request = cors(PAGE, server.url("/x"));
    request.head.method = Method::PUT;
    request.head.headers.append("X-Other", "1");
    request.head.headers.append("X-Mine", "2");
    net.fetch(request).unwrap();
    let seen = server.seen();
    assert_eq!(seen.iter().map(|s| s.method.as_str()).collect::<Vec<_>>(), ["OPTIONS", "PUT"]);
    assert_eq!(seen[0].header("access-control-request-method"), Some("PUT"));
    assert_eq!(seen[0].header("access-control-request-headers"), Some("x-mine,x-other"));
    assert_eq!(seen[0].header("origin"), Some("https://page.test"));
    assert_eq!(seen[0].header("cookie"), None);
    assert_eq!(seen[1].header("content-length"), Some("0"));
}

#[test]
fn a_preflight_that_refuses_ends_the_fetch() {
    let authority = Authority::new();
    let net = Net::trusting(&authority);
    let refusals: [&'static [(&str, &str)]; 4] = [
        &[],
        &[ALLOW_PAGE],
        &[ALLOW_PAGE, ("access-control-allow-methods", "POST")],
        &[ALLOW_PAGE, ("access-control-allow-methods", "DELETE, not a token")],
    ];
    for preflight in refusals {
        let server = server(&authority, &[ALLOW_PAGE], preflight);
        let mut request = cors(PAGE, server.url("/"));
        request.head.method = Method::DELETE;
        let error = net.fetch(request).unwrap_err();
        assert_eq!(error.kind, NetworkErrorKind::Cors, "{error}");
        assert_eq!(server.seen().len(), 1, "only the preflight is sent");
    }
}

/// A clock that a test moves.
#[derive(Debug, Default)]
struct ManualClock(Mutex<Duration>);

impl Clock for ManualClock {
    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

#[test]
fn a_preflight_holds_for_its_max_age() {
    let authority = Authority::new();
    let clock = Arc::new(ManualClock::default());
    let clock_of_net: Arc<dyn Clock> = Arc::<ManualClock>::clone(&clock);
    let net = Net::new(NetConfig { clock: clock_of_net, ..config(Some(&authority)) });
    let server = server(
        &authority,
        &[ALLOW_PAGE],
        &[ALLOW_PAGE, ("access-control-allow-methods", "*"), ("access-control-max-age", "60")],
    );
    let preflights = || server.seen().iter().filter(|s| s.method == "OPTIONS").count();
    let delete = || {
        let mut request = cors(PAGE, server.url("/x"));
        request.head.method = Method::DELETE;
        net.fetch(request).unwrap();
    };
    delete();
    *clock.0.lock().unwrap() = Duration::from_secs(59);
    delete();
    assert_eq!(preflights(), 1);
    *clock.0.lock().unwrap() = Duration::from_secs(61);
    delete();
    assert_eq!(preflights(), 2);
    assert_eq!(server.seen().len(), 5);
}

#[test]
fn a_redirect_to_a_third_origin_makes_the_origin_null() {
    let authority = Authority::new();
    let net = Net::trusting(&authority);
    let third = server(&authority, &[("access-control-allow-origin", "null")], &[]);
    let location = third.url_of("b.test", "/").to_string();
    let second = Server::https(&authority, Speaks::Https, move |_| {
        let location = location.clone();
        async move { respond(302, &[ALLOW_PAGE, ("location", &location)], "") }
    });
    let response = net.fetch(cors(PAGE, second.url_of("a.test", "/"))).unwrap();
    assert_eq!(response.head.kind, ResponseType::Cors);
    assert_eq!(third.seen()[0].header("origin"), Some("null"));
}

#[test]
fn without_cors_a_response_is_opaque_and_may_be_forbidden() {
    let authority = Authority::new();
    let net = Net::trusting(&authority);
    for (headers, allowed) in [(&[][..], true), (&[("cross-origin-resource-policy", "same-origin")], false)] {
        let server = server(&authority, headers, &[]);
        let mut request = cors(PAGE, server.url("/"));
        request.head.mode = RequestMode::NoCors;
        match net.fetch(request) {
            Ok(response) => {
                assert!(allowed);
                assert_eq!(response.head.kind, ResponseType::Opaque);
                assert_eq!(response.head.filtered().status, 0);
                assert!(response.head.filtered().headers.is_empty());
            }
            Err(error) => assert!(!allowed && error.kind == NetworkErrorKind::Cors, "{error}"),
        }
        assert_eq!(server.seen()[0].header("origin"), None);
    }
    let server = server(&authority, &[], &[]);
    let mut request = get(server.url("/"));
    request.client = cors(PAGE, server.url("/")).client;
    request.head.mode = RequestMode::SameOrigin;
    assert_eq!(net.fetch(request).unwrap_err().kind, NetworkErrorKind::Cors);
    assert!(server.seen().is_empty());
}

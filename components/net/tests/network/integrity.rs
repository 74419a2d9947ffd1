//! Subresource integrity: bytes that do not match are not given out.

use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::{NetworkErrorKind, Priority, RequestMode};
use url::Url;

use crate::support::{Net, Server, cors, get, read, respond};

/// Of `abc`.
const HASH: &str = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

fn server(body: &'static str) -> Server {
    Server::http(move |_| async move { respond(200, &[], body) })
}

#[test]
fn a_match_is_given_and_a_mismatch_is_a_network_error() {
    let net = Net::plain();
    for (body, matches) in [("abc", true), ("abd", false), ("", false)] {
        let server = server(body);
        let mut request = get(server.url("/"));
        request.head.integrity = HASH.to_owned();
        match net.fetch(request) {
            Ok(response) => {
                assert!(matches);
                assert_eq!(read(response.body.unwrap()).unwrap(), b"abc");
            }
            Err(error) => assert!(!matches && error.kind == NetworkErrorKind::Integrity, "{error}"),
        }
    }
}

#[test]
fn in_the_background_the_body_breaks_before_its_last_piece() {
    let net = Net::plain();
    for (body, matches) in [("abc", true), ("abd", false)] {
        let server = server(body);
        let mut request = get(server.url("/"));
        request.head.integrity = HASH.to_owned();
        request.priority = Priority::Background;
        let end = read(net.fetch(request).unwrap().body.unwrap());
        match end {
            Ok(bytes) => assert!(matches && bytes == b"abc"),
            Err(BodyError::Network(error)) => {
                assert!(!matches && error.kind == NetworkErrorKind::Integrity, "{error}");
            }
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn an_opaque_response_never_matches() {
    let server = server("abc");
    let mut request = cors("http://page.test/", server.url("/"));
    request.head.mode = RequestMode::NoCors;
    request.head.integrity = HASH.to_owned();
    assert_eq!(Net::plain().fetch(request).unwrap_err().kind, NetworkErrorKind::Integrity);
    let data = Url::parse("data:,abc").unwrap();
    let mut request = get(data);
    request.head.integrity = HASH.to_owned();
    assert_eq!(read(Net::plain().fetch(request).unwrap().body.unwrap()).unwrap(), b"abc");
}

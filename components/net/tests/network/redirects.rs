//! Redirects are followed, refused or shown as the standard has it.

use std::sync::Arc;

use bgfetch_traits::fetch::{NetworkErrorKind, RedirectMode, RequestBody, RequestMode, ResponseType};
use http::Method;

use crate::support::{Net, Server, get, read, respond};

/// `/n/STATUS` redirects to `/end` with STATUS; `/chain/N` through N redirects.
fn server() -> Server {
    Server::http(|request| async move {
        let path = request.uri().path().to_owned();
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match parts.as_slice() {
            ["n", status] => respond(status.parse().unwrap(), &[("location", "/end")], "a short text"),
            ["chain", "0"] => respond(200, &[], "end of the chain"),
            ["chain", n] => {
                let next = format!("/chain/{}", n.parse::<u32>().unwrap() - 1);
                respond(302, &[("location", &next)], "")
            }
            ["nowhere"] => respond(302, &[], "no location"),
            ["elsewhere"] => respond(302, &[("location", "data:,x")], ""),
            _ => respond(200, &[], format!("{} {path}", request.method())),
        }
    })
}

#[test]
fn the_method_changes_by_status() {
    let server = server();
    let net = Net::plain();
    for (status, expected) in
        [(301, "GET /end"), (302, "GET /end"), (303, "GET /end"), (307, "POST /end"), (308, "POST /end")]
    {
        let mut request = get(server.url(&format!("/n/{status}")));
        request.head.method = Method::POST;
        request.head.headers.append("Content-Type", "text/plain");
        request.body = Some(RequestBody::Bytes("body".into()));
        let response = net.fetch(request).unwrap();
        assert_eq!(response.head.url().unwrap().path(), "/end");
        assert_eq!(response.head.url_list.len(), 2);
        assert_eq!(read(response.body.unwrap()).unwrap(), expected.as_bytes(), "{status}");
        let last = server.seen().pop().unwrap();
        assert_eq!(last.header("content-type").is_some(), expected.starts_with("POST"), "{status}");
        assert_eq!(last.header("content-length").is_some(), expected.starts_with("POST"), "{status}");
    }
}

#[test]
fn twenty_redirects_are_followed_and_not_one_more() {
    let server = server();
    let net = Net::plain();
    let (_, body) = net.get(server.url("/chain/20")).unwrap();
    assert_eq!(body, b"end of the chain");
    let error = net.get(server.url("/chain/21")).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::Redirect);
    assert!(error.message.contains("one redirect too many"), "{error}");
}

#[test]
fn redirect_modes() {
    let server = server();
    let net = Net::plain();
    let mut request = get(server.url("/n/302"));
    request.head.redirect = RedirectMode::Error;
    assert_eq!(net.fetch(request).unwrap_err().kind, NetworkErrorKind::Redirect);

    let mut request = get(server.url("/n/302"));
    request.head.redirect = RedirectMode::Manual;
    let response = net.fetch(request).unwrap();
    assert_eq!(response.head.kind, ResponseType::OpaqueRedirect);
    assert_eq!((response.head.status, response.head.filtered().status), (302, 0));

    // A navigation follows by itself, so it has to see where to.
    let mut request = get(server.url("/n/302"));
    request.head.redirect = RedirectMode::Manual;
    request.head.mode = RequestMode::Navigate;
    let response = net.fetch(request).unwrap();
    assert_eq!(response.head.kind, ResponseType::Basic);
    assert_eq!(response.head.headers.get_str("location").as_deref(), Some("/end"));
}

#[test]
fn a_redirect_without_a_location_is_a_response_and_one_out_of_http_an_error() {
    let server = server();
    let net = Net::plain();
    let (response, body) = net.get(server.url("/nowhere")).unwrap();
    assert_eq!((response.head.status, body.as_slice()), (302, &b"no location"[..]));
    assert_eq!(net.get(server.url("/elsewhere")).unwrap_err().kind, NetworkErrorKind::Redirect);
}

#[test]
fn the_fragment_is_kept_and_the_connection_used_again() {
    let server = server();
    let net = Net::plain();
    let (response, _) = net.get(server.url("/n/302#part")).unwrap();
    assert_eq!(response.head.url().unwrap().fragment(), Some("part"));
    let connections = Arc::clone(&server.connections);
    assert_eq!(connections.load(std::sync::atomic::Ordering::SeqCst), 1);
}

#[test]
fn across_origins_authorization_goes_and_credentials_in_the_url_are_refused() {
    let target = Server::http(|request| async move {
        let sent = request.headers().contains_key("authorization");
        respond(200, &[("access-control-allow-origin", "*"), ("x-authorized", &sent.to_string())], "")
    });
    let plain = target.url("/").to_string();
    let with_credentials = plain.replace("http://", "http://user:secret@");
    let origin = Server::http(move |request| {
        let location =
            if request.uri().path() == "/plain" { plain.clone() } else { with_credentials.clone() };
        async move { respond(307, &[("location", &location)], "") }
    });
    let net = Net::plain();
    let request = |path: &str| {
        let mut request = get(origin.url(path));
        request.head.mode = RequestMode::Cors;
        request.head.headers.append("Authorization", "Basic dTpw");
        request
    };
    let response = net.fetch(request("/plain")).unwrap();
    assert_eq!(response.head.headers.get_str("x-authorized").as_deref(), Some("false"));
    assert_eq!(response.head.kind, ResponseType::Cors);
    assert_eq!(origin.seen()[0].header("authorization"), Some("Basic dTpw"));
    let error = net.fetch(request("/credentials")).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::Redirect);
}

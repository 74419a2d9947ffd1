//! A resource comes whole over HTTP/1.1, over TLS, and over HTTP/2, and connections are used again.

use std::sync::atomic::Ordering;

use crate::support::{Authority, Net, Server, Speaks, get, respond};
use bgfetch_traits::fetch::{RequestBody, ResponseType};
use http_body_util::BodyExt;

#[test]
fn a_large_body_comes_whole_over_each_protocol() {
    let authority = Authority::new();
    let body: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    for (speaks, version) in
        [(Speaks::Http, "HTTP/1.1"), (Speaks::Https, "HTTP/1.1"), (Speaks::Http2, "HTTP/2.0")]
    {
        let sent = body.clone();
        let handler = move |_| {
            let sent = sent.clone();
            async move { respond(200, &[("content-type", "application/x-test")], sent) }
        };
        let server = match speaks {
            Speaks::Http => Server::http(handler),
            speaks => Server::https(&authority, speaks, handler),
        };
        let net = Net::trusting(&authority);
        for _ in 0..3 {
            let (response, received) = net.get(server.url("/file?x=1")).unwrap();
            assert!(received == body, "{speaks:?}: {} bytes came", received.len());
            assert_eq!(response.head.status, 200);
            assert_eq!(response.head.kind, ResponseType::Basic);
            assert_eq!(response.head.headers.get_str("content-type").as_deref(), Some("application/x-test"));
        }
        let seen = server.seen();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|s| s.version == version && s.target == "/file?x=1"), "{seen:?}");
        assert_eq!(server.connections.load(Ordering::SeqCst), 1, "{speaks:?}");
        net.shutdown();
    }
}

#[test]
fn a_request_body_arrives_whole() {
    let authority = Authority::new();
    for speaks in [Speaks::Https, Speaks::Http2] {
        let server = Server::https(&authority, speaks, |request| async move {
            let length = request.headers().get("content-length").cloned();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let announced = length.map_or_else(String::new, |l| l.to_str().unwrap().to_owned());
            respond(200, &[("x-announced", &announced)], format!("{} {}", body.len(), body[body.len() - 1]))
        });
        let net = Net::trusting(&authority);
        let mut request = get(server.url("/"));
        request.head.method = http::Method::POST;
        let mut body = vec![1_u8; 700_000];
        body.push(9);
        request.body = Some(RequestBody::Bytes(body.into()));
        let response = net.fetch(request).unwrap();
        assert_eq!(response.head.headers.get_str("x-announced").as_deref(), Some("700001"));
        assert_eq!(crate::support::read(response.body.unwrap()).unwrap(), b"700001 9");
        net.shutdown();
    }
}

//! Connections are shared where they may be, and a kept one that died costs nothing but a new one.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bgfetch_traits::fetch::{CredentialsMode, NetworkErrorKind, RequestBody};
use bgfetch_traits::net::{CancelHandle, NetMsg};
use http::Method;
use url::Url;

use crate::support::{Authority, Net, Server, Speaks, cors, get, raw_server, read, read_head, respond};

/// Answers the first request of each connection, and closes it when the second comes.
fn server_that_keeps_no_promise(answered: &Arc<AtomicUsize>) -> Url {
    let answered = Arc::clone(answered);
    let address = raw_server(move |mut stream: TcpStream| {
        let head = read_head(&mut stream).unwrap();
        if head.starts_with("POST") {
            stream.read_exact(&mut [0; 4]).unwrap();
        }
        answered.fetch_add(1, Ordering::SeqCst);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        drop(read_head(&mut stream));
    });
    Url::parse(&format!("http://{address}/")).unwrap()
}

#[test]
fn a_dead_connection_is_replaced() {
    let answered = Arc::default();
    let url = server_that_keeps_no_promise(&answered);
    let net = Net::plain();
    for _ in 0..5 {
        assert_eq!(net.get(url.clone()).unwrap().1, b"ok");
    }
    assert_eq!(answered.load(Ordering::SeqCst), 5);
}

#[test]
fn a_request_that_may_not_be_sent_twice_is_not() {
    let answered = Arc::default();
    let url = server_that_keeps_no_promise(&answered);
    let net = Net::plain();
    assert_eq!(net.get(url.clone()).unwrap().1, b"ok");
    let mut request = get(url);
    request.head.method = Method::POST;
    request.body = Some(RequestBody::Bytes("body".into()));
    let error = net.fetch(request).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::ConnectionReset, "{error}");
    assert_eq!(answered.load(Ordering::SeqCst), 1);
}

#[test]
fn partitions_and_credentials_do_not_share() {
    let authority = Authority::new();
    for speaks in [Speaks::Https, Speaks::Http2] {
        let server = Server::https(&authority, speaks, |_| async {
            respond(
                200,
                &[
                    ("access-control-allow-origin", "https://page.test"),
                    ("access-control-allow-credentials", "true"),
                ],
                "",
            )
        });
        let net = Net::trusting(&authority);
        let fetch = |top: &str, credentials| {
            let mut request = cors("https://page.test/", server.url("/"));
            request.client.top_level_origin = Url::parse(top).unwrap().origin();
            request.head.credentials = credentials;
            let response = net.fetch(request).unwrap();
            read(response.body.unwrap()).unwrap();
            server.connections.load(Ordering::SeqCst)
        };
        assert_eq!(fetch("https://page.test/", CredentialsMode::Omit), 1);
        assert_eq!(fetch("https://page.test/", CredentialsMode::Omit), 1);
        assert_eq!(fetch("https://page.test/", CredentialsMode::Include), 2);
        assert_eq!(fetch("https://top.test/", CredentialsMode::Omit), 3);
        assert_eq!(fetch("https://www.top.test:99/", CredentialsMode::Omit), 3);
    }
}

#[test]
fn many_first_requests_to_an_http2_host_make_one_connection() {
    let authority = Authority::new();
    let server = Server::https(&authority, Speaks::Http2, |_| async { respond(200, &[], "x") });
    let net = Net::trusting(&authority);
    let pending: Vec<_> =
        (0..200).map(|n| net.start(get(server.url(&format!("/{n}"))), CancelHandle::new())).collect();
    for pending in pending {
        assert_eq!(read(pending.wait().unwrap().body.unwrap()).unwrap(), b"x");
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    assert_eq!(server.seen().len(), 200);
}

#[test]
fn many_first_requests_to_a_dead_host_fail_together() {
    let authority = Authority::new();
    let server = Server::https(&Authority::new(), Speaks::Http2, |_| async { respond(200, &[], "x") });
    let net = Net::trusting(&authority);
    let pending: Vec<_> = (0..6).map(|_| net.start(get(server.url("/")), CancelHandle::new())).collect();
    for pending in pending {
        assert_eq!(pending.wait().unwrap_err().kind, NetworkErrorKind::Tls);
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[test]
fn clear_and_offline_close_kept_connections() {
    let server = Server::http(|_| async { respond(200, &[], "x") });
    let net = Net::plain();
    let connections = || {
        net.get(server.url("/")).unwrap();
        server.connections.load(Ordering::SeqCst)
    };
    assert_eq!((connections(), connections()), (1, 1));
    net.sender.send(NetMsg::Clear(None));
    assert_eq!((connections(), connections()), (2, 2));
    net.sender.send(NetMsg::SetOnline(false));
    net.sender.send(NetMsg::SetOnline(true));
    assert_eq!((connections(), connections()), (3, 3));
}

#[test]
fn a_misdirected_request_is_sent_on_a_new_connection() {
    let authority = Authority::new();
    let count = Arc::new(AtomicUsize::new(0));
    let server = Server::https(&authority, Speaks::Http2, move |_| {
        let first = count.fetch_add(1, Ordering::SeqCst) == 0;
        async move { if first { respond(421, &[], "") } else { respond(200, &[], "right") } }
    });
    let net = Net::trusting(&authority);
    assert_eq!(net.get(server.url("/")).unwrap().1, b"right");
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
}

/// An HTTP/2 server made of h2 itself, which refuses the first `refused` requests of each connection.
fn refusing_server(authority: &Authority, refused: usize, connections: &Arc<AtomicUsize>) -> Url {
    let tls = authority.server_config(&["localhost"], &[b"h2"]);
    let connections = Arc::clone(connections);
    let address = raw_server(move |stream: TcpStream| {
        let nth = connections.fetch_add(1, Ordering::SeqCst);
        stream.set_nonblocking(true).unwrap();
        let tls = tokio_rustls::TlsAcceptor::from(Arc::clone(&tls));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let stream = tls.accept(tokio::net::TcpStream::from_std(stream).unwrap()).await.unwrap();
            let mut connection = h2::server::handshake(stream).await.unwrap();
            let mut count = 0;
            while let Some(Ok((_request, mut respond))) = connection.accept().await {
                count += 1;
                if nth == 0 && count <= refused {
                    respond.send_reset(h2::Reason::REFUSED_STREAM);
                } else {
                    let mut body = respond.send_response(http::Response::new(()), false).unwrap();
                    body.send_data(bytes::Bytes::from_static(b"served"), true).unwrap();
                }
            }
        });
    });
    Url::parse(&format!("https://localhost:{}/", address.port())).unwrap()
}

#[test]
fn a_refused_stream_is_sent_again_whatever_its_method() {
    let authority = Authority::new();
    let connections = Arc::default();
    let url = refusing_server(&authority, 1, &connections);
    let net = Net::trusting(&authority);
    let mut request = get(url);
    request.head.method = Method::POST;
    request.body = Some(RequestBody::Bytes("body".into()));
    let response = net.fetch(request).unwrap();
    assert_eq!(read(response.body.unwrap()).unwrap(), b"served");
}

#[test]
fn a_connection_that_refuses_everything_is_replaced() {
    let authority = Authority::new();
    let connections = Arc::default();
    let url = refusing_server(&authority, usize::MAX, &connections);
    let net = Net::trusting(&authority);
    // The first connection refuses everything; the second, made for the repetition, does not.
    assert_eq!(net.get(url).unwrap().1, b"served");
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

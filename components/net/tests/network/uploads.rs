//! Request bodies: streamed, counted, cancelled, and refused where they cannot be sent.

use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bgfetch_traits::body::{BodyError, pipe};
use bgfetch_traits::fetch::{NetworkErrorKind, Request, RequestBody};
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::reply::Reply;
use bytes::Bytes;
use http::Method;
use http_body_util::BodyExt;
use url::Url;

use crate::support::{Authority, DEADLINE, Net, Pending, Server, Speaks, get, raw_server, read, respond};

fn counting_server(authority: &Authority, speaks: Speaks) -> Server {
    let handler = |request: hyper::Request<hyper::body::Incoming>| async move {
        match request.into_body().collect().await {
            Ok(body) => respond(200, &[], body.to_bytes().len().to_string()),
            Err(_) => respond(400, &[], "broken"),
        }
    };
    if speaks == Speaks::Http { Server::http(handler) } else { Server::https(authority, speaks, handler) }
}

fn post(url: Url, body: RequestBody) -> Request {
    let mut request = get(url);
    request.head.method = Method::POST;
    request.body = Some(body);
    request
}

#[test]
fn streams_and_progress() {
    let authority = Authority::new();
    for speaks in [Speaks::Http, Speaks::Https, Speaks::Http2] {
        let server = counting_server(&authority, speaks);
        let net = Net::trusting(&authority);
        let (mut writer, reader) = pipe(100_000);
        let producer = std::thread::spawn(move || {
            for _ in 0..50 {
                writer.write_blocking(Bytes::from(vec![1; 20_000])).unwrap();
            }
            writer.finish(Ok(()));
        });
        let progress: Arc<Mutex<Vec<u64>>> = Arc::default();
        let seen = Arc::clone(&progress);
        let (reply, receiver) = Reply::channel();
        net.sender.send(NetMsg::Fetch {
            request: post(server.url("/"), RequestBody::Stream { reader, length: Some(1_000_000) }),
            cancel: CancelHandle::new(),
            upload_progress: Some(Arc::new(move |sent| seen.lock().unwrap().push(sent))),
            timing: None,
            reply,
        });
        let response = Pending(receiver).wait().unwrap();
        assert_eq!(read(response.body.unwrap()).unwrap(), b"1000000", "{speaks:?}");
        producer.join().unwrap();
        let progress = progress.lock().unwrap();
        assert!(progress.len() > 5 && progress.is_sorted(), "{progress:?}");
        assert_eq!(progress.last(), Some(&1_000_000));
        assert_eq!(server.seen()[0].header("content-length"), Some("1000000"));
    }
}

#[test]
fn a_stream_of_unknown_length_needs_http2() {
    let authority = Authority::new();
    let net = Net::trusting(&authority);
    let stream = || RequestBody::Stream {
        reader: bgfetch_traits::body::BodyReader::from_bytes("12345"),
        length: None,
    };
    let server = counting_server(&authority, Speaks::Http2);
    let response = net.fetch(post(server.url("/"), stream())).unwrap();
    assert_eq!(read(response.body.unwrap()).unwrap(), b"5");
    assert_eq!(server.seen()[0].header("content-length"), None);
    let server = counting_server(&authority, Speaks::Https);
    let error = net.fetch(post(server.url("/"), stream())).unwrap_err();
    assert!(error.message.contains("needs HTTP/2"), "{error}");
    assert!(server.seen().is_empty());
}

#[test]
fn a_source_that_breaks_breaks_the_request() {
    let authority = Authority::new();
    for speaks in [Speaks::Http, Speaks::Http2] {
        let server = counting_server(&authority, speaks);
        let net = Net::trusting(&authority);
        let endings = [
            (Err(BodyError::Source("the disk is gone".to_owned())), "the disk is gone"),
            (Ok(()), "ended after 3 of the 10 bytes"),
        ];
        for (end, expected) in endings {
            let (mut writer, reader) = pipe(100);
            writer.push(Bytes::from_static(b"abc")).unwrap();
            writer.finish(end);
            let body = RequestBody::Stream { reader, length: Some(10) };
            let error = net.fetch(post(server.url("/"), body)).unwrap_err();
            assert_eq!(error.kind, NetworkErrorKind::Internal, "{speaks:?} {error}");
            assert!(error.message.contains(expected), "{speaks:?} {error}");
        }
    }
}

#[test]
fn a_cancelled_upload_lets_its_producer_go() {
    let authority = Authority::new();
    let stalled = raw_server(|stream: TcpStream| {
        std::thread::park_timeout(DEADLINE);
        drop(stream);
    });
    let never_read = Server::https(&authority, Speaks::Http2, |request| async move {
        // Neither reads the body nor answers.
        tokio::time::sleep(DEADLINE).await;
        drop(request);
        respond(200, &[], "")
    });
    for url in [Url::parse(&format!("http://{stalled}/")).unwrap(), never_read.url("/")] {
        let net = Net::trusting(&authority);
        let (mut writer, reader) = pipe(64 * 1024);
        let (tell, told) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            while writer.write_blocking(Bytes::from(vec![0; 64 * 1024])).is_ok() {}
            tell.send(()).unwrap();
        });
        let cancel = CancelHandle::new();
        let body = RequestBody::Stream { reader, length: Some(1 << 30) };
        let pending = net.start(post(url.clone(), body), cancel.clone());
        std::thread::park_timeout(Duration::from_millis(300));
        cancel.cancel();
        assert_eq!(pending.wait().unwrap_err().kind, NetworkErrorKind::Aborted);
        assert!(told.recv_timeout(DEADLINE / 4).is_ok(), "{url}: the producer is still held");
    }
}

#[test]
fn a_keepalive_request_has_a_small_body() {
    let authority = Authority::new();
    let server = counting_server(&authority, Speaks::Http);
    let net = Net::plain();
    for (length, allowed) in [(64 * 1024, true), (64 * 1024 + 1, false)] {
        let mut request = post(server.url("/"), RequestBody::Bytes(vec![0; length].into()));
        request.head.keepalive = true;
        assert_eq!(net.fetch(request).is_ok(), allowed, "{length}");
    }
}

#[test]
fn progress_only_grows_when_a_redirect_has_the_body_sent_again() {
    let server = Server::http(|request| async move {
        let path = request.uri().path().to_owned();
        let length = request.into_body().collect().await.unwrap().to_bytes().len();
        if path == "/" {
            respond(307, &[("location", "/again")], "")
        } else {
            respond(200, &[], length.to_string())
        }
    });
    let net = Net::plain();
    let progress: Arc<Mutex<Vec<u64>>> = Arc::default();
    let seen = Arc::clone(&progress);
    let (reply, receiver) = Reply::channel();
    net.sender.send(NetMsg::Fetch {
        request: post(server.url("/"), RequestBody::Bytes(vec![1; 300_000].into())),
        cancel: CancelHandle::new(),
        upload_progress: Some(Arc::new(move |sent| seen.lock().unwrap().push(sent))),
        timing: None,
        reply,
    });
    let response = Pending(receiver).wait().unwrap();
    assert_eq!(read(response.body.unwrap()).unwrap(), b"300000");
    assert_eq!(server.seen().len(), 2);
    let progress = progress.lock().unwrap();
    assert!(progress.windows(2).all(|pair| pair[0] < pair[1]), "{progress:?}");
    assert_eq!(progress.last(), Some(&300_000));
}

#[test]
fn keepalive_bodies_of_a_client_share_their_limit_until_they_are_done() {
    let (go_on, wait) = tokio::sync::watch::channel(false);
    let server = Server::http(move |request| {
        let mut wait = wait.clone();
        async move {
            drop(request.into_body().collect().await);
            drop(wait.wait_for(|gone_on| *gone_on).await);
            respond(200, &[], "done")
        }
    });
    let net = Net::plain();
    let client = get(server.url("/")).client;
    let keepalive = |kibibytes: usize| {
        let mut request = get(server.url("/"));
        request.client = client.clone();
        request.head.method = Method::POST;
        request.head.keepalive = true;
        request.body = Some(RequestBody::Bytes(vec![0; kibibytes * 1024].into()));
        request
    };
    let first = net.start(keepalive(60), CancelHandle::new());
    assert_eq!(net.fetch(keepalive(5)).unwrap_err().kind, NetworkErrorKind::Blocked);
    let second = net.start(keepalive(4), CancelHandle::new());
    let mut other = keepalive(64);
    other.client.id = ClientId::new();
    let other = net.start(other, CancelHandle::new());
    go_on.send(true).unwrap();
    for pending in [first, second, other] {
        assert_eq!(read(pending.wait().unwrap().body.unwrap()).unwrap(), b"done");
    }
    // What was read to its end may not be off the books in the same moment.
    let until = Instant::now() + DEADLINE;
    while net.fetch(keepalive(64)).is_err() {
        assert!(Instant::now() < until, "the limit was never free again");
        std::thread::yield_now();
    }
}

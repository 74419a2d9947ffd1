//! A reader that does not read stops the socket; the engine does not fill memory with what nobody wants yet.

use std::io::Write;
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bgfetch_traits::body::pipe;
use bgfetch_traits::fetch::RequestBody;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame};
use url::Url;

use crate::support::{Authority, DEADLINE, Net, Server, Speaks, get, raw_server, read, read_head, settled};

const WHOLE: u64 = 64 * 1024 * 1024;

#[test]
fn over_http1_the_socket_stops() {
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let address = raw_server(move |mut stream: TcpStream| {
        drop(read_head(&mut stream));
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {WHOLE}\r\n\r\n").unwrap();
        let piece = vec![7; 64 * 1024];
        while counter.load(Ordering::SeqCst) < WHOLE {
            if stream.write_all(&piece).is_err() {
                return;
            }
            counter.fetch_add(piece.len() as u64, Ordering::SeqCst);
        }
    });
    let net = Net::plain();
    let response = net.fetch(get(Url::parse(&format!("http://{address}/")).unwrap())).unwrap();
    let before = settled(&sent);
    // Socket buffers of both sides and the pipe.
    assert!(before < WHOLE / 2, "{before} bytes were taken though nobody read");
    assert_eq!(read(response.body.unwrap()).unwrap().len() as u64, WHOLE);
}

#[test]
fn over_http2_the_stream_stops_and_others_go_on() {
    let authority = Authority::new();
    let sent = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&sent);
    let server = Server::https(&authority, Speaks::Http2, move |request| {
        let counter = Arc::clone(&counter);
        async move {
            if request.uri().path() == "/small" {
                return crate::support::respond(200, &[], "small");
            }
            let mut left = WHOLE;
            let pieces = Pieces(move || {
                let piece = Bytes::from(vec![7; 16 * 1024]);
                left = left.checked_sub(piece.len() as u64)?;
                counter.fetch_add(piece.len() as u64, Ordering::SeqCst);
                Some(piece)
            });
            hyper::Response::new(pieces.boxed())
        }
    });
    let net = Net::trusting(&authority);
    let response = net.fetch(get(server.url("/large"))).unwrap();
    let before = settled(&sent);
    assert!(before < 8 * 1024 * 1024, "{before} bytes were taken though nobody read");
    assert_eq!(net.get(server.url("/small")).unwrap().1, b"small");
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    assert_eq!(read(response.body.unwrap()).unwrap().len() as u64, WHOLE);
}

#[test]
fn responses_that_nobody_reads_do_not_stop_those_that_somebody_does() {
    let authority = Authority::new();
    let server = Server::https(&authority, Speaks::Http2, |_| async {
        crate::support::respond(200, &[], vec![7; 4 * 1024 * 1024])
    });
    let net = Net::trusting(&authority);
    let unread: Vec<_> = (0..40).map(|_| net.fetch(get(server.url("/"))).unwrap()).collect();
    assert_eq!(net.get(server.url("/")).unwrap().1.len(), 4 * 1024 * 1024);
    for response in unread {
        assert_eq!(read(response.body.unwrap()).unwrap().len(), 4 * 1024 * 1024);
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

/// A body made piece by piece, when it is wanted.
struct Pieces<F>(F);

impl<F: FnMut() -> Option<Bytes> + Unpin> Body for Pieces<F> {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        Poll::Ready((self.0)().map(|piece| Ok(Frame::data(piece))))
    }
}

#[test]
fn an_upload_waits_for_its_server() {
    let address = raw_server(|mut stream: TcpStream| {
        drop(read_head(&mut stream));
        // Until the test has seen that the upload stands still.
        std::thread::park_timeout(DEADLINE);
    });
    let net = Net::plain();
    let taken = Arc::new(AtomicU64::new(0));
    let (mut writer, reader) = pipe(64 * 1024);
    let mut request = get(Url::parse(&format!("http://{address}/")).unwrap());
    request.head.method = http::Method::POST;
    request.body = Some(RequestBody::Stream { reader, length: Some(WHOLE) });
    let counter = Arc::clone(&taken);
    let producer = std::thread::spawn(move || {
        let piece = Bytes::from(vec![7; 64 * 1024]);
        while writer.write_blocking(piece.clone()).is_ok() {
            counter.fetch_add(piece.len() as u64, Ordering::SeqCst);
        }
    });
    let cancel = bgfetch_traits::net::CancelHandle::new();
    let pending = net.start(request, cancel.clone());
    assert!(settled(&taken) < WHOLE / 2);
    cancel.cancel();
    drop(pending.wait());
    producer.join().unwrap();
}

//! A cancelled fetch ends at once, wherever it was, and its connection with it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::mpsc;
use std::time::Instant;

use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::NetworkErrorKind;
use bgfetch_traits::net::{CancelHandle, NetMsg};
use url::Url;

use crate::support::{DEADLINE, Net, get, raw_server, read, read_head};

/// Sends `answer`, tells that it did, waits for the client to go away, and tells that too.
fn server(answer: &'static [u8]) -> (Url, mpsc::Receiver<&'static str>) {
    let (tell, told) = mpsc::channel();
    let address = raw_server(move |mut stream: TcpStream| {
        drop(read_head(&mut stream));
        stream.write_all(answer).unwrap();
        tell.send("answered").unwrap();
        drop(stream.read(&mut [0]));
        tell.send("gone").unwrap();
    });
    (Url::parse(&format!("http://{address}/")).unwrap(), told)
}

#[test]
fn before_the_head() {
    let net = Net::plain();
    let (url, told) = server(b"");
    let cancel = CancelHandle::new();
    let pending = net.start(get(url), cancel.clone());
    assert_eq!(told.recv_timeout(DEADLINE), Ok("answered"));
    let start = Instant::now();
    cancel.cancel();
    assert_eq!(pending.wait().unwrap_err().kind, NetworkErrorKind::Aborted);
    assert_eq!(told.recv_timeout(DEADLINE), Ok("gone"));
    assert!(start.elapsed() < DEADLINE / 4);
}

#[test]
fn in_the_middle_of_the_body() {
    let net = Net::plain();
    let (url, told) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst");
    let cancel = CancelHandle::new();
    let mut response = net.start(get(url), cancel.clone()).wait().unwrap();
    let mut body = response.body.take().unwrap();
    assert_eq!(body.read_blocking().unwrap().unwrap(), "first");
    cancel.cancel();
    assert_eq!(read(body), Err(BodyError::Aborted));
    assert_eq!(told.iter().take(2).collect::<Vec<_>>(), ["answered", "gone"]);
}

#[test]
fn before_it_began_and_by_a_reader_that_goes_away() {
    let net = Net::plain();
    let cancel = CancelHandle::new();
    cancel.cancel();
    let (url, told) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst");
    assert_eq!(net.start(get(url.clone()), cancel).wait().unwrap_err().kind, NetworkErrorKind::Aborted);
    drop(net.fetch(get(url)).unwrap());
    assert_eq!(told.iter().take(2).collect::<Vec<_>>(), ["answered", "gone"]);
}

#[test]
fn by_the_end_of_the_thread() {
    let net = Net::plain();
    let (waiting, _told) = server(b"");
    let (reading, _told_too) = server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst");
    let pending = net.start(get(waiting), CancelHandle::new());
    let body = net.fetch(get(reading)).unwrap().body.unwrap();
    net.sender.send(NetMsg::Shutdown);
    assert_eq!(pending.wait().unwrap_err().kind, NetworkErrorKind::Aborted);
    assert_eq!(read(body), Err(BodyError::Aborted));
}

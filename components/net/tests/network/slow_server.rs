//! A server that stops answering costs its timeout and no more.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bgfetch_net::NetConfig;
use bgfetch_traits::body::{BodyError, pipe};
use bgfetch_traits::fetch::{NetworkErrorKind, RequestBody};
use bytes::Bytes;
use url::Url;

use crate::support::{Net, config, get, raw_server, read, read_head};

const SHORT: Duration = Duration::from_millis(300);

fn url(answer: &'static [u8]) -> Url {
    let address = raw_server(move |mut stream: TcpStream| {
        drop(read_head(&mut stream));
        stream.write_all(answer).unwrap();
        // Until the client goes away.
        drop(stream.read(&mut [0]));
    });
    Url::parse(&format!("http://{address}/")).unwrap()
}

fn net() -> Net {
    let mut config: NetConfig = config(None);
    config.timeouts.head = SHORT;
    config.timeouts.idle = SHORT;
    config.timeouts.connect = SHORT;
    Net::new(config)
}

#[test]
fn no_head_in_time() {
    let start = Instant::now();
    let error = net().fetch(get(url(b""))).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::TimedOut);
    assert!(error.is_connectivity());
    assert!(start.elapsed() >= SHORT);
}

#[test]
fn a_body_that_stalls() {
    let net = net();
    let response = net.fetch(get(url(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst")));
    let end = read(response.unwrap().body.unwrap());
    assert!(
        matches!(&end, Err(BodyError::Network(error)) if error.kind == NetworkErrorKind::TimedOut),
        "{end:?}"
    );
}

#[test]
fn a_handshake_that_stalls() {
    let mut url = url(b"");
    url.set_scheme("https").unwrap();
    let address = raw_server(|mut stream: TcpStream| drop(stream.read_to_end(&mut Vec::new())));
    url.set_port(Some(address.port())).unwrap();
    let error = net().fetch(get(url)).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::TimedOut);
    assert!(error.message.contains("no connection within 0.3 seconds"), "{error}");
}

#[test]
fn a_request_that_takes_its_time_is_not_the_servers_fault() {
    let address = raw_server(|mut stream: TcpStream| {
        let head = read_head(&mut stream).unwrap();
        assert!(head.to_ascii_lowercase().contains("content-length: 3"), "{head}");
        stream.read_exact(&mut [0; 3]).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let mut request = get(Url::parse(&format!("http://{address}/")).unwrap());
    request.head.method = http::Method::POST;
    let (mut writer, reader) = pipe(10);
    request.body = Some(RequestBody::Stream { reader, length: Some(3) });
    let slow = std::thread::spawn(move || {
        for piece in [&b"a"[..], b"b", b"c"] {
            std::thread::park_timeout(2 * SHORT);
            writer.write_blocking(Bytes::from_static(piece)).unwrap();
        }
        writer.finish(Ok(()));
    });
    assert_eq!(net().fetch(request).unwrap().head.status, 200);
    slow.join().unwrap();
}

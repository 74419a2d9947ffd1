//! A body that ends before its server said it would is an error, never a short success.

use std::io::Write;
use std::net::TcpStream;

use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::NetworkErrorKind;
use url::Url;

use crate::support::{Net, get, raw_server, read, read_head};

/// Serves `answer` to each connection's first request, then closes it.
fn server(answer: &'static [u8]) -> Url {
    let address = raw_server(move |mut stream: TcpStream| {
        if read_head(&mut stream).is_some() {
            stream.write_all(answer).unwrap();
        }
    });
    Url::parse(&format!("http://{address}/")).unwrap()
}

#[test]
fn bodies_that_end_early() {
    let net = Net::plain();
    let cases: [&[u8]; 4] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n",
    ];
    for answer in cases {
        let response = net.fetch(get(server(answer))).unwrap();
        match read(response.body.unwrap()) {
            Err(BodyError::Network(error)) => assert!(
                matches!(error.kind, NetworkErrorKind::ConnectionReset | NetworkErrorKind::Protocol),
                "{error:?}"
            ),
            other => panic!("{}: {other:?}", String::from_utf8_lossy(answer)),
        }
    }
}

#[test]
fn a_body_that_the_connection_delimits_is_whole() {
    let net = Net::plain();
    let (_, body) = net.get(server(b"HTTP/1.0 200 OK\r\n\r\nall of it")).unwrap();
    assert_eq!(body, b"all of it");
}

#[test]
fn answers_that_are_not_http() {
    let net = Net::plain();
    let cases: [(&[u8], NetworkErrorKind); 5] = [
        (b"SSH-2.0-OpenSSH_9\r\n", NetworkErrorKind::Protocol),
        (b"HTTP/1.1 banana\r\n\r\n", NetworkErrorKind::Protocol),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", NetworkErrorKind::Protocol),
        (b"HTTP/1.1 200 OK\r\nBad", NetworkErrorKind::ConnectionReset),
        (b"", NetworkErrorKind::ConnectionReset),
    ];
    for (answer, kind) in cases {
        let error = net.fetch(get(server(answer))).unwrap_err();
        assert_eq!(error.kind, kind, "{} {error}", String::from_utf8_lossy(answer));
    }
}

#[test]
fn informational_answers_are_passed_over() {
    let net = Net::plain();
    let (response, body) = net
        .get(server(
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n\
              HTTP/1.1 200 Very Well\r\nContent-Length: 2\r\n\r\nok",
        ))
        .unwrap();
    assert_eq!((response.head.status, body.as_slice()), (200, &b"ok"[..]));
    assert_eq!(response.head.status_text, b"Very Well");
    let switched = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n";
    let error = net.fetch(get(server(switched))).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::Protocol);
}

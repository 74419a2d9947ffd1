//! Hosts that are not there, and a machine that is offline.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use bgfetch_net::NetConfig;
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::NetworkErrorKind;
use bgfetch_traits::net::{CancelHandle, NetMsg};
use url::Url;

use crate::support::{Net, Server, config, get, raw_server, read, read_head, respond};

#[test]
fn a_refused_connection() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = Net::plain().fetch(get(Url::parse(&format!("http://{address}/")).unwrap())).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::ConnectionRefused);
    assert!(!error.is_connectivity());
    assert!(error.message.contains(&address.to_string()), "{error}");
}

#[test]
fn a_name_that_does_not_resolve() {
    let net = Net::plain();
    for url in ["https://example/com", "https://nothing.invalid/"] {
        let error = net.fetch(get(Url::parse(url).unwrap())).unwrap_err();
        assert_eq!(error.kind, NetworkErrorKind::NameNotResolved, "{error}");
        assert!(error.is_connectivity());
    }
}

#[test]
fn while_offline_every_fetch_fails_at_once() {
    let server = Server::http(|_| async { respond(200, &[], "here") });
    let net = Net::new(NetConfig { online: false, ..config(None) });
    let error = net.fetch(get(server.url("/"))).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::Unreachable);
    assert_eq!(error.message, "the machine is offline");
    assert_eq!(net.get("data:,x".parse().unwrap()).unwrap().1, b"x");
    net.sender.send(NetMsg::SetOnline(true));
    assert_eq!(net.get(server.url("/")).unwrap().1, b"here");
    net.sender.send(NetMsg::SetOnline(false));
    assert_eq!(net.fetch(get(server.url("/"))).unwrap_err().kind, NetworkErrorKind::Unreachable);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn offline_in_the_middle_breaks_what_runs() {
    let address = raw_server(|mut stream: TcpStream| {
        let head = read_head(&mut stream).unwrap();
        if head.starts_with("GET /body") {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfirst").unwrap();
        }
        drop(stream.read(&mut [0]));
    });
    let net = Net::plain();
    let url = |path: &str| Url::parse(&format!("http://{address}{path}")).unwrap();
    let waiting = net.start(get(url("/wait")), CancelHandle::new());
    let mut body = net.fetch(get(url("/body"))).unwrap().body.unwrap();
    assert_eq!(body.read_blocking().unwrap().unwrap(), "first");
    // Even for an instant.
    net.sender.send(NetMsg::SetOnline(false));
    net.sender.send(NetMsg::SetOnline(true));
    let error = waiting.wait().unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::Unreachable);
    let end = read(body);
    assert!(matches!(&end, Err(BodyError::Network(error)) if error.is_connectivity()), "{end:?}");
}

//! A certificate that is not trusted ends the fetch with a message that says what to do.

use std::io::Write;
use std::sync::Arc;

use bgfetch_net::{NetConfig, NetStartError, NetThread, TrustedRoots};
use bgfetch_traits::fetch::NetworkErrorKind;

use crate::support::{Authority, Net, Server, Speaks, config, get, raw_server, respond};

fn server(authority: &Authority) -> Server {
    Server::https(authority, Speaks::Https, |_| async { respond(200, &[], "secret") })
}

#[test]
fn an_authority_that_nobody_trusts() {
    let server = server(&Authority::new());
    for roots in [TrustedRoots::None, TrustedRoots::WebPki] {
        let net = Net::new(NetConfig { roots, ..config(None) });
        let error = net.fetch(get(server.url("/"))).unwrap_err();
        assert_eq!(error.kind, NetworkErrorKind::Tls);
        assert_eq!(
            error.message,
            "the certificate of localhost is not trusted: unknown issuer; pass the certificate of its \
             authority with --ca-cert to trust it"
        );
    }
    assert!(server.seen().is_empty());
}

#[test]
fn a_certificate_for_another_name() {
    let authority = Authority::new();
    let server = server(&authority);
    let mut config = config(Some(&authority));
    config.resolve.add("other.test:*:127.0.0.1").unwrap();
    let error = Net::new(config).fetch(get(server.url_of("other.test", "/"))).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::Tls);
    assert!(error.message.contains("other.test is not trusted: it was issued for another name"), "{error}");
}

#[test]
fn an_address_may_be_certified() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    assert_eq!(net.get(server.url_of("127.0.0.1", "/")).unwrap().1, b"secret");
}

#[test]
fn a_server_without_tls() {
    let plain = Server::http(|_| async { respond(200, &[], "") });
    let mut url = plain.url("/");
    url.set_scheme("https").unwrap();
    let error = Net::plain().fetch(get(url)).unwrap_err();
    assert_eq!(error.kind, NetworkErrorKind::Tls, "{error}");
    assert!(error.message.contains("does not speak TLS on this port"), "{error}");
}

#[test]
fn a_server_that_leaves_without_a_word_in_the_middle() {
    // Without close_notify, and with a Content-Length that was not kept.
    let authority = Authority::new();
    let tls = authority.server_config(&["localhost"], &[]);
    let address = raw_server(move |stream| {
        let mut connection = rustls::ServerConnection::new(Arc::clone(&tls)).unwrap();
        let mut stream = stream;
        let mut stream = rustls::Stream::new(&mut connection, &mut stream);
        drop(crate::support::read_head(&mut stream));
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this").unwrap();
    });
    let net = Net::trusting(&authority);
    let url = format!("https://localhost:{}/", address.port()).parse().unwrap();
    let response = net.fetch(get(url)).unwrap();
    assert!(crate::support::read(response.body.unwrap()).is_err());
}

#[test]
fn a_start_with_what_is_no_certificate_fails() {
    let config = NetConfig { ca_certificates: vec![b"hello".to_vec()], ..NetConfig::default() };
    let error = NetThread::spawn(config).err().unwrap();
    assert!(matches!(error, NetStartError::Tls(_)));
    assert!(error.to_string().contains("no PEM certificate"), "{error}");
}

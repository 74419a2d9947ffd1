//! Content codings are undone while the body streams.

use async_compression::tokio::bufread::{
    BrotliEncoder, DeflateEncoder, GzipEncoder, ZlibEncoder, ZstdEncoder,
};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::NetworkErrorKind;
use tokio::io::AsyncReadExt;

use crate::support::{Net, Server, get, read, respond};

fn text() -> Vec<u8> {
    (0..40_000_u32).flat_map(|n| format!("line {n}\n").into_bytes()).collect()
}

fn encode(coding: &str, plain: &[u8]) -> Vec<u8> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut coded = Vec::new();
        match coding {
            "gzip" => GzipEncoder::new(plain).read_to_end(&mut coded).await,
            "zlib" => ZlibEncoder::new(plain).read_to_end(&mut coded).await,
            "deflate" => DeflateEncoder::new(plain).read_to_end(&mut coded).await,
            "br" => {
                BrotliEncoder::with_quality(plain, async_compression::Level::Fastest)
                    .read_to_end(&mut coded)
                    .await
            }
            "zstd" => ZstdEncoder::new(plain).read_to_end(&mut coded).await,
            _ => panic!("no such coding"),
        }
        .unwrap();
        coded
    })
}

fn serve(coding: &'static str, body: Vec<u8>) -> Server {
    Server::http(move |_| {
        let body = body.clone();
        async move { respond(200, &[("content-encoding", coding)], body) }
    })
}

#[test]
fn every_coding_comes_out_as_it_went_in() {
    let plain = text();
    let twice = encode("gzip", &encode("br", &plain));
    let members: Vec<u8> = [&plain[..1000], &plain[1000..]].iter().flat_map(|p| encode("gzip", p)).collect();
    let cases = [
        ("gzip", encode("gzip", &plain)),
        ("GZip", encode("gzip", &plain)),
        ("deflate", encode("zlib", &plain)),
        ("deflate", encode("deflate", &plain)),
        ("br", encode("br", &plain)),
        ("zstd", encode("zstd", &plain)),
        ("br, gzip", twice),
        ("x-gzip", members),
        ("identity", plain.clone()),
        ("something-new", plain.clone()),
    ];
    let net = Net::plain();
    for (coding, coded) in cases {
        let server = serve(coding, coded);
        let (response, body) = net.get(server.url("/")).unwrap();
        assert!(body == plain, "{coding}: {} bytes instead of {}", body.len(), plain.len());
        assert_eq!(response.head.headers.get_str("content-encoding").as_deref(), Some(coding));
        assert_eq!(server.seen()[0].header("accept-encoding"), Some("gzip, deflate, br, zstd"));
    }
}

#[test]
fn an_empty_body_is_empty_in_every_coding() {
    let net = Net::plain();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let server = serve(coding, Vec::new());
        assert_eq!(net.get(server.url("/")).unwrap().1, b"", "{coding}");
    }
}

#[test]
fn a_broken_coding_ends_the_body_with_an_error() {
    let net = Net::plain();
    for coding in ["gzip", "deflate", "br", "zstd"] {
        let whole = encode(if coding == "deflate" { "zlib" } else { coding }, &text());
        for broken in [whole[..whole.len() / 2].to_vec(), b"not coded at all".to_vec()] {
            let server = serve(coding, broken);
            let response = net.fetch(get(server.url("/"))).unwrap();
            match read(response.body.unwrap()) {
                Err(BodyError::Network(error)) => {
                    assert_eq!(error.kind, NetworkErrorKind::Decoding, "{coding}: {error}");
                }
                other => panic!("{coding}: {:?}", other.map(|b| b.len())),
            }
        }
    }
}

#[test]
fn a_range_is_asked_for_without_coding() {
    let server = Server::http(|_| async { respond(206, &[("content-range", "bytes 1-2/3")], "bc") });
    let net = Net::plain();
    let mut request = get(server.url("/"));
    request.head.headers.append("Range", "bytes=1-");
    let response = net.fetch(request).unwrap();
    assert_eq!(response.head.status, 206);
    assert!(response.head.range_requested);
    assert_eq!(response.head.headers.get_str("content-range").as_deref(), Some("bytes 1-2/3"));
    assert_eq!(read(response.body.unwrap()).unwrap(), b"bc");
    assert_eq!(server.seen()[0].header("accept-encoding"), Some("identity"));
    assert_eq!(server.seen()[0].header("range"), Some("bytes=1-"));
}

#[test]
fn statuses_and_methods_without_a_body_have_none() {
    let server = Server::http(|request| async move {
        match request.uri().path() {
            "/204" => respond(204, &[], ""),
            "/304" => respond(304, &[("content-length", "100")], ""),
            _ => respond(200, &[("content-encoding", "gzip")], "not read"),
        }
    });
    let net = Net::plain();
    for path in ["/204", "/304", "/head"] {
        let mut request = get(server.url(path));
        if path == "/head" {
            request.head.method = http::Method::HEAD;
        }
        let response = net.fetch(request).unwrap();
        assert!(response.body.is_none(), "{path}");
    }
    let (response, body) = net.get("data:text/x,a%20b".parse().unwrap()).unwrap();
    assert_eq!((body.as_slice(), response.head.status), (&b"a b"[..], 200));
}

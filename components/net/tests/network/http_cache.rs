//! The HTTP cache: what is asked again, and what is not.

use bgfetch_traits::fetch::{CacheMode, NetworkErrorKind, Priority};
use url::Url;

use crate::support::{Net, Server, get, read, respond};

/// Answers with how often it was asked, for ten minutes; a 304 to who knows its ETag.
fn server() -> Server {
    let count = std::sync::atomic::AtomicUsize::new(0);
    Server::http(move |request: hyper::Request<hyper::body::Incoming>| {
        let number = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        let lifetime = if request.uri().path().contains("stale") { "max-age=0" } else { "max-age=600" };
        let response = match request.headers().get("if-none-match").map(http::HeaderValue::as_bytes) {
            Some(b"\"v1\"") => {
                respond(304, &[("cache-control", lifetime), ("etag", "\"v1\""), ("x-count", "again")], "")
            }
            _ => respond(200, &[("cache-control", lifetime), ("etag", "\"v1\"")], number.to_string()),
        };
        async move { response }
    })
}

fn body(net: &Net, url: Url, mode: CacheMode, priority: Priority) -> String {
    let mut request = get(url);
    request.head.cache = mode;
    request.priority = priority;
    let response = net.fetch(request).unwrap();
    String::from_utf8(read(response.body.unwrap()).unwrap()).unwrap()
}

#[test]
fn each_mode_asks_as_often_as_it_says() {
    let (net, server) = (Net::plain(), server());
    let url = || server.url("/");
    let ask = |mode| body(&net, url(), mode, Priority::Foreground);
    assert_eq!(ask(CacheMode::Default), "1");
    assert_eq!(ask(CacheMode::Default), "1");
    assert_eq!(ask(CacheMode::ForceCache), "1");
    assert_eq!(ask(CacheMode::OnlyIfCached), "1");
    assert_eq!(server.seen().len(), 1);
    // Asked, and not modified.
    assert_eq!(ask(CacheMode::NoCache), "1");
    assert_eq!(server.seen().len(), 2);
    assert_eq!(ask(CacheMode::NoStore), "3");
    assert_eq!(ask(CacheMode::Default), "1");
    assert_eq!(ask(CacheMode::Reload), "4");
    assert_eq!(ask(CacheMode::Default), "4");
}

#[test]
fn a_stale_response_is_freshened_by_a_304() {
    let (net, server) = (Net::plain(), server());
    let (first, _) = net.get(server.url("/stale")).unwrap();
    assert!(!first.head.headers.contains("x-count"));
    let (second, text) = net.get(server.url("/stale")).unwrap();
    assert_eq!((second.head.status, text.as_slice()), (200, b"1".as_slice()));
    assert_eq!(second.head.headers.get_str("x-count").as_deref(), Some("again"));
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn who_asks_for_conditions_gets_the_304() {
    let (net, server) = (Net::plain(), server());
    net.get(server.url("/")).unwrap();
    let mut request = get(server.url("/"));
    request.head.headers.append("If-None-Match", "\"v1\"");
    assert_eq!(net.fetch(request).unwrap().head.status, 304);
}

#[test]
fn background_fetches_pass_it_by() {
    let (net, server) = (Net::plain(), server());
    let ask = |priority| body(&net, server.url("/"), CacheMode::Default, priority);
    assert_eq!(ask(Priority::Foreground), "1");
    assert_eq!(ask(Priority::Background), "2");
    assert_eq!(ask(Priority::Foreground), "1");
}

#[test]
fn what_is_not_there_and_may_not_be_asked_is_an_error() {
    let (net, server) = (Net::plain(), server());
    let mut request = get(server.url("/"));
    request.head.cache = CacheMode::OnlyIfCached;
    assert_eq!(net.fetch(request).unwrap_err().kind, NetworkErrorKind::Internal);
    assert!(server.seen().is_empty());
}

#[test]
fn a_change_on_the_server_invalidates() {
    let (net, server) = (Net::plain(), server());
    net.get(server.url("/")).unwrap();
    let mut request = get(server.url("/"));
    request.head.method = http::Method::DELETE;
    net.fetch(request).unwrap();
    assert_eq!(body(&net, server.url("/"), CacheMode::Default, Priority::Foreground), "3");
}

#[test]
fn a_response_that_nobody_read_whole_is_not_stored() {
    let long = vec![b'x'; 4 << 20];
    let server = Server::http(move |_| {
        let long = long.clone();
        async move { respond(200, &[("cache-control", "max-age=600")], long) }
    });
    let net = Net::plain();
    drop(net.fetch(get(server.url("/"))).unwrap());
    assert_eq!(net.get(server.url("/")).unwrap().1.len(), 4 << 20);
    assert_eq!(net.get(server.url("/")).unwrap().1.len(), 4 << 20);
    assert_eq!(server.seen().len(), 2);
}

//! What is told of the time that a fetch took: enough, in order, before its end is seen, and to nobody who may not know.

use bgfetch_traits::fetch::{Request, RequestMode};
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::timing::{CacheState, FetchTiming};
use url::Url;

use crate::support::{Authority, DEADLINE, Net, Pending, Server, Speaks, cors, get, read, respond};

/// Fetches, reads the body, and gives what was told by then.
fn timed(net: &Net, request: Request) -> Option<FetchTiming> {
    let (reply, answer) = Reply::channel();
    let (timing, told) = Reply::channel();
    net.sender.send(NetMsg::Fetch {
        request,
        cancel: CancelHandle::new(),
        upload_progress: None,
        timing: Some(timing),
        reply,
    });
    if let Ok(response) = Pending(answer).wait() {
        read(response.body.unwrap()).unwrap();
        return told.try_recv().ok();
    }
    told.recv_timeout(DEADLINE).ok()
}

#[test]
fn times_come_in_order_and_a_kept_connection_took_none() {
    let authority = Authority::new();
    for (speaks, protocol) in [(Speaks::Https, "http/1.1"), (Speaks::Http2, "h2")] {
        let server = Server::https(&authority, speaks, |request| async move {
            match request.uri().path() {
                "/from" => respond(302, &[("location", "/to")], ""),
                _ => respond(
                    200,
                    &[("content-type", "text/html;charset=x"), ("cache-control", "no-store")],
                    "<p>",
                ),
            }
        });
        let net = Net::trusting(&authority);
        let first = timed(&net, get(server.url("/to"))).unwrap();
        let connection = first.connection.unwrap();
        let times = [
            Some(first.start),
            Some(connection.domain_lookup_start),
            Some(connection.domain_lookup_end),
            Some(connection.connection_start),
            connection.secure_connection_start,
            Some(connection.connection_end),
            first.request_start,
            first.response_start,
            Some(first.end),
        ];
        assert!(times.iter().all(Option::is_some) && times.is_sorted(), "{times:?}");
        assert_eq!((connection.alpn, first.status, first.allow_passed), (protocol, 200, true));
        assert_eq!((first.body.encoded_size, first.body.decoded_size), (3, 3));
        assert_eq!((first.body.content_type.as_str(), first.redirect_count), ("text/html", 0));
        let second = timed(&net, get(server.url("/from"))).unwrap();
        let connection = second.connection.unwrap();
        assert_eq!(connection.domain_lookup_start, second.post_redirect_start);
        assert_eq!(connection.connection_end, second.post_redirect_start);
        assert_eq!((second.redirect_start, second.redirect_count), (Some(second.start), 1));
        assert_eq!(second.redirect_end, Some(second.post_redirect_start));
    }
}

#[test]
fn another_origin_may_keep_it_to_itself() {
    let server = Server::http(|request| async move {
        let allowed = request.uri().path() == "/open";
        let header = [("timing-allow-origin", "http://page.test"), ("access-control-allow-origin", "*")];
        respond(200, if allowed { &header } else { &header[1..] }, "secret")
    });
    let net = Net::plain();
    let ask = |path: &str, mode: RequestMode| {
        let mut request = cors("http://page.test/", server.url(path));
        request.head.mode = mode;
        timed(&net, request).unwrap()
    };
    assert!(ask("/open", RequestMode::Cors).allow_passed);
    let closed = ask("/", RequestMode::Cors);
    assert!(!closed.allow_passed);
    assert_eq!((closed.status, closed.body.decoded_size), (200, 6));
    // What is opaque has no size and no status, whatever its server allows of its timing.
    let opaque = ask("/open", RequestMode::NoCors);
    assert!(opaque.allow_passed);
    assert_eq!((opaque.status, opaque.body.decoded_size, opaque.body.encoded_size), (0, 0, 0));
}

#[test]
fn a_coded_body_has_two_sizes_and_a_cached_one_was_not_asked_for_again() {
    // "hello hello hello hello" by gzip.
    const CODED: &[u8] = &[
        31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 203, 72, 205, 201, 201, 87, 200, 64, 39, 1, 227, 81, 61, 141, 23, 0,
        0, 0,
    ];
    let server = Server::http(|_| async {
        respond(200, &[("content-encoding", "gzip"), ("cache-control", "max-age=1000")], CODED)
    });
    let net = Net::plain();
    let first = timed(&net, get(server.url("/"))).unwrap();
    assert_eq!(first.body.encoded_size, CODED.len() as u64);
    assert_eq!((first.body.decoded_size, first.body.content_encoding.as_str()), (23, "gzip"));
    assert_eq!(first.cache_state, CacheState::None);
    let second = timed(&net, get(server.url("/"))).unwrap();
    assert_eq!((second.cache_state, second.connection, server.seen().len()), (CacheState::Local, None, 1));
}

#[test]
fn a_failure_is_told_and_nothing_else_of_it() {
    let net = Net::plain();
    let timing = timed(&net, get(Url::parse("http://127.0.0.1:1/").unwrap())).unwrap();
    assert!(!timing.allow_passed && timing.end >= timing.start);
    assert_eq!((timing.status, timing.response_start), (0, None));
}

//! How much runs at the same time, in which order, and how fast.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bgfetch_net::{Limits, NetConfig};
use bgfetch_traits::fetch::{Priority, Request};
use bgfetch_traits::net::{CancelHandle, NetMsg};
use bgfetch_traits::policy::Client;
use url::Url;

use crate::support::{Authority, DEADLINE, Net, Server, Speaks, config, get, read, respond, settled};

const PAUSE: Duration = Duration::from_millis(60);

/// Counts how many requests it has at the same time, at most.
fn counting(authority: &Authority, speaks: Speaks, most: &Arc<AtomicUsize>) -> Server {
    let (most, now) = (Arc::clone(most), Arc::new(AtomicUsize::new(0)));
    let handler = move |_| {
        let (most, now) = (Arc::clone(&most), Arc::clone(&now));
        async move {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(PAUSE).await;
            now.fetch_sub(1, Ordering::SeqCst);
            respond(200, &[], "x")
        }
    };
    if speaks == Speaks::Http { Server::http(handler) } else { Server::https(authority, speaks, handler) }
}

#[test]
fn limits_of_a_host_and_of_all() {
    let authority = Authority::new();
    let cases = [
        (Speaks::Http, Limits { per_host: 2, ..Limits::default() }, 2),
        (Speaks::Https, Limits { per_host: 3, ..Limits::default() }, 3),
        (Speaks::Http2, Limits { streams_per_host: 4, per_host: 2, ..Limits::default() }, 4),
        (Speaks::Http, Limits { global: 5, per_host: 100, ..Limits::default() }, 5),
    ];
    for (speaks, limits, expected) in cases {
        let most = Arc::default();
        let server = counting(&authority, speaks, &most);
        let net = Net::new(NetConfig { limits, ..config(Some(&authority)) });
        let pending: Vec<_> = (0..16).map(|_| net.start(get(server.url("/")), CancelHandle::new())).collect();
        for pending in pending {
            assert_eq!(read(pending.wait().unwrap().body.unwrap()).unwrap(), b"x");
        }
        assert_eq!(most.load(Ordering::SeqCst), expected, "{speaks:?} {limits:?}");
        if speaks != Speaks::Http2 {
            assert!(server.connections.load(Ordering::SeqCst) <= expected, "{speaks:?}");
        }
    }
}

#[test]
fn foreground_first_origins_in_turn_and_no_place_for_the_cancelled() {
    let (release, gate) = tokio::sync::watch::channel(false);
    let server = Server::http(move |request| {
        let mut gate = gate.clone();
        async move {
            if request.uri().path() == "/first" {
                gate.wait_for(|open| *open).await.unwrap();
            }
            respond(200, &[], "x")
        }
    });
    let limits = Limits { per_host: 1, ..Limits::default() };
    let net = Net::new(NetConfig { limits, ..config(None) });
    let request = |path: &str, page: &str, priority| {
        let mut request = get(server.url(path));
        request.client = Client::of_url(&Url::parse(page).unwrap());
        Request { priority, ..request }
    };
    use Priority::{Background, Foreground};
    let cancelled = CancelHandle::new();
    let mut pending = vec![net.start(request("/first", "http://a.test/", Background), CancelHandle::new())];
    for (path, page, priority) in [
        ("/a1", "http://a.test/", Background),
        ("/a2", "http://a.test/", Background),
        ("/b1", "http://b.test/", Background),
        ("/page", "http://a.test/", Foreground),
    ] {
        pending.push(net.start(request(path, page, priority), CancelHandle::new()));
    }
    let given_up = net.start(request("/given-up", "http://b.test/", Foreground), cancelled.clone());
    cancelled.cancel();
    assert!(given_up.wait().is_err());
    release.send(true).unwrap();
    for pending in pending {
        read(pending.wait().unwrap().body.unwrap()).unwrap();
    }
    let order: Vec<String> = server.seen().into_iter().map(|s| s.target).collect();
    assert_eq!(order, ["/first", "/page", "/a1", "/b1", "/a2"]);
}

/// Serves as many bytes as are wanted.
fn endless() -> Server {
    Server::http(|_| async { respond(200, &[], vec![7; 64 * 1024 * 1024]) })
}

/// Reads in the background, and counts.
fn count(net: &Net, request: Request) -> (Arc<AtomicU64>, CancelHandle) {
    let cancel = CancelHandle::new();
    let mut body = net.start(request, cancel.clone()).wait().unwrap().body.unwrap();
    let count: Arc<AtomicU64> = Arc::default();
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        while let Some(Ok(piece)) = body.read_blocking() {
            counter.fetch_add(piece.len() as u64, Ordering::SeqCst);
        }
    });
    (count, cancel)
}

fn from_page(server: &Server, page: &str, priority: Priority) -> Request {
    let mut request = get(server.url("/"));
    request.client = Client::of_url(&Url::parse(page).unwrap());
    Request { priority, ..request }
}

#[test]
fn a_bandwidth_limit_is_shared_fairly() {
    const RATE: u64 = 4 * 1024 * 1024;
    let server = endless();
    let net = Net::new(NetConfig { bandwidth_limit: Some(RATE), ..config(None) });
    let many: Vec<_> =
        (0..3).map(|_| count(&net, from_page(&server, "http://many.test/", Priority::Background))).collect();
    let (one, _) = count(&net, from_page(&server, "http://one.test/", Priority::Background));
    let all =
        || many.iter().map(|(c, _)| c).chain([&one]).map(|c| c.load(Ordering::SeqCst)).collect::<Vec<_>>();
    let (start, before) = (Instant::now(), all());
    std::thread::park_timeout(Duration::from_millis(1500));
    let passed: Vec<u64> = all().iter().zip(before).map(|(after, before)| after - before).collect();
    let total: u64 = passed.iter().sum();
    let rate = total as f64 / start.elapsed().as_secs_f64();
    assert!(rate < 1.2 * RATE as f64, "{rate} bytes a second: {passed:?}");
    let share_of_one = passed[3] as f64 / total as f64;
    assert!((0.4..0.6).contains(&share_of_one), "one origin had {share_of_one} of {passed:?}");
    // Without the limit the rest comes at once.
    net.sender.send(NetMsg::SetBandwidthLimit(None));
    wait_for(|| one.load(Ordering::SeqCst) == 64 * 1024 * 1024);
}

fn wait_for(condition: impl Fn() -> bool) {
    let until = Instant::now() + DEADLINE;
    while !condition() {
        assert!(Instant::now() < until, "it did not come to that");
        std::thread::park_timeout(Duration::from_millis(5));
    }
}

#[test]
fn background_is_paused_and_goes_on() {
    let server = endless();
    let net = Net::plain();
    net.sender.send(NetMsg::SetBandwidthLimit(Some(2 * 1024 * 1024)));
    let (running, _) = count(&net, from_page(&server, "http://a.test/", Priority::Background));
    wait_for(|| running.load(Ordering::SeqCst) > 0);
    net.sender.send(NetMsg::PauseBackground(true));
    net.sender.send(NetMsg::SetBandwidthLimit(None));
    let waiting = net.start(from_page(&server, "http://b.test/", Priority::Background), CancelHandle::new());
    // The foreground is not held up.
    let (_, body) = net.get(server.url("/")).unwrap();
    assert_eq!(body.len(), 64 * 1024 * 1024);
    assert!(settled(&running) < 64 * 1024 * 1024);
    assert_eq!(server.seen().len(), 2);
    assert!(waiting.0.try_recv().is_err());
    net.sender.send(NetMsg::PauseBackground(false));
    assert_eq!(read(waiting.wait().unwrap().body.unwrap()).unwrap().len(), 64 * 1024 * 1024);
    wait_for(|| running.load(Ordering::SeqCst) == 64 * 1024 * 1024);
}

#[test]
fn a_thousand_small_fetches() {
    let authority = Authority::new();
    let server = Server::https(&authority, Speaks::Http2, |_| async { respond(200, &[], vec![1; 10_240]) });
    let net = Net::trusting(&authority);
    let pending: Vec<_> = (0..1000)
        .map(|n| {
            let request = get(server.url(&format!("/{n}")));
            net.start(Request { priority: Priority::Background, ..request }, CancelHandle::new())
        })
        .collect();
    for pending in pending {
        let mut body = pending.wait().unwrap().body.unwrap();
        let mut length = 0;
        while let Some(piece) = body.read_blocking() {
            length += piece.unwrap().len();
        }
        assert_eq!(length, 10_240);
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

//! Servers have what is kept of their site thrown away, and nobody else does.

use bgfetch_net::NetConfig;
use bgfetch_traits::fetch::CredentialsMode;
use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::net::NetMsg;
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::site_data::ClearStorage;
use crossbeam_channel::{Receiver, unbounded};
use url::Url;

use crate::support::{Authority, DEADLINE, Net, Server, Speaks, config, get, read, respond};

/// `?NAME=VALUE` is a header of the answer, which may be kept and says how often the server was asked.
async fn answer(
    request: hyper::Request<hyper::body::Incoming>,
    count: usize,
) -> crate::support::ServerResponse {
    let query = request.uri().query().unwrap_or_default().replace("%22", "\"").replace("%20", " ");
    let mut headers = vec![("cache-control", "max-age=600")];
    headers.extend(query.split_once('='));
    respond(200, &headers, count.to_string())
}

fn server(authority: Option<&Authority>) -> Server {
    let count = std::sync::atomic::AtomicUsize::new(0);
    let handler = move |request| answer(request, count.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
    match authority {
        Some(authority) => Server::https(authority, Speaks::Https, handler),
        None => Server::http(handler),
    }
}

/// A client, and what it asks to clear the storage of.
fn client(authority: &Authority) -> (Net, Receiver<(StorageKey, Reply<()>)>) {
    let (ask, asked) = unbounded();
    let clear_storage = ClearStorage::new(move |key, reply| ask.send((key, reply)).unwrap());
    (Net::new(NetConfig { clear_storage, ..config(Some(authority)) }), asked)
}

fn cookies(net: &Net, url: &Url) -> String {
    let (reply, receiver) = Reply::channel();
    net.sender.send(NetMsg::GetCookies { client: Box::new(Client::of_url(url)), url: url.clone(), reply });
    receiver.recv_timeout(DEADLINE).unwrap()
}

fn fetch(net: &Net, url: Url) -> String {
    let response = net.fetch(get(url)).unwrap();
    String::from_utf8(read(response.body.unwrap()).unwrap()).unwrap()
}

#[test]
fn each_type_clears_what_it_says() {
    let authority = Authority::new();
    let server = server(Some(&authority));
    let (net, asked) = client(&authority);
    let (own, sub) = (server.url_of("a.test", "/"), server.url_of("www.a.test", "/"));
    let other = server.url_of("b.test", "/");
    let of = |host, query: &str| server.url_of(host, &format!("/clear?clear-site-data={query}"));
    for host in ["a.test", "www.a.test", "b.test"] {
        fetch(&net, server.url_of(host, "/set?set-cookie=x=1"));
    }
    let before = [fetch(&net, own.clone()), fetch(&net, sub.clone())];
    // Cookies go for the whole site.
    fetch(&net, of("a.test", "\"cookies\""));
    assert_eq!([&own, &sub, &other].map(|url| cookies(&net, url)), ["", "", "x=1"]);
    assert_eq!([fetch(&net, own.clone()), fetch(&net, sub.clone())], before);
    // Responses of one host do, and not what clears them.
    let first = fetch(&net, of("a.test", "\"cache\""));
    let second = fetch(&net, of("a.test", "\"cache\""));
    assert_ne!(first, second);
    assert_ne!(fetch(&net, own.clone()), before[0]);
    assert_eq!(fetch(&net, sub), before[1]);
    // Storage is cleared before anybody sees the response.
    assert!(asked.try_recv().is_err());
    for (types, cookies_then) in [("\"storage\"", "x=1"), ("\"*\"", "")] {
        std::thread::scope(|scope| {
            let fetched = scope.spawn(|| fetch(&net, of("b.test", types)));
            let (key, reply) = asked.recv_timeout(DEADLINE).unwrap();
            assert_eq!(Some(key), StorageKey::of_url(&other));
            assert!(!fetched.is_finished());
            reply.send(());
            fetched.join().unwrap();
        });
        assert_eq!(cookies(&net, &other), cookies_then);
    }
}

#[test]
fn insecure_servers_and_requests_without_credentials_clear_nothing() {
    let authority = Authority::new();
    let (secure, insecure) = (server(Some(&authority)), server(None));
    let (net, asked) = client(&authority);
    let clear = "/clear?clear-site-data=\"*\"";
    for server in [&secure, &insecure] {
        fetch(&net, server.url_of("a.test", "/set?set-cookie=x=1"));
    }
    fetch(&net, insecure.url_of("a.test", clear));
    let mut request = get(secure.url_of("a.test", clear));
    request.head.credentials = CredentialsMode::Omit;
    net.fetch(request).unwrap();
    assert_eq!(cookies(&net, &secure.url_of("a.test", "/")), "x=1");
    assert!(asked.try_recv().is_err());
}

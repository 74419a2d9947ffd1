//! Cookies are stored, sent, hidden and kept as credentials modes and attributes say.

use std::time::{Duration, Instant};

use bgfetch_net::NetConfig;
use bgfetch_traits::fetch::CredentialsMode;
use bgfetch_traits::ids::StorageKey;
use bgfetch_traits::net::NetMsg;
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use url::Url;

use crate::support::{Authority, DEADLINE, Net, Server, Speaks, config, cors, get, respond};

/// `/set?COOKIE` sets it; every answer allows all origins with credentials.
fn server(authority: &Authority) -> Server {
    Server::https(authority, Speaks::Https, |request| async move {
        let cookie = request.uri().query().unwrap_or_default().replace("%20", " ");
        let origin = request.headers().get("origin").map_or("*", |o| o.to_str().unwrap()).to_owned();
        let mut headers = vec![
            ("access-control-allow-origin", origin.as_str()),
            ("access-control-allow-credentials", "true"),
        ];
        if request.uri().path() == "/set" {
            headers.push(("set-cookie", &cookie));
        }
        respond(200, &headers, "")
    })
}

fn get_cookies(net: &Net, url: Url) -> String {
    let (reply, receiver) = Reply::channel();
    net.sender.send(NetMsg::GetCookies { client: Box::new(Client::of_url(&url)), url, reply });
    receiver.recv_timeout(DEADLINE).unwrap()
}

fn last_cookie(server: &Server) -> Option<String> {
    server.seen().last().unwrap().header("cookie").map(str::to_owned)
}

#[test]
fn cookies_go_with_the_credentials_mode() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    net.fetch(get(server.url_of("a.test", "/set?x=1;%20Secure;%20SameSite=None"))).unwrap();
    let same_site = server.url_of("www.a.test", "/");
    let own = server.url_of("a.test", "/");
    let cases = [
        (own.clone(), CredentialsMode::SameOrigin, Some("x=1")),
        (own.clone(), CredentialsMode::Include, Some("x=1")),
        (own.clone(), CredentialsMode::Omit, None),
        (same_site.clone(), CredentialsMode::SameOrigin, None),
        (same_site, CredentialsMode::Include, Some("x=1")),
        (Url::parse("https://page.test/").unwrap(), CredentialsMode::Include, Some("x=1")),
    ];
    for (page, credentials, expected) in cases {
        let mut request = cors(page.as_str(), own.clone());
        request.head.credentials = credentials;
        net.fetch(request).unwrap();
        assert_eq!(last_cookie(&server).as_deref(), expected, "{page} {credentials}");
    }
}

#[test]
fn same_site_cookies_stay_on_their_site() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    net.fetch(get(server.url_of("a.test", "/set?lax=1"))).unwrap();
    net.fetch(get(server.url_of("a.test", "/set?strict=1;%20SameSite=Strict"))).unwrap();
    for (page, expected) in
        [("https://page.test/", None), (server.url_of("www.a.test", "/").as_str(), Some("lax=1; strict=1"))]
    {
        let mut request = cors(page, server.url_of("a.test", "/"));
        request.head.credentials = CredentialsMode::Include;
        net.fetch(request).unwrap();
        assert_eq!(last_cookie(&server).as_deref(), expected, "{page}");
    }
    // A frame of a.test inside a page of another site is on that site.
    let mut request = get(server.url_of("a.test", "/"));
    let page = Url::parse("https://page.test/").unwrap();
    request.client = Client { top_level_origin: page.origin(), ..request.client };
    net.fetch(request).unwrap();
    assert_eq!(last_cookie(&server), None);
}

#[test]
fn scripts_read_and_write_cookies_that_are_theirs() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    net.fetch(get(server.url_of("a.test", "/set?hidden=1;%20HttpOnly"))).unwrap();
    let url = server.url_of("a.test", "/");
    let set = |cookie: &str| {
        let client = Box::new(Client::of_url(&url));
        NetMsg::SetCookie { client, url: url.clone(), cookie: cookie.to_owned() }
    };
    net.sender.send(set("mine=2"));
    net.sender.send(set("hidden=3"));
    assert_eq!(get_cookies(&net, url.clone()), "mine=2");
    net.fetch(get(url.clone())).unwrap();
    assert_eq!(last_cookie(&server).as_deref(), Some("hidden=1; mine=2"));
    net.sender.send(NetMsg::Clear(StorageKey::of_url(&url)));
    net.fetch(get(url)).unwrap();
    assert_eq!(last_cookie(&server), None);
}

#[test]
fn persistent_cookies_outlive_the_thread() {
    let authority = Authority::new();
    let server = server(&authority);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cookies.json");
    let start = || Net::new(NetConfig { cookie_file: Some(path.clone()), ..config(Some(&authority)) });
    let net = start();
    net.fetch(get(server.url_of("a.test", "/set?kept=1;%20Max-Age=1000"))).unwrap();
    net.fetch(get(server.url_of("a.test", "/set?session=2"))).unwrap();
    net.shutdown();
    let net = start();
    net.fetch(get(server.url_of("a.test", "/"))).unwrap();
    assert_eq!(last_cookie(&server).as_deref(), Some("kept=1"));
    // They are written without a shutdown too.
    net.fetch(get(server.url_of("a.test", "/set?later=3;%20Max-Age=1000"))).unwrap();
    let until = Instant::now() + DEADLINE;
    while !std::fs::read_to_string(&path).unwrap().contains("later") {
        assert!(Instant::now() < until, "cookies were not written");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// A frame within another site once saw, and could set, what requests from there do not.
#[test]
fn scripts_of_frames_within_other_sites_have_what_is_same_site_none() {
    let authority = Authority::new();
    let server = server(&authority);
    let net = Net::trusting(&authority);
    let url = server.url_of("a.test", "/");
    let framed = || {
        let top = Url::parse("https://b.test/").unwrap().origin();
        Box::new(Client {
            ancestor_origins: vec![top.clone()],
            top_level_origin: top,
            ..Client::of_url(&url)
        })
    };
    let ask = |client| {
        let (reply, receiver) = Reply::channel();
        net.sender.send(NetMsg::GetCookies { client, url: url.clone(), reply });
        receiver.recv_timeout(DEADLINE).unwrap()
    };
    let set = |client, cookie: &str| {
        net.sender.send(NetMsg::SetCookie { client, url: url.clone(), cookie: cookie.to_owned() });
    };
    for cookie in ["lax=1", "none=2; Secure; SameSite=None", "strict=3; SameSite=Strict"] {
        set(Box::new(Client::of_url(&url)), cookie);
    }
    set(framed(), "framed=4");
    set(framed(), "own=5; Secure; SameSite=None; Partitioned");
    assert_eq!(ask(Box::new(Client::of_url(&url))), "lax=1; none=2; strict=3");
    assert_eq!(ask(framed()), "none=2; own=5");
}

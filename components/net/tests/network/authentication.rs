//! Servers that ask for a user name and a password get what URLs, pages and the user give them, and nobody else does.

use std::sync::{Arc, Mutex};

use bgfetch_net::NetConfig;
use bgfetch_traits::authentication::{AuthenticationPrompt, AuthenticationRequest, Credentials};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::{CredentialsMode, NetworkErrorKind, Request, RequestBody};
use bgfetch_traits::net::NetMsg;
use http::Method;
use url::Url;

use crate::support::{Net, Server, config, cors, get, read, respond};

const BASIC: &str = r#"Basic realm="files""#;
/// `u:p`
const U_P: &str = "Basic dTpw";

/// Takes `u:p` by Basic, everywhere, and allows all origins with credentials.
fn server() -> Server {
    Server::http(|request| async move {
        let origin = request.headers().get("origin").map_or("*", |o| o.to_str().unwrap()).to_owned();
        let mut headers = vec![
            ("access-control-allow-origin", origin.as_str()),
            ("access-control-allow-credentials", "true"),
            ("www-authenticate", BASIC),
        ];
        let given = request.headers().get("authorization").map(|value| value.to_str().unwrap());
        if given == Some(U_P) {
            headers.pop();
            respond(200, &headers, "secret")
        } else {
            respond(401, &headers, "no")
        }
    })
}

/// What the server was given, in order.
fn given(server: &Server) -> Vec<Option<String>> {
    server.seen().iter().map(|seen| seen.header("authorization").map(str::to_owned)).collect()
}

fn with_credentials(mut url: Url, username: &str, password: &str) -> Request {
    url.set_username(username).unwrap();
    url.set_password(Some(password)).unwrap();
    let mut request = get(url);
    request.head.use_url_credentials = true;
    request
}

/// A request of a window.
fn of_window(mut request: Request) -> Request {
    request.client.may_prompt = true;
    request
}

type Asked = Arc<Mutex<Vec<AuthenticationRequest>>>;

/// A client whose user types the passwords that `answers` has, one after the other, for the user `u`.
fn prompting(answers: &[Option<&'static str>]) -> (Net, Asked) {
    let asked = Asked::default();
    let left: Mutex<Vec<_>> = Mutex::new(answers.iter().rev().copied().collect());
    let log = Arc::clone(&asked);
    let prompt = AuthenticationPrompt::new(move |request, reply| {
        log.lock().unwrap().push(request);
        let password = left.lock().unwrap().pop().flatten();
        reply.send(password.map(|password| Credentials { username: "u".into(), password: password.into() }));
    });
    (Net::new(NetConfig { authentication_prompt: prompt, ..config(None) }), asked)
}

#[test]
fn credentials_of_a_url_are_given_when_asked_for_and_again_below_its_path() {
    let (server, net) = (server(), Net::plain());
    let response = net.fetch(with_credentials(server.url("/dir/1"), "u", "p")).unwrap();
    assert_eq!(response.head.status, 200);
    assert_eq!(given(&server), [None, Some(U_P.to_owned())]);
    for (path, expected) in [("/dir/2", Some(U_P)), ("/dir/deep/3", Some(U_P)), ("/4", None)] {
        net.fetch(get(server.url(path))).unwrap();
        // A page of the same realm elsewhere is asked for, and then answered.
        let seen = given(&server);
        let first = if path == "/4" { seen.len() - 2 } else { seen.len() - 1 };
        assert_eq!(seen[first].as_deref(), expected, "{path}");
        assert_eq!(seen.last().unwrap().as_deref(), Some(U_P), "{path}");
    }
}

#[test]
fn credentials_of_a_url_go_before_those_that_the_server_had() {
    let (server, net) = (server(), Net::plain());
    net.fetch(with_credentials(server.url("/1"), "u", "p")).unwrap();
    let response = net.fetch(with_credentials(server.url("/2"), "other", "x")).unwrap();
    assert_eq!(response.head.status, 401);
    assert_eq!(given(&server)[2..], [None, Some("Basic b3RoZXI6eA==".to_owned())]);
    // What was refused is not kept.
    assert_eq!(net.fetch(get(server.url("/3"))).unwrap().head.status, 200);
}

#[test]
fn without_credentials_mode_nothing_is_given() {
    let (server, net) = (server(), Net::plain());
    net.fetch(with_credentials(server.url("/"), "u", "p")).unwrap();
    let before = server.seen().len();
    let mut request = get(server.url("/"));
    request.head.credentials = CredentialsMode::Omit;
    let response = net.fetch(request).unwrap();
    assert_eq!((response.head.status, read(response.body.unwrap()).unwrap()), (401, b"no".to_vec()));
    assert_eq!(given(&server)[before..], [None]);
}

#[test]
fn across_origins_what_is_known_is_given_and_nobody_is_asked() {
    let server = server();
    let (net, asked) = prompting(&[Some("p")]);
    let page = server.url_of("www.a.test", "/");
    let target = server.url_of("a.test", "/");
    let request = || {
        let mut request = of_window(cors(page.as_str(), target.clone()));
        request.head.credentials = CredentialsMode::Include;
        request
    };
    assert_eq!(net.fetch(request()).unwrap().head.status, 401);
    net.fetch(with_credentials(target.clone(), "u", "p")).unwrap();
    assert_eq!(net.fetch(request()).unwrap().head.status, 200);
    assert_eq!(*asked.lock().unwrap(), []);
}

#[test]
fn the_user_of_a_window_is_asked_until_there_is_nothing_more_to_say() {
    let server = server();
    let (net, asked) = prompting(&[Some("wrong"), Some("p"), None]);
    assert_eq!(net.fetch(get(server.url("/"))).unwrap().head.status, 401, "not of a window");
    assert_eq!(net.fetch(of_window(get(server.url("/x?y")))).unwrap().head.status, 200);
    let questions = asked.lock().unwrap().clone();
    let [first, second] = &questions[..] else { panic!("{questions:?}") };
    assert_eq!((first.realm.as_str(), first.refused, second.refused), ("files", false, true));
    assert_eq!(first.url, server.url("/x?y"));
    net.sender.send(NetMsg::Clear(None));
    assert_eq!(net.fetch(of_window(get(server.url("/")))).unwrap().head.status, 401);
}

#[test]
fn a_page_that_authorizes_itself_is_left_alone() {
    let server = server();
    let (net, asked) = prompting(&[Some("p")]);
    let mut request = of_window(with_credentials(server.url("/"), "u", "p"));
    request.head.headers.append("Authorization", "Basic page");
    assert_eq!(net.fetch(request).unwrap().head.status, 401);
    assert_eq!(given(&server), [Some("Basic page".to_owned())]);
    assert_eq!(*asked.lock().unwrap(), []);
}

#[test]
fn a_body_is_sent_again_unless_it_is_a_stream() {
    let (server, net) = (server(), Net::plain());
    let post = |body| {
        let mut request = with_credentials(server.url("/"), "u", "p");
        request.head.method = Method::POST;
        request.body = Some(body);
        net.fetch(request)
    };
    let stream = RequestBody::Stream { reader: BodyReader::from_bytes("x"), length: Some(1) };
    assert_eq!(post(stream).unwrap_err().kind, NetworkErrorKind::Protocol);
    assert_eq!(post(RequestBody::Bytes("x".into())).unwrap().head.status, 200);
    assert_eq!(server.seen().last().unwrap().header("content-length"), Some("1"));
}

#[test]
fn digest_counts_its_requests_and_takes_a_new_nonce() {
    let nonces = Arc::new(Mutex::new(0));
    let server = Server::http(move |request| {
        let mut nonce = nonces.lock().unwrap();
        let given = request.headers().get("authorization").map(|v| v.to_str().unwrap().to_owned());
        let is_good = given.is_some_and(|given| {
            given.starts_with("Digest ")
                && given.contains(&format!("nonce=\"{nonce}\""))
                && given.contains(&format!("uri=\"{}\"", request.uri()))
                && !given.contains("/stale")
        });
        let stale = !is_good;
        *nonce += u32::from(stale);
        let challenge =
            format!(r#"Digest realm="d", nonce="{nonce}", qop="auth", algorithm=SHA-256, stale=true"#);
        async move {
            if stale { respond(401, &[("www-authenticate", &challenge)], "") } else { respond(200, &[], "") }
        }
    });
    let net = Net::plain();
    assert_eq!(net.fetch(with_credentials(server.url("/1?q"), "u", "p")).unwrap().head.status, 200);
    assert_eq!(net.fetch(get(server.url("/2"))).unwrap().head.status, 200);
    assert!(given(&server).last().unwrap().as_ref().unwrap().contains("nc=00000002"));
    // The server wants another nonce, and gets the same credentials with it; but not for ever.
    assert_eq!(net.fetch(get(server.url("/stale"))).unwrap().head.status, 401);
    assert_eq!(server.seen().len(), 5);
}

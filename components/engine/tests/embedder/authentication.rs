//! A server that asks for a user name and a password gets what the embedder answers.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;

use bgfetch::traits::authentication::{AuthenticationRequest, Credentials};
use bgfetch::traits::reply::Reply;
use bgfetch::{Delegate, Engine};
use parking_lot::Mutex;

use crate::support::{get, stop};

/// Types `u` and `p` the first time, and nothing after that.
#[derive(Default)]
struct User(Mutex<Vec<AuthenticationRequest>>);

impl Delegate for User {
    fn http_authentication(&self, request: AuthenticationRequest, reply: Reply<Option<Credentials>>) {
        let mut asked = self.0.lock();
        let typed = Credentials { username: "u".into(), password: "p".into() };
        reply.send(asked.is_empty().then_some(typed));
        asked.push(request);
    }
}

/// A server that lets `u:p` in below `/in`, and nobody elsewhere.
fn server() -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/in/page", listener.local_addr().unwrap()).parse().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
            let is_in = head.first().is_some_and(|line| line.starts_with("GET /in/"))
                && head.iter().any(|line| line.eq_ignore_ascii_case("authorization: Basic dTpw"));
            let (status, body) = if is_in { ("200 OK", "<p>in") } else { ("401 Unauthorized", "<p>out") };
            let answer = format!(
                "HTTP/1.1 {status}\r\nWWW-Authenticate: Basic realm=\"club\"\r\nContent-Type: text/html\r\n\
                 Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
            let _gone = stream.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn the_embedder_answers_for_its_user() {
    let (profile, user, url) = (tempfile::tempdir().unwrap(), Arc::new(User::default()), server());
    let delegate = Arc::clone(&user) as Arc<dyn Delegate>;
    let engine = Engine::builder(profile.path()).closed_network(true).delegate(delegate).build().unwrap();
    let window = get(engine.open_window(&url));
    assert_eq!(get(window.evaluate("document.body.textContent")), "\"in\"");
    // Below that path nobody is asked again; elsewhere the same realm refuses what it was given.
    let statuses = "Promise.all(['other', '/out'].map(to => fetch(to).then(answer => answer.status)))";
    assert_eq!(get(window.evaluate(statuses)), "[200,401]");
    let asked = user.0.lock().clone();
    let told: Vec<_> = asked.iter().map(|request| (request.url.path(), request.refused)).collect();
    assert_eq!(told, [("/in/page", false), ("/out", true)]);
    assert_eq!((asked[0].realm.as_str(), &asked[0].url), ("club", &url));
    assert_eq!(asked[0].top_level_origin, url.origin().ascii_serialization());
    stop(engine);
}

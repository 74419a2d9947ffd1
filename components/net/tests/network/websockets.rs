//! WebSockets: the handshake with what Fetch adds, messages in both directions, and the ways in which a connection ends.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use bgfetch_traits::net::NetMsg;
use bgfetch_traits::policy::{Client, CspPolicy, Violation, ViolationResource, ViolationSink};
use bgfetch_traits::queue::{Receiver, Sender, queue};
use bgfetch_traits::websocket::{
    WebSocketClosed, WebSocketCommand, WebSocketConnect, WebSocketEvent, WebSocketMessage,
};
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Message, WebSocket, accept_hdr};
use url::Url;

use crate::support::{DEADLINE, Net, config};

type Serve = fn(&mut WebSocket<TcpStream>);
type Headers = &'static [(&'static str, &'static str)];

/// A server of one connection; the headers that it saw are its value.
struct Server {
    address: SocketAddr,
    thread: JoinHandle<Vec<(String, String)>>,
}

impl Server {
    fn start(answer: Headers, serve: Serve) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut seen = Vec::new();
            #[expect(clippy::result_large_err, reason = "the crate's")]
            let see = |request: &Request, mut response: Response| {
                let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
                seen = request.headers().iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
                for (name, value) in answer {
                    response.headers_mut().append(*name, value.parse().unwrap());
                }
                Ok(response)
            };
            let mut socket = accept_hdr(stream, see).unwrap();
            serve(&mut socket);
            seen
        });
        Self { address, thread }
    }

    fn url(&self, host: &str) -> Url {
        Url::parse(&format!("ws://{host}:{}/chat?x", self.address.port())).unwrap()
    }
}

struct Page {
    commands: Option<Sender<WebSocketCommand>>,
    events: Receiver<WebSocketEvent>,
    runtime: tokio::runtime::Runtime,
}

impl Page {
    fn connect(net: &Net, url: Url, protocols: &[&str], client: Client) -> Self {
        let ((commands, taken), (events, happened)) = (queue(), queue());
        net.sender.send(NetMsg::WebSocket(Box::new(WebSocketConnect {
            url,
            protocols: protocols.iter().map(|protocol| (*protocol).to_owned()).collect(),
            client,
            commands: taken,
            events,
        })));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        Self { commands: Some(commands), events: happened, runtime }
    }

    fn command(&self, command: WebSocketCommand) {
        self.commands.as_ref().unwrap().push(command, 0).unwrap();
    }

    fn send(&self, message: WebSocketMessage) {
        self.command(WebSocketCommand::Send(message));
    }

    fn next(&mut self) -> WebSocketEvent {
        let next = async { tokio::time::timeout(DEADLINE, self.events.next()).await };
        self.runtime.block_on(next).expect("something happens in time").expect("the last event is Closed")
    }

    /// What happens, but for bytes that were sent, up to the end.
    fn rest(&mut self) -> (Vec<WebSocketEvent>, WebSocketClosed) {
        let mut events = Vec::new();
        loop {
            match self.next() {
                WebSocketEvent::Closed(closed) => return (events, closed),
                WebSocketEvent::Sent(_) => {}
                event => events.push(event),
            }
        }
    }
}

fn client(url: &str) -> Client {
    Client::of_url(&Url::parse(url).unwrap())
}

fn text(text: &str) -> WebSocketMessage {
    WebSocketMessage::Text(text.to_owned())
}

fn echo(socket: &mut WebSocket<TcpStream>) {
    while let Ok(message) = socket.read() {
        if matches!(message, Message::Text(_) | Message::Binary(_)) && socket.send(message).is_err() {
            return;
        }
    }
}

#[test]
fn messages_are_echoed_and_counted_and_the_close_is_clean() {
    let net = Net::new(config(None));
    let server = Server::start(&[("Sec-WebSocket-Protocol", "two"), ("Set-Cookie", "late=1")], echo);
    let page_url = Url::parse(&format!("http://a.test:{}/", server.address.port())).unwrap();
    let (client, cookie) = (Box::new(Client::of_url(&page_url)), "known=1".to_owned());
    net.sender.send(NetMsg::SetCookie { client, url: page_url.clone(), cookie });
    let mut page = Page::connect(&net, server.url("a.test"), &["one", "two"], Client::of_url(&page_url));
    assert_eq!(page.next(), WebSocketEvent::Open { protocol: "two".to_owned() });
    let large = WebSocketMessage::Binary(vec![7; 3 << 20].into());
    page.send(text("grüße"));
    page.send(large.clone());
    let mut sent = 0;
    let mut received = Vec::new();
    while received.len() < 2 {
        match page.next() {
            WebSocketEvent::Sent(bytes) => sent += bytes,
            WebSocketEvent::Message(message) => received.push(message),
            event => panic!("{event:?}"),
        }
    }
    assert_eq!(received, [text("grüße"), large]);
    assert_eq!(sent, 7 + (3 << 20));
    page.command(WebSocketCommand::Close { code: Some(3001), reason: "done".to_owned() });
    let (_, closed) = page.rest();
    let expected = WebSocketClosed { failed: None, was_clean: true, code: 3001, reason: "done".to_owned() };
    assert_eq!(closed, expected);
    let seen = server.thread.join().unwrap();
    let header = |name: &str| seen.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let origin = page_url.origin().ascii_serialization();
    assert_eq!(header("origin"), Some(origin.as_str()));
    assert_eq!(header("cookie"), Some("known=1"));
    assert_eq!(header("sec-websocket-protocol"), Some("one, two"));
    assert_eq!(header("referer"), None);
    assert_eq!(header("cache-control"), Some("no-cache"));
}

#[test]
fn a_server_ends_it_cleanly_or_not() {
    let cases: [(Serve, WebSocketClosed); 4] = [
        (
            |socket| {
                let frame = CloseFrame { code: 4000.into(), reason: "bye".into() };
                socket.close(Some(frame)).unwrap();
                while socket.read().is_ok() {}
            },
            WebSocketClosed { failed: None, was_clean: true, code: 4000, reason: "bye".to_owned() },
        ),
        (
            |socket| {
                socket.close(None).unwrap();
                while socket.read().is_ok() {}
            },
            WebSocketClosed { failed: None, was_clean: true, code: 1005, reason: String::new() },
        ),
        (
            |socket| socket.get_ref().shutdown(Shutdown::Both).unwrap(),
            WebSocketClosed { failed: None, was_clean: false, code: 1006, reason: String::new() },
        ),
        (
            // A text that is no UTF-8.
            |socket| {
                std::io::Write::write_all(socket.get_mut(), &[0x81, 1, 0xff]).unwrap();
                let closed = socket.read().unwrap();
                assert!(
                    matches!(closed, Message::Close(Some(CloseFrame { code, .. })) if u16::from(code) == 1007)
                );
            },
            WebSocketClosed { failed: None, was_clean: false, code: 1006, reason: String::new() },
        ),
    ];
    for (index, (serve, expected)) in cases.into_iter().enumerate() {
        let net = Net::new(config(None));
        let server = Server::start(&[], serve);
        let mut page = Page::connect(&net, server.url("a.test"), &[], client("http://a.test/"));
        let (events, closed) = page.rest();
        assert_eq!(events.first(), Some(&WebSocketEvent::Open { protocol: String::new() }), "{index}");
        assert_eq!(closed.failed.is_some(), index == 3, "{closed:?}");
        assert_eq!(WebSocketClosed { failed: None, ..closed }, expected, "{index}");
        server.thread.join().unwrap();
    }
}

#[test]
fn who_goes_away_says_so() {
    let net = Net::new(config(None));
    let server = Server::start(&[], |socket| {
        let closed = socket.read().unwrap();
        assert!(matches!(closed, Message::Close(Some(CloseFrame { code, .. })) if u16::from(code) == 1001));
        while socket.read().is_ok() {}
    });
    let mut page = Page::connect(&net, server.url("a.test"), &[], client("http://a.test/"));
    assert!(matches!(page.next(), WebSocketEvent::Open { .. }));
    drop(page.commands.take());
    server.thread.join().unwrap();
}

#[test]
fn handshakes_that_are_not_what_was_asked_for_fail() {
    let answers: [(Headers, &[&str], &str); 3] = [
        (&[], &["one"], "uses none of the protocols"),
        (&[("Sec-WebSocket-Protocol", "other")], &["one"], "was not asked for"),
        (&[("Sec-WebSocket-Extensions", "permessage-deflate")], &[], "were not offered"),
    ];
    for (answer, protocols, expected) in answers {
        let net = Net::new(config(None));
        let server = Server::start(answer, |_| ());
        let mut page = Page::connect(&net, server.url("a.test"), protocols, client("http://a.test/"));
        let (events, closed) = page.rest();
        assert_eq!(events, []);
        let why = closed.failed.expect("it fails");
        assert!(why.contains(expected), "{why}");
    }
}

#[test]
fn policies_apply_and_reports_name_the_url_of_the_socket() {
    let net = Net::new(config(None));
    let connect = |url: &str, client: Client| {
        let mut page = Page::connect(&net, Url::parse(url).unwrap(), &[], client);
        page.rest().1.failed.unwrap_or_default()
    };
    assert!(connect("ws://a.test:22/", client("http://a.test/")).contains("port 22"));
    assert!(connect("ws://b.test/", client("https://a.test/")).contains("mixed content"));
    let told: Arc<Mutex<Vec<Violation>>> = Arc::default();
    let sink = Arc::clone(&told);
    let mut page = client("http://a.test/");
    page.policy.csp_list =
        vec![CspPolicy { serialized: "connect-src 'self'".to_owned(), report_only: false, from_meta: false }];
    page.violations = Some(ViolationSink::new(move |violation| sink.lock().unwrap().push(violation)));
    assert!(connect("ws://b.test/", page).contains("connect-src"));
    let told = told.lock().unwrap();
    let resources: Vec<_> = told.iter().map(|violation| violation.resource.clone()).collect();
    assert_eq!(resources, [ViolationResource::Url(Url::parse("ws://b.test/").unwrap())]);
}

//! The demo's server, over real sockets: ranges, validators, rate, what its log says.
#![forbid(unsafe_code)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bgfetch_shell::demo::content::Content;
use bgfetch_shell::demo::identity::Identity;
use bgfetch_shell::demo::request_log::{Ended, RequestLog};
use bgfetch_shell::demo::server::{Server, ServerError};
use bgfetch_shell::demo::site::{ARTWORK_PATH, EPISODE_PATH, Resource, Site};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;

const EPISODE: u64 = 300_000;

struct Site1 {
    server: Server,
    identity: Identity,
}

impl Site1 {
    fn start(rate: Option<u64>) -> Self {
        let identity = Identity::generate().unwrap();
        let server = Server::start(0, &identity, Site::podcast(EPISODE, rate), RequestLog::new()).unwrap();
        Self { server, identity }
    }

    fn episode(&self) -> Vec<u8> {
        let content = self.server.change(|site| site.get(EPISODE_PATH).unwrap().content.clone());
        whole(&content)
    }

    /// Asks on a connection of its own; the body is as long as it came.
    async fn ask(&self, method: Method, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
        let stream = self.connect(&[b"http/1.1"]).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "localhost");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
        let (head, mut body) = response.into_parts();
        let mut bytes = Vec::new();
        let mut broken = false;
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap()),
                Err(_) => broken = true,
            }
        }
        Answer { status: head.status, headers: head.headers, bytes, broken }
    }

    async fn get(&self, path: &str, headers: &[(header::HeaderName, &str)]) -> Answer {
        self.ask(Method::GET, path, headers).await
    }

    async fn connect(&self, alpn: &[&[u8]]) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.identity.ca_pem().as_bytes()).unwrap()).unwrap();
        connect(&self.server, roots, alpn).await
    }
}

async fn connect(
    server: &Server,
    roots: rustls::RootCertStore,
    alpn: &[&[u8]],
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut config =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
    let stream = TcpStream::connect(server.address()).await.unwrap();
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Vec<u8>,
    broken: bool,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn whole(content: &Content) -> Vec<u8> {
    let mut all = Vec::new();
    while (all.len() as u64) < content.length() {
        all.extend_from_slice(&content.read(all.len() as u64..content.length()));
    }
    all
}

#[tokio::test]
async fn the_whole_episode_is_what_its_sum_says() {
    let site = Site1::start(None);
    let answer = site.get(EPISODE_PATH, &[]).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::CONTENT_LENGTH), EPISODE.to_string());
    assert_eq!(answer.header(header::ACCEPT_RANGES), "bytes");
    assert_eq!(answer.header(header::CONTENT_TYPE), "audio/mpeg");
    let content = site.server.change(|site| site.get(EPISODE_PATH).unwrap().content.clone());
    assert_eq!(Content::Bytes(answer.bytes.into()).sha256(), content.sha256());
}

#[tokio::test]
async fn a_range_is_answered_with_that_part_and_logged() {
    let site = Site1::start(None);
    let tag = site.get("/ep-5.mp3", &[(header::RANGE, "bytes=0-0")]).await.header(header::ETAG).to_owned();
    let rest =
        site.get(EPISODE_PATH, &[(header::RANGE, "bytes=123456-"), (header::IF_RANGE, tag.as_str())]).await;
    assert_eq!(rest.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(rest.header(header::CONTENT_RANGE), "bytes 123456-299999/300000");
    assert_eq!(rest.bytes, site.episode()[123_456..]);

    let entries = site.server.log().entries();
    let last = entries.last().unwrap();
    assert_eq!(last.head.range.as_deref(), Some("bytes=123456-"));
    assert_eq!(last.head.if_range.as_deref(), Some(tag.as_str()));
    assert_eq!((last.head.status, last.sent_range(), last.ended), (206, 123_456..300_000, Ended::Complete));
}

#[tokio::test]
async fn a_resource_that_changed_comes_whole_in_spite_of_a_range() {
    let site = Site1::start(None);
    let answer =
        site.get(EPISODE_PATH, &[(header::RANGE, "bytes=9-"), (header::IF_RANGE, "\"older\"")]).await;
    assert_eq!((answer.status, answer.bytes.len() as u64), (StatusCode::OK, EPISODE));
}

#[tokio::test]
async fn a_range_after_the_end_is_answered_416_with_the_length() {
    let site = Site1::start(None);
    let answer = site.get(EPISODE_PATH, &[(header::RANGE, "bytes=300000-")]).await;
    assert_eq!(answer.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(answer.header(header::CONTENT_RANGE), "bytes */300000");
    assert!(answer.bytes.is_empty());
}

#[tokio::test]
async fn a_resource_without_ranges_ignores_them() {
    let site = Site1::start(None);
    site.server.change(|site| site.get_mut(EPISODE_PATH).unwrap().ranges = false);
    let answer = site.get(EPISODE_PATH, &[(header::RANGE, "bytes=300000-")]).await;
    assert_eq!((answer.status, answer.header(header::ACCEPT_RANGES)), (StatusCode::OK, "none"));
}

#[tokio::test]
async fn head_and_conditional_requests_send_no_body() {
    let site = Site1::start(None);
    let head = site.ask(Method::HEAD, EPISODE_PATH, &[]).await;
    assert_eq!((head.status, head.header(header::CONTENT_LENGTH)), (StatusCode::OK, "300000"));
    assert!(head.bytes.is_empty());
    let tag = head.header(header::ETAG).to_owned();
    let again = site.get(EPISODE_PATH, &[(header::IF_NONE_MATCH, tag.as_str())]).await;
    assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
}

#[tokio::test]
async fn what_is_not_there_or_not_allowed_is_said() {
    let site = Site1::start(None);
    assert_eq!(site.get("/ep-6.mp3", &[]).await.status, StatusCode::NOT_FOUND);
    let post = site.ask(Method::POST, EPISODE_PATH, &[]).await;
    assert_eq!((post.status, post.header(header::ALLOW)), (StatusCode::METHOD_NOT_ALLOWED, "GET, HEAD"));
}

#[tokio::test]
async fn the_rate_is_kept() {
    let site = Site1::start(Some(600_000));
    let start = Instant::now();
    let answer = site.get(EPISODE_PATH, &[]).await;
    let took = start.elapsed();
    assert_eq!(answer.bytes.len() as u64, EPISODE);
    // Half a second, less the first chunk; a slow machine takes longer, never shorter.
    assert!(took > Duration::from_millis(420), "{took:?}");
    let quick = Instant::now();
    site.get(ARTWORK_PATH, &[]).await;
    assert!(quick.elapsed() < took, "the rate is the episode's alone");
}

#[tokio::test]
async fn a_connection_is_cut_where_it_was_told_and_once() {
    let site = Site1::start(None);
    site.server.change(|site| site.get_mut(EPISODE_PATH).unwrap().cuts.push(100_000));
    let cut = site.get(EPISODE_PATH, &[]).await;
    assert!(cut.broken && cut.bytes.len() <= 100_000, "{}", cut.bytes.len());
    let log = site.server.log().entries();
    assert_eq!((log[0].sent, log[0].ended), (100_000, Ended::Cut));
    let rest = site.get(EPISODE_PATH, &[(header::RANGE, "bytes=100000-")]).await;
    assert_eq!((rest.status, rest.bytes.len()), (StatusCode::PARTIAL_CONTENT, 200_000));
}

#[tokio::test]
async fn a_client_that_goes_away_is_logged_with_no_more_than_it_was_sent() {
    let site = Site1::start(Some(200_000));
    let stream = site.connect(&[b"http/1.1"]).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get(EPISODE_PATH).header(header::HOST, "localhost");
    let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    let mut body = response.into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let (told, mut heard) = tokio::sync::mpsc::unbounded_channel();
    site.server.log().on_end(Box::new(move |entry| drop(told.send(entry.clone()))));
    drop((body, sender));
    connection.abort();
    let entry = tokio::time::timeout(Duration::from_secs(10), heard.recv()).await.unwrap().unwrap();
    assert_eq!(entry.ended, Ended::Cut);
    assert!(entry.sent >= first.len() as u64 && entry.sent < EPISODE, "{}", entry.sent);
}

#[tokio::test]
async fn http_2_is_offered() {
    let site = Site1::start(None);
    let stream = site.connect(&[b"h2", b"http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut sender, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let uri = format!("{}{EPISODE_PATH}", site.server.origin());
    let request = Request::get(uri).body(Empty::<Bytes>::new()).unwrap();
    let body = sender.send_request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(body, site.episode());
}

#[tokio::test]
async fn nobody_trusts_it_without_its_authority() {
    let site = Site1::start(None);
    let error = connect(&site.server, rustls::RootCertStore::empty(), &[]).await.unwrap_err();
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
}

#[tokio::test]
async fn what_it_serves_can_change_while_it_runs() {
    let site = Site1::start(None);
    site.server.change(|site| site.insert("/new", Resource::bytes("text/plain", "now")));
    assert_eq!(site.get("/new", &[]).await.bytes, b"now");
}

#[test]
fn a_port_that_is_taken_is_named() {
    let first = Site1::start(None);
    let port = first.server.address().port();
    let error = Server::start(port, &first.identity, Site::new(), RequestLog::new()).unwrap_err();
    assert!(matches!(error, ServerError::PortTaken(p) if p == port), "{error}");
}

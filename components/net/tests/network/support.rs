//! Servers on loopback, and a client of the network thread, for the integration tests.

use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bgfetch_net::{NetConfig, NetThread, TrustedRoots};
use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::fetch::{NetworkError, Priority, Request, RequestHead, RequestMode, Response};
use bgfetch_traits::net::{CancelHandle, NetMsg, NetSender};
use bgfetch_traits::policy::Client;
use bgfetch_traits::reply::Reply;
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use url::Url;

/// How long anything may take before a test fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) type ServerBody = BoxBody<Bytes, std::io::Error>;
pub(crate) type ServerResponse = hyper::Response<ServerBody>;
type Answer = Pin<Box<dyn Future<Output = ServerResponse> + Send>>;
type Handler = Arc<dyn Fn(hyper::Request<Incoming>) -> Answer + Send + Sync>;

/// What a server saw of a request.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Which protocols a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speaks {
    Http,
    Https,
    Http2,
}

/// A server; ends with its value.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) speaks: Speaks,
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) connections: Arc<AtomicUsize>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The authority that test servers' certificates are from.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "test authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    pub(crate) fn pem(&self) -> Vec<u8> {
        self.issuer.pem().into_bytes()
    }

    /// A TLS server configuration for `names`.
    pub(crate) fn server_config(&self, names: &[&str], alpn: &[&[u8]]) -> Arc<rustls::ServerConfig> {
        let key = KeyPair::generate().unwrap();
        let params =
            CertificateParams::new(names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>()).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                rustls::pki_types::PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = alpn.iter().map(|p| p.to_vec()).collect();
        Arc::new(config)
    }
}

const NAMES: [&str; 5] = ["localhost", "127.0.0.1", "a.test", "b.test", "www.a.test"];

impl Server {
    /// A plain HTTP/1.1 server.
    pub(crate) fn http<F, A>(handler: F) -> Self
    where
        F: Fn(hyper::Request<Incoming>) -> A + Send + Sync + 'static,
        A: Future<Output = ServerResponse> + Send + 'static,
    {
        Self::start(Speaks::Http, None, handler)
    }

    /// An HTTPS server that speaks HTTP/1.1 only, or HTTP/2.
    pub(crate) fn https<F, A>(authority: &Authority, speaks: Speaks, handler: F) -> Self
    where
        F: Fn(hyper::Request<Incoming>) -> A + Send + Sync + 'static,
        A: Future<Output = ServerResponse> + Send + 'static,
    {
        let alpn: &[&[u8]] = if speaks == Speaks::Http2 { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
        Self::start(speaks, Some(authority.server_config(&NAMES, alpn)), handler)
    }

    fn start<F, A>(speaks: Speaks, tls: Option<Arc<rustls::ServerConfig>>, handler: F) -> Self
    where
        F: Fn(hyper::Request<Incoming>) -> A + Send + Sync + 'static,
        A: Future<Output = ServerResponse> + Send + 'static,
    {
        let handler: Handler = Arc::new(move |request| Box::pin(handler(request)));
        let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
        let connections: Arc<AtomicUsize> = Arc::default();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn({
            let (seen, connections) = (Arc::clone(&seen), Arc::clone(&connections));
            move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async move {
                    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                    tell.send(listener.local_addr().unwrap()).unwrap();
                    let accept = async {
                        loop {
                            let (stream, _) = listener.accept().await.unwrap();
                            connections.fetch_add(1, Ordering::SeqCst);
                            let (handler, seen, tls) = (Arc::clone(&handler), Arc::clone(&seen), tls.clone());
                            tokio::spawn(connection(stream, tls, handler, seen));
                        }
                    };
                    tokio::select! { () = accept => {}, _ = stopped => {} }
                });
            }
        });
        let address = told.recv().unwrap();
        Self { address, speaks, seen, connections, stop: Some(stop), thread: Some(thread) }
    }

    /// A URL of this server by the name `host`, which has to resolve to it.
    pub(crate) fn url_of(&self, host: &str, path: &str) -> Url {
        let scheme = if self.speaks == Speaks::Http { "http" } else { "https" };
        Url::parse(&format!("{scheme}://{host}:{}{path}", self.address.port())).unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> Url {
        self.url_of("localhost", path)
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the server panicked");
        }
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<Arc<rustls::ServerConfig>>,
    handler: Handler,
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        seen.lock().unwrap().push(Seen {
            method: request.method().to_string(),
            target: request.uri().path_and_query().unwrap().to_string(),
            version: format!("{:?}", request.version()),
            headers: request
                .headers()
                .iter()
                .map(|(n, v)| (n.to_string(), String::from_utf8_lossy(v.as_bytes()).into_owned()))
                .collect(),
        });
        let answer = handler(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
    match tls {
        None => drop(builder.serve_connection(TokioIo::new(stream), service).await),
        Some(config) => {
            if let Ok(stream) = TlsAcceptor::from(config).accept(stream).await {
                drop(builder.serve_connection(TokioIo::new(stream), service).await);
            }
        }
    }
}

/// A server that accepts connections and leaves the rest to `serve`, on a thread of each connection's own.
pub(crate) fn raw_server(serve: impl Fn(std::net::TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let serve = Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let serve = Arc::clone(&serve);
            std::thread::spawn(move || serve(stream.unwrap()));
        }
    });
    address
}

/// Reads a request's head from a raw connection; `None` at the end.
pub(crate) fn read_head(stream: &mut impl std::io::Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    Some(String::from_utf8_lossy(&head).into_owned())
}

pub(crate) fn full(bytes: impl Into<Bytes>) -> ServerBody {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed()
}

pub(crate) fn respond(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> ServerResponse {
    let mut response = hyper::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(full(body)).unwrap()
}

/// A client of the network thread.
pub(crate) struct Net {
    pub(crate) sender: NetSender,
    thread: Option<JoinHandle<()>>,
}

impl Net {
    pub(crate) fn new(config: NetConfig) -> Self {
        let (sender, thread) = NetThread::spawn(config).unwrap();
        Self { sender, thread: Some(thread) }
    }

    /// A client that trusts `authority` and finds all names of tests at loopback.
    pub(crate) fn trusting(authority: &Authority) -> Self {
        Self::new(config(Some(authority)))
    }

    /// A client for plain HTTP.
    pub(crate) fn plain() -> Self {
        Self::new(config(None))
    }

    pub(crate) fn start(&self, request: Request, cancel: CancelHandle) -> Pending {
        let (reply, receiver) = Reply::channel();
        self.sender.send(NetMsg::Fetch { request, cancel, upload_progress: None, timing: None, reply });
        Pending(receiver)
    }

    pub(crate) fn fetch(&self, request: Request) -> Result<Response, NetworkError> {
        self.start(request, CancelHandle::new()).wait()
    }

    /// Fetches, and reads the body.
    pub(crate) fn get(&self, url: Url) -> Result<(Response, Vec<u8>), NetworkError> {
        let mut response = self.fetch(get(url))?;
        let body = response.body.take().map_or_else(Vec::new, |body| read(body).unwrap());
        Ok((response, body))
    }

    pub(crate) fn shutdown(mut self) {
        self.sender.send(NetMsg::Shutdown);
        self.thread.take().unwrap().join().unwrap();
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        self.sender.send(NetMsg::Shutdown);
    }
}

/// A fetch under way.
pub(crate) struct Pending(pub(crate) crossbeam_channel::Receiver<Result<Response, NetworkError>>);

impl Pending {
    pub(crate) fn wait(self) -> Result<Response, NetworkError> {
        self.0.recv_timeout(DEADLINE).expect("the fetch should be answered in time")
    }
}

pub(crate) fn config(authority: Option<&Authority>) -> NetConfig {
    let mut config = NetConfig { roots: TrustedRoots::None, ..NetConfig::default() };
    config.ca_certificates = authority.map(Authority::pem).into_iter().collect();
    for name in NAMES.iter().filter(|n| n.ends_with(".test")) {
        config.resolve.add(&format!("{name}:*:127.0.0.1")).unwrap();
    }
    config.resolve.close();
    config
}

/// A `GET` by a client of the URL's own origin.
pub(crate) fn get(url: Url) -> Request {
    let client = Client::of_url(&url);
    Request { head: RequestHead::get(url), client, body: None, priority: Priority::Foreground }
}

/// A request in CORS mode by a page.
pub(crate) fn cors(page: &str, url: Url) -> Request {
    let mut request = get(url);
    request.client = Client::of_url(&Url::parse(page).unwrap());
    request.head.mode = RequestMode::Cors;
    request.head.unsafe_request = true;
    request
}

/// Reads a body to its end, within the deadline.
pub(crate) fn read(body: BodyReader) -> Result<Vec<u8>, BodyError> {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut body = body;
        let mut bytes = Vec::new();
        let end = loop {
            match body.read_blocking() {
                Some(Ok(chunk)) => bytes.extend_from_slice(&chunk),
                Some(Err(error)) => break Err(error),
                None => break Ok(bytes),
            }
        };
        drop(tell.send(end));
    });
    told.recv_timeout(DEADLINE).expect("the body should end in time")
}

/// Waits until `count` stands still for a while, and gives its value.
pub(crate) fn settled(count: &AtomicU64) -> u64 {
    let until = Instant::now() + DEADLINE;
    let mut last = count.load(Ordering::SeqCst);
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_millis(400) {
        assert!(Instant::now() < until, "it never stood still");
        std::thread::park_timeout(Duration::from_millis(10));
        let now = count.load(Ordering::SeqCst);
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    last
}

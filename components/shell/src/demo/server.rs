//! An HTTPS server on loopback that serves a [`Site`] and logs which bytes it sent: the demo's, and the tests'.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use http::header::{self, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::body::{Plan, ServedBody};
use super::content::Content;
use super::identity::{Identity, IdentityError};
use super::range::{Selected, select};
use super::request_log::{RequestHead, RequestLog};
use super::site::{Resource, Site};

const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// Pause after `accept` failed, such as for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// Another program listens there.
    #[error("port {0} of 127.0.0.1 is taken by another program")]
    PortTaken(u16),
    /// The address could not be had.
    #[error("the demo's server cannot listen on {address}: {error}")]
    Listen {
        /// Which address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The certificate cannot be used.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// A thread could not be had.
    #[error("the demo's server could not be started: {0}")]
    Start(io::Error),
}

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    site: Arc<Mutex<Site>>,
    log: RequestLog,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `site` over HTTPS at `port` of 127.0.0.1; port 0 is any free one.
    ///
    /// # Errors
    /// As [`ServerError`] says.
    pub fn start(port: u16, identity: &Identity, site: Site, log: RequestLog) -> Result<Self, ServerError> {
        let tls = TlsAcceptor::from(identity.server_config()?);
        let asked = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listen = |error: io::Error| match error.kind() {
            io::ErrorKind::AddrInUse => ServerError::PortTaken(port),
            _ => ServerError::Listen { address: asked, error },
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(ServerError::Start)?;
        let listener = std::net::TcpListener::bind(asked).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener).map_err(listen)?
        };
        let site = Arc::new(Mutex::new(site));
        let (stop, stopped) = oneshot::channel();
        let shared = Shared { tls, site: Arc::clone(&site), log: log.clone() };
        let thread = std::thread::Builder::new()
            .name("site".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        () = accept(listener, shared) => {}
                        _ = stopped => {}
                    }
                });
                runtime.shutdown_background();
            })
            .map_err(ServerError::Start)?;
        Ok(Self { address, site, log, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its origin, such as `https://localhost:40123`.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// What it was asked and what it sent.
    #[must_use]
    pub const fn log(&self) -> &RequestLog {
        &self.log
    }

    /// Changes what it serves from the next request on.
    pub fn change<T>(&self, change: impl FnOnce(&mut Site) -> T) -> T {
        change(&mut self.site.lock())
    }

    /// Stops it; open connections break.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(stop) = self.stop.take() {
            // An error says that the thread has ended already.
            let _ended = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the demo's server panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

#[derive(Clone)]
struct Shared {
    tls: TlsAcceptor,
    site: Arc<Mutex<Site>>,
    log: RequestLog,
}

async fn accept(listener: TcpListener, shared: Shared) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let shared = shared.clone();
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, shared).await {
                        tracing::debug!(%peer, error, "a connection to the demo's server ended early");
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the demo's server could not accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, shared: Shared) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let stream = tokio::time::timeout(HANDSHAKE_TIME, shared.tls.accept(stream)).await??;
    let service = service_fn(move |request| {
        let response = answer(&request, &shared);
        async move { Ok::<_, Infallible>(response) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new());
    builder.serve_connection(TokioIo::new(stream), service).await
}

fn answer(request: &Request<Incoming>, shared: &Shared) -> Response<ServedBody> {
    let (head, plan) = {
        let mut site = shared.site.lock();
        match site.get_mut(request.uri().path()) {
            Some(resource) if is_read(request.method()) => of_resource(request, resource),
            Some(_) => of_text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are served here\n"),
            None => of_text(StatusCode::NOT_FOUND, "there is nothing here\n"),
        }
    };
    let text = |name: header::HeaderName| {
        request.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let number = shared.log.begin(RequestHead {
        run: 0,
        method: request.method().to_string(),
        path: request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str).to_owned(),
        range: text(header::RANGE),
        if_range: text(header::IF_RANGE),
        destination: text(header::HeaderName::from_static("sec-fetch-dest")),
        status: head.status.as_u16(),
        promised: plan.range.clone(),
    });
    let mut response = Response::new(ServedBody::new(plan, shared.log.clone(), number));
    *response.status_mut() = head.status;
    *response.headers_mut() = head.headers;
    response
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

struct Head {
    status: StatusCode,
    headers: http::HeaderMap,
}

fn of_text(status: StatusCode, text: &'static str) -> (Head, Plan) {
    let mut headers = http::HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
    }
    let content = Content::Bytes(bytes::Bytes::from_static(text.as_bytes()));
    let range = 0..content.length();
    (Head { status, headers }, Plan { content, range, rate: None, cut_before: None })
}

fn of_resource(request: &Request<Incoming>, resource: &mut Resource) -> (Head, Plan) {
    let length = resource.content.length();
    let mut headers: http::HeaderMap = resource.headers.iter().cloned().collect();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(resource.content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    insert_text(&mut headers, header::ETAG, resource.validators.etag.clone());
    insert_text(
        &mut headers,
        header::LAST_MODIFIED,
        httpdate::fmt_http_date(resource.validators.last_modified),
    );
    let unit = if resource.ranges { "bytes" } else { "none" };
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static(unit));

    let selected = match select(request.method(), request.headers(), &resource.validators, length) {
        Selected::Part(_) | Selected::Unsatisfiable if !resource.ranges => Selected::Whole,
        selected => selected,
    };
    let (status, range) = match selected {
        Selected::Whole => (StatusCode::OK, 0..length),
        Selected::Part(range) => {
            let value = format!("bytes {}-{}/{length}", range.start, range.end - 1);
            insert_text(&mut headers, header::CONTENT_RANGE, value);
            (StatusCode::PARTIAL_CONTENT, range)
        }
        Selected::NotModified => (StatusCode::NOT_MODIFIED, 0..0),
        Selected::Unsatisfiable => {
            insert_text(&mut headers, header::CONTENT_RANGE, format!("bytes */{length}"));
            (StatusCode::RANGE_NOT_SATISFIABLE, 0..0)
        }
    };
    let head_only = request.method() == Method::HEAD;
    if head_only {
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    }
    let range = if head_only { 0..0 } else { range };
    let cut = resource.cuts.iter().position(|cut| range.contains(cut)).map(|at| resource.cuts.remove(at));
    let content = resource.content.clone();
    (Head { status, headers }, Plan { content, range, rate: resource.rate, cut_before: cut })
}

/// Sets a header to text that the server made itself; text that is no header value is left out.
fn insert_text(headers: &mut http::HeaderMap, name: header::HeaderName, text: String) {
    match HeaderValue::try_from(text) {
        Ok(value) => drop(headers.insert(name, value)),
        Err(error) => tracing::error!(%name, %error, "a header of the demo's server"),
    }
}

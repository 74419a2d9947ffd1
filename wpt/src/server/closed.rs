//! The closed network: a small server that stands for `example` and `example.com`.
//!
//! Some tests ask hosts of the real Internet. Here these are the only ones of it that resolve, and they answer every
//! request with success and with whatever CORS asks for.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use super::ServerError;

/// The running server; it ends when this is dropped.
#[derive(Debug)]
pub struct ClosedNetwork {
    /// What stands for port 80.
    pub http: SocketAddr,
    /// What stands for port 443.
    pub https: SocketAddr,
    _stop: oneshot::Sender<()>,
}

impl ClosedNetwork {
    /// Starts it on ports of its own, on a thread of its own.
    ///
    /// # Errors
    /// If there is no port or no thread to be had.
    pub fn start(
        (certificate, key): (CertificateDer<'static>, PrivateKeyDer<'static>),
    ) -> Result<Self, ServerError> {
        let failed = |error: &dyn std::fmt::Display| ServerError::ClosedNetwork(error.to_string());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(&error))?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .map_err(|error| failed(&error))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let bind = || {
            let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            listener.set_nonblocking(true)?;
            Ok::<_, std::io::Error>((listener.local_addr()?, listener))
        };
        let (http, http_listener) = bind().map_err(|error| failed(&error))?;
        let (https, https_listener) = bind().map_err(|error| failed(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(&error))?;
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = move || {
            runtime.block_on(async move {
                let plain = TcpListener::from_std(http_listener);
                let tls = TcpListener::from_std(https_listener);
                if let (Ok(plain), Ok(tls)) = (plain, tls) {
                    tokio::spawn(accept(plain, None));
                    tokio::spawn(accept(tls, Some(acceptor)));
                }
                // The sender is never used: it is dropped.
                let _ = stopped.await;
            });
        };
        let thread = std::thread::Builder::new().name("closed-network".to_owned());
        thread.spawn(serve).map_err(|error| failed(&error))?;
        Ok(Self { http, https, _stop: stop })
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::debug!(%error, "closed network: accept");
                tokio::task::yield_now().await;
                continue;
            }
        };
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let builder = auto::Builder::new(TokioExecutor::new());
            let service = service_fn(answer);
            let served = match acceptor {
                None => builder.serve_connection(TokioIo::new(stream), service).await,
                Some(acceptor) => match acceptor.accept(stream).await {
                    Ok(stream) => builder.serve_connection(TokioIo::new(stream), service).await,
                    Err(error) => Err(error.into()),
                },
            };
            if let Err(error) = served {
                tracing::debug!(error, "closed network: connection");
            }
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let preflight = request.method() == Method::OPTIONS;
    let allowed = cors_headers(request.headers());
    // A body is taken, so that an upload completes.
    let mut body = request.into_body();
    while let Some(Ok(_)) = body.frame().await {}
    let text = if preflight { "" } else { "This stands for a host of the Internet.\n" };
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    response.headers_mut().extend(allowed);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Ok(response)
}

/// Allows whatever is asked.
fn cors_headers(request: &HeaderMap) -> HeaderMap {
    let asked = |name: HeaderName, otherwise: &'static str| {
        request.get(name).cloned().unwrap_or_else(|| HeaderValue::from_static(otherwise))
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, asked(header::ORIGIN, "*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, asked(header::ACCESS_CONTROL_REQUEST_METHOD, "GET"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, asked(header::ACCESS_CONTROL_REQUEST_HEADERS, "*"));
    headers.insert(header::VARY, HeaderValue::from_static("Origin"));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_preflight_asks_is_allowed() {
        let mut request = HeaderMap::new();
        request.insert(header::ORIGIN, HeaderValue::from_static("https://web-platform.test:8443"));
        request.insert(header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::from_static("PUT"));
        request.insert(header::ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("x-a, x-b"));
        let headers = cors_headers(&request);
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "https://web-platform.test:8443");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_METHODS], "PUT");
        assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_HEADERS], "x-a, x-b");
    }
}

//! [HTTP-network fetch](https://fetch.spec.whatwg.org/#http-network-fetch).

use std::rc::Rc;

use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, ResponseHead};
use bgfetch_traits::headers::HeaderList;
use http::header::{self, HeaderName, HeaderValue};
use http::{Method, Request, Response, Uri, Version};
use hyper::body::Incoming;
use hyper::ext::ReasonPhrase;
use tokio::time::Instant;
use url::Url;

use super::clear_site_data::{Types, clear_site_data};
use super::network_or_cache::{cookie_partition, may_set_same_site_cookies};
use super::request::{FetchParams, FetchRequest};
use super::{FetchResult, InternalBody, InternalResponse};
use crate::cookies::Setter;
use crate::http::body::NetworkBody;
use crate::http::connection::Lease;
use crate::http::error::{exchange_error, is_dead, timed_out, was_refused};
use crate::http::outgoing::{OutgoingBody, UploadWatch};
use crate::http::pool::PoolKey;
use crate::http::wire_head::{LENGTH_STAND_IN, WireHeaders, stand_in};
use crate::scheduler::{HostKey, Protocol, Ticket};

/// What HTTP-network-or-cache fetch decided.
pub(crate) struct NetworkFetch {
    /// The headers to send.
    pub(crate) headers: HeaderList,
    pub(crate) include_credentials: bool,
    /// *forceNewConnection*.
    pub(crate) new_connection: bool,
}

/// HTTP-network fetch.
pub(crate) async fn http_network_fetch(params: &mut FetchParams, fetch: &NetworkFetch) -> FetchResult {
    // Step 2.
    if !params.net.is_online() {
        let message = format!("{} cannot be reached: the machine is offline", params.request.current_url());
        return Err(NetworkError::new(NetworkErrorKind::Unreachable, message));
    }
    // Steps 5 to 10.
    let (response, lease) = exchange(params, fetch).await?;
    let head = response_head(&response, &lease);
    if matches!(head.status, 100..=199) {
        // hyper passes over the other informational responses itself.
        let message = format!("{} switched protocols without being asked to", lease.key.host);
        return Err(NetworkError::new(NetworkErrorKind::Protocol, message));
    }
    // Step 19.
    if fetch.include_credentials {
        store_cookies(params, &head);
    }
    // Of Clear Site Data.
    clear_site_data(params, Types::of(params, &head, fetch.include_credentials)).await;
    // Steps 12 to 18 and 20: the body is read where it is delivered.
    let net = &params.net;
    let flow = net.scheduler.flow(params.request.priority, &params.request.client_key());
    let counter = params.timer.response_started();
    let body = NetworkBody::new(response.into_body(), lease, (flow, counter), net.timeouts.idle);
    Ok(InternalResponse { head, body: InternalBody::Network(Box::new(body)) })
}

/// How often a request is sent, when it is certain or harmless that it was not acted on before.
const MOST_ATTEMPTS: u32 = 3;

/// Obtains a connection and sends the request on it; again if a kept connection turns out to be dead, or if its
/// server says that it did not look at the request.
async fn exchange(
    params: &mut FetchParams,
    fetch: &NetworkFetch,
) -> Result<(Response<Incoming>, Lease), NetworkError> {
    let url = params.request.current_url().clone();
    let key = pool_key(&params.request, &url, fetch.include_credentials)?;
    let host = url.host().map(|h| h.to_owned()).ok_or_else(|| no_host(&url))?;
    let mut fresh = fetch.new_connection;
    let mut attempt = 1;
    loop {
        let ticket = Ticket {
            priority: params.request.priority,
            origin: params.request.client_key(),
            host: key.host.clone(),
        };
        let slot = params.net.scheduler.admit(ticket).await;
        let mut lease = params.net.pool.obtain(&key, &host, slot, fresh).await?;
        let failed = match attempt_once(params, fetch, &url, &mut lease).await? {
            Ok(response) => return Ok((response, lease)),
            Err(failed) => failed,
        };
        params.net.pool.forget(&lease);
        let can_be_repeated =
            failed.not_acted_on || (failed.can_be_repeated && lease.reused && is_dead(&failed.error));
        if attempt == MOST_ATTEMPTS || fresh || !can_be_repeated {
            return Err(failed.cause.unwrap_or_else(|| exchange_error(&key.host.to_string(), &failed.error)));
        }
        tracing::debug!(host = %key.host, error = %failed.error, "the request is sent again");
        // Other kept HTTP/1.1 connections may be dead as well. An HTTP/2 connection is shared, also a new one.
        fresh = lease.protocol() == Protocol::Http1;
        attempt += 1;
    }
}

/// A request that got no answer.
struct Failed {
    error: hyper::Error,
    /// Why its own body could not be sent, if that is what failed.
    cause: Option<NetworkError>,
    /// It is certain that the server did nothing with it, and there is a body to send again.
    not_acted_on: bool,
    /// Sending it twice is as sending it once.
    can_be_repeated: bool,
}

/// Sends the request once.
async fn attempt_once(
    params: &mut FetchParams,
    fetch: &NetworkFetch,
    url: &Url,
    lease: &mut Lease,
) -> Result<Result<Response<Incoming>, Failed>, NetworkError> {
    let protocol = lease.protocol();
    // Step 8.3, for bodies of unknown length: HTTP/1.1 would send them in chunks, which servers seldom expect.
    if protocol == Protocol::Http1 && params.request.body_has_unknown_length() {
        let message = format!("{}: a body of unknown length needs HTTP/2", lease.key.host);
        return Err(NetworkError::new(NetworkErrorKind::Protocol, message));
    }
    let sent_once_only = params.request.body_can_be_sent_once_only();
    let (body, watch) = OutgoingBody::new(params.request.take_body(), params.upload_progress.clone());
    let headers = wire_headers(&fetch.headers);
    let request = http_request(&params.request.head.method, url, &headers, (protocol, body))?;
    params.timer.request_starts(lease.timing());
    let head_timeout = params.net.timeouts.head;
    let sent = tokio::select! {
        sent = lease.send(request, headers) => sent,
        () = no_answer(&watch, head_timeout) => {
            let what = format!("no answer within {} seconds", head_timeout.as_secs_f32());
            return Err(timed_out(&lease.key.host.to_string(), &what));
        }
    };
    let mut failed = match sent {
        Ok(response) => return Ok(Ok(response)),
        Err(failed) => failed,
    };
    let not_sent = failed.take_message();
    let error = failed.into_error();
    let mut not_acted_on = !sent_once_only && was_refused(&error);
    if let Some(request) = not_sent {
        not_acted_on = true;
        params.request.body = request.into_body().into_unsent().or(params.request.body.take());
    }
    let can_be_repeated = !sent_once_only && is_idempotent(&params.request.head.method);
    Ok(Err(Failed { error, cause: watch.failure(), not_acted_on, can_be_repeated }))
}

fn no_host(url: &Url) -> NetworkError {
    NetworkError::new(NetworkErrorKind::Protocol, format!("{url} has no host"))
}

pub(crate) fn pool_key(
    request: &FetchRequest,
    url: &Url,
    credentials: bool,
) -> Result<PoolKey, NetworkError> {
    let host = url.host_str().ok_or_else(|| no_host(url))?.to_owned();
    let port = url.port_or_known_default().ok_or_else(|| no_host(url))?;
    Ok(PoolKey {
        partition: request.partition(),
        credentials,
        https: url.scheme() == "https",
        host: HostKey { host, port },
    })
}

/// Ready when the server had its time to answer, counted from when the request last moved. Time in which the
/// request's own body is waited for does not count.
async fn no_answer(watch: &Rc<UploadWatch>, allowed: std::time::Duration) {
    loop {
        let deadline = watch.last_activity() + allowed;
        tokio::time::sleep_until(deadline).await;
        if watch.waits_for_source() {
            tokio::time::sleep(allowed).await;
        } else if watch.last_activity() + allowed <= Instant::now() {
            return;
        }
    }
}

/// [Idempotent methods](https://www.rfc-editor.org/rfc/rfc9110.html#section-9.2.2): sending twice is as sending once.
fn is_idempotent(method: &Method) -> bool {
    matches!(
        *method,
        Method::GET | Method::HEAD | Method::OPTIONS | Method::PUT | Method::DELETE | Method::TRACE
    )
}

/// Headers as they are sent: those of one name in one, as browsers do, and none of the connection's own.
pub(crate) fn wire_headers(headers: &HeaderList) -> WireHeaders {
    let mut combined: WireHeaders = Vec::new();
    for (name, value) in headers.iter() {
        if HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| is_hop_by_hop(&name)) {
            continue;
        }
        match combined.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, before)) => {
                before.extend_from_slice(b", ");
                before.extend_from_slice(value);
            }
            None => combined.push((name.to_owned(), value.to_vec())),
        }
    }
    combined
}

/// The request as hyper takes it.
pub(crate) fn http_request(
    method: &Method,
    url: &Url,
    headers: &[(String, Vec<u8>)],
    (protocol, body): (Protocol, OutgoingBody),
) -> Result<Request<OutgoingBody>, NetworkError> {
    let cannot =
        |what: String| NetworkError::new(NetworkErrorKind::Protocol, format!("{what} cannot be sent"));
    let authority = match url.port() {
        Some(port) => format!("{}:{port}", url.host_str().unwrap_or_default()),
        None => url.host_str().unwrap_or_default().to_owned(),
    };
    let mut target = url.path().to_owned();
    if let Some(query) = url.query() {
        target.push('?');
        target.push_str(query);
    }
    let (uri, version) = match protocol {
        Protocol::Http1 => (target, Version::HTTP_11),
        Protocol::Http2 => (format!("{}://{authority}{target}", url.scheme()), Version::HTTP_2),
    };
    let uri: Uri = uri.parse().map_err(|_| cannot(format!("the URL {url}")))?;
    let mut request = Request::new(body);
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri;
    *request.version_mut() = version;
    let map = request.headers_mut();
    if protocol == Protocol::Http1 {
        let host = HeaderValue::from_str(&authority).map_err(|_| cannot(format!("the host {authority}")))?;
        map.insert(header::HOST, host);
    }
    for (name, value) in headers.iter() {
        let header = || cannot(format!("the header {name}: {}", String::from_utf8_lossy(value)));
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| header())?;
        // Over HTTP/2, whose values have no such characters, what is refused here is not sent.
        let shown = if protocol == Protocol::Http1 { &stand_in(value) } else { value };
        map.append(parsed, HeaderValue::from_bytes(shown).map_err(|_| header())?);
    }
    Ok(request)
}

/// Headers that are the connection's own.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        *name,
        header::HOST
            | header::CONNECTION
            | header::TRANSFER_ENCODING
            | header::UPGRADE
            | header::TE
            | header::TRAILER
    ) || name == "keep-alive"
        || name == "proxy-connection"
}

fn response_head(response: &Response<Incoming>, lease: &Lease) -> ResponseHead {
    let status = response.status();
    let status_text = match (response.extensions().get::<ReasonPhrase>(), lease.protocol()) {
        (Some(reason), _) => reason.as_bytes().to_vec(),
        (None, Protocol::Http1) => status.canonical_reason().unwrap_or_default().as_bytes().to_vec(),
        (None, Protocol::Http2) => Vec::new(),
    };
    let mut exact = lease.exact_headers();
    let headers = response.headers().iter().map(|(name, value)| {
        let name = match name.as_str() {
            LENGTH_STAND_IN if exact.iter().any(|(known, _)| known == "content-length") => "content-length",
            name => name,
        };
        let exact = exact.iter().position(|(known, _)| known == name).map(|at| exact.remove(at).1);
        // Only a header that hyper put together of several lines is another one.
        let exact = exact.filter(|exact| stand_in(exact) == value.as_bytes());
        (name, exact.unwrap_or_else(|| value.as_bytes().to_vec()))
    });
    let headers = headers.collect();
    ResponseHead { status: status.as_u16(), status_text, headers, ..ResponseHead::default() }
}

/// [Parse and store response `Set-Cookie` headers](https://fetch.spec.whatwg.org/#parse-and-store-response-set-cookie-headers).
pub(crate) fn store_cookies(params: &FetchParams, head: &ResponseHead) {
    let url = params.request.current_url();
    let same_site_allowed = may_set_same_site_cookies(&params.request);
    let partition = cookie_partition(&params.request);
    for value in head.headers.get_all("set-cookie") {
        let cookie = String::from_utf8_lossy(value);
        let from = Setter { from_http: true, same_site_allowed, partition: &partition };
        let stored = params.net.cookies.borrow_mut().set(&cookie, url, from);
        match stored {
            Ok(()) => params.net.cookies_changed.notify_one(),
            Err(why) => tracing::debug!(%url, %why, "a cookie was refused"),
        }
    }
}

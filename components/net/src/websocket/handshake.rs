//! [Establish a WebSocket connection](https://websockets.spec.whatwg.org/#concept-websocket-establish), and
//! [obtain a WebSocket connection](https://websockets.spec.whatwg.org/#concept-websocket-connection-obtain).

use std::rc::Rc;

use bgfetch_policy::blocked_request;
use bgfetch_policy::csp::Verdict;
use bgfetch_policy::upgrade::upgrade_insecure_request;
use bgfetch_traits::fetch::{
    CacheMode, CredentialsMode, NetworkError, NetworkErrorKind, Priority, RedirectMode, Referrer, Request,
    RequestHead, RequestMode, ResponseHead,
};
use bgfetch_traits::headers::HeaderList;
use bgfetch_traits::policy::{Client, ViolationResource};
use http::{Method, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::ext::Protocol as ConnectProtocol;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use url::Url;

use crate::context::Net;
use crate::fetch::authentication::Authentication;
use crate::fetch::header_values::extract_token_list;
use crate::fetch::network::{http_request, pool_key, store_cookies, wire_headers};
use crate::fetch::network_or_cache::request_headers;
use crate::fetch::request::FetchParams;
use crate::fetch::task::set_default_headers;
use crate::fetch::{blocked, main_fetch};
use crate::http::error::{exchange_error, timed_out};
use crate::http::outgoing::OutgoingBody;
use crate::http::pool::Duplex;
use crate::scheduler::Protocol;

/// A connection that frames go over.
pub(super) type Stream = TokioIo<Upgraded>;

/// The connection, and the subprotocol in use; empty if there is none.
pub(super) async fn establish(
    net: &Rc<Net>,
    url: Url,
    protocols: Vec<String>,
    client: Client,
) -> Result<(Stream, String), NetworkError> {
    let mut params = FetchParams::new(Rc::clone(net), request(&url, &protocols, client)?, None);
    let mut upgraded = params.request.current_url().clone();
    upgrade_insecure_request(&params.request.client, &params.request.head, &mut upgraded);
    *params.request.current_url_mut() = upgraded;
    check_policies(&params, &url)?;
    set_default_headers(&mut params);
    params.request.head.referrer_policy = params.request.client.policy.referrer_policy;
    let key = pool_key(&params.request, params.request.current_url(), true)?;
    let _turn = net.websocket_turns.take(&key.host).await;
    // [HTTP-network-or-cache fetch](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch), with credentials.
    let mut headers = request_headers(net, &params.request, true);
    let mut authentication = Authentication::begin(&params, &mut headers);
    loop {
        let mut attempt = Attempt::begin(&params, &headers).await?;
        let head = response_head(&attempt.response);
        store_cookies(&params, &head);
        if head.status == 401 && authentication.answer(&params, &mut headers, &head.headers).await {
            continue;
        }
        authentication.taken(&params);
        let protocol = attempt.check(&url, &head, &protocols)?;
        let upgraded = hyper::upgrade::on(&mut attempt.response).await;
        let upgraded = upgraded.map_err(|error| exchange_error(&key.host.to_string(), &error))?;
        return Ok((TokioIo::new(upgraded), protocol));
    }
}

/// Steps 1 to 9.
fn request(url: &Url, protocols: &[String], client: Client) -> Result<Request, NetworkError> {
    let mut http = url.clone();
    let scheme = if url.scheme() == "ws" { "http" } else { "https" };
    http.set_scheme(scheme).map_err(|()| blocked(format!("{url} is no URL of a WebSocket")))?;
    let mut head = RequestHead {
        mode: RequestMode::WebSocket,
        credentials: CredentialsMode::Include,
        referrer: Referrer::NoReferrer,
        cache: CacheMode::NoStore,
        redirect: RedirectMode::Error,
        ..RequestHead::get(http)
    };
    head.headers.append("Sec-WebSocket-Version", "13");
    if !protocols.is_empty() {
        head.headers.append("Sec-WebSocket-Protocol", protocols.join(", "));
    }
    Ok(Request { head, client, body: None, priority: Priority::Foreground })
}

/// [Main fetch](https://fetch.spec.whatwg.org/#main-fetch), step 7. Reports name the URL as the page knows it.
fn check_policies(params: &FetchParams, url: &Url) -> Result<(), NetworkError> {
    let request = &params.request;
    blocked_request(&request.client, request.head.destination, request.current_url())?;
    let Verdict { mut violations, blocked_by } = params.csp.check_request(&request.csp_subject());
    for violation in &mut violations {
        if matches!(violation.resource, ViolationResource::Url(_)) {
            violation.resource = ViolationResource::Url(url.clone());
        }
    }
    main_fetch::report(params, violations);
    match blocked_by {
        Some(directive) => {
            Err(blocked(format!("{url} is blocked by the Content Security Policy directive {directive:?}")))
        }
        None => Ok(()),
    }
}

/// A handshake that was answered.
struct Attempt {
    response: Response<Incoming>,
    /// `Sec-WebSocket-Key`; HTTP/2 has none.
    key: Option<String>,
    /// The connection, as long as it speaks HTTP/1.1.
    _task: Option<AbortOnDrop>,
}

impl Attempt {
    /// Sends the handshake over the HTTP/2 connection that there is, if it takes one, or over a new connection.
    async fn begin(params: &FetchParams, headers: &HeaderList) -> Result<Self, NetworkError> {
        let url = params.request.current_url();
        let key = pool_key(&params.request, url, true)?;
        let name = key.host.to_string();
        let sending = async {
            if let Some(http2) = params.net.pool.connection_with_extended_connect(&key) {
                let (body, _) = OutgoingBody::new(None, None);
                let mut request =
                    http_request(&Method::CONNECT, url, &wire_headers(headers), (Protocol::Http2, body))?;
                request.extensions_mut().insert(ConnectProtocol::from_static("websocket"));
                let response =
                    http2.send(request).await.map_err(|e| exchange_error(&name, &e.into_error()))?;
                return Ok(Self { response, key: None, _task: None });
            }
            let host = url.host().map(|host| host.to_owned());
            let host = host.ok_or_else(|| blocked(format!("{url} has no host")))?;
            let accept_key = generate_key();
            let mut wire = wire_headers(headers);
            for (name, value) in
                [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Key", &accept_key)]
            {
                wire.push((name.to_owned(), value.as_bytes().to_vec()));
            }
            let (body, _) = OutgoingBody::new(None, None);
            let request = http_request(&Method::GET, url, &wire, (Protocol::Http1, body))?;
            let stream = params.net.pool.connect_apart(&key, &host).await?;
            let (response, task) = send(stream, request).await.map_err(|e| exchange_error(&name, &e))?;
            Ok(Self { response, key: Some(accept_key), _task: Some(task) })
        };
        let allowed = params.net.timeouts.head;
        tokio::time::timeout(allowed, sending).await.unwrap_or_else(|_| {
            Err(timed_out(&name, &format!("no answer within {} seconds", allowed.as_secs_f32())))
        })
    }

    /// What a server's answer has to say
    /// ([RFC 6455](https://www.rfc-editor.org/rfc/rfc6455.html#section-4.1), and step 11 of establishing): the subprotocol.
    fn check(&self, url: &Url, head: &ResponseHead, protocols: &[String]) -> Result<String, NetworkError> {
        let not = |why: String| Err(NetworkError::new(NetworkErrorKind::Protocol, format!("{url} {why}")));
        let expected = if self.key.is_some() { 101 } else { 200 };
        if head.status != expected {
            return not(format!("answered with status {} instead of {expected}", head.status));
        }
        if let Some(key) = &self.key {
            let upgrade = head.headers.get_str("upgrade").unwrap_or_default();
            if !upgrade.eq_ignore_ascii_case("websocket") {
                return not(format!("upgrades to {upgrade:?} instead of websocket"));
            }
            let connection = extract_token_list(&head.headers, "connection");
            let upgrades = connection.and_then(Result::ok).unwrap_or_default();
            if !upgrades.iter().any(|token| token.eq_ignore_ascii_case("upgrade")) {
                return not("does not say that the connection is upgraded".to_owned());
            }
            if head.headers.get_str("sec-websocket-accept") != Some(derive_accept_key(key.as_bytes())) {
                return not("did not answer this handshake: Sec-WebSocket-Accept is wrong".to_owned());
            }
        }
        if let Some(extensions) = head.headers.get_str("sec-websocket-extensions").filter(|e| !e.is_empty()) {
            return not(format!("uses extensions that were not offered: {extensions}"));
        }
        let mut chosen = head.headers.get_all("sec-websocket-protocol");
        match (chosen.next().map(String::from_utf8_lossy), chosen.next()) {
            (None, _) if protocols.is_empty() => Ok(String::new()),
            (None, _) => not(format!("uses none of the protocols {protocols:?}")),
            (Some(_), Some(_)) => not("names more than one protocol".to_owned()),
            (Some(protocol), None) if protocols.iter().any(|known| *known == protocol) => {
                Ok(protocol.into_owned())
            }
            (Some(protocol), None) => not(format!("uses the protocol {protocol:?}, which was not asked for")),
        }
    }
}

fn response_head(response: &Response<Incoming>) -> ResponseHead {
    let headers = response.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes().to_vec()));
    let headers = headers.collect();
    ResponseHead { status: response.status().as_u16(), headers, ..ResponseHead::default() }
}

/// Sends a handshake over a new connection.
async fn send(
    stream: Box<dyn Duplex>,
    request: http::Request<OutgoingBody>,
) -> hyper::Result<(Response<Incoming>, AbortOnDrop)> {
    let mut builder = http1::Builder::new();
    builder.title_case_headers(true);
    let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await?;
    let task = tokio::task::spawn_local(async move {
        if let Err(error) = connection.with_upgrades().await {
            tracing::debug!(%error, "a handshake's connection ended");
        }
    });
    let task = AbortOnDrop(task.abort_handle());
    Ok((sender.send_request(request).await?, task))
}

/// Ends a connection that is not wanted any more; one that was upgraded has left its task.
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

//! [`WebSocket`](https://websockets.spec.whatwg.org/#the-websocket-interface).

use std::cell::{Cell, RefCell};

use bgfetch_js::{DomString, Exception, Fallible, Realm, Root, platform_object, trace_fields};
use bgfetch_policy::mixed_content::blocked_as_mixed_content;
use bgfetch_policy::upgrade::upgrades_insecure_requests;
use bgfetch_traits::fetch::Destination;
use bgfetch_traits::net::NetMsg;
use bgfetch_traits::queue::{Sender, queue};
use bgfetch_traits::websocket::{WebSocketCommand, WebSocketConnect, WebSocketMessage};
use url::Url;

use super::feedback;
use crate::bindings::{BinaryType, BlobPart, DomStringOrDomStringSequence, WebSocketMethods};
use crate::dom::EventTarget;
use crate::environment::Environment;
use crate::mime::is_http_token;

/// `WebSocket`.
pub(crate) struct WebSocket {
    event_target: EventTarget,
    pub(super) url: Url,
    protocols: Vec<String>,
    pub(super) ready_state: Cell<ReadyState>,
    pub(super) buffered_amount: Cell<u64>,
    /// The subprotocol in use.
    pub(super) protocol: RefCell<DomString>,
    pub(super) binary_type: Cell<BinaryType>,
    /// What the connection is to do; `None` once nothing more is.
    pub(super) commands: RefCell<Option<Sender<WebSocketCommand>>>,
}

trace_fields!(WebSocket { event_target });
platform_object!(WebSocket: EventTarget via event_target);

/// [Ready state](https://websockets.spec.whatwg.org/#concept-websocket-ready-state)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReadyState {
    Connecting,
    Open,
    Closing,
    Closed,
}

/// A [close reason](https://www.rfc-editor.org/rfc/rfc6455.html#section-5.5) has at most so many bytes.
const LONGEST_REASON: usize = 123;

impl WebSocket {
    fn command(&self, command: WebSocketCommand, weight: usize) {
        if let Some(commands) = &*self.commands.borrow() {
            // A connection that has ended takes no commands; it says so itself.
            let _ = commands.push(command, weight);
        }
    }

    /// The document or worker that it belongs to is no more:
    /// [make it disappear](https://websockets.spec.whatwg.org/#make-disappear).
    pub(super) fn disappearing(&self) -> impl FnOnce() + Send + 'static {
        let commands = self.commands.borrow().clone();
        move || {
            if let Some(commands) = commands {
                let _ = commands.push(WebSocketCommand::GoAway, 0);
            }
        }
    }
}

/// [Get a URL record](https://websockets.spec.whatwg.org/#get-a-url-record)
fn url_record(environment: &Environment, text: &str) -> Fallible<Url> {
    let syntax = |why: String| Exception::dom("SyntaxError", why);
    // Steps 1 and 2: in UTF-8, whatever the document is in.
    let parsed = Url::options().base_url(Some(&environment.base_url.borrow())).parse(text);
    let mut url =
        parsed.map_err(|error| syntax(format!("{text:?} is not the URL of a WebSocket: {error}")))?;
    // Steps 3 and 4.
    let scheme = match url.scheme() {
        "http" | "ws" => "ws",
        "https" | "wss" => "wss",
        // Step 5.
        scheme => return Err(syntax(format!("a WebSocket has a URL of ws: or wss:, not of {scheme}:"))),
    };
    url.set_scheme(scheme).map_err(|()| syntax(format!("{url} is not the URL of a WebSocket")))?;
    // Step 6.
    if url.fragment().is_some() {
        return Err(syntax(format!("the URL of a WebSocket has no fragment; {url} has one")));
    }
    Ok(url)
}

/// Step 4 of the constructor.
fn check_protocols(protocols: &[String]) -> Fallible<()> {
    for (index, protocol) in protocols.iter().enumerate() {
        let known = protocols.iter().take(index).any(|known| known.eq_ignore_ascii_case(protocol));
        if known || !is_http_token(protocol) {
            let why = if known { "is there twice" } else { "is not the name of a protocol" };
            return Err(Exception::dom("SyntaxError", format!("the WebSocket protocol {protocol:?} {why}")));
        }
    }
    Ok(())
}

impl WebSocketMethods for WebSocket {
    /// [`new WebSocket()`](https://websockets.spec.whatwg.org/#dom-websocket-websocket)
    fn constructor(realm: &Realm, url: String, protocols: DomStringOrDomStringSequence) -> Fallible<Self> {
        // Steps 1 and 2.
        let environment = Environment::of(realm);
        let url = url_record(&environment, &url)?;
        // Steps 3 and 4.
        let protocols: Vec<String> = match protocols {
            DomStringOrDomStringSequence::DomString(protocol) => vec![protocol.into_string()],
            DomStringOrDomStringSequence::DomStringSequence(protocols) => {
                protocols.into_iter().map(DomString::into_string).collect()
            }
        };
        check_protocols(&protocols)?;
        // [Mixed content](https://www.w3.org/TR/mixed-content/#websockets-integration) is an exception in browsers and in
        // the official tests; by the text of today it would be an error of the connection.
        let mut http = url.clone();
        if url.scheme() == "ws"
            && !upgrades_insecure_requests(&environment.policy.borrow())
            && http.set_scheme("http").is_ok()
            && blocked_as_mixed_content(&environment.client(), Destination::Empty, &http)
        {
            let why =
                format!("{url} is mixed content: a page that came over HTTPS can only connect to wss: URLs");
            return Err(Exception::dom("SecurityError", why));
        }
        // Steps 5 and 6.
        Ok(Self {
            event_target: EventTarget::new_inherited(),
            url,
            protocols,
            ready_state: Cell::new(ReadyState::Connecting),
            buffered_amount: Cell::new(0),
            protocol: RefCell::default(),
            binary_type: Cell::new(BinaryType::Blob),
            commands: RefCell::default(),
        })
    }

    /// Step 7. As long as it is not closed, it is not collected: an event may come.
    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        let environment = Environment::of(realm);
        let ((commands, taken), (events, happened)) = (queue(), queue());
        this.commands.replace(Some(commands));
        environment.hosts.net.send(NetMsg::WebSocket(Box::new(WebSocketConnect {
            url: this.url.clone(),
            protocols: this.protocols.clone(),
            client: environment.client(),
            commands: taken,
            events,
        })));
        feedback::listen(realm, this, happened);
        Ok(())
    }

    fn url(&self, _: &Realm) -> Fallible<String> {
        Ok(self.url.as_str().to_owned())
    }

    fn ready_state(&self, _: &Realm) -> Fallible<u16> {
        Ok(self.ready_state.get() as u16)
    }

    fn buffered_amount(&self, _: &Realm) -> Fallible<u64> {
        Ok(self.buffered_amount.get())
    }

    /// Always empty: no extension is offered.
    fn extensions(&self, _: &Realm) -> Fallible<DomString> {
        Ok(DomString::default())
    }

    fn protocol(&self, _: &Realm) -> Fallible<DomString> {
        Ok(self.protocol.borrow().clone())
    }

    fn binary_type(&self, _: &Realm) -> Fallible<BinaryType> {
        Ok(self.binary_type.get())
    }

    fn set_binary_type(&self, _: &Realm, value: BinaryType) -> Fallible<()> {
        self.binary_type.set(value);
        Ok(())
    }

    /// [`close()`](https://websockets.spec.whatwg.org/#dom-websocket-close)
    fn close(&self, _: &Realm, code: Option<u16>, reason: Option<String>) -> Fallible<()> {
        // Step 1.
        if let Some(code) = code.filter(|code| !matches!(code, 1000 | 3000..=4999)) {
            let why =
                format!("a page closes a WebSocket with code 1000 or one of 3000 to 4999, not with {code}");
            return Err(Exception::dom("InvalidAccessError", why));
        }
        // Step 2.
        let reason = reason.unwrap_or_default();
        if reason.len() > LONGEST_REASON {
            let why = format!("the reason has {} bytes; {LONGEST_REASON} are allowed", reason.len());
            return Err(Exception::dom("SyntaxError", why));
        }
        // Step 3: a reason stands behind a code.
        let code = if reason.is_empty() { code } else { Some(code.unwrap_or(1000)) };
        if matches!(self.ready_state.get(), ReadyState::Connecting | ReadyState::Open) {
            self.command(WebSocketCommand::Close { code, reason }, 0);
            self.ready_state.set(ReadyState::Closing);
        }
        Ok(())
    }

    /// [`send()`](https://websockets.spec.whatwg.org/#dom-websocket-send)
    fn send(&self, realm: &Realm, data: BlobPart) -> Fallible<()> {
        // Step 1.
        if self.ready_state.get() == ReadyState::Connecting {
            return Err(Exception::dom("InvalidStateError", "the WebSocket is not open yet"));
        }
        // Step 2.
        let message = match data {
            BlobPart::UsvString(text) => WebSocketMessage::Text(text),
            BlobPart::Blob(blob) => WebSocketMessage::Binary(blob.data().bytes),
            BlobPart::BufferSource(source) => WebSocketMessage::Binary(source.to_vec(realm).into()),
        };
        let length = message.len();
        self.buffered_amount.set(self.buffered_amount.get().saturating_add(length as u64));
        if self.ready_state.get() == ReadyState::Open {
            self.command(WebSocketCommand::Send(message), length);
        }
        Ok(())
    }
}

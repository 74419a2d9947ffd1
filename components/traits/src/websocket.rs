//! [WebSockets](https://websockets.spec.whatwg.org/), between a script thread and the network thread.

use bytes::Bytes;
use url::Url;

use crate::policy::Client;
use crate::queue::{Receiver, Sender};

/// [Establish a WebSocket connection](https://websockets.spec.whatwg.org/#concept-websocket-establish).
#[derive(Debug)]
pub struct WebSocketConnect {
    /// A `ws:` or `wss:` URL without a fragment.
    pub url: Url,
    /// Subprotocols, by preference.
    pub protocols: Vec<String>,
    /// The environment on whose behalf it is made.
    pub client: Client,
    /// What to do with the connection. When the sender is dropped, the connection is made to disappear, as by
    /// [`WebSocketCommand::GoAway`].
    pub commands: Receiver<WebSocketCommand>,
    /// What happens to it; the last one is [`WebSocketEvent::Closed`].
    pub events: Sender<WebSocketEvent>,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebSocketMessage {
    /// Of type text.
    Text(String),
    /// Of type binary.
    Binary(Bytes),
}

impl WebSocketMessage {
    /// Its length in bytes, without what frames add.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a script does with a connection.
#[derive(Debug)]
pub enum WebSocketCommand {
    /// Sends a message.
    Send(WebSocketMessage),
    /// [Starts the closing handshake](https://www.rfc-editor.org/rfc/rfc6455.html#section-7.1.2), or fails a connection
    /// that is not established. Nothing is sent after it.
    Close {
        /// Status code; without one, the Close frame has no body.
        code: Option<u16>,
        /// At most 123 bytes.
        reason: String,
    },
    /// [Makes it disappear](https://websockets.spec.whatwg.org/#make-disappear): whom it belongs to is no more.
    GoAway,
}

/// What happens to a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebSocketEvent {
    /// [The WebSocket connection is established](https://websockets.spec.whatwg.org/#eventdef-websocket-open).
    Open {
        /// The subprotocol in use; empty if there is none.
        protocol: String,
    },
    /// A message was received.
    Message(WebSocketMessage),
    /// So many bytes of messages have gone to the network.
    Sent(u64),
    /// The other side has started the closing handshake.
    Closing,
    /// [The WebSocket connection is closed](https://websockets.spec.whatwg.org/#eventdef-websocket-close).
    Closed(WebSocketClosed),
}

/// How a connection was closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSocketClosed {
    /// Why it [failed](https://www.rfc-editor.org/rfc/rfc6455.html#section-7.1.7), if it did: a sentence for developers.
    pub failed: Option<String>,
    /// Whether the closing handshake was completed.
    pub was_clean: bool,
    /// [Connection close code](https://www.rfc-editor.org/rfc/rfc6455.html#section-7.1.5).
    pub code: u16,
    /// [Connection close reason](https://www.rfc-editor.org/rfc/rfc6455.html#section-7.1.6).
    pub reason: String,
}

//! The frames of a connection that is established.

use std::pin::pin;
use std::time::Duration;

use bgfetch_traits::queue::{Receiver, Sender};
use bgfetch_traits::websocket::{WebSocketClosed, WebSocketCommand, WebSocketEvent, WebSocketMessage};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use super::handshake::Stream;
use super::{ABNORMAL, NO_STATUS, failed};

/// A longer message fails its connection: it would not fit into the memory that a page may use.
const LONGEST_MESSAGE: usize = 256 << 20;
/// So many bytes may wait for a page before the other side has to.
const WAITING: usize = 4 << 20;
/// What a message counts for besides its bytes.
const OVERHEAD: usize = 64;
/// How long the other side may take to answer a Close frame.
const CLOSING_TIMEOUT: Duration = Duration::from_secs(10);
/// How long it may take to close the connection after that.
const TCP_TIMEOUT: Duration = Duration::from_secs(2);

type Socket = WebSocketStream<Stream>;

/// What a Close frame said.
type CloseSaid = (u16, String);

/// Serves a connection until it is closed.
pub(super) async fn serve(
    stream: Stream,
    commands: Receiver<WebSocketCommand>,
    events: &Sender<WebSocketEvent>,
) -> WebSocketClosed {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LONGEST_MESSAGE))
        .max_frame_size(Some(LONGEST_MESSAGE));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await;
    let (mut sink, stream) = socket.split();
    let mut reading = pin!(read(stream, events));
    let read = tokio::select! {
        read = &mut reading => read,
        () = write(&mut sink, commands, events) => {
            let timeout = tokio::time::timeout(CLOSING_TIMEOUT, reading);
            // Who does not answer is left.
            timeout.await.unwrap_or(Ok(None))
        }
    };
    match read {
        Ok(Some((code, reason))) => WebSocketClosed { failed: None, was_clean: true, code, reason },
        Ok(None) => WebSocketClosed { failed: None, was_clean: false, code: ABNORMAL, reason: String::new() },
        Err(error) => {
            let close = Message::Close(Some(CloseFrame { code: status_of(&error), reason: "".into() }));
            let telling = tokio::time::timeout(TCP_TIMEOUT, sink.send(close));
            if !matches!(telling.await, Ok(Ok(()))) {
                tracing::debug!("the other side cannot be told why the connection failed");
            }
            failed(error.to_string())
        }
    }
}

/// [The status code](https://www.rfc-editor.org/rfc/rfc6455.html#section-7.4.1) of a failure.
const fn status_of(error: &Error) -> CloseCode {
    match error {
        Error::Utf8(_) => CloseCode::Invalid,
        Error::Capacity(CapacityError::MessageTooLong { .. }) => CloseCode::Size,
        _ => CloseCode::Protocol,
    }
}

/// Takes what comes, to the end: what the Close frame said, if there was one. (Pings are answered by `tungstenite`, and so
/// is a Close frame.)
async fn read(
    mut stream: SplitStream<Socket>,
    events: &Sender<WebSocketEvent>,
) -> Result<Option<CloseSaid>, Error> {
    loop {
        let message = match stream.next().await {
            Some(Ok(Message::Text(text))) => WebSocketMessage::Text(text.as_str().to_owned()),
            Some(Ok(Message::Binary(bytes))) => WebSocketMessage::Binary(bytes),
            Some(Ok(Message::Close(said))) => {
                let said = said.map(|frame| (frame.code.into(), frame.reason.as_str().to_owned()));
                let _ = events.push(WebSocketEvent::Closing, 0);
                // The server closes the connection first.
                let end = async { while let Some(Ok(_)) = stream.next().await {} };
                if tokio::time::timeout(TCP_TIMEOUT, end).await.is_err() {
                    tracing::debug!("the server leaves the connection open");
                }
                return Ok(Some(said.unwrap_or((NO_STATUS, String::new()))));
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
            Some(Err(error @ (Error::Protocol(_) | Error::Utf8(_) | Error::Capacity(_))))
                if !is_end(&error) =>
            {
                return Err(error);
            }
            Some(Err(error)) => {
                tracing::debug!(%error, "the connection ended");
                return Ok(None);
            }
            None => return Ok(None),
        };
        let weight = message.len() + OVERHEAD;
        let taken =
            events.room(WAITING).await.and_then(|()| events.push(WebSocketEvent::Message(message), weight));
        if taken.is_err() {
            return Ok(None);
        }
    }
}

/// Whether an error says that the connection was closed without a Close frame.
const fn is_end(error: &Error) -> bool {
    use tokio_tungstenite::tungstenite::error::ProtocolError;
    matches!(error, Error::Protocol(ProtocolError::ResetWithoutClosingHandshake))
}

/// Sends what is asked for, up to a Close frame, or until nothing can be sent any more.
async fn write(
    sink: &mut SplitSink<Socket, Message>,
    mut commands: Receiver<WebSocketCommand>,
    events: &Sender<WebSocketEvent>,
) {
    loop {
        let (message, length) = match commands.next().await {
            Some(WebSocketCommand::Send(message)) => {
                let length = message.len();
                let message = match message {
                    WebSocketMessage::Text(text) => Message::text(text),
                    WebSocketMessage::Binary(bytes) => Message::binary(bytes),
                };
                (message, Some(length))
            }
            Some(WebSocketCommand::Close { code, reason }) => {
                let frame = code.map(|code| CloseFrame { code: code.into(), reason: reason.into() });
                (Message::Close(frame), None)
            }
            Some(WebSocketCommand::GoAway) | None => {
                let frame = CloseFrame { code: CloseCode::Away, reason: "".into() };
                (Message::Close(Some(frame)), None)
            }
        };
        if let Err(error) = sink.send(message).await {
            tracing::debug!(%error, "nothing can be sent any more");
            return;
        }
        let Some(length) = length else { return };
        let _ = events.push(WebSocketEvent::Sent(length as u64), 0);
    }
}

//! [Feedback from the protocol](https://websockets.spec.whatwg.org/#feedback-from-the-protocol): what happens to a
//! connection, each in a task of its own.

use bgfetch_js::{ArrayBuffer, DomString, ErrorLocation, Fallible, Realm, Root, ToJs};
use bgfetch_traits::coordinator::ConsoleLevel;
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::queue::Receiver;
use bgfetch_traits::websocket::{WebSocketClosed, WebSocketEvent, WebSocketMessage};

use super::WebSocket;
use super::web_socket::ReadyState;
use crate::agent::{Agent, TaskSource};
use crate::bindings::BinaryType;
use crate::dom::events::event;
use crate::dom::events::message_event::{self, Message};
use crate::dom::file::blob::BlobData;
use crate::dom::{Blob, CloseEvent};
use crate::environment::Environment;
use crate::fetching::next_task;
use crate::report;

/// Listens until the connection is closed. A document or worker that ends takes it along.
pub(super) fn listen(realm: &Realm, socket: &Root<WebSocket>, mut events: Receiver<WebSocketEvent>) {
    let (owner, socket) = (realm.clone(), socket.clone());
    let environment = Environment::of(realm);
    let gone = CancelHandle::new();
    gone.on_cancel(socket.disappearing());
    let record = environment.connections.add(gone);
    Agent::current().spawn_in_background(TaskSource::Networking, realm, async move {
        // Not before the script that made it can listen.
        next_task().await;
        while let Some(event) = events.next().await {
            if Environment::try_of(&owner).is_none() {
                break;
            }
            if let Err(exception) = happened(&owner, &socket, event) {
                report::report_exception(&owner, exception);
            }
            next_task().await;
        }
        environment.connections.remove(record);
        Ok(())
    });
}

fn happened(realm: &Realm, socket: &Root<WebSocket>, event: WebSocketEvent) -> Fallible<()> {
    let state = socket.ready_state.get();
    match event {
        // A script that has closed it does not see it open.
        WebSocketEvent::Open { protocol } if state == ReadyState::Connecting => {
            socket.ready_state.set(ReadyState::Open);
            socket.protocol.replace(protocol.into());
            event::fire(realm, &**socket, "open").map(drop)
        }
        WebSocketEvent::Message(message) if state == ReadyState::Open => received(realm, socket, message),
        WebSocketEvent::Open { .. } | WebSocketEvent::Message(_) => Ok(()),
        WebSocketEvent::Sent(bytes) => {
            socket.buffered_amount.set(socket.buffered_amount.get().saturating_sub(bytes));
            Ok(())
        }
        WebSocketEvent::Closing => {
            if state != ReadyState::Closed {
                socket.ready_state.set(ReadyState::Closing);
            }
            Ok(())
        }
        WebSocketEvent::Closed(closed) => was_closed(realm, socket, closed),
    }
}

/// [A WebSocket message has been received](https://websockets.spec.whatwg.org/#eventdef-websocket-message)
fn received(realm: &Realm, socket: &WebSocket, message: WebSocketMessage) -> Fallible<()> {
    let data = match message {
        WebSocketMessage::Text(text) => DomString::from(text).to_js(realm)?,
        WebSocketMessage::Binary(bytes) if socket.binary_type.get() == BinaryType::Blob => {
            realm.wrap(Blob::of(BlobData { bytes, mime_type: String::new() }))?.to_js(realm)?
        }
        WebSocketMessage::Binary(bytes) => ArrayBuffer::from_vec(realm, bytes.into())?.to_js(realm)?,
    };
    let origin = socket.url.origin().ascii_serialization();
    let message = Message { data, origin, source: None, ports: Vec::new() };
    message_event::fire(realm, socket, "message", message).map(drop)
}

/// [The WebSocket connection is closed](https://websockets.spec.whatwg.org/#eventdef-websocket-close)
fn was_closed(realm: &Realm, socket: &Root<WebSocket>, closed: WebSocketClosed) -> Fallible<()> {
    socket.ready_state.set(ReadyState::Closed);
    drop(socket.commands.take());
    if let Some(why) = closed.failed {
        let text = format!("the WebSocket connection to {} failed: {why}", socket.url);
        report::to_console(&Environment::of(realm), ConsoleLevel::Error, text, &ErrorLocation::default());
        event::fire(realm, &**socket, "error")?;
    }
    CloseEvent::fire(realm, socket, closed.was_clean, closed.code, closed.reason)
}

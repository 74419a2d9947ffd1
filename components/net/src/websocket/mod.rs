//! [WebSockets](https://websockets.spec.whatwg.org/): connections that stay.
//!
//! The [`handshake`] passes through what Fetch asks of a request of mode "websocket", with the same connector, cookies and
//! credentials as any other; over HTTP/2, where a server takes it, it is a stream of the connection that is there
//! ([RFC 8441](https://www.rfc-editor.org/rfc/rfc8441.html)). Frames are `tungstenite`'s ([`connection`]). No extension is
//! offered.

mod connection;
mod handshake;
mod turns;

use std::rc::Rc;

use bgfetch_traits::fetch::NetworkError;
use bgfetch_traits::net::CancelHandle;
use bgfetch_traits::queue::{Receiver, Sender};
use bgfetch_traits::websocket::{WebSocketClosed, WebSocketCommand, WebSocketConnect, WebSocketEvent};

pub(crate) use self::turns::Turns;
use crate::context::Net;
use crate::fetch::task::Interrupts;

/// Connections at the same time, of all pages together.
pub(crate) const MOST_SOCKETS: usize = 255;

/// Status codes that no frame has: [no status received](https://www.rfc-editor.org/rfc/rfc6455.html#section-7.4.1), and
/// closed abnormally.
const NO_STATUS: u16 = 1005;
const ABNORMAL: u16 = 1006;

/// How a connection ended that [failed](https://www.rfc-editor.org/rfc/rfc6455.html#section-7.1.7).
fn failed(why: impl Into<String>) -> WebSocketClosed {
    WebSocketClosed { failed: Some(why.into()), was_clean: false, code: ABNORMAL, reason: String::new() }
}

/// The whole life of a connection.
#[tracing::instrument(name = "websocket", skip_all, fields(url = %connect.url))]
pub(crate) async fn run(net: Rc<Net>, connect: WebSocketConnect) {
    let events = connect.events.clone();
    let mut interrupts = Interrupts::new(&net, &CancelHandle::new(), true);
    let closed = interrupts.unless_interrupted(live(&net, connect)).await;
    tell_closed(&events, closed.unwrap_or_else(|error| failed(error.message)));
}

/// There are [`MOST_SOCKETS`] already.
pub(crate) fn refuse(connect: &WebSocketConnect) {
    tell_closed(&connect.events, failed(format!("there are {MOST_SOCKETS} WebSockets already")));
}

fn tell_closed(events: &Sender<WebSocketEvent>, closed: WebSocketClosed) {
    tracing::debug!(?closed, "closed");
    // If nobody is there any more, nobody has to know.
    let _ = events.push(WebSocketEvent::Closed(closed), 0);
}

async fn live(net: &Rc<Net>, connect: WebSocketConnect) -> WebSocketClosed {
    let WebSocketConnect { url, protocols, client, mut commands, events } = connect;
    let established = tokio::select! {
        biased;
        established = Box::pin(handshake::establish(net, url, protocols, client)) => established,
        () = given_up(&mut commands) => return failed("it was closed before the connection was established"),
    };
    match established {
        Ok((stream, protocol)) => {
            tracing::debug!(protocol, "established");
            let _ = events.push(WebSocketEvent::Open { protocol }, 0);
            connection::serve(stream, commands, &events).await
        }
        Err(NetworkError { message, .. }) => failed(message),
    }
}

/// Ready when it is not wanted any more.
async fn given_up(commands: &mut Receiver<WebSocketCommand>) {
    while let Some(WebSocketCommand::Send(_)) = commands.next().await {}
}

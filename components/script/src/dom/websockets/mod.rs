//! [WebSockets](https://websockets.spec.whatwg.org/); the connections are the network thread's.

mod feedback;
pub(crate) mod web_socket;

pub(crate) use web_socket::WebSocket;

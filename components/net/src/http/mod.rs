//! Connections: names, TCP, TLS, HTTP/1.1 and HTTP/2, and the pool that keeps them.

pub(crate) mod body;
pub(crate) mod connect;
pub(crate) mod connection;
pub(crate) mod error;
pub(crate) mod outgoing;
pub(crate) mod pool;
pub(crate) mod resolve;
pub(crate) mod tls;
pub(crate) mod wire_head;

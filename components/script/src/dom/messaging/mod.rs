//! Interfaces: messaging.

pub(crate) mod broadcast_channel;
pub(crate) mod channel;
pub(crate) mod message_channel;
pub(crate) mod message_port;

pub(crate) use broadcast_channel::BroadcastChannel;
pub(crate) use message_channel::MessageChannel;
pub(crate) use message_port::MessagePort;

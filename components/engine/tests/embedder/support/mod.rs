pub(crate) mod child;
pub(crate) mod embedder;
pub(crate) mod server;

pub(crate) use embedder::{Embedder, LIMIT, Note, builder, get, read, stop};
pub(crate) use server::{Resource, Server, content};

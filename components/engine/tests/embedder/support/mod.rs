pub(crate) mod child;
pub(crate) mod embedder;
pub(crate) mod scripts;
pub(crate) mod server;

pub(crate) use embedder::{Embedder, LIMIT, Note, builder, get, read, stop};
pub(crate) use scripts::{FakeScripts, Script, site};
pub(crate) use server::{Resource, Server, content};

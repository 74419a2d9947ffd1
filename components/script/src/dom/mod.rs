//! The DOM and the web platform around it: one file for each interface.

pub(crate) mod background_fetch;
pub(crate) mod cache;
pub(crate) mod canvas;
pub(crate) mod compression;
pub(crate) mod css;
pub(crate) mod drag;
pub(crate) mod encoding;
pub(crate) mod events;
pub(crate) mod fetch;
pub(crate) mod file;
pub(crate) mod fonts;
pub(crate) mod geometry;
pub(crate) mod globals;
pub(crate) mod html;
pub(crate) mod messaging;
pub(crate) mod nodes;
pub(crate) mod performance;
pub(crate) mod ranges;
pub(crate) mod server_sent_events;
pub(crate) mod service_worker;
pub(crate) mod storage;
pub(crate) mod streams;
pub(crate) mod url;
pub(crate) mod wasm;
pub(crate) mod window;
pub(crate) mod workers;
pub(crate) mod xhr;

pub(crate) use background_fetch::*;
pub(crate) use cache::*;
pub(crate) use canvas::*;
pub(crate) use compression::*;
pub(crate) use css::*;
pub(crate) use drag::*;
pub(crate) use encoding::*;
pub(crate) use events::*;
pub(crate) use fetch::*;
pub(crate) use file::*;
pub(crate) use fonts::*;
pub(crate) use geometry::{
    DOMMatrix, DOMMatrixReadOnly, DOMPoint, DOMPointReadOnly, DOMQuad, DOMRect, DOMRectReadOnly,
};
pub(crate) use globals::*;
pub(crate) use html::*;
pub(crate) use messaging::*;
pub(crate) use nodes::*;
pub(crate) use performance::*;
pub(crate) use ranges::*;
pub(crate) use server_sent_events::*;
pub(crate) use service_worker::*;
pub(crate) use storage::*;
pub(crate) use streams::*;
pub(crate) use url::*;
pub(crate) use wasm::{Exception, Global, Instance, Memory, Module, Table, Tag, WebAssembly};
pub(crate) use window::*;
pub(crate) use workers::*;
pub(crate) use xhr::*;

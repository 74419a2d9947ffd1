//! Interfaces: window.

pub(crate) mod access;
pub(crate) mod browsing_context;
pub(crate) mod choosing;
mod documents;
mod fetching_documents;
pub(crate) mod focusing;
pub(crate) mod frames;
mod framing;
pub(crate) mod history;
pub(crate) mod javascript_url;
pub(crate) mod loading;
pub(crate) mod location;
pub(crate) mod navigation;
mod posting;
pub(crate) mod sandboxing;
pub(crate) mod screen;
pub(crate) mod session_history;
pub(crate) mod stopping;
mod unloading;
mod viewport;
#[expect(clippy::module_inception, reason = "one file for each interface, named as it is")]
pub(crate) mod window;

pub(crate) use history::History;
pub(crate) use location::Location;
pub(crate) use screen::Screen;
pub(crate) use window::Window;

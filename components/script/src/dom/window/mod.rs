//! Interfaces: window.

pub(crate) mod loading;
pub(crate) mod location;
pub(crate) mod navigation;
pub(crate) mod window;

pub(crate) use location::Location;
pub(crate) use window::Window;

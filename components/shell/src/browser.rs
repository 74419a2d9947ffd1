//! The part of the engine that the shell's commands use, as a trait: tests drive the commands without an engine.

use bgfetch::traits::background_fetch::UiAction;
use bgfetch::traits::fetch::Response;
use bgfetch::traits::ids::{BackgroundFetchId, StorageKey};
use bgfetch::{Engine, Pending, Window, WindowId};
use url::Url;

/// An engine, as `bgfetch::Engine` is one.
pub trait Browser {
    /// Its windows.
    type Window: Page;

    /// Opens a window; answered when its page has loaded.
    fn open_window(&self, url: &Url) -> Pending<Self::Window>;
    /// Does what a user does in a background fetch's display.
    fn background_fetch_action(&self, fetch: BackgroundFetchId, action: UiAction) -> Pending<()>;
    /// What the Cache API of `key` has for a `GET` of `url`.
    fn cached_response(&self, key: &StorageKey, url: &Url) -> Pending<Option<Response>>;
    /// Answered when nothing is left to do.
    fn when_idle(&self) -> Pending<()>;
    /// Ends it.
    fn shutdown(&self) -> Pending<()>;
}

/// A window, as `bgfetch::Window` is one.
pub trait Page {
    /// Which.
    fn id(&self) -> WindowId;
    /// The URL of the document that it shows.
    fn url(&self) -> Url;
    /// Runs a script and answers with its value.
    fn evaluate(&self, source: &str) -> Pending<String>;
    /// Clicks the first element that matches.
    fn click(&self, selector: &str) -> Pending<()>;
    /// Answered when the page has nothing left to do.
    fn when_idle(&self) -> Pending<()>;
}

impl Browser for Engine {
    type Window = Window;

    fn open_window(&self, url: &Url) -> Pending<Window> {
        Self::open_window(self, url)
    }

    fn background_fetch_action(&self, fetch: BackgroundFetchId, action: UiAction) -> Pending<()> {
        Self::background_fetch_action(self, fetch, action)
    }

    fn cached_response(&self, key: &StorageKey, url: &Url) -> Pending<Option<Response>> {
        Self::cached_response(self, key, url)
    }

    fn when_idle(&self) -> Pending<()> {
        Self::when_idle(self)
    }

    fn shutdown(&self) -> Pending<()> {
        Self::shutdown(self)
    }
}

impl Page for Window {
    fn id(&self) -> WindowId {
        Self::id(self)
    }

    fn url(&self) -> Url {
        Self::url(self)
    }

    fn evaluate(&self, source: &str) -> Pending<String> {
        Self::evaluate(self, source)
    }

    fn click(&self, selector: &str) -> Pending<()> {
        Self::click(self, selector)
    }

    fn when_idle(&self) -> Pending<()> {
        Self::when_idle(self)
    }
}

//! A window, as an embedder holds it.

use std::sync::Arc;

use parking_lot::Mutex;
use url::Url;

use crate::coordinator::inbox::{Command, Inbox, Outcome, WindowCommand};
use crate::delegate::WindowId;
use crate::pending::Pending;

/// A top-level window. All clones are the same window; dropping them does not close it.
///
/// Whatever is asked of it fails with [`WindowClosed`](crate::EngineError::WindowClosed) once it is closed.
#[derive(Clone)]
pub struct Window {
    id: WindowId,
    url: Arc<Mutex<Url>>,
    inbox: Inbox,
}

impl Window {
    pub(crate) const fn new(id: WindowId, url: Arc<Mutex<Url>>, inbox: Inbox) -> Self {
        Self { id, url, inbox }
    }

    /// Which, as events name it.
    #[must_use]
    pub const fn id(&self) -> WindowId {
        self.id
    }

    /// The URL of the document that it shows now.
    #[must_use]
    pub fn url(&self) -> Url {
        self.url.lock().clone()
    }

    /// Runs a script in the page, waits for a promise, and answers with the value as JSON if it has one, else as
    /// text; `undefined` is `undefined`. Fails with [`Script`](crate::EngineError::Script) if it threw.
    pub fn evaluate(&self, source: &str) -> Pending<String> {
        let source = source.to_owned();
        self.ask("the script", |reply| WindowCommand::Evaluate { source, reply })
    }

    /// Clicks the first element that matches, as a user would. Fails with [`Selector`](crate::EngineError::Selector)
    /// or [`NoElement`](crate::EngineError::NoElement).
    pub fn click(&self, selector: &str) -> Pending<()> {
        let selector = selector.to_owned();
        self.ask("the click", |reply| WindowCommand::Click { selector, reply })
    }

    /// Answered when the page has loaded and has no task, timer or pending answer left.
    pub fn when_idle(&self) -> Pending<()> {
        self.ask("the page's work", WindowCommand::WhenIdle)
    }

    /// Ends its client and thread; its background fetches go on.
    pub fn close(&self) -> Pending<()> {
        self.ask("closing the window", WindowCommand::Close)
    }

    fn ask<T: Send + 'static>(
        &self,
        what: &str,
        command: impl FnOnce(Outcome<T>) -> WindowCommand,
    ) -> Pending<T> {
        let (reply, pending) = Pending::new(what);
        self.inbox.command(Command::Window(self.id, self.url(), command(reply)));
        pending
    }
}

impl std::fmt::Debug for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Window")
            .field("id", &self.id)
            .field("url", &self.url().as_str())
            .finish_non_exhaustive()
    }
}

//! Where the shell gets its engine from.

use bgfetch::traits::background_fetch::UiAction;
use bgfetch::traits::fetch::Response;
use bgfetch::traits::ids::{BackgroundFetchId, StorageKey};
use bgfetch::{EngineBuilder, EngineError, Pending, WindowId};
use bgfetch_shell::browser::{Browser, Page};
use url::Url;

/// The engine is not part of this build yet, so there is none.
pub(crate) enum NoEngine {}

pub(crate) fn start(_builder: EngineBuilder) -> Result<NoEngine, EngineError> {
    Err(EngineError::Start { what: "threads", reason: "this build of the shell has no engine".into() })
}

impl Browser for NoEngine {
    type Window = Self;

    fn open_window(&self, _: &Url) -> Pending<Self> {
        match *self {}
    }
    fn background_fetch_action(&self, _: BackgroundFetchId, _: UiAction) -> Pending<()> {
        match *self {}
    }
    fn cached_response(&self, _: &StorageKey, _: &Url) -> Pending<Option<Response>> {
        match *self {}
    }
    fn when_idle(&self) -> Pending<()> {
        match *self {}
    }
    fn shutdown(&self) -> Pending<()> {
        match *self {}
    }
}

impl Page for NoEngine {
    fn id(&self) -> WindowId {
        match *self {}
    }
    fn url(&self) -> Url {
        match *self {}
    }
    fn evaluate(&self, _: &str) -> Pending<String> {
        match *self {}
    }
    fn click(&self, _: &str) -> Pending<()> {
        match *self {}
    }
    fn when_idle(&self) -> Pending<()> {
        match *self {}
    }
}

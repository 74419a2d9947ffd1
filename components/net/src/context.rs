//! What all fetches of the network thread share.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use bgfetch_traits::authentication::AuthenticationPrompt;
use bgfetch_traits::ids::ClientId;
use bgfetch_traits::site_data::ClearStorage;
use tokio::sync::{Notify, watch};

use crate::clock::Clock;
use crate::config::Timeouts;
use crate::cookies::CookieJar;
use crate::fetch::authentication::AuthenticationEntries;
use crate::fetch::preflight_cache::PreflightCache;
use crate::http::pool::Pool;
use crate::http_cache::HttpCache;
use crate::scheduler::Scheduler;
use crate::websocket::Turns;

/// The network thread's state.
pub(crate) struct Net {
    pub(crate) agent: AgentHeaders,
    pub(crate) timeouts: Timeouts,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cookies: RefCell<CookieJar>,
    /// Notified when there is something to write to the cookie file.
    pub(crate) cookies_changed: Notify,
    pub(crate) authentication: RefCell<AuthenticationEntries>,
    pub(crate) prompt: AuthenticationPrompt,
    pub(crate) clear_storage: ClearStorage,
    /// [Inflight keepalive bytes](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch) of each client.
    pub(crate) inflight_keepalive: RefCell<HashMap<ClientId, u64>>,
    pub(crate) preflights: RefCell<PreflightCache>,
    pub(crate) cache: RefCell<HttpCache>,
    /// Who may establish a WebSocket connection.
    pub(crate) websocket_turns: Turns,
    pub(crate) pool: Pool,
    pub(crate) scheduler: Scheduler,
    pub(crate) state: watch::Sender<ThreadState>,
}

/// Headers that every request has.
pub(crate) struct AgentHeaders {
    pub(crate) user_agent: String,
    pub(crate) accept_language: String,
}

/// What interrupts fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ThreadState {
    pub(crate) online: bool,
    /// How often the machine went offline: a short time offline breaks what ran, too.
    pub(crate) went_offline: u64,
    pub(crate) ending: bool,
}

impl Net {
    pub(crate) fn is_online(&self) -> bool {
        self.state.borrow().online
    }
}

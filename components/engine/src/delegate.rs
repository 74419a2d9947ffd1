//! What an engine asks and tells its embedder.

use std::sync::atomic::{AtomicU64, Ordering};

use bgfetch_traits::authentication::{AuthenticationRequest, Credentials};
use bgfetch_traits::background_fetch::BackgroundFetchDisplay;
use bgfetch_traits::coordinator::{ConsoleMessage, PermissionState};
use bgfetch_traits::fetch::NetworkError;
use bgfetch_traits::ids::{BackgroundFetchId, ClientId, RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::ServiceWorkerState;
use serde::Serialize;
use url::Url;

/// The embedder's side of an engine: its decisions, its display, its log.
///
/// Every method is called on a thread of the engine, never on two at once, in the order in which things
/// happened; it should return soon (post to the embedder's own thread) and must not call back into the engine
/// and wait. A decision is answered through its [`Reply`], at any later time and from any thread; a reply that
/// is dropped counts as the refusal that the method names.
pub trait Delegate: Send + Sync {
    /// Whether `request.origin` may fetch in the background; asked when the permission's state is
    /// [`PermissionState::Prompt`]
    /// ([request permission](https://wicg.github.io/background-fetch/#background-fetch-manager-fetch)).
    /// `Granted` starts it; `Prompt` starts it paused, and the user has to resume it; `Denied`, or a dropped
    /// reply, makes `fetch()` reject with `NotAllowedError`.
    fn background_fetch_permission(&self, request: PermissionRequest, reply: Reply<PermissionState>) {
        let _ = request;
        reply.send(PermissionState::Denied);
    }

    /// A background fetch became active, by a page or restored from the profile: show it, with its origin.
    fn show_background_fetch(&self, display: &BackgroundFetchDisplay) {
        let _ = display;
    }

    /// Something of what is shown changed. Progress is coalesced to at most 20 calls a second and fetch; the
    /// last state, with its result, always comes.
    fn update_background_fetch(&self, display: &BackgroundFetchDisplay) {
        let _ = display;
    }

    /// The user has dismissed it, or it has been over for long: show it no more. One that has settled is shown
    /// until then.
    fn hide_background_fetch(&self, fetch: BackgroundFetchId) {
        let _ = fetch;
    }

    /// A service worker asks for a window (`clients.openWindow()`): the embedder opens one, or refuses with
    /// `None` or by dropping the reply.
    fn open_window(&self, request: OpenWindowRequest, reply: Reply<Option<WindowId>>) {
        let _ = request;
        reply.send(None);
    }

    /// A server asks for a user name and a password
    /// ([prompting the end user](https://fetch.spec.whatwg.org/#http-network-or-cache-fetch)) for what a window requests.
    /// With `None`, or a dropped reply, the page gets the server's refusal.
    fn http_authentication(&self, request: AuthenticationRequest, reply: Reply<Option<Credentials>>) {
        let _ = request;
        reply.send(None);
    }

    /// Something happened that a log or a terminal may show.
    fn event(&self, event: EngineEvent) {
        let _ = event;
    }
}

/// A delegate that denies every permission and shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentDelegate;

impl Delegate for SilentDelegate {}

/// Which window of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct WindowId(u64);

impl WindowId {
    /// An id that no window of this process had before.
    #[must_use]
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for WindowId {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Display for WindowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Who wants to fetch what in the background.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PermissionRequest {
    /// Who asks: must be named to the user.
    pub origin: StorageKey,
    /// The developer's id for it.
    pub id: String,
    /// Title, as the page gave it.
    pub title: String,
    /// Bytes the page expects; 0 is unknown.
    pub download_total: u64,
    /// How many requests.
    pub requests: usize,
}

/// Which service worker asks for which window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenWindowRequest {
    /// Who asks.
    pub origin: StorageKey,
    /// The page it wants.
    pub url: Url,
}

/// Something that happened.
///
/// Serialized, each is a JSON object whose `event` names it in kebab-case, such as
/// `{"event":"page-loaded","window":1,"url":"https://a.test/","status":200}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EngineEvent {
    /// A line for the console; errors that nothing caught are among them.
    Console {
        /// From which environment.
        client: ClientId,
        /// What.
        #[serde(flatten)]
        message: ConsoleMessage,
    },
    /// A page's `load` event is over.
    PageLoaded {
        /// Of which window.
        window: WindowId,
        /// Its URL, after redirects.
        url: Url,
        /// Status of the response.
        status: u16,
    },
    /// A page could not be fetched.
    PageFailed {
        /// Of which window.
        window: WindowId,
        /// The URL that was asked for.
        url: Url,
        /// Why.
        error: NetworkError,
    },
    /// A window is gone.
    WindowClosed {
        /// Which.
        window: WindowId,
    },
    /// A service worker changed its state.
    WorkerState {
        /// Of which registration.
        registration: RegistrationId,
        /// Which.
        worker: WorkerId,
        /// The registration's scope.
        scope: Url,
        /// The worker's script.
        script_url: Url,
        /// The new state.
        state: ServiceWorkerState,
    },
    /// A service worker's thread started or ended; the worker's state is not touched by that.
    WorkerRunning {
        /// Which.
        worker: WorkerId,
        /// Whether it runs now.
        running: bool,
    },
    /// A worker could not be fetched, parsed, run or installed.
    WorkerFailed {
        /// The registration's scope.
        scope: Url,
        /// The worker's script.
        script_url: Url,
        /// Why, with file and line if it is the script's own fault.
        message: String,
    },
    /// A functional event was dispatched, and everything that it waited for has ended.
    FunctionalEvent {
        /// Of which registration.
        registration: RegistrationId,
        /// To which worker.
        worker: WorkerId,
        /// Such as `backgroundfetchsuccess`.
        name: &'static str,
        /// `None` if all went well, otherwise what was said.
        error: Option<String>,
    },
    /// Something happened to a background fetch that the embedder started itself, for which one of a page would
    /// get an event.
    NativeFetch {
        /// Which.
        fetch: BackgroundFetchId,
        /// Whose.
        origin: StorageKey,
        /// The id that it was started with.
        id: String,
        /// The event's name, such as `backgroundfetchsuccess`.
        name: &'static str,
    },
    /// A background fetch of an earlier run was found in the profile.
    BackgroundFetchRestored {
        /// Which.
        fetch: BackgroundFetchId,
        /// Whose.
        origin: StorageKey,
        /// The developer's id.
        id: String,
        /// What is durable of each of its records, in order.
        records: Vec<RestoredRecord>,
    },
    /// The engine went on- or offline.
    Connectivity {
        /// Whether it is online now.
        online: bool,
    },
    /// Storage failed where no page could be told, such as a full disk.
    StorageTrouble {
        /// Whose data, if one partition's.
        origin: Option<StorageKey>,
        /// What failed.
        message: String,
    },
}

/// A record of a restored background fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestoredRecord {
    /// Its request's URL.
    pub url: Url,
    /// Bytes of the response body that are durable: the next request asks for what comes after them.
    pub stored: u64,
    /// Whether it needs nothing more.
    pub complete: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use bgfetch_traits::coordinator::ConsoleLevel;

    #[test]
    fn an_event_names_itself_in_json() {
        let loaded = EngineEvent::PageLoaded {
            window: WindowId(7),
            url: "https://a.test/".parse().unwrap(),
            status: 200,
        };
        assert_eq!(
            serde_json::to_string(&loaded).unwrap(),
            r#"{"event":"page-loaded","window":7,"url":"https://a.test/","status":200}"#
        );
    }

    #[test]
    fn a_console_line_is_flat_in_json() {
        let message = ConsoleMessage {
            level: ConsoleLevel::UncaughtError,
            text: "TypeError: x".into(),
            file: "https://a.test/page.js".into(),
            line: 3,
            column: 9,
            global: "window".into(),
        };
        let json = serde_json::to_value(EngineEvent::Console { client: ClientId::new(), message }).unwrap();
        assert_eq!(json["event"], "console");
        assert_eq!(json["level"], "uncaught-error");
        assert_eq!(json["line"], 3);
    }

    #[test]
    fn window_ids_are_never_the_same() {
        assert_ne!(WindowId::new(), WindowId::new());
    }
}

//! The inbox of the network thread.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use url::Url;

use crate::fetch::{NetworkError, Request, Response};
use crate::ids::StorageKey;
use crate::policy::Client;
use crate::reply::Reply;
use crate::service_worker::MessageData;
use crate::timing::FetchTiming;
use crate::websocket::WebSocketConnect;

/// What the network thread is asked.
#[expect(clippy::large_enum_variant, reason = "a message is moved twice in its life: into a channel and out")]
pub enum NetMsg {
    /// [Fetch](https://fetch.spec.whatwg.org/#concept-fetch): answered once, with the response as soon as its
    /// head is there (the body streams), or with why there is none.
    Fetch {
        /// What to fetch.
        request: Request,
        /// Ends the fetch when triggered: before the head the answer is [`crate::fetch::NetworkErrorKind::Aborted`],
        /// after it the body ends with [`crate::body::BodyError::Aborted`].
        cancel: CancelHandle,
        /// Told how many request body bytes have been handed to the connection so far, when that grows.
        upload_progress: Option<UploadProgress>,
        /// Told how long it took, before the end of the body, or else the answer, is there; not if it was cancelled or
        /// the body broke.
        timing: Option<Reply<FetchTiming>>,
        /// The response.
        reply: Reply<Result<Response, NetworkError>>,
    },
    /// [Establishes a WebSocket connection](https://websockets.spec.whatwg.org/#concept-websocket-establish), and keeps it.
    WebSocket(Box<WebSocketConnect>),
    /// Pauses (`true`) or continues everything of background priority.
    PauseBackground(bool),
    /// Tells whether the machine is online; while offline, every fetch fails as unreachable at once.
    SetOnline(bool),
    /// Limits all downloads together to so many bytes a second; `None` is no limit.
    SetBandwidthLimit(Option<u64>),
    /// `document.cookie`: the cookies that a script of `url` may read.
    GetCookies {
        /// The document's environment.
        client: Box<Client>,
        /// The document's URL.
        url: Url,
        /// `name=value; ...`
        reply: Reply<String>,
    },
    /// `document.cookie = ...`
    SetCookie {
        /// The document's environment.
        client: Box<Client>,
        /// The document's URL.
        url: Url,
        /// One cookie, as `Set-Cookie` would have it.
        cookie: String,
    },
    /// Forgets cookies, credentials that servers were given, cached preflights and connections of an origin, or of all.
    Clear(Option<StorageKey>),
    /// Cancels all fetches and ends the thread.
    Shutdown,
}

/// Told of upload progress: total body bytes transmitted so far.
pub type UploadProgress = Arc<dyn Fn(u64) + Send + Sync>;

/// Sends to the network thread from any thread.
#[derive(Clone)]
pub struct NetSender(Arc<dyn Fn(NetMsg) + Send + Sync>);

impl NetSender {
    /// A sender that hands each message to `post`, which must not block.
    pub fn new(post: impl Fn(NetMsg) + Send + Sync + 'static) -> Self {
        Self(Arc::new(post))
    }

    /// Sends; a message to a thread that has ended is dropped, and with it its reply.
    pub fn send(&self, message: NetMsg) {
        (self.0)(message);
    }
}

impl fmt::Debug for NetSender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NetSender")
    }
}

/// Cancels one piece of work; every clone is the same handle.
#[derive(Clone, Default)]
pub struct CancelHandle(Arc<CancelState>);

#[derive(Default)]
struct CancelState {
    cancelled: AtomicBool,
    /// [Serialized abort reason](https://fetch.spec.whatwg.org/#fetch-controller-serialized-abort-reason), until
    /// somebody takes it.
    reason: Mutex<Option<MessageData>>,
    listeners: Mutex<Vec<Listener>>,
}

type Listener = Box<dyn FnOnce(&CancelState) + Send>;

impl CancelHandle {
    /// A handle that nobody has triggered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancels, and wakes whoever waits for that. Doing it again does nothing.
    pub fn cancel(&self) {
        self.cancel_with(None);
    }

    /// [`CancelHandle::cancel`], telling why: the
    /// [serialized abort reason](https://fetch.spec.whatwg.org/#fetch-controller-serialized-abort-reason), which
    /// [`CancelHandle::on_abort`] gives. `None` stands for an `AbortError`.
    pub fn cancel_with(&self, reason: Option<MessageData>) {
        let listeners = {
            let mut listeners = self.0.listeners.lock();
            if self.is_cancelled() {
                return;
            }
            *self.0.reason.lock() = reason;
            self.0.cancelled.store(true, Ordering::Release);
            std::mem::take(&mut *listeners)
        };
        for listener in listeners {
            listener(&self.0);
        }
    }

    /// Whether anybody else has the handle: the work may still be under way.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Acquire)
    }

    /// Runs `listener` when cancelled, or now if it already was. It runs on the cancelling thread and should
    /// only wake something.
    pub fn on_cancel(&self, listener: impl FnOnce() + Send + 'static) {
        self.listen(Box::new(move |_| listener()));
    }

    /// [`CancelHandle::on_cancel`] with the reason, which only the first listener of this kind gets: it cannot be
    /// copied.
    pub fn on_abort(&self, listener: impl FnOnce(Option<MessageData>) + Send + 'static) {
        self.listen(Box::new(move |state| {
            let reason = state.reason.lock().take();
            listener(reason);
        }));
    }

    fn listen(&self, listener: Listener) {
        let mut listeners = self.0.listeners.lock();
        if self.is_cancelled() {
            drop(listeners);
            listener(&self.0);
        } else {
            listeners.push(listener);
        }
    }
}

impl fmt::Debug for CancelHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CancelHandle").field(&self.is_cancelled()).finish()
    }
}

//! What a page may ask of a [background fetch](https://wicg.github.io/background-fetch/), and what it is told.

use serde::{Deserialize, Serialize};
use url::Url;

use crate::body::BodyReader;
use crate::fetch::{RequestBody, RequestHead, ResponseHead, string_enum};
use crate::ids::{BackgroundFetchId, BodyId, ClientId, RecordId, RegistrationId, StorageKey};
use crate::policy::PolicyContainer;
use crate::reply::Reply;
use crate::storage::CacheQuery;

string_enum!(
    /// [`BackgroundFetchResult`](https://wicg.github.io/background-fetch/#enumdef-backgroundfetchresult).
    BackgroundFetchResult { #[default] Empty = "", Success = "success", Failure = "failure" }
);
string_enum!(
    /// [`BackgroundFetchFailureReason`](https://wicg.github.io/background-fetch/#enumdef-backgroundfetchfailurereason).
    BackgroundFetchFailureReason {
        #[default] Empty = "", Aborted = "aborted", BadStatus = "bad-status", FetchError = "fetch-error",
        QuotaExceeded = "quota-exceeded", DownloadTotalExceeded = "download-total-exceeded",
    }
);
string_enum!(
    /// The [result of a background fetch response](https://wicg.github.io/background-fetch/#background-fetch-response-result).
    RecordResult {
        #[default] Empty = "", Success = "success", Redundant = "redundant", Aborted = "aborted",
        BadStatus = "bad-status", FetchError = "fetch-error", QuotaExceeded = "quota-exceeded",
        DownloadTotalExceeded = "download-total-exceeded",
    }
);

impl RecordResult {
    /// Whether the response [may be exposed](https://wicg.github.io/background-fetch/#background-fetch-response-exposed).
    #[must_use]
    pub const fn is_exposed(self) -> bool {
        matches!(self, Self::Empty | Self::Success | Self::BadStatus)
    }
}

/// An [`ImageResource`](https://www.w3.org/TR/image-resource/) of the display, its `src` resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageResource {
    /// Where the image is.
    pub src: Url,
    /// Such as `48x48 96x96`.
    pub sizes: String,
    /// MIME type.
    #[serde(rename = "type")]
    pub mime_type: String,
    /// Accessible name.
    pub label: String,
}

/// What [`BackgroundFetchOptions`](https://wicg.github.io/background-fetch/#dictdef-backgroundfetchoptions) give.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackgroundFetchOptions {
    /// Shown to the user.
    pub title: String,
    /// Shown to the user.
    pub icons: Vec<ImageResource>,
    /// Bytes expected of all responses together; 0 is unknown.
    pub download_total: u64,
}

/// One request of a new background fetch.
#[derive(Debug)]
pub struct NewRecord {
    /// The request.
    pub request: RequestHead,
    /// Its body, if any.
    pub body: Option<RequestBody>,
}

/// What a script asks of the coordinator about background fetches.
#[derive(Debug)]
pub enum BackgroundFetchMsg {
    /// [`BackgroundFetchManager.fetch()`](https://wicg.github.io/background-fetch/#dom-backgroundfetchmanager-fetch),
    /// after its arguments were checked and converted.
    Fetch {
        /// On which registration.
        registration: RegistrationId,
        /// By which client.
        client: ClientId,
        /// That client's policies, as they are now: a page may have added some since it was made.
        policy: PolicyContainer,
        /// The developer's id.
        id: String,
        /// The requests.
        records: Vec<NewRecord>,
        /// The options.
        options: BackgroundFetchOptions,
        /// The new background fetch.
        reply: Reply<Result<BackgroundFetchInfo, BackgroundFetchError>>,
    },
    /// `get()`.
    Get {
        /// On which registration.
        registration: RegistrationId,
        /// The developer's id.
        id: String,
        /// The active background fetch of that id.
        reply: Reply<Option<BackgroundFetchInfo>>,
    },
    /// `getIds()`.
    GetIds {
        /// On which registration.
        registration: RegistrationId,
        /// The ids of the active background fetches, in the order they were started.
        reply: Reply<Vec<String>>,
    },
    /// `abort()`: whether it was still active.
    Abort {
        /// Which.
        fetch: BackgroundFetchId,
        /// Whether it was still active.
        reply: Reply<bool>,
    },
    /// `match()` and `matchAll()`.
    Match {
        /// Which.
        fetch: BackgroundFetchId,
        /// What to match; `None` is all.
        query: Option<CacheQuery>,
        /// At most one.
        match_all: bool,
        /// The records, or `None` if the records available flag is unset.
        reply: Reply<Option<Vec<RecordInfo>>>,
    },
    /// The response of a record, once there is one; answered again never.
    ResponseReady {
        /// Which.
        record: RecordId,
        /// The response with its body from the first byte on, or how the record ended without one.
        reply: Reply<Result<(ResponseHead, BodyReader), RecordResult>>,
    },
    /// [`BackgroundFetchUpdateUIEvent.updateUI()`](https://wicg.github.io/background-fetch/#dom-backgroundfetchupdateuievent-updateui).
    UpdateUi {
        /// Which.
        fetch: BackgroundFetchId,
        /// New title.
        title: Option<String>,
        /// New icons.
        icons: Option<Vec<ImageResource>>,
        /// When done.
        reply: Reply<()>,
    },
}

/// Why `fetch()` rejects.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackgroundFetchError {
    /// There is no active worker: `TypeError`.
    #[error("the service worker registration has no active worker")]
    NoActiveWorker,
    /// The id is taken: `TypeError`.
    #[error("there is already an active background fetch with the id {0:?}")]
    DuplicateId(String),
    /// Permission denied: `NotAllowedError`.
    #[error("permission to fetch in the background was denied")]
    NotAllowed,
    /// `QuotaExceededError`.
    #[error("storing {requested} bytes would exceed the quota of {quota} bytes")]
    QuotaExceeded {
        /// Bytes allowed.
        quota: u64,
        /// Bytes asked for.
        requested: u64,
    },
    /// A request body failed while it was stored: `TypeError`.
    #[error("the body of the request for {url} could not be read: {message}")]
    RequestBody {
        /// Of which request.
        url: String,
        /// What happened.
        message: String,
    },
    /// Storage failed: `AbortError`-like trouble that a page cannot mend; `TypeError`.
    #[error("storing the background fetch failed: {0}")]
    Storage(String),
}

/// A [background fetch](https://wicg.github.io/background-fetch/#background-fetch) as a page's
/// `BackgroundFetchRegistration` shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackgroundFetchInfo {
    /// Which.
    pub fetch: BackgroundFetchId,
    /// Of which registration.
    pub registration: RegistrationId,
    /// The developer's id.
    pub id: String,
    /// Bytes of all request bodies.
    pub upload_total: u64,
    /// As given.
    pub download_total: u64,
    /// What changes.
    pub progress: BackgroundFetchProgress,
}

/// The changing part of a background fetch, as in
/// [update background fetch instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackgroundFetchProgress {
    /// Bytes stored.
    pub downloaded: u64,
    /// Request body bytes sent.
    pub uploaded: u64,
    /// Result.
    pub result: BackgroundFetchResult,
    /// Why it failed.
    pub failure_reason: BackgroundFetchFailureReason,
    /// Records available flag.
    pub records_available: bool,
}

/// A record as `match()` gives it.
#[derive(Clone, Debug)]
pub struct RecordInfo {
    /// Which.
    pub record: RecordId,
    /// Its request.
    pub request: RequestHead,
    /// The stored body of the request, if it has one.
    pub request_body: Option<crate::storage::StoredBody>,
}

/// What is stored of a background fetch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredBackgroundFetch {
    /// Which.
    pub fetch: BackgroundFetchId,
    /// Whose.
    pub partition: StorageKey,
    /// Of which registration.
    pub registration: RegistrationId,
    /// The developer's id.
    pub id: String,
    /// Title, icons, download total.
    pub options: BackgroundFetchOptions,
    /// URL of the environment that started it: client of its requests.
    pub client_url: Url,
    /// That environment's policies.
    pub policy: PolicyContainer,
    /// Paused by the user.
    pub paused: bool,
    /// Held until the user grants permission (its state was "prompt" when the fetch was made).
    pub awaiting_permission: bool,
    /// Bytes of all request bodies.
    pub upload_total: u64,
    /// Request body bytes sent.
    pub uploaded: u64,
    /// Empty while active.
    pub result: BackgroundFetchResult,
    /// Why it failed.
    pub failure_reason: BackgroundFetchFailureReason,
    /// Settled, and its functional event is not yet handled.
    pub event_owed: bool,
    /// Records available flag.
    pub records_available: bool,
    /// The records, in order.
    pub records: Vec<StoredRecord>,
}

impl StoredBackgroundFetch {
    /// The part that changes, without the records.
    #[must_use]
    pub fn state(&self) -> BackgroundFetchState {
        BackgroundFetchState {
            title: self.options.title.clone(),
            icons: self.options.icons.clone(),
            paused: self.paused,
            awaiting_permission: self.awaiting_permission,
            uploaded: self.uploaded,
            result: self.result,
            failure_reason: self.failure_reason,
            event_owed: self.event_owed,
            records_available: self.records_available,
        }
    }

    /// Replaces the part that changes; the records stay as they are.
    pub fn set_state(&mut self, state: BackgroundFetchState) {
        self.options.title = state.title;
        self.options.icons = state.icons;
        self.paused = state.paused;
        self.awaiting_permission = state.awaiting_permission;
        self.uploaded = state.uploaded;
        self.result = state.result;
        self.failure_reason = state.failure_reason;
        self.event_owed = state.event_owed;
        self.records_available = state.records_available;
    }
}

/// The part of a [`StoredBackgroundFetch`] that changes while it lives: saved alone, so that a fetch of a
/// thousand records does not write them all again when it is paused or settles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackgroundFetchState {
    /// Shown to the user.
    pub title: String,
    /// Shown to the user.
    pub icons: Vec<ImageResource>,
    /// Paused by the user.
    pub paused: bool,
    /// Held until the user grants permission.
    pub awaiting_permission: bool,
    /// Request body bytes sent.
    pub uploaded: u64,
    /// Empty while active.
    pub result: BackgroundFetchResult,
    /// Why it failed.
    pub failure_reason: BackgroundFetchFailureReason,
    /// Settled, and its functional event is not yet handled.
    pub event_owed: bool,
    /// Records available flag.
    pub records_available: bool,
}

/// What is stored of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRecord {
    /// The request.
    pub request: RequestHead,
    /// Its body and length in bytes.
    pub request_body: Option<(BodyId, u64)>,
    /// A request that is not a `GET` went to the network: it is not sent a second time after a crash.
    pub request_sent: bool,
    /// The response without body, once there is one.
    pub response: Option<ResponseHead>,
    /// Where the response's bytes are.
    pub response_body: Option<BodyId>,
    /// Durable bytes of the response body; storage fills this in when it restores.
    pub response_length: u64,
    /// How it ended; empty while it runs.
    pub result: RecordResult,
    /// Row 11 of the spec decisions: a 416 makes a record start again from 0 once only.
    pub restarted_after_416: bool,
}

/// What a user sees of a background fetch, and may do with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BackgroundFetchDisplay {
    /// Which.
    pub fetch: BackgroundFetchId,
    /// Whose: must be shown.
    pub origin: StorageKey,
    /// The developer's id.
    pub id: String,
    /// Title.
    pub title: String,
    /// Icons.
    pub icons: Vec<ImageResource>,
    /// As given; 0 is unknown.
    pub download_total: u64,
    /// Bytes stored.
    pub downloaded: u64,
    /// Bytes of all request bodies.
    pub upload_total: u64,
    /// Request body bytes sent.
    pub uploaded: u64,
    /// Paused by the user or for want of permission.
    pub paused: bool,
    /// Waits for connectivity.
    pub waiting_for_network: bool,
    /// Whether every request is a `GET`: only then may a user pause it.
    pub can_pause: bool,
    /// Empty while active.
    pub result: BackgroundFetchResult,
    /// Why it failed.
    pub failure_reason: BackgroundFetchFailureReason,
}

/// What a user does in the display.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UiAction {
    /// Pause.
    Pause,
    /// Go on.
    Resume,
    /// Abort.
    Abort,
    /// Activate: fires `backgroundfetchclick`.
    Click,
    /// Put away the display; an active fetch is aborted by that.
    Dismiss,
}

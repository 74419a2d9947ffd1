//! What happens to the machine.

use bgfetch_traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchInfo, BackgroundFetchOptions, ImageResource, NewRecord, RecordInfo,
    RecordResult, StoredBackgroundFetch, UiAction,
};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::fetch::{NetworkError, ResponseHead};
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome};
use bgfetch_traits::storage::{CacheQuery, StorageError, StorageEstimate, StoreOutcome};
use url::Url;

use crate::config::Connectivity;

/// One thing that happened. [`crate::Machine::handle`] takes them one by one.
#[derive(Debug)]
pub enum Input {
    /// A script asks something.
    Call(Call),
    /// The user does something in the display, or a program on the user's behalf.
    Ui {
        /// To which background fetch.
        fetch: BackgroundFetchId,
        /// What.
        action: UiAction,
        /// Whether it was done.
        reply: Reply<Result<(), UiActionError>>,
    },
    /// What became of a record's current attempt. Events of attempts that were cancelled or are over may still
    /// come and are understood as such.
    Record {
        /// Which record.
        record: RecordId,
        /// Which attempt: the number that [`crate::Effect::StartFetch`] carried.
        attempt: u32,
        /// What happened.
        event: RecordEvent,
    },
    /// Answers [`crate::Effect::StoreRequestBody`]: the body, durable, and its length in bytes.
    RequestBodyStored {
        /// Of which record.
        record: RecordId,
        /// The body and its length, or why it could not be stored. [`StorageError::Body`] says that its stream
        /// failed.
        result: Result<(BodyId, u64), StorageError>,
    },
    /// Answers an [`crate::Effect::Persist`] that carries a ticket, once, when it is durable.
    Persisted {
        /// The ticket.
        ticket: PersistTicket,
        /// Whether it is durable.
        result: Result<(), StorageError>,
    },
    /// The dispatch of an [`crate::Effect::FireEvent`] has ended, everything it waited for included.
    EventSettled {
        /// Of which background fetch.
        fetch: BackgroundFetchId,
        /// Which event.
        kind: BackgroundFetchEventKind,
        /// How.
        outcome: EventOutcome,
    },
    /// Answers [`crate::Effect::SyncInstances`], once.
    InstancesSynced(BackgroundFetchId),
    /// What storage still had at the start. Comes once, before any call.
    Restored(Vec<StoredBackgroundFetch>),
    /// The connection came, went or changed. A machine starts with [`Connectivity::default`].
    Connectivity(Connectivity),
    /// A registration was removed: its background fetches are aborted and forgotten, without an event, as there
    /// is no worker to tell.
    RegistrationRemoved(RegistrationId),
    /// The user changed the permission `background-fetch` of a site.
    PermissionChanged {
        /// Whose.
        partition: StorageKey,
        /// To what.
        state: PermissionState,
    },
    /// [`crate::Machine::next_deadline`] has come. Every other input does this work too.
    Timer,
}

/// What a script asks; the variants of
/// [`BackgroundFetchMsg`](bgfetch_traits::background_fetch::BackgroundFetchMsg), `fetch()` completed with what the
/// coordinator knows.
#[derive(Debug)]
pub enum Call {
    /// `fetch()`.
    Fetch(Box<FetchCall>),
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
        /// Ids of the active background fetches in the order they were started.
        reply: Reply<Vec<String>>,
    },
    /// `abort()`.
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
        query: Option<Box<CacheQuery>>,
        /// At most one.
        first_only: bool,
        /// The records, or `None` if there are none any more. The records available flag that counts is the one of the
        /// script's instance, which script looked at.
        reply: Reply<Option<Vec<RecordInfo>>>,
    },
    /// `responseReady`, and the body behind it.
    ResponseReady {
        /// Which.
        record: RecordId,
        /// The response with its body from the first byte on, or how the record ended without one.
        reply: ResponseReply,
    },
    /// `updateUI()`, after its flags were checked.
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

/// The way back for a response.
pub type ResponseReply = Reply<Result<(ResponseHead, BodyReader), RecordResult>>;

/// [`BackgroundFetchManager.fetch()`](https://wicg.github.io/background-fetch/#background-fetch-manager-fetch) from
/// its parallel part on.
#[derive(Debug)]
pub struct FetchCall {
    /// Id of the new background fetch: greater than all before it.
    pub fetch: BackgroundFetchId,
    /// On which registration.
    pub registration: RegistrationId,
    /// The registration has an active worker.
    pub active_worker: bool,
    /// By whom.
    pub client: FetchClient,
    /// The developer's id.
    pub id: String,
    /// The requests.
    pub records: Vec<NewRecord>,
    /// Title, icons, download total.
    pub options: BackgroundFetchOptions,
    /// The new background fetch.
    pub reply: Reply<Result<BackgroundFetchInfo, BackgroundFetchError>>,
}

/// Who calls `fetch()`, and what that environment may do.
#[derive(Clone, Debug)]
pub struct FetchClient {
    /// Its storage key.
    pub partition: StorageKey,
    /// Its creation URL.
    pub url: Url,
    /// Its policies.
    pub policy: PolicyContainer,
    /// State of its permission `background-fetch`. While that is "prompt" the fetch is held, paused, until the
    /// user resumes it or grants the permission.
    pub permission: PermissionState,
    /// What the partition holds and may hold.
    pub estimate: StorageEstimate,
}

/// What became of a record's attempt.
///
/// In this order: any number of `Uploaded`; `Head`, once; if it is `Ok` and the machine answers with
/// [`crate::Effect::CreateBody`], `BodyCreated`, once; after [`crate::Effect::StoreBody`] any number of
/// `BytesStored`, and `BodyEnded`, once, also if the attempt was cancelled in between.
#[derive(Debug)]
pub enum RecordEvent {
    /// Request body bytes handed to the connection in this attempt so far.
    Uploaded(u64),
    /// The response's head, its CORS check passed, or why there is none. The driver keeps the body, unread,
    /// until the machine says where it goes or cancels the attempt; a null body is an empty one.
    Head(Result<Box<ResponseHead>, NetworkError>),
    /// Answers [`crate::Effect::CreateBody`], also after the attempt was cancelled.
    BodyCreated(Result<BodyId, StorageError>),
    /// Length of the stored body in bytes, as it grows.
    BytesStored(u64),
    /// The append ended, and so far the body is durable.
    BodyEnded(StoreOutcome),
}

/// Ties an [`crate::Effect::Persist`] to its [`Input::Persisted`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PersistTicket(pub(crate) u64);

/// Why the user's wish was not granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UiActionError {
    /// There is no such background fetch, or its display was put away.
    #[error("there is no background fetch {0} to act on; it may have been put away already")]
    NotFound(BackgroundFetchId),
    /// Spec-decisions row 19.
    #[error("background fetch {0} sends requests other than GET, which cannot be paused: abort it instead")]
    NotPausable(BackgroundFetchId),
    /// It has settled: there is nothing to pause, resume or abort.
    #[error("background fetch {0} has settled already; it can only be clicked or dismissed")]
    Settled(BackgroundFetchId),
}

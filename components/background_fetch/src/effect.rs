//! What the machine wants done.

use bgfetch_traits::background_fetch::{
    BackgroundFetchDisplay, BackgroundFetchError, BackgroundFetchInfo, BackgroundFetchProgress,
    BackgroundFetchState, RecordInfo, RecordResult, StoredBackgroundFetch, StoredRecord,
};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::{RequestBody, RequestHead, ResponseHead};
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::BackgroundFetchEventKind;
use bgfetch_traits::storage::{BodyOwner, StoredBody};
use url::Url;

use crate::input::{PersistTicket, ResponseReply, UiActionError};

/// One thing to do. Effects are performed in the order they come in, none is left out.
#[derive(Debug)]
pub enum Effect {
    /// Ask the network. Its answer is [`crate::RecordEvent::Head`].
    StartFetch(Box<StartFetch>),
    /// Stop an attempt on the network. Before its head came: say nothing more of it. After: drop its body if
    /// that was not handed to storage; if it was, let the append end as it will and report that.
    CancelFetch {
        /// Which record.
        record: RecordId,
        /// Which attempt.
        attempt: u32,
    },
    /// Make an empty body for an attempt's response, owned by [`BodyOwner::RecordResponse`]. Answered by
    /// [`crate::RecordEvent::BodyCreated`].
    CreateBody {
        /// Which record.
        record: RecordId,
        /// Which attempt.
        attempt: u32,
        /// In which partition.
        partition: StorageKey,
    },
    /// Append the attempt's response body to a stored body. Answered by [`crate::RecordEvent::BytesStored`] as
    /// it grows and [`crate::RecordEvent::BodyEnded`] at the end.
    StoreBody {
        /// Which record.
        record: RecordId,
        /// Which attempt.
        attempt: u32,
        /// In which partition.
        partition: StorageKey,
        /// Where to.
        body: BodyId,
        /// Length of the stored body in bytes; anything beyond it is cut off first.
        offset: u64,
    },
    /// Nothing more comes: whoever follows the body sees it end. No append to it is under way.
    SealBody {
        /// In which partition.
        partition: StorageKey,
        /// Which body.
        body: BodyId,
        /// How followers end; `None` is normally.
        error: Option<BodyError>,
    },
    /// The owner needs the body no more.
    ReleaseBody {
        /// In which partition.
        partition: StorageKey,
        /// Which body.
        body: BodyId,
        /// Who.
        owner: BodyOwner,
    },
    /// Store a request's body, owned by [`BodyOwner::RecordRequest`]. Answered by
    /// [`crate::Input::RequestBodyStored`].
    StoreRequestBody {
        /// Of which record.
        record: RecordId,
        /// In which partition.
        partition: StorageKey,
        /// The body.
        body: RequestBody,
    },
    /// Stop storing a request's body: its stream is cancelled, what was stored is released, no answer comes.
    CancelRequestBody {
        /// Of which record.
        record: RecordId,
        /// In which partition.
        partition: StorageKey,
    },
    /// Write metadata, after all writes before it.
    Persist {
        /// In which partition.
        partition: StorageKey,
        /// What.
        write: Write,
        /// If there is one: answer [`crate::Input::Persisted`] when this is durable.
        ticket: Option<PersistTicket>,
    },
    /// Answer a script or the embedder.
    Answer(Answer),
    /// Answer with a response: open the body from its first byte and send both.
    OpenResponse {
        /// Which record.
        record: RecordId,
        /// The response as a record shows it.
        head: Box<ResponseHead>,
        /// Its body.
        body: StoredBody,
        /// Whether more may come.
        follow: bool,
        /// To whom.
        reply: ResponseReply,
    },
    /// [Update background fetch instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm),
    /// step 6: tell every environment of that partition.
    UpdateInstances {
        /// Which.
        fetch: BackgroundFetchId,
        /// Of which registration.
        registration: RegistrationId,
        /// Whose.
        partition: StorageKey,
        /// As it is now.
        progress: BackgroundFetchProgress,
    },
    /// After every environment of that partition has taken in all that it was told and answered so far, or is gone,
    /// and after what it asked before that: [`crate::Input::InstancesSynced`].
    SyncInstances {
        /// Which.
        fetch: BackgroundFetchId,
        /// Of which registration.
        registration: RegistrationId,
        /// Whose.
        partition: StorageKey,
    },
    /// [Fire a functional event](https://w3c.github.io/ServiceWorker/#fire-functional-event) on
    /// `info.registration`. Answered by [`crate::Input::EventSettled`].
    FireEvent {
        /// Which event.
        kind: BackgroundFetchEventKind,
        /// The background fetch.
        info: Box<BackgroundFetchInfo>,
    },
    /// [Display](https://wicg.github.io/background-fetch/#background-fetch-display-algorithm).
    Display(DisplayChange),
}

/// What to ask the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartFetch {
    /// Which record.
    pub record: RecordId,
    /// Which attempt; it names the attempt in everything that follows.
    pub attempt: u32,
    /// Whose.
    pub partition: StorageKey,
    /// Creation URL of the environment that called `fetch()`: the request's client.
    pub client_url: Url,
    /// That environment's policies.
    pub policy: PolicyContainer,
    /// The request, range headers added; [no service worker](https://fetch.spec.whatwg.org/#request-service-workers-mode)
    /// is asked, its priority is background.
    pub request: RequestHead,
    /// Its stored body.
    pub request_body: Option<StoredBody>,
    /// Bytes of the response that are stored already.
    pub range_start: u64,
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// A new background fetch with its records.
    BackgroundFetch(Box<StoredBackgroundFetch>),
    /// The changing part of one, its records untouched.
    State(BackgroundFetchId, Box<BackgroundFetchState>),
    /// One record. Its `response_length` is not to be trusted: the store knows better.
    Record(RecordId, Box<StoredRecord>),
    /// Forget one, and give up all bodies of its records, those too that were created but not named by a record.
    Delete(BackgroundFetchId),
}

/// A change of what the user sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DisplayChange {
    /// Show it.
    Show(Box<BackgroundFetchDisplay>),
    /// Show it as it is now.
    Update(Box<BackgroundFetchDisplay>),
    /// Show it no more.
    Hide(BackgroundFetchId),
}

/// An answer on its way.
#[derive(Debug)]
pub enum Answer {
    /// To `fetch()`.
    Fetch(
        Reply<Result<BackgroundFetchInfo, BackgroundFetchError>>,
        Result<Box<BackgroundFetchInfo>, BackgroundFetchError>,
    ),
    /// To `get()`.
    Get(Reply<Option<BackgroundFetchInfo>>, Option<Box<BackgroundFetchInfo>>),
    /// To `getIds()`.
    GetIds(Reply<Vec<String>>, Vec<String>),
    /// To `abort()`.
    Abort(Reply<bool>, bool),
    /// To `match()` and `matchAll()`.
    Match(Reply<Option<Vec<RecordInfo>>>, Option<Vec<RecordInfo>>),
    /// To `responseReady`: there is none to show.
    NoResponse(ResponseReply, RecordResult),
    /// To `updateUI()`.
    UpdateUi(Reply<()>),
    /// To the display.
    Ui(Reply<Result<(), UiActionError>>, Result<(), UiActionError>),
}

impl Answer {
    /// Sends it.
    pub fn send(self) {
        match self {
            Self::Fetch(reply, value) => reply.send(value.map(|info| *info)),
            Self::Get(reply, value) => reply.send(value.map(|info| *info)),
            Self::GetIds(reply, value) => reply.send(value),
            Self::Abort(reply, value) => reply.send(value),
            Self::Match(reply, value) => reply.send(value),
            Self::NoResponse(reply, result) => reply.send(Err(result)),
            Self::UpdateUi(reply) => reply.send(()),
            Self::Ui(reply, value) => reply.send(value),
        }
    }
}

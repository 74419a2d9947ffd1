//! Attempts of records: from the network into storage, without the bytes passing through here.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bgfetch_core::{Input, RecordEvent, StartFetch};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, Priority, Request, RequestBody, Response};
use bgfetch_traits::ids::{BodyId, RecordId, StorageKey};
use bgfetch_traits::net::{CancelHandle, NetMsg, UploadProgress};
use bgfetch_traits::policy::Client;
use bgfetch_traits::storage::{BodyMsg, BodyOwner, PartitionMsg, StorageError, StoreOutcome, StoreProgress};
use bytes::Bytes;

use super::Coordinator;
use super::inbox::{Event, Inbox, TransferEvent};
use super::request_bodies::open_request_body;
use super::tasks::TaskId;
use crate::answers::reply_or;
use crate::delegate::EngineEvent;

type AttemptId = (RecordId, u32);

/// What is under way.
#[derive(Default)]
pub(crate) struct Transfers {
    attempts: HashMap<AttemptId, Attempt>,
    /// Request bodies that are being stored.
    pub(super) request_bodies: HashMap<RecordId, TaskId>,
}

/// An attempt that was not given up, or whose append has not ended.
struct Attempt {
    cancel: CancelHandle,
    partition: StorageKey,
    /// Opens the request's body.
    opening: Option<TaskId>,
    /// The response's, until storage has it.
    body: Option<BodyReader>,
    storing: bool,
}

/// A fetch whose request body is at hand.
pub(crate) struct ReadyFetch {
    pub(super) start: Box<StartFetch>,
    pub(super) body: Result<RequestBody, NetworkError>,
}

/// A number that rises faster than anybody wants to read it: told again only after it was read.
pub(crate) struct Progress {
    value: AtomicU64,
    told: AtomicBool,
    what: fn(u64) -> RecordEvent,
}

impl Progress {
    /// A function to give new values to.
    fn teller(id: AttemptId, inbox: Inbox, what: fn(u64) -> RecordEvent) -> Arc<dyn Fn(u64) + Send + Sync> {
        let shared = Arc::new(Self { value: AtomicU64::new(0), told: AtomicBool::new(false), what });
        Arc::new(move |value| {
            shared.value.store(value, Ordering::Release);
            if !shared.told.swap(true, Ordering::AcqRel) {
                inbox.post(Event::Transfer(id.0, id.1, TransferEvent::Progress(Arc::clone(&shared))));
            }
        })
    }

    fn read(&self) -> RecordEvent {
        self.told.store(false, Ordering::Release);
        (self.what)(self.value.load(Ordering::Acquire))
    }
}

/// What storage would have answered if it were still there.
pub(super) fn storage_gone() -> StorageError {
    StorageError::Io { path: "the profile".into(), message: "the storage thread has ended".into() }
}

impl Coordinator {
    pub(super) fn start_fetch(&mut self, start: Box<StartFetch>) {
        let id = (start.record, start.attempt);
        let opening = start.request_body.clone().map(|stored| {
            let storage = self.links.storage.clone();
            let start = start.clone();
            self.turn.tasks.start(async move {
                let body = open_request_body(&storage, stored).await;
                let ready = Box::new(ReadyFetch { start, body });
                Some(Event::Transfer(id.0, id.1, TransferEvent::Ready(ready)))
            })
        });
        let attempt = Attempt {
            cancel: CancelHandle::new(),
            partition: start.partition.clone(),
            opening,
            body: None,
            storing: false,
        };
        self.transfers.attempts.insert(id, attempt);
        if opening.is_none() {
            self.send_fetch(*start, None);
        }
    }

    fn send_fetch(&self, start: StartFetch, body: Option<RequestBody>) {
        let StartFetch { record, attempt, client_url, policy, request, .. } = start;
        let Some(under_way) = self.transfers.attempts.get(&(record, attempt)) else { return };
        let inbox = self.links.inbox.clone();
        let upload_progress: Option<UploadProgress> =
            body.as_ref().map(|_| Progress::teller((record, attempt), inbox.clone(), RecordEvent::Uploaded));
        let ended = NetworkError::new(NetworkErrorKind::Internal, "the network thread has ended");
        let reply = reply_or(Err(ended), move |result: Result<Response, NetworkError>| {
            inbox.post(Event::Transfer(record, attempt, TransferEvent::Head(result)));
        });
        // Not in the text: the official tests want all other schemes refused (WICG issue 44).
        if !matches!(request.url.scheme(), "http" | "https") {
            let message =
                format!("{} is not fetched in the background: only http and https are", request.url);
            return reply.send(Err(NetworkError::new(NetworkErrorKind::Blocked, message)));
        }
        let client = Client { policy, ..Client::of_url(&client_url) };
        let request = Request { head: request, client, body, priority: Priority::Background };
        let cancel = under_way.cancel.clone();
        self.links.net.send(NetMsg::Fetch { request, cancel, upload_progress, timing: None, reply });
    }

    pub(super) fn transfer(&mut self, record: RecordId, attempt: u32, event: TransferEvent) {
        let id = (record, attempt);
        // What was given up is of no consequence.
        let Some(under_way) = self.transfers.attempts.get_mut(&id) else { return };
        let event = match event {
            TransferEvent::Ready(ready) => {
                under_way.opening = None;
                let ReadyFetch { start, body } = *ready;
                match body {
                    Ok(body) => return self.send_fetch(*start, Some(body)),
                    Err(error) => {
                        self.transfers.attempts.remove(&id);
                        RecordEvent::Head(Err(error))
                    }
                }
            }
            TransferEvent::Head(Ok(response)) => {
                // The official tests want nothing of an error page: it is not what was asked for, and it is neither
                // stored nor counted.
                let body = response.body.filter(|_| response.head.is_ok());
                let body = body.unwrap_or_else(|| BodyReader::from_bytes(Bytes::new()));
                under_way.body = Some(body);
                RecordEvent::Head(Ok(Box::new(response.head)))
            }
            TransferEvent::Head(Err(error)) => {
                tracing::debug!(%record, attempt, %error, "no response");
                self.transfers.attempts.remove(&id);
                RecordEvent::Head(Err(error))
            }
            TransferEvent::Progress(progress) => progress.read(),
            TransferEvent::Stored(outcome) => {
                let partition = under_way.partition.clone();
                self.transfers.attempts.remove(&id);
                if let Err(error) = &outcome.result {
                    self.storage_trouble(Some(&partition), error);
                }
                RecordEvent::BodyEnded(outcome)
            }
        };
        self.machine(Input::Record { record, attempt, event });
        // A response of which the machine wants nothing more.
        if let Some(under_way) = self.transfers.attempts.get(&id)
            && under_way.cancel.is_cancelled()
            && !under_way.storing
        {
            self.transfers.attempts.remove(&id);
        }
    }

    pub(super) fn cancel_fetch(&mut self, record: RecordId, attempt: u32) {
        let id = (record, attempt);
        let Some(under_way) = self.transfers.attempts.get_mut(&id) else { return };
        under_way.cancel.cancel();
        if let Some(opening) = under_way.opening.take() {
            self.turn.tasks.cancel(opening);
        }
        // Its append, if there is one, ends by itself, and that is told.
        if !under_way.storing {
            self.transfers.attempts.remove(&id);
        }
    }

    pub(super) fn create_body(&self, record: RecordId, attempt: u32, partition: &StorageKey) {
        let inbox = self.links.inbox.clone();
        let reply = reply_or(Err(storage_gone()), move |result| {
            let event = RecordEvent::BodyCreated(result);
            inbox.post(Event::BackgroundFetch(Input::Record { record, attempt, event }));
        });
        let owner = BodyOwner::RecordResponse(record);
        let create = BodyMsg::Create { owner, reply };
        self.links.storage.partition(partition, PartitionMsg::Body(create));
    }

    pub(super) fn store_body(
        &mut self,
        record: RecordId,
        attempt: u32,
        partition: &StorageKey,
        body: BodyId,
        offset: u64,
    ) {
        let id = (record, attempt);
        let inbox = self.links.inbox.clone();
        let under_way = self.transfers.attempts.get_mut(&id);
        let Some((under_way, source)) = under_way.and_then(|a| a.body.take().map(|body| (a, body))) else {
            // The machine asks for each body once, and not after it cancelled the attempt.
            tracing::error!(%record, attempt, "there is no body to store");
            let result = Err(StorageError::NotFound("the response's body".into()));
            let event = RecordEvent::BodyEnded(StoreOutcome { length: offset, result });
            return self.later(Event::BackgroundFetch(Input::Record { record, attempt, event }));
        };
        under_way.storing = true;
        let progress: StoreProgress = Progress::teller(id, inbox.clone(), RecordEvent::BytesStored);
        let gone = StoreOutcome { length: offset, result: Err(storage_gone()) };
        let done = reply_or(gone, move |outcome| {
            inbox.post(Event::Transfer(record, attempt, TransferEvent::Stored(outcome)));
        });
        let append = BodyMsg::Append { body, offset, source, progress: Some(progress), done };
        self.links.storage.partition(partition, PartitionMsg::Body(append));
    }

    /// Tells the embedder of a failure of storage that is not about how much there may be.
    pub(super) fn storage_trouble(&self, origin: Option<&StorageKey>, error: &StorageError) {
        if matches!(error, StorageError::QuotaExceeded { .. } | StorageError::Body(_)) {
            return;
        }
        tracing::error!(%error, "storage");
        let (origin, message) = (origin.cloned(), error.to_string());
        self.links.teller.event(EngineEvent::StorageTrouble { origin, message });
    }

    /// Stops all that is under way on the network.
    pub(super) fn cancel_all_fetches(&self) {
        for attempt in self.transfers.attempts.values() {
            attempt.cancel.cancel();
        }
    }
}

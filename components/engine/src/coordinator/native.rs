//! Background fetches that the embedder started itself.
//!
//! To the machine they are like all others, but for their registration, which has no service worker
//! ([`RegistrationId::of_native`]): what would be an event there is told to the embedder here, and is over when the
//! embedder lets go of the background fetch.

use std::collections::BTreeMap;
use std::sync::Arc;

use bgfetch_core::{Call, FetchCall, FetchClient, Input};
use bgfetch_traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchInfo, BackgroundFetchProgress, BackgroundFetchResult, NewRecord,
    RecordInfo, RecordResult, StoredBackgroundFetch, UiAction,
};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::fetch::{Response, ResponseHead};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome};
use bgfetch_traits::storage::{CacheEntry, CacheMsg, PartitionMsg, StorageError, StorageSender};

use super::Coordinator;
use super::background_fetch::estimate;
use super::inbox::{Command, Event, Inbox, NativeCommand, Outcome};
use super::transfers::storage_gone;
use crate::answers::{question, reply_or};
use crate::delegate::EngineEvent;
use crate::error::EngineError;
use crate::native::{BackgroundFetch, NativeFetch, Shared};

/// The embedder's background fetches: those under way, and those that it has not let go of.
#[derive(Default)]
pub(crate) struct Natives {
    by_fetch: BTreeMap<BackgroundFetchId, Native>,
}

struct Native {
    shared: Arc<Shared>,
    /// It has settled with this event, which is owed to the embedder.
    event: Option<BackgroundFetchEventKind>,
}

impl Natives {
    pub(crate) fn progress(&self, fetch: BackgroundFetchId, progress: BackgroundFetchProgress) {
        if let Some(native) = self.by_fetch.get(&fetch) {
            native.shared.set_progress(progress);
        }
    }

    fn is_taken(&self, key: &StorageKey, id: &str) -> bool {
        // An id is free again when its background fetch has settled, as with those of a page.
        self.by_fetch.values().any(|native| {
            native.event.is_none()
                && native.shared.is_active()
                && native.shared.origin == *key
                && native.shared.id == id
        })
    }

    /// Those who wait for something are told that it will not come.
    pub(crate) fn close(&mut self) {
        for native in std::mem::take(&mut self.by_fetch).into_values() {
            native.shared.close();
        }
    }
}

impl Coordinator {
    /// A background fetch of an earlier run.
    pub(super) fn native_restored(&mut self, stored: &StoredBackgroundFetch) {
        let shared = Arc::new(Shared::new(stored.fetch, stored.partition.clone(), stored.id.clone()));
        shared.set_progress(BackgroundFetchProgress {
            downloaded: stored.records.iter().map(|record| record.response_length).sum(),
            uploaded: stored.uploaded,
            result: stored.result,
            failure_reason: stored.failure_reason,
            records_available: stored.records_available,
        });
        self.natives.by_fetch.insert(stored.fetch, Native { shared, event: None });
    }

    pub(super) fn native_command(&mut self, command: NativeCommand) {
        match command {
            NativeCommand::Start { fetch, reply } => self.native_start(*fetch, reply),
            NativeCommand::Failed(fetch) => drop(self.natives.by_fetch.remove(&fetch)),
            NativeCommand::List(reply) => {
                let inbox = &self.links.inbox;
                let all = self.natives.by_fetch.values();
                let all = all.map(|native| BackgroundFetch::new(Arc::clone(&native.shared), inbox.clone()));
                reply.send(Ok(all.collect()));
            }
            NativeCommand::Response { record, reply } => {
                let reply = response_reply(record, reply);
                self.machine(Input::Call(Call::ResponseReady { record, reply }));
            }
            NativeCommand::Keep { fetch, cache, reply } => self.native_keep(fetch, cache, reply),
            NativeCommand::Release(fetch, reply) => self.native_release(fetch, reply),
        }
    }

    fn native_start(&mut self, fetch: NativeFetch, reply: Outcome<BackgroundFetch>) {
        let NativeFetch { url, id, records, options } = fetch;
        let Some(key) = StorageKey::of_url(&url) else {
            return reply.send(Err(EngineError::NotAnOrigin(url)));
        };
        if self.natives.is_taken(&key, &id) {
            let error = BackgroundFetchError::DuplicateId(id.clone());
            return reply.send(Err(EngineError::Fetch { id, error }));
        }
        let fetch = BackgroundFetchId(self.core.ids.next());
        let shared = Arc::new(Shared::new(fetch, key.clone(), id.clone()));
        self.natives.by_fetch.insert(fetch, Native { shared: Arc::clone(&shared), event: None });
        let records: Vec<NewRecord> = records;
        let inbox = self.links.inbox.clone();
        let name = id.clone();
        let reply =
            reply.map(move |result: Result<BackgroundFetchInfo, BackgroundFetchError>| match result {
                Ok(info) => {
                    shared.set_progress(info.progress);
                    Ok(BackgroundFetch::new(shared, inbox))
                }
                Err(error) => {
                    inbox.command(Command::Native(NativeCommand::Failed(fetch)));
                    Err(EngineError::Fetch { id: name, error })
                }
            });
        let storage = self.links.storage.clone();
        self.turn.tasks.start(async move {
            let estimate = match estimate(&storage, &key).await {
                Ok(estimate) => estimate,
                Err(error) => {
                    reply.send(Err(BackgroundFetchError::Storage(error.to_string())));
                    return None;
                }
            };
            let client = FetchClient {
                partition: key,
                url,
                policy: PolicyContainer::default(),
                permission: PermissionState::Granted,
                estimate,
            };
            Some(Event::BackgroundFetch(Input::Call(Call::Fetch(Box::new(FetchCall {
                fetch,
                registration: RegistrationId::of_native(fetch),
                active_worker: true,
                client,
                id,
                records,
                options,
                reply,
            })))))
        });
    }

    /// What would be an event of a service worker.
    pub(super) fn native_event(&mut self, kind: BackgroundFetchEventKind, info: &BackgroundFetchInfo) {
        let fetch = info.fetch;
        let Some(native) = self.natives.by_fetch.get_mut(&fetch) else { return };
        let settled = kind != BackgroundFetchEventKind::Click;
        if settled {
            native.event = Some(kind);
            native.shared.set_progress(info.progress.clone());
            native.shared.set_settled();
        }
        self.links.teller.event(EngineEvent::NativeFetch {
            fetch,
            origin: native.shared.origin.clone(),
            id: info.id.clone(),
            name: kind.as_str(),
        });
        if !settled {
            let outcome = EventOutcome::Completed;
            self.later(Event::BackgroundFetch(Input::EventSettled { fetch, kind, outcome }));
        }
    }

    /// The embedder needs it no more: its records go, unless a cache has them.
    fn native_release(&mut self, fetch: BackgroundFetchId, reply: Outcome<()>) {
        let Some(native) = self.natives.by_fetch.get(&fetch) else {
            return reply.send(Err(EngineError::NoSuchFetch(fetch)));
        };
        let Some(kind) = native.event else {
            let (action, reason) = ("release", "it has not settled; abort it first");
            return reply.send(Err(EngineError::ActionRefused { fetch, action, reason }));
        };
        self.natives.by_fetch.remove(&fetch);
        let outcome = EventOutcome::Completed;
        self.machine(Input::EventSettled { fetch, kind, outcome });
        self.machine(Input::Ui { fetch, action: UiAction::Dismiss, reply: Reply::ignore() });
        reply.send(Ok(()));
    }

    /// Puts all responses into a cache, without copying them.
    fn native_keep(&mut self, fetch: BackgroundFetchId, cache: String, reply: Outcome<()>) {
        let Some(native) = self.natives.by_fetch.get(&fetch) else {
            return reply.send(Err(EngineError::NoSuchFetch(fetch)));
        };
        if native.event.is_none() || native.shared.progress().result != BackgroundFetchResult::Success {
            let (action, reason) = ("cache", "it has not succeeded");
            return reply.send(Err(EngineError::ActionRefused { fetch, action, reason }));
        }
        let key = native.shared.origin.clone();
        let (inbox, storage) = (self.links.inbox.clone(), self.links.storage.clone());
        self.turn.tasks.start(async move {
            reply.send(keep(&inbox, &storage, &key, (fetch, cache)).await);
            None
        });
    }

    /// A site's data are cleared: the embedder's background fetches of it end too.
    pub(super) fn remove_natives_of(&mut self, key: &StorageKey) {
        let of_key = self.natives.by_fetch.iter().filter(|(_, native)| native.shared.origin == *key);
        let fetches: Vec<_> = of_key.map(|(fetch, _)| *fetch).collect();
        for fetch in fetches {
            if let Some(native) = self.natives.by_fetch.remove(&fetch) {
                native.shared.close();
            }
            self.machine(Input::RegistrationRemoved(RegistrationId::of_native(fetch)));
        }
    }
}

fn response_reply(
    record: RecordId,
    reply: Outcome<Response>,
) -> Reply<Result<(ResponseHead, BodyReader), RecordResult>> {
    reply.map(move |result: Result<(ResponseHead, BodyReader), RecordResult>| match result {
        Ok((head, body)) => Ok(Response::new(head, Some(body))),
        Err(result) => Err(EngineError::NoResponse { record, result }),
    })
}

async fn keep(
    inbox: &Inbox,
    storage: &StorageSender,
    key: &StorageKey,
    (fetch, cache): (BackgroundFetchId, String),
) -> Result<(), EngineError> {
    let (reply, answer) = question();
    let call = Call::Match { fetch, query: None, first_only: false, reply };
    inbox.post(Event::BackgroundFetch(Input::Call(call)));
    let records: Vec<RecordInfo> = answer.await.flatten().ok_or(EngineError::NoSuchFetch(fetch))?;
    let mut entries = Vec::with_capacity(records.len());
    for RecordInfo { record, request, .. } in records {
        // A cache keeps what a GET gets.
        if request.method != http::Method::GET {
            continue;
        }
        let (reply, answer) = question();
        let gone = Err(EngineError::NoSuchFetch(fetch));
        let reply = response_reply(record, reply_or(gone, |result| reply.send(result)));
        inbox.post(Event::BackgroundFetch(Input::Call(Call::ResponseReady { record, reply })));
        let response = answer.await.unwrap_or(Err(EngineError::NoSuchFetch(fetch)))?;
        entries.push(CacheEntry { request, response });
    }
    Ok(put_all(storage, key, cache, entries).await?)
}

async fn put_all(
    storage: &StorageSender,
    key: &StorageKey,
    cache: String,
    entries: Vec<CacheEntry>,
) -> Result<(), StorageError> {
    let (reply, answer) = question();
    storage.partition(key, PartitionMsg::Cache(CacheMsg::Open(cache, reply)));
    let cache = answer.await.unwrap_or_else(|| Err(storage_gone()))?;
    let (reply, answer) = question();
    storage.partition(key, PartitionMsg::Cache(CacheMsg::Put { cache, entries, reply }));
    let put = answer.await.unwrap_or_else(|| Err(storage_gone()));
    storage.partition(key, PartitionMsg::Cache(CacheMsg::Close(cache)));
    put
}

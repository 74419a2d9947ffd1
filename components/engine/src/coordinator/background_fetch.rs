//! What scripts ask of background fetches, and what the machine wants done.

use std::sync::Arc;

use bgfetch_core::{
    Call, Config, Effect, FetchCall, FetchClient, Input, PersistTicket, UiActionError, Write,
};
use bgfetch_traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchInfo, BackgroundFetchMsg, BackgroundFetchOptions,
    BackgroundFetchProgress, NewRecord, RecordResult, UiAction,
};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, ClientId, RegistrationId, StorageKey};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome, FunctionalEvent};
use bgfetch_traits::storage::{BodyMsg, PartitionMsg, StorageError, StorageEstimate, StorageSender};

use parking_lot::Mutex;

use super::Coordinator;
use super::inbox::{Event, Outcome};
use super::teller::{Tell, Teller};
use super::transfers::storage_gone;
use crate::answers::{question, reply_or};
use crate::config::{BACKGROUND_FETCH_PERMISSION, NetworkConfig};
use crate::delegate::PermissionRequest;
use crate::error::EngineError;

/// The machine's numbers.
pub(super) fn settings(network: &NetworkConfig) -> Config {
    // The jitter of back-off differs from run to run, so that many programs do not come back at the same moment.
    let (seed, _) = ClientId::new().0.as_u64_pair();
    Config {
        records_in_flight: network.max_active_fetches.max(1),
        pause_on_metered: network.pause_on_metered,
        jitter_seed: seed,
        ..Config::default()
    }
}

/// What `fetch()` was called with.
struct FetchArguments {
    registration: RegistrationId,
    policy: PolicyContainer,
    id: String,
    records: Vec<NewRecord>,
    options: BackgroundFetchOptions,
    reply: Reply<Result<BackgroundFetchInfo, BackgroundFetchError>>,
}

impl Coordinator {
    /// A script asks about background fetches.
    pub(super) fn background_fetch(&mut self, from: ClientId, message: BackgroundFetchMsg) {
        let Some(key) = self.scripts.clients.get(&from).and_then(|entry| entry.key.clone()) else { return };
        let call = match message {
            BackgroundFetchMsg::Fetch { registration, client: _, policy, id, records, options, reply } => {
                let arguments = FetchArguments { registration, policy, id, records, options, reply };
                return self.fetch_called(from, key, arguments);
            }
            BackgroundFetchMsg::Get { registration, id, reply } => {
                if !self.owns_registration(&key, registration) {
                    return reply.send(None);
                }
                Call::Get { registration, id, reply }
            }
            BackgroundFetchMsg::GetIds { registration, reply } => {
                if !self.owns_registration(&key, registration) {
                    return reply.send(Vec::new());
                }
                Call::GetIds { registration, reply }
            }
            BackgroundFetchMsg::Abort { fetch, reply } => {
                if !self.owns_fetch(&key, fetch) {
                    return reply.send(false);
                }
                Call::Abort { fetch, reply }
            }
            BackgroundFetchMsg::Match { fetch, query, match_all, reply } => {
                if !self.owns_fetch(&key, fetch) {
                    return reply.send(None);
                }
                Call::Match { fetch, query: query.map(Box::new), first_only: !match_all, reply }
            }
            BackgroundFetchMsg::ResponseReady { record, reply } => {
                if !self.owns_fetch(&key, record.fetch) {
                    return reply.send(Err(RecordResult::Aborted));
                }
                Call::ResponseReady { record, reply }
            }
            BackgroundFetchMsg::UpdateUi { fetch, title, icons, reply } => {
                if !self.owns_fetch(&key, fetch) {
                    return reply.send(());
                }
                Call::UpdateUi { fetch, title, icons, reply }
            }
        };
        self.machine(Input::Call(call));
    }

    fn owns_registration(&self, key: &StorageKey, registration: RegistrationId) -> bool {
        self.core.registry.storage_key_of(registration) == Some(key)
    }

    fn owns_fetch(&self, key: &StorageKey, fetch: BackgroundFetchId) -> bool {
        self.core.machine.partition(fetch) == Some(key)
    }

    /// `fetch()`, steps 8.1, 8.2 and what quota asks for: permission and estimate are got first.
    fn fetch_called(&mut self, from: ClientId, key: StorageKey, arguments: FetchArguments) {
        let FetchArguments { registration, policy, id, records, options, reply } = arguments;
        let Some(entry) = self.scripts.clients.get(&from) else { return };
        if !self.owns_registration(&key, registration) {
            return reply.send(Err(BackgroundFetchError::NoActiveWorker));
        }
        let url = entry.client.url.clone();
        let state = self.permissions.state(BACKGROUND_FETCH_PERMISSION, &key);
        let request = PermissionRequest {
            origin: key.clone(),
            id: id.clone(),
            title: options.title.clone(),
            download_total: options.download_total,
            requests: records.len(),
        };
        let (storage, teller) = (self.links.storage.clone(), self.links.teller.clone());
        self.turn.tasks.start(async move {
            let permission = request_permission(&teller, state, request).await;
            match estimate(&storage, &key).await {
                Ok(estimate) => {
                    let client = FetchClient { partition: key, url, policy, permission, estimate };
                    Some(Event::Checked(Box::new(FetchCall {
                        fetch: BackgroundFetchId(0),
                        registration,
                        active_worker: false,
                        client,
                        id,
                        records,
                        options,
                        reply,
                    })))
                }
                Err(error) => {
                    reply.send(Err(BackgroundFetchError::Storage(error.to_string())));
                    None
                }
            }
        });
    }

    /// The call gets what is known best now: its id, and whether there is an active worker.
    pub(super) fn fetch_checked(&mut self, mut call: Box<FetchCall>) {
        call.fetch = BackgroundFetchId(self.core.ids.next());
        let registration = self.core.registry.registration(call.registration);
        call.active_worker = registration.is_some_and(|registration| registration.active.is_some());
        self.machine(Input::Call(Call::Fetch(call)));
    }

    /// The embedder acts on a display, for the user.
    pub(super) fn ui(&mut self, fetch: BackgroundFetchId, action: UiAction, reply: Outcome<()>) {
        let reply = reply.map(move |result: Result<(), UiActionError>| {
            result.map_err(|error| match error {
                UiActionError::NotFound(_) | UiActionError::Settled(_) => EngineError::NoSuchFetch(fetch),
                UiActionError::NotPausable(_) => EngineError::ActionRefused {
                    fetch,
                    action: "pause",
                    reason: "not every request of it is a GET",
                },
            })
        });
        self.machine(Input::Ui { fetch, action, reply });
    }

    pub(super) fn perform_background_fetch(&mut self, effect: Effect) {
        match effect {
            Effect::StartFetch(start) => self.start_fetch(start),
            Effect::CancelFetch { record, attempt } => self.cancel_fetch(record, attempt),
            Effect::CreateBody { record, attempt, partition } => {
                self.create_body(record, attempt, &partition);
            }
            Effect::StoreBody { record, attempt, partition, body, offset } => {
                self.store_body(record, attempt, &partition, body, offset);
            }
            Effect::SealBody { partition, body, error } => self.seal_body(&partition, body, error),
            Effect::ReleaseBody { partition, body, owner } => {
                let release = BodyMsg::Release { body, owner };
                self.links.storage.partition(&partition, PartitionMsg::Body(release));
            }
            Effect::StoreRequestBody { record, partition, body } => {
                self.store_request_body(record, partition, body);
            }
            Effect::CancelRequestBody { record, .. } => self.cancel_request_body(record),
            Effect::Persist { partition, write, ticket } => self.persist(&partition, write, ticket),
            Effect::Answer(answer) => answer.send(),
            Effect::OpenResponse { record, head, body, follow, reply } => {
                let reply = reply_or(Err(storage_gone()), move |opened| match opened {
                    Ok(reader) => reply.send(Ok((*head, reader))),
                    Err(error) => {
                        tracing::error!(%record, %error, "a stored response could not be opened");
                        reply.send(Err(RecordResult::FetchError));
                    }
                });
                let open = BodyMsg::Open { body: body.body, offset: 0, follow, reply };
                self.links.storage.partition(&body.partition, PartitionMsg::Body(open));
            }
            Effect::UpdateInstances { fetch, registration, partition, progress } => {
                self.update_instances(fetch, registration, &partition, progress);
            }
            Effect::SyncInstances { fetch, registration, partition } => {
                self.sync_instances(fetch, registration, &partition);
            }
            Effect::FireEvent { kind, info } => self.fire_event(kind, *info),
            Effect::Display(change) => self.display(change),
        }
    }

    fn seal_body(&self, partition: &StorageKey, body: BodyId, error: Option<BodyError>) {
        let reply = Reply::new(move |sealed: Result<u64, StorageError>| {
            if let Err(error) = sealed {
                tracing::warn!(%body, %error, "a body could not be sealed");
            }
        });
        let seal = BodyMsg::Seal { body, error, reply };
        self.links.storage.partition(partition, PartitionMsg::Body(seal));
    }

    fn persist(&self, partition: &StorageKey, write: Write, ticket: Option<PersistTicket>) {
        let reply = match ticket {
            Some(ticket) => {
                let inbox = self.links.inbox.clone();
                reply_or(Err(storage_gone()), move |result| {
                    inbox.post(Event::BackgroundFetch(Input::Persisted { ticket, result }));
                })
            }
            None => self.report_storage_trouble(partition),
        };
        let message = match write {
            Write::BackgroundFetch(fetch) => PartitionMsg::SaveBackgroundFetch(fetch, reply),
            Write::State(fetch, state) => PartitionMsg::SaveBackgroundFetchState(fetch, state, reply),
            Write::Record(record, stored) => PartitionMsg::SaveRecord(record, stored, reply),
            Write::Delete(fetch) => PartitionMsg::DeleteBackgroundFetch(fetch, reply),
        };
        self.links.storage.partition(partition, message);
    }

    /// Step 6 of [update background fetch instances](https://wicg.github.io/background-fetch/#update-background-fetch-instance-algorithm).
    fn update_instances(
        &mut self,
        fetch: BackgroundFetchId,
        registration: RegistrationId,
        partition: &StorageKey,
        progress: BackgroundFetchProgress,
    ) {
        if registration.is_native_of(fetch) {
            return self.natives.progress(fetch, progress);
        }
        for to in self.core.registry.environments_of(partition) {
            self.post(to, ScriptMsg::BackgroundFetchChanged { to, fetch, progress: progress.clone() });
        }
    }

    /// The messages of an environment come in order, both ways: when the last of these replies is sent, or dropped,
    /// everything that was asked before it is in the inbox.
    fn sync_instances(&self, fetch: BackgroundFetchId, registration: RegistrationId, partition: &StorageKey) {
        let inbox = self.links.inbox.clone();
        // Goes with its last owner, and says so by that.
        let synced: Reply<()> =
            reply_or((), move |()| inbox.post(Event::BackgroundFetch(Input::InstancesSynced(fetch))));
        let synced = Arc::new(Mutex::new(synced));
        if registration.is_native_of(fetch) {
            return;
        }
        for to in self.core.registry.environments_of(partition) {
            let synced = Arc::clone(&synced);
            self.post(to, ScriptMsg::BackgroundFetchSync { to, reply: Reply::new(move |()| drop(synced)) });
        }
    }

    fn fire_event(&mut self, kind: BackgroundFetchEventKind, info: BackgroundFetchInfo) {
        let fetch = info.fetch;
        if info.registration.is_native_of(fetch) {
            return self.native_event(kind, &info);
        }
        let inbox = self.links.inbox.clone();
        let gone = EventOutcome::WorkerFailed("the worker went away".into());
        let reply = reply_or(gone, move |outcome| {
            inbox.post(Event::BackgroundFetch(Input::EventSettled { fetch, kind, outcome }));
        });
        self.later(Event::ServiceWorker(bgfetch_service_worker::Input::FireFunctionalEvent {
            registration: info.registration,
            event: FunctionalEvent::BackgroundFetch { kind, info },
            reply,
        }));
    }

    /// A reply for writes that nobody waits for.
    pub(super) fn report_storage_trouble(&self, partition: &StorageKey) -> Reply<Result<(), StorageError>> {
        let (teller, origin) = (self.links.teller.clone(), partition.clone());
        Reply::new(move |result: Result<(), StorageError>| {
            if let Err(error) = result {
                tracing::error!(%origin, %error, "metadata could not be stored");
                let message = error.to_string();
                teller.event(crate::EngineEvent::StorageTrouble { origin: Some(origin), message });
            }
        })
    }
}

/// [Request permission to use](https://w3c.github.io/permissions/#dfn-request-permission-to-use), if it is not
/// decided. The answer holds for this call; an embedder that wants it to last sets the permission.
async fn request_permission(
    teller: &Teller,
    state: PermissionState,
    request: PermissionRequest,
) -> PermissionState {
    if state != PermissionState::Prompt {
        return state;
    }
    let (reply, answer) = question();
    teller.tell(Tell::Permission(request, reply));
    answer.await.unwrap_or(PermissionState::Denied)
}

/// What a partition holds and may hold.
pub(super) async fn estimate(
    storage: &StorageSender,
    key: &StorageKey,
) -> Result<StorageEstimate, StorageError> {
    let (reply, answer) = question();
    storage.partition(key, PartitionMsg::Estimate(reply));
    answer.await.unwrap_or_else(|| Err(storage_gone()))
}

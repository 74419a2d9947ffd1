//! [`BackgroundFetchManager.fetch()`](https://wicg.github.io/background-fetch/#background-fetch-manager-fetch), from
//! step 8 on: what script did before is the conversion of its arguments.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use bgfetch_traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchFailureReason, BackgroundFetchInfo, BackgroundFetchResult,
    NewRecord, RecordResult, StoredBackgroundFetch, StoredRecord,
};
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::fetch::RequestBody;
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{BodyOwner, StorageError};

use crate::background_fetch::BackgroundFetch;
use crate::effect::{Answer, Effect, Write};
use crate::host::Awaited;
use crate::input::FetchCall;
use crate::machine::Machine;

/// Calls of `fetch()` that are not yet background fetches.
///
/// In the specification such a call blocks the registration's edit queue while it reads request bodies, and with
/// it every other `fetch()`, `abort()` and settling of that registration. Here it blocks what it has to: other
/// calls of `fetch()` with the same id.
#[derive(Debug, Default)]
pub(crate) struct Preparations {
    by_fetch: BTreeMap<BackgroundFetchId, Preparation>,
    by_id: BTreeMap<(RegistrationId, String), BackgroundFetchId>,
}

type FetchReply = Reply<Result<BackgroundFetchInfo, BackgroundFetchError>>;

#[derive(Debug)]
struct Preparation {
    new: Box<StoredBackgroundFetch>,
    /// Records whose request bodies are being stored.
    request_bodies_remaining: BTreeSet<u32>,
    reply: FetchReply,
    /// The user answered the question for permission meanwhile.
    granted: bool,
    /// Calls with the same id, in order.
    waiting: VecDeque<Box<FetchCall>>,
}

impl Preparations {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_fetch.is_empty()
    }
}

impl Machine {
    /// Step 8.
    pub(crate) fn fetch(&mut self, call: Box<FetchCall>) {
        let key = (call.registration, call.id.clone());
        if let Some(first) = self.preparations.by_id.get(&key)
            && let Some(first) = self.preparations.by_fetch.get_mut(first)
        {
            first.waiting.push_back(call);
            return;
        }
        self.fetch_in_turn(VecDeque::from([call]));
    }

    /// The first of these calls that may go on does; the others wait for it.
    fn fetch_in_turn(&mut self, mut calls: VecDeque<Box<FetchCall>>) {
        while let Some(call) = calls.pop_front() {
            match self.check(&call) {
                Ok(()) => return self.prepare(*call, calls),
                Err(error) => self.host.push(Effect::Answer(Answer::Fetch(call.reply, Err(error)))),
            }
        }
    }

    fn prepare(&mut self, call: FetchCall, waiting: VecDeque<Box<FetchCall>>) {
        let fetch = call.fetch;
        let (new, bodies, reply) = split(call);
        let partition = new.partition.clone();
        self.preparations.by_id.insert((new.registration, new.id.clone()), fetch);
        let preparation = Preparation {
            new: Box::new(new),
            request_bodies_remaining: bodies.iter().map(|(index, _)| *index).collect(),
            reply,
            granted: false,
            waiting,
        };
        self.preparations.by_fetch.insert(fetch, preparation);
        // Steps 8.6 to 8.8.
        for (index, body) in bodies {
            let record = RecordId { fetch, index };
            self.host.push(Effect::StoreRequestBody { record, partition: partition.clone(), body });
        }
        self.persist_if_prepared(fetch);
    }

    /// Steps 8.1 to 8.5, and what stands in step 8.9 about quota as far as it is known before.
    fn check(&self, call: &FetchCall) -> Result<(), BackgroundFetchError> {
        // Steps 8.1 and 8.2.
        if call.client.permission == PermissionState::Denied {
            return Err(BackgroundFetchError::NotAllowed);
        }
        // Step 8.4.
        if !call.active_worker {
            return Err(BackgroundFetchError::NoActiveWorker);
        }
        // Steps 8.3 and 8.5.
        if self.registrations.get(call.registration, &call.id).is_some() {
            return Err(BackgroundFetchError::DuplicateId(call.id.clone()));
        }
        // Spec-decisions row 5.
        let estimate = call.client.estimate;
        if call.options.download_total > estimate.quota.saturating_sub(estimate.usage) {
            return Err(BackgroundFetchError::QuotaExceeded {
                quota: estimate.quota,
                requested: call.options.download_total,
            });
        }
        Ok(())
    }

    /// Step 8.8.1: a request body is stored, or cannot be.
    pub(crate) fn request_body_stored(
        &mut self,
        record: RecordId,
        result: Result<(BodyId, u64), StorageError>,
    ) {
        let Some(preparation) = self.preparations.by_fetch.get_mut(&record.fetch) else {
            // The call failed meanwhile, and CancelRequestBody was said.
            return;
        };
        if !preparation.request_bodies_remaining.contains(&record.index) {
            return;
        }
        let new = &mut preparation.new;
        let Some(stored) = new.records.get_mut(record.index as usize) else { return };
        match result {
            Ok((body, length)) => {
                // Steps 8.8.1.3 and 8.8.1.4.
                preparation.request_bodies_remaining.remove(&record.index);
                stored.request_body = Some((body, length));
                new.upload_total = new.upload_total.saturating_add(length);
                self.persist_if_prepared(record.fetch);
            }
            Err(error) => {
                let error = error_of_request_body(&stored.request.url, error);
                self.fail_preparation(record.fetch, error);
            }
        }
    }

    /// Steps 8.10 to 8.12: all request bodies are there. The background fetch comes into being once it is
    /// durable, so that no page is promised what a crash would take away.
    fn persist_if_prepared(&mut self, fetch: BackgroundFetchId) {
        let Some(preparation) = self.preparations.by_fetch.get(&fetch) else { return };
        if preparation.request_bodies_remaining.is_empty() {
            let write = Write::BackgroundFetch(preparation.new.clone());
            self.host.persist_then(&preparation.new.partition, write, Awaited::Created(fetch));
        }
    }

    /// Steps 8.13 to 8.16.
    pub(crate) fn created(&mut self, fetch: BackgroundFetchId, result: Result<(), StorageError>) {
        if let Err(error) = result {
            self.fail_preparation(fetch, error_of_storage(error));
            return;
        }
        let Some(Preparation { new, reply, granted, waiting, .. }) = self.take_preparation(fetch) else {
            return;
        };
        // Step 8.13.
        self.registrations.insert(new.registration, new.id.clone(), fetch);
        let mut background_fetch = BackgroundFetch::from_stored(*new);
        if granted && std::mem::take(&mut background_fetch.state.awaiting_permission) {
            background_fetch.save_state(&mut self.host);
        }
        // Step 8.14.
        let info = Ok(Box::new(background_fetch.info()));
        self.host.push(Effect::Answer(Answer::Fetch(reply, info)));
        // Step 8.15.
        background_fetch.show(&mut self.host);
        // Step 8.16.
        self.fetches.insert(fetch, background_fetch);
        self.advance(fetch);
        self.fetch_in_turn(waiting);
    }

    /// Steps 8.9 and 8.11: rejects the promise, and gives up what was stored for it.
    pub(crate) fn fail_preparation(&mut self, fetch: BackgroundFetchId, error: BackgroundFetchError) {
        let Some(preparation) = self.take_preparation(fetch) else { return };
        let partition = preparation.new.partition;
        if preparation.request_bodies_remaining.is_empty() {
            // It was written, or is being written.
            self.host.persist(&partition, Write::Delete(fetch));
        } else {
            // Step 8.8.1.2.
            for index in preparation.request_bodies_remaining {
                let record = RecordId { fetch, index };
                self.host.push(Effect::CancelRequestBody { record, partition: partition.clone() });
            }
            for (index, record) in (0..).zip(&preparation.new.records) {
                if let Some((body, _)) = record.request_body {
                    let owner = BodyOwner::RecordRequest(RecordId { fetch, index });
                    self.host.push(Effect::ReleaseBody { partition: partition.clone(), body, owner });
                }
            }
        }
        self.host.push(Effect::Answer(Answer::Fetch(preparation.reply, Err(error))));
        self.fetch_in_turn(preparation.waiting);
    }

    fn take_preparation(&mut self, fetch: BackgroundFetchId) -> Option<Preparation> {
        let preparation = self.preparations.by_fetch.remove(&fetch)?;
        self.preparations.by_id.remove(&(preparation.new.registration, preparation.new.id.clone()));
        Some(preparation)
    }

    /// The user answered the question for permission while request bodies are read.
    pub(crate) fn permission_changed_while_preparing(
        &mut self,
        partition: &StorageKey,
        state: PermissionState,
    ) {
        let concerned: Vec<_> = self
            .preparations
            .by_fetch
            .iter_mut()
            .filter(|(_, preparation)| preparation.new.partition == *partition)
            .map(|(fetch, preparation)| {
                preparation.granted |= state == PermissionState::Granted;
                *fetch
            })
            .collect();
        if state == PermissionState::Denied {
            for fetch in concerned {
                self.fail_preparation(fetch, BackgroundFetchError::NotAllowed);
            }
        }
    }

    /// A call that a registration's removal leaves without a worker.
    pub(crate) fn preparing_on(&self, registration: RegistrationId) -> Option<BackgroundFetchId> {
        let first = (registration, String::new());
        let (key, fetch) = self.preparations.by_id.range(first..).next()?;
        (key.0 == registration).then_some(*fetch)
    }
}

/// Steps 2 and 8.12: the background fetch, the bodies that are still to be stored, and whom to tell.
fn split(call: FetchCall) -> (StoredBackgroundFetch, Vec<(u32, RequestBody)>, FetchReply) {
    let mut bodies = Vec::new();
    let mut records = Vec::with_capacity(call.records.len());
    for (index, NewRecord { request, body }) in (0..).zip(call.records) {
        bodies.extend(body.map(|body| (index, body)));
        records.push(StoredRecord {
            request,
            request_body: None,
            request_sent: false,
            response: None,
            response_body: None,
            response_length: 0,
            result: RecordResult::Empty,
            restarted_after_416: false,
        });
    }
    let new = StoredBackgroundFetch {
        fetch: call.fetch,
        partition: call.client.partition,
        registration: call.registration,
        id: call.id,
        options: call.options,
        client_url: call.client.url,
        policy: call.client.policy,
        paused: false,
        awaiting_permission: call.client.permission == PermissionState::Prompt,
        upload_total: 0,
        uploaded: 0,
        result: BackgroundFetchResult::Empty,
        failure_reason: BackgroundFetchFailureReason::Empty,
        event_owed: false,
        records_available: true,
        records,
    };
    (new, bodies, call.reply)
}

fn error_of_request_body(url: &url::Url, error: StorageError) -> BackgroundFetchError {
    match error {
        StorageError::Body(error) => {
            BackgroundFetchError::RequestBody { url: url.to_string(), message: error.to_string() }
        }
        error => error_of_storage(error),
    }
}

fn error_of_storage(error: StorageError) -> BackgroundFetchError {
    match error {
        StorageError::QuotaExceeded { quota, requested, .. } => {
            BackgroundFetchError::QuotaExceeded { quota, requested }
        }
        error => BackgroundFetchError::Storage(error.to_string()),
    }
}

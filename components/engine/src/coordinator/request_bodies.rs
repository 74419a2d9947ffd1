//! Bodies of requests: stored before the background fetch comes into being, opened again to be sent.

use bgfetch_core::Input;
use bgfetch_traits::body::{BodyBreaker, BodyError, BodyReader};
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, RequestBody};
use bgfetch_traits::ids::{BodyId, RecordId, StorageKey};
use bgfetch_traits::storage::{
    BodyMsg, BodyOwner, PartitionMsg, StorageError, StorageSender, StoreOutcome, StoredBody,
};

use super::Coordinator;
use super::inbox::Event;
use super::transfers::storage_gone;
use crate::answers::{question, question_or_late};

/// A request body up to this many bytes is read into memory before it is sent, so that it can be sent again after
/// a redirect or on a fresh connection.
const REPLAYABLE: u64 = 256 * 1024;

impl Coordinator {
    /// Stores a request's body before its background fetch comes into being.
    pub(super) fn store_request_body(&mut self, record: RecordId, partition: StorageKey, body: RequestBody) {
        let storage = self.links.storage.clone();
        let task = self.turn.tasks.start(async move {
            let stored = store_whole_body(&storage, &partition, record, body).await;
            Some(Event::RequestBody(record, stored))
        });
        self.transfers.request_bodies.insert(record, task);
    }

    pub(super) fn request_body_stored(
        &mut self,
        record: RecordId,
        stored: Result<StoredRequestBody, StorageError>,
    ) {
        // One that was cancelled meanwhile is released by being dropped.
        if self.transfers.request_bodies.remove(&record).is_some() {
            let result = stored.map(StoredRequestBody::keep);
            self.machine(Input::RequestBodyStored { record, result });
        }
    }

    pub(super) fn cancel_request_body(&mut self, record: RecordId) {
        if let Some(task) = self.transfers.request_bodies.remove(&record) {
            // Dropping the task ends the stream, and releases what was stored of it.
            self.turn.tasks.cancel(task);
        }
    }
}

/// The stored body of a request, to be sent.
pub(super) async fn open_request_body(
    storage: &StorageSender,
    stored: StoredBody,
) -> Result<RequestBody, NetworkError> {
    let (reply, answer) = question();
    let open = BodyMsg::Open { body: stored.body, offset: 0, follow: false, reply };
    storage.partition(&stored.partition, PartitionMsg::Body(open));
    let failed = |error: &dyn std::fmt::Display| {
        NetworkError::new(
            NetworkErrorKind::Internal,
            format!("the request's body could not be read: {error}"),
        )
    };
    let reader = answer.await.unwrap_or_else(|| Err(storage_gone())).map_err(|error| failed(&error))?;
    match usize::try_from(stored.length) {
        Ok(limit) if stored.length <= REPLAYABLE => {
            Ok(RequestBody::Bytes(reader.read_all(limit).await.map_err(|error| failed(&error))?))
        }
        _ => Ok(RequestBody::Stream { reader, length: Some(stored.length) }),
    }
}

/// Makes a body, appends all of `body` to it and seals it: its id and length.
async fn store_whole_body(
    storage: &StorageSender,
    partition: &StorageKey,
    record: RecordId,
    body: RequestBody,
) -> Result<StoredRequestBody, StorageError> {
    let owner = BodyOwner::RecordRequest(record);
    let (late_storage, late_partition) = (storage.clone(), partition.clone());
    let (reply, created) = question_or_late(move |made: Result<BodyId, _>| {
        if let Ok(body) = made {
            let release = BodyMsg::Release { body, owner };
            late_storage.partition(&late_partition, PartitionMsg::Body(release));
        }
    });
    storage.partition(partition, PartitionMsg::Body(BodyMsg::Create { owner, reply }));
    let body_id = created.await.unwrap_or_else(|| Err(storage_gone()))?;
    let source = match body {
        RequestBody::Bytes(bytes) => BodyReader::from_bytes(bytes),
        RequestBody::Stream { reader, .. } => reader,
    };
    let mut stored = StoredRequestBody {
        storage: storage.clone(),
        partition: partition.clone(),
        body: body_id,
        owner,
        length: 0,
        breaker: source.breaker(),
        unfinished: true,
    };
    let (done, appended) = question();
    let append = BodyMsg::Append { body: body_id, offset: 0, source, progress: None, done };
    storage.partition(partition, PartitionMsg::Body(append));
    let StoreOutcome { length, result } = appended.await.ok_or_else(storage_gone)?;
    result?;
    let (reply, sealed) = question();
    storage.partition(partition, PartitionMsg::Body(BodyMsg::Seal { body: body_id, error: None, reply }));
    sealed.await.unwrap_or_else(|| Err(storage_gone()))?;
    stored.length = length;
    Ok(stored)
}

/// A request's body in storage; released again unless it is kept.
pub(crate) struct StoredRequestBody {
    storage: StorageSender,
    partition: StorageKey,
    body: BodyId,
    owner: BodyOwner,
    /// In bytes.
    length: u64,
    /// Ends the stream that it is stored from.
    breaker: BodyBreaker,
    unfinished: bool,
}

impl StoredRequestBody {
    fn keep(mut self) -> (BodyId, u64) {
        self.unfinished = false;
        (self.body, self.length)
    }
}

impl Drop for StoredRequestBody {
    fn drop(&mut self) {
        if self.unfinished {
            self.breaker.break_off(BodyError::Aborted);
            let release = BodyMsg::Release { body: self.body, owner: self.owner };
            self.storage.partition(&self.partition, PartitionMsg::Body(release));
        }
    }
}

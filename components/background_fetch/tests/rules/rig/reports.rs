//! What network and storage report.

use bgfetch_core::{Connectivity, Input, RecordEvent};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::{NetworkErrorKind, ResponseHead};
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId};
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome};
use bgfetch_traits::storage::{StorageError, StoreOutcome};

use super::Rig;
use super::values::{head, network_error};

impl Rig {
    fn record(&mut self, record: RecordId, event: RecordEvent) {
        let attempt = self.starts[&record].attempt;
        self.input(Input::Record { record, attempt, event });
    }

    pub(crate) fn stale(&mut self, record: RecordId, attempt: u32, event: RecordEvent) {
        self.input(Input::Record { record, attempt, event });
    }

    pub(crate) fn head(&mut self, record: RecordId, status: u16, headers: &[(&str, &str)]) {
        let url_list = vec![self.starts[&record].request.url.clone()];
        self.record(
            record,
            RecordEvent::Head(Ok(Box::new(ResponseHead { url_list, ..head(status, headers) }))),
        );
    }

    pub(crate) fn no_head(&mut self, record: RecordId, kind: NetworkErrorKind) {
        self.record(record, RecordEvent::Head(Err(network_error(kind))));
    }

    pub(crate) fn body_created(&mut self, record: RecordId, result: Result<BodyId, StorageError>) {
        self.record(record, RecordEvent::BodyCreated(result));
    }

    pub(crate) fn bytes(&mut self, record: RecordId, length: u64) {
        self.record(record, RecordEvent::BytesStored(length));
    }

    pub(crate) fn uploaded(&mut self, record: RecordId, bytes: u64) {
        self.record(record, RecordEvent::Uploaded(bytes));
    }

    pub(crate) fn end(&mut self, record: RecordId, length: u64) {
        self.record(record, RecordEvent::BodyEnded(StoreOutcome { length, result: Ok(()) }));
    }

    pub(crate) fn broken(&mut self, record: RecordId, length: u64, kind: NetworkErrorKind) {
        self.failed(record, length, StorageError::Body(BodyError::Network(network_error(kind))));
    }

    pub(crate) fn failed(&mut self, record: RecordId, length: u64, error: StorageError) {
        self.record(record, RecordEvent::BodyEnded(StoreOutcome { length, result: Err(error) }));
    }

    /// All of a response at once.
    pub(crate) fn respond(&mut self, record: RecordId, status: u16, headers: &[(&str, &str)], length: u64) {
        self.head(record, status, headers);
        self.end(record, length);
    }

    pub(crate) fn connectivity(&mut self, online: bool, metered: bool) {
        self.input(Input::Connectivity(Connectivity { online, metered }));
    }

    pub(crate) fn event_settled(
        &mut self,
        fetch: BackgroundFetchId,
        kind: BackgroundFetchEventKind,
        outcome: EventOutcome,
    ) {
        self.input(Input::EventSettled { fetch, kind, outcome });
    }
}

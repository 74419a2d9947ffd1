//! [Background fetch record](https://wicg.github.io/background-fetch/#background-fetch-record-concept): the
//! concept, and the states that [complete a record](crate::complete_record) takes it through.

use bgfetch_traits::background_fetch::{RecordResult, StoredRecord};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::ResponseHead;
use bgfetch_traits::ids::{BodyId, RecordId};
use bgfetch_traits::storage::BodyOwner;
use http::Method;

use crate::background_fetch::Fixed;
use crate::effect::{Answer, Effect, Write};
use crate::host::Host;
use crate::input::ResponseReply;
use crate::validate::known_complete_length;

/// A [record](https://wicg.github.io/background-fetch/#background-fetch-record-concept).
#[derive(Debug)]
pub(crate) struct Record {
    /// [Request](https://wicg.github.io/background-fetch/#background-fetch-record-request) and
    /// [response data](https://wicg.github.io/background-fetch/#background-fetch-record-response-data):
    /// `response`, `response_length` (length of the specification's bytes) and `result`.
    pub(crate) stored: StoredRecord,
    pub(crate) state: RecordState,
    /// Number of the current or last attempt.
    pub(crate) attempt: u32,
    /// The specification's lastTransmittedSize, of the current attempt.
    pub(crate) last_transmitted_size: u64,
    /// Body of a redundant response that the stored record still names.
    pub(crate) superseded: Option<BodyId>,
    pub(crate) retry: Retry,
    /// Who waits for the response.
    pub(crate) watchers: Vec<ResponseReply>,
}

/// What past attempts brought.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Retry {
    /// Attempts in a row that brought no byte that was not there before.
    pub(crate) fruitless: u32,
    /// Most bytes of a response that were ever stored: a server that ignores ranges and breaks off at the same
    /// place every time brings nothing new.
    pub(crate) high_water: u64,
}

/// Where a record is in [complete a record](https://wicg.github.io/background-fetch/#complete-a-record-algorithm).
#[derive(Debug)]
pub(crate) enum RecordState {
    /// Waits for its turn: step 3.
    Queued,
    /// Waits for the note "this was sent" to be durable, as its request must not be sent twice.
    Journaling,
    /// The request is with the network; no head yet.
    Fetching(Fetching),
    /// The head is there; the body waits for a place.
    Creating(Creating),
    /// The body is being appended.
    Storing(Storing),
    /// The attempt was cancelled by a pause; its append still has to end.
    Stopping(Storing),
    /// Was interrupted, and will be queued at a time.
    BackingOff,
    /// Has a result; its append still has to end.
    Closing,
    /// Has a result.
    Ended,
}

/// Between the request and the head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fetching {
    /// The specification's rangeStart.
    pub(crate) range_start: u64,
}

/// Between the head and the body.
#[derive(Debug)]
pub(crate) struct Creating {
    pub(crate) response: Box<ResponseHead>,
    pub(crate) kind: TransferKind,
}

/// While the body comes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Storing {
    pub(crate) kind: TransferKind,
}

/// What the body of a response is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TransferKind {
    /// All of a resource, or of what is said instead of it.
    Whole,
    /// Part of a resource, whose length is given if it is known.
    Partial {
        /// In bytes.
        complete_length: Option<u64>,
    },
}

impl RecordState {
    pub(crate) const fn is_in_flight(&self) -> bool {
        matches!(
            self,
            Self::Journaling | Self::Fetching(_) | Self::Creating(_) | Self::Storing(_) | Self::Stopping(_)
        )
    }

    pub(crate) const fn is_queued(&self) -> bool {
        matches!(self, Self::Queued)
    }

    pub(crate) const fn has_ended(&self) -> bool {
        matches!(self, Self::Closing | Self::Ended)
    }
}

impl Record {
    pub(crate) fn new(stored: StoredRecord) -> Self {
        let state =
            if stored.result == RecordResult::Empty { RecordState::Queued } else { RecordState::Ended };
        Self {
            retry: Retry { fruitless: 0, high_water: stored.response_length },
            stored,
            state,
            attempt: 0,
            last_transmitted_size: 0,
            superseded: None,
            watchers: Vec::new(),
        }
    }

    /// Whether what is stored can have a rest that another response brings (RFC 9110, section 15.3.7.3). If the
    /// page gave integrity metadata it cannot: Fetch verifies a response whole, and a part of one never is. Nor if
    /// a content coding was taken off what is stored: its offsets are not those that ranges are of.
    pub(crate) fn has_beginning_of_resource(&self) -> bool {
        let partial = |response: &ResponseHead| {
            matches!(response.status, 200 | 206) && !response.headers.contains("Content-Encoding")
        };
        self.stored.response.as_ref().is_some_and(partial) && self.stored.request.integrity.is_empty()
    }

    /// Whether all bytes of the response are stored, as far as it told their number (spec-decisions row 10).
    pub(crate) fn is_complete(&self) -> bool {
        let known = self.stored.response.as_ref().and_then(known_complete_length);
        known == Some(self.stored.response_length)
    }

    pub(crate) fn is_get(&self) -> bool {
        self.stored.request.method == Method::GET
    }
}

/// One step of one record: what it may touch.
#[derive(Debug)]
pub(crate) struct Turn<'a> {
    pub(crate) id: RecordId,
    pub(crate) fixed: &'a Fixed,
    pub(crate) record: &'a mut Record,
    pub(crate) uploaded: &'a mut u64,
    pub(crate) stored_body_bytes_total: &'a mut u64,
    pub(crate) host: &'a mut Host,
}

impl Turn<'_> {
    /// Writes the record, and gives up what only its former version named.
    pub(crate) fn save(&mut self) {
        let write = Write::Record(self.id, Box::new(self.record.stored.clone()));
        self.host.persist(&self.fixed.partition, write);
        if let Some(body) = self.record.superseded.take() {
            self.seal(body, Some(BodyError::Source("another response took the place of this one".into())));
            self.release(body);
        }
    }

    pub(crate) fn release(&mut self, body: BodyId) {
        self.host.push(Effect::ReleaseBody {
            partition: self.fixed.partition.clone(),
            body,
            owner: BodyOwner::RecordResponse(self.id),
        });
    }

    pub(crate) fn cancel_fetch(&mut self) {
        self.host.push(Effect::CancelFetch { record: self.id, attempt: self.record.attempt });
    }

    pub(crate) fn seal(&mut self, body: BodyId, error: Option<BodyError>) {
        self.host.push(Effect::SealBody { partition: self.fixed.partition.clone(), body, error });
    }

    /// Sets the record's result for good, and tells those who wait for its response. The state that follows is
    /// [`RecordState::Ended`], or [`RecordState::Closing`] while an append is under way.
    pub(crate) fn end(&mut self, result: RecordResult) {
        tracing::debug!(record = %self.id, %result, "record ended");
        self.record.stored.result = result;
        self.save();
        for reply in std::mem::take(&mut self.record.watchers) {
            self.host.push(Effect::Answer(Answer::NoResponse(reply, result)));
        }
    }

    /// [`Turn::end`] with no append under way.
    pub(crate) fn end_now(&mut self, result: RecordResult) -> RecordState {
        self.end(result);
        self.seal_ended()
    }

    /// [`Turn::end`] with an append under way that is no longer wanted.
    pub(crate) fn end_and_close(&mut self, result: RecordResult) -> RecordState {
        self.cancel_fetch();
        self.end(result);
        RecordState::Closing
    }

    /// Ends the streams of the record's response, as
    /// [create record objects](https://wicg.github.io/background-fetch/#create-settled-fetches-algorithm) (step
    /// 2.8.4) has them end.
    pub(crate) fn seal_ended(&mut self) -> RecordState {
        if let Some(body) = self.record.stored.response_body {
            let error = match self.record.stored.result {
                RecordResult::Empty | RecordResult::Success | RecordResult::BadStatus => None,
                RecordResult::Aborted => Some(BodyError::Aborted),
                result => Some(BodyError::Source(format!(
                    "the background fetch of this record ended with {result}"
                ))),
            };
            self.seal(body, error);
        }
        RecordState::Ended
    }
}

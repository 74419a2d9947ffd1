//! [Complete a record](https://wicg.github.io/background-fetch/#complete-a-record-algorithm), process response: the
//! head.

use bgfetch_traits::background_fetch::RecordResult;
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind, ResponseHead};
use bgfetch_traits::ids::BodyId;
use bgfetch_traits::storage::StorageError;

use super::result_of_storage_error;
use crate::effect::Effect;
use crate::record::{Creating, Fetching, RecordState, Storing, TransferKind, Turn};
use crate::validate::{says_it_is_complete, validate_a_partial_response};

impl Turn<'_> {
    /// [Process response](https://fetch.spec.whatwg.org/#process-response).
    pub(super) fn process_response(
        &mut self,
        fetching: Fetching,
        response: Result<Box<ResponseHead>, NetworkError>,
    ) -> RecordState {
        match response {
            // Step 1.
            Err(error) => self.network_error(&error),
            // Step 2.
            Ok(response) if response.status == 206 => self.partial_response(fetching, response),
            // Spec-decisions row 11.
            Ok(response) if response.status == 416 && fetching.range_start != 0 => {
                self.range_not_satisfiable(response)
            }
            // Step 3.
            Ok(response) => self.whole_response(response),
        }
    }

    /// Step 1.
    fn network_error(&mut self, error: &NetworkError) -> RecordState {
        tracing::debug!(record = %self.id, %error, "no response");
        // Step 1.2.
        let result = match error.kind {
            NetworkErrorKind::Aborted => RecordResult::Aborted,
            _ => RecordResult::FetchError,
        };
        // Step 1.1.
        let interrupted = self.record.stored.response.is_some();
        self.unavailable(error, interrupted, result)
    }

    /// Step 2, and step 4 for it.
    fn partial_response(&mut self, fetching: Fetching, response: Box<ResponseHead>) -> RecordState {
        let previous = self.record.stored.response.as_ref();
        match validate_a_partial_response(fetching.range_start, &response, previous) {
            Err(problem) => {
                // Steps 2.1.1 to 2.1.3.
                tracing::debug!(record = %self.id, problem, "the partial response does not fit");
                self.cancel_fetch();
                self.end_now(RecordResult::FetchError)
            }
            Ok(complete_length) => {
                let kind = TransferKind::Partial { complete_length };
                let Some(body) = self.record.stored.response_body else {
                    return self.create_body(response, kind);
                };
                if fetching.range_start == 0 {
                    // Step 4.
                    self.record.stored.response = Some(*response);
                    self.save();
                }
                self.store_body(body, kind)
            }
        }
    }

    /// Steps 3 and 4.
    fn whole_response(&mut self, response: Box<ResponseHead>) -> RecordState {
        self.replace_response_data();
        self.create_body(response, TransferKind::Whole)
    }

    /// Spec-decisions row 11: either everything is there already, or what is there belongs to something else.
    fn range_not_satisfiable(&mut self, response: Box<ResponseHead>) -> RecordState {
        let stored = &self.record.stored;
        let length = stored.response_length;
        if stored.response.as_ref().is_some_and(|before| says_it_is_complete(&response, before, length)) {
            self.cancel_fetch();
            let result = self.result_of_whole_response();
            return self.end_now(result);
        }
        if stored.restarted_after_416 {
            return self.whole_response(response);
        }
        self.cancel_fetch();
        self.replace_response_data();
        self.record.stored.restarted_after_416 = true;
        self.save();
        RecordState::Queued
    }

    /// Steps 3.1 to 3.3: the response data there is becomes redundant, and a new one takes its place.
    ///
    /// By the letter that happens with the first response too, and whoever called `match()` before it came would
    /// wait for ever on a response data that never gets one. Nothing is replaced here where there is nothing: one
    /// that waits gets the first response that comes.
    pub(super) fn replace_response_data(&mut self) {
        let stored = &mut self.record.stored;
        *self.stored_body_bytes_total = self.stored_body_bytes_total.saturating_sub(stored.response_length);
        stored.response_length = 0;
        stored.response = None;
        if let Some(body) = stored.response_body.take() {
            // Whoever reads it sees it fail, but not before the stored record names another: after a crash in
            // between, this one goes on.
            self.record.superseded = Some(body);
        }
    }

    fn create_body(&mut self, response: Box<ResponseHead>, kind: TransferKind) -> RecordState {
        self.host.push(Effect::CreateBody {
            record: self.id,
            attempt: self.record.attempt,
            partition: self.fixed.partition.clone(),
        });
        RecordState::Creating(Creating { response, kind })
    }

    /// Step 4: the response is known from here on, and has a place for its bytes.
    pub(super) fn body_created(
        &mut self,
        creating: Creating,
        result: Result<BodyId, StorageError>,
    ) -> RecordState {
        match result {
            Ok(body) => {
                self.record.stored.response = Some(*creating.response);
                self.record.stored.response_body = Some(body);
                self.save();
                let state = self.store_body(body, creating.kind);
                for reply in std::mem::take(&mut self.record.watchers) {
                    self.open_response(true, reply);
                }
                state
            }
            Err(error) => {
                tracing::warn!(record = %self.id, %error, "no place for the response");
                self.cancel_fetch();
                self.end_now(result_of_storage_error(&error))
            }
        }
    }

    /// Steps 5 and 6: the bytes go to storage without passing here.
    fn store_body(&mut self, body: BodyId, kind: TransferKind) -> RecordState {
        self.host.push(Effect::StoreBody {
            record: self.id,
            attempt: self.record.attempt,
            partition: self.fixed.partition.clone(),
            body,
            offset: self.record.stored.response_length,
        });
        RecordState::Storing(Storing { kind })
    }
}

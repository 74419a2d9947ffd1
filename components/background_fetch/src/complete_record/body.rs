//! [Complete a record](https://wicg.github.io/background-fetch/#complete-a-record-algorithm), process response: the
//! body's bytes, and how they end.

use bgfetch_traits::background_fetch::RecordResult;
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::ResponseHead;
use bgfetch_traits::storage::{StorageError, StoreOutcome};

use super::result_of_storage_error;
use crate::record::{RecordState, Storing, TransferKind, Turn};

/// The bytes would be more than the page said there would be.
struct DownloadTotalExceeded;

impl Turn<'_> {
    /// Step 6: bytes were stored.
    pub(super) fn bytes_stored(&mut self, storing: Storing, length: u64) -> RecordState {
        match self.append(length) {
            Ok(()) => RecordState::Storing(storing),
            // Steps 6.1.1 and 6.1.2.
            Err(DownloadTotalExceeded) => self.end_and_close(RecordResult::DownloadTotalExceeded),
        }
    }

    /// Step 6 for bytes that were under way when the fetch was paused.
    pub(super) fn bytes_stored_while_stopping(&mut self, storing: Storing, length: u64) -> RecordState {
        match self.append(length) {
            Ok(()) => RecordState::Stopping(storing),
            Err(DownloadTotalExceeded) => {
                self.end(RecordResult::DownloadTotalExceeded);
                RecordState::Closing
            }
        }
    }

    /// Steps 7 and 8, and 6.3: the append ended. `stopping`: because of a pause, if it did not end by itself
    /// before it could be stopped.
    pub(super) fn body_ended(
        &mut self,
        storing: Storing,
        outcome: StoreOutcome,
        stopping: bool,
    ) -> RecordState {
        if outcome.length < self.record.stored.response_length {
            self.shorten(outcome.length);
        } else if self.append(outcome.length).is_err() {
            return self.end_now(RecordResult::DownloadTotalExceeded);
        }
        match outcome.result {
            // Step 7.
            Ok(()) => self.transmission_done(storing.kind),
            Err(StorageError::Body(_)) if stopping => RecordState::Queued,
            // Step 8.
            Err(StorageError::Body(BodyError::Network(error))) => {
                tracing::debug!(record = %self.id, %error, "interrupted");
                self.unavailable(&error, true, RecordResult::FetchError)
            }
            Err(StorageError::Body(error @ (BodyError::Aborted | BodyError::Source(_)))) => {
                tracing::debug!(record = %self.id, %error, "the response's body failed");
                self.end_now(RecordResult::FetchError)
            }
            // Step 6.3.
            Err(error) => {
                tracing::warn!(record = %self.id, %error, "the response could not be stored");
                self.cancel_fetch();
                self.end_now(result_of_storage_error(&error))
            }
        }
    }

    /// Steps 6.1 and 6.2, for bytes that make the body `length` bytes long.
    fn append(&mut self, length: u64) -> Result<(), DownloadTotalExceeded> {
        let bytes = length.saturating_sub(self.record.stored.response_length);
        let total = self.stored_body_bytes_total.saturating_add(bytes);
        let download_total = self.fixed.totals.download;
        // Step 6.1.
        if download_total != 0 && total > download_total {
            return Err(DownloadTotalExceeded);
        }
        // Step 6.2.
        *self.stored_body_bytes_total = total;
        self.record.stored.response_length += bytes;
        Ok(())
    }

    /// Bytes that were counted did not become durable.
    fn shorten(&mut self, length: u64) {
        let lost = self.record.stored.response_length.saturating_sub(length);
        *self.stored_body_bytes_total = self.stored_body_bytes_total.saturating_sub(lost);
        self.record.stored.response_length = length;
    }

    /// Step 7.
    fn transmission_done(&mut self, kind: TransferKind) -> RecordState {
        match kind {
            // Step 7.1.
            TransferKind::Partial { complete_length } => self.part_done(complete_length),
            // Steps 7.2 and 7.3.
            TransferKind::Whole => {
                let result = self.result_of_whole_response();
                self.end_now(result)
            }
        }
    }

    /// Step 7.1, and step 15: the next part.
    fn part_done(&mut self, complete_length: Option<u64>) -> RecordState {
        let length = self.record.stored.response_length;
        match complete_length {
            // Step 7.1.2.
            Some(complete) if complete == length => self.end_now(RecordResult::Success),
            // More than there can be: nothing that could come would make it right.
            Some(complete) if complete < length => self.end_now(RecordResult::FetchError),
            Some(_) | None => {
                if self.brought_something() {
                    RecordState::Queued
                } else {
                    // Nothing came; asking at once and for ever would be all that the specification has.
                    self.retry_later()
                }
            }
        }
    }

    /// Steps 7.2 and 7.3, for a response that is all there. One that came in parts has an
    /// [ok status](https://fetch.spec.whatwg.org/#ok-status) by that.
    pub(super) fn result_of_whole_response(&self) -> RecordResult {
        if self.record.stored.response.as_ref().is_some_and(ResponseHead::is_ok) {
            RecordResult::Success
        } else {
            RecordResult::BadStatus
        }
    }
}

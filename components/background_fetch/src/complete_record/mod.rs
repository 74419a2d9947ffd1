//! [Complete a record](https://wicg.github.io/background-fetch/#complete-a-record-algorithm).
//!
//! | file | steps |
//! |---|---|
//! | `request` | 1 to 11: the request that is sent |
//! | `response` | 11, process response: the head |
//! | `body` | 11, process response: its bytes, and how they end |
//! | this one | 12 to 16: pauses, aborts and the recursion |
//!
//! The specification's recursion is the state [`RecordState::Queued`]: whoever sees a record in it starts it again
//! from step 1 as soon as it may run.

mod body;
mod request;
mod response;

use bgfetch_traits::background_fetch::RecordResult;
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind};
use bgfetch_traits::storage::StorageError;

use crate::input::RecordEvent;
use crate::record::{RecordState, Turn};
use crate::timers::Timer;

impl Turn<'_> {
    /// Something happened to an attempt.
    pub(crate) fn on_event(&mut self, state: RecordState, attempt: u32, event: RecordEvent) -> RecordState {
        let current = attempt == self.record.attempt;
        match (state, event) {
            (state, RecordEvent::Uploaded(bytes)) if current => self.process_request_body(state, bytes),
            (RecordState::Fetching(fetching), RecordEvent::Head(response)) if current => {
                self.process_response(fetching, response)
            }
            (RecordState::Creating(creating), RecordEvent::BodyCreated(result)) if current => {
                self.body_created(creating, result)
            }
            (state, RecordEvent::BodyCreated(Ok(body))) => {
                // Made for an attempt that was cancelled since.
                self.release(body);
                state
            }
            (RecordState::Storing(storing), RecordEvent::BytesStored(length)) if current => {
                self.bytes_stored(storing, length)
            }
            (RecordState::Stopping(storing), RecordEvent::BytesStored(length)) if current => {
                self.bytes_stored_while_stopping(storing, length)
            }
            (RecordState::Storing(storing), RecordEvent::BodyEnded(outcome)) if current => {
                self.body_ended(storing, outcome, false)
            }
            (RecordState::Stopping(storing), RecordEvent::BodyEnded(outcome)) if current => {
                self.body_ended(storing, outcome, true)
            }
            (RecordState::Closing, RecordEvent::BodyEnded(_)) if current => self.seal_ended(),
            (state, event) => {
                tracing::trace!(record = %self.id, attempt, ?event, "too late, and of no consequence");
                state
            }
        }
    }

    /// Steps 13 and 14 with the paused flag set: terminates the ongoing fetch. What follows is step 15, the
    /// recursion, which waits at step 3.
    pub(crate) fn pause(&mut self, state: RecordState) -> RecordState {
        match state {
            RecordState::Fetching(_) | RecordState::Creating(_) => {
                self.cancel_fetch();
                RecordState::Queued
            }
            RecordState::Storing(storing) => {
                self.cancel_fetch();
                RecordState::Stopping(storing)
            }
            // A request that is not a GET may not be interrupted, and is never asked to be.
            RecordState::Journaling
            | RecordState::Queued
            | RecordState::Stopping(_)
            | RecordState::BackingOff
            | RecordState::Closing
            | RecordState::Ended => state,
        }
    }

    /// Steps 13 and 14 with the abort all flag set.
    pub(crate) fn abort(&mut self, state: RecordState) -> RecordState {
        match state {
            RecordState::Closing | RecordState::Ended => state,
            RecordState::Queued | RecordState::Journaling => self.end_now(RecordResult::Aborted),
            RecordState::BackingOff => {
                self.host.timers.cancel(Timer::Retry(self.id));
                self.end_now(RecordResult::Aborted)
            }
            RecordState::Fetching(_) | RecordState::Creating(_) => {
                self.cancel_fetch();
                self.end_now(RecordResult::Aborted)
            }
            RecordState::Storing(_) => self.end_and_close(RecordResult::Aborted),
            RecordState::Stopping(_) => {
                self.end(RecordResult::Aborted);
                RecordState::Closing
            }
        }
    }

    /// The delay after an interruption is over.
    pub(crate) fn retry_due(&mut self, state: RecordState) -> RecordState {
        match state {
            RecordState::BackingOff => RecordState::Queued,
            other => other,
        }
    }

    /// A network error, before the head or (`interrupted`) after it: waits if the resource is
    /// [temporarily unavailable](https://wicg.github.io/background-fetch/#temporarily-unavailable), otherwise
    /// ends the record with `otherwise`.
    ///
    /// Spec-decisions row 16. Offline, whatever failed for want of a connection waits for one. Online, only what
    /// had begun to arrive is asked for again after a while: that the server was there a moment ago is the reason
    /// to believe that it soon will be again. Everything else is an error at once, and looks like every other
    /// (row 8): nothing is told apart here by how far a refused response got.
    fn unavailable(
        &mut self,
        error: &NetworkError,
        interrupted: bool,
        otherwise: RecordResult,
    ) -> RecordState {
        let lost = error.is_connectivity() || error.kind == NetworkErrorKind::ConnectionReset;
        if !lost || !self.record.is_get() {
            return self.end_now(otherwise);
        }
        if self.record.is_complete() {
            // Only the end was lost (row 10).
            let result = self.result_of_whole_response();
            self.end_now(result)
        } else if !self.host.connectivity.online {
            RecordState::Queued
        } else if interrupted {
            self.retry_later()
        } else {
            self.end_now(otherwise)
        }
    }

    /// Asks again after a while, unless that was in vain too often.
    fn retry_later(&mut self) -> RecordState {
        let policy = self.host.config.retry;
        if !self.brought_something() {
            self.record.retry.fruitless += 1;
            if self.record.retry.fruitless > policy.limit {
                return self.end_now(RecordResult::FetchError);
            }
        }
        let delay = self.host.jitter.delay(policy, self.record.retry.fruitless);
        tracing::debug!(record = %self.id, delay, "interrupted; will ask again");
        self.host.timers.set(Timer::Retry(self.id), self.host.now.saturating_add(delay));
        RecordState::BackingOff
    }

    /// Whether there are more bytes of the resource than there ever were.
    fn brought_something(&mut self) -> bool {
        let length = self.record.stored.response_length;
        let more = length > self.record.retry.high_water && self.record.has_beginning_of_resource();
        let retry = &mut self.record.retry;
        if more {
            retry.high_water = length;
            retry.fruitless = 0;
        }
        more
    }
}

/// How a record ends whose bytes cannot be stored.
fn result_of_storage_error(error: &StorageError) -> RecordResult {
    match error {
        StorageError::QuotaExceeded { .. } | StorageError::DiskFull { .. } => RecordResult::QuotaExceeded,
        StorageError::NotFound(_) | StorageError::Body(_) | StorageError::Io { .. } => {
            RecordResult::FetchError
        }
    }
}

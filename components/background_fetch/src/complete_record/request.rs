//! [Complete a record](https://wicg.github.io/background-fetch/#complete-a-record-algorithm), steps 1 to 11: the
//! request.

use bgfetch_traits::background_fetch::RecordResult;
use bgfetch_traits::fetch::RequestHead;
use bgfetch_traits::storage::{StorageError, StoredBody};

use super::result_of_storage_error;
use crate::effect::{Effect, StartFetch, Write};
use crate::host::Awaited;
use crate::record::{Fetching, RecordState, Turn};
use crate::validate::if_range_validator;

impl Turn<'_> {
    /// Steps 1 to 11. Step 3, waiting for the paused flag to be unset, is over when this is called.
    pub(crate) fn start(&mut self) -> RecordState {
        // Steps 1 and 2. A crash can leave more bytes than were ever counted.
        let total = self.fixed.totals.download;
        if total != 0 && *self.stored_body_bytes_total > total {
            return self.end_now(RecordResult::DownloadTotalExceeded);
        }
        // Spec-decisions row 10: everything is there already.
        if self.record.is_complete() {
            let result = self.result_of_whole_response();
            return self.end_now(result);
        }
        // By the letter whatever is there is asked for the rest of. The rest of an error page would be the rest of
        // the resource, once its server is well again, and both together a "success" that is neither.
        if self.record.stored.response.is_some() && !self.record.has_beginning_of_resource() {
            self.replace_response_data();
        }
        self.record.attempt += 1;
        self.record.last_transmitted_size = 0;
        // The specification does not let a request that is not a GET be reissued after a failure; a crash is one.
        // So it is noted durably, once, that it was sent.
        if !self.record.is_get() && !self.record.stored.request_sent {
            self.record.stored.request_sent = true;
            let write = Write::Record(self.id, Box::new(self.record.stored.clone()));
            let awaited = Awaited::Journaled(self.id, self.record.attempt);
            self.host.persist_then(&self.fixed.partition, write, awaited);
            return RecordState::Journaling;
        }
        self.send()
    }

    /// A record of an earlier run of the engine.
    pub(crate) fn restored(&mut self, state: RecordState) -> RecordState {
        match state {
            // It was under way when that run ended, which is a network error that cannot be retried.
            RecordState::Queued if self.record.stored.request_sent && !self.record.is_get() => {
                self.end_now(RecordResult::FetchError)
            }
            other => other,
        }
    }

    /// The note that a request is sent is durable, or cannot be made. If meanwhile it may not run (`held`), the
    /// note is taken back: it would be a lie after a crash.
    pub(crate) fn journaled(
        &mut self,
        state: RecordState,
        attempt: u32,
        result: Result<(), StorageError>,
        held: bool,
    ) -> RecordState {
        if !matches!(state, RecordState::Journaling) || attempt != self.record.attempt {
            return state;
        }
        match result {
            Ok(()) if held => {
                self.record.stored.request_sent = false;
                self.save();
                RecordState::Queued
            }
            Ok(()) => self.send(),
            Err(error) => self.end_now(result_of_storage_error(&error)),
        }
    }

    /// Steps 4 to 11.
    fn send(&mut self) -> RecordState {
        // Step 7.
        let range_start = self.record.stored.response_length;
        let request = self.request(range_start);
        let request_body = self.record.stored.request_body.map(|(body, length)| StoredBody {
            partition: self.fixed.partition.clone(),
            body,
            length,
        });
        // Steps 9 to 11.
        self.host.push(Effect::StartFetch(Box::new(StartFetch {
            record: self.id,
            attempt: self.record.attempt,
            partition: self.fixed.partition.clone(),
            client_url: self.fixed.client.url.clone(),
            policy: self.fixed.client.policy.clone(),
            request,
            request_body,
            range_start,
        })));
        RecordState::Fetching(Fetching { range_start })
    }

    /// Steps 4 to 8. Step 6, "no service worker", is [`StartFetch`]'s.
    fn request(&self, range_start: u64) -> RequestHead {
        // Step 4.
        let mut request = self.record.stored.request.clone();
        // Step 5. What keepalive is for, outliving the client, is given here: these requests have none. What else it
        // does is limit a body to 64 KiB (https://fetch.spec.whatwg.org/#http-network-or-cache-fetch),
        // which cannot be meant, so it is not set where there is one.
        request.keepalive = self.record.stored.request_body.is_none();
        // Step 8. Fetch appends the header; a page's own Range is replaced here, as two of them would be asking
        // for several ranges, which no step can take apart.
        if range_start != 0 {
            request.headers.set("Range", format!("bytes={range_start}-"));
            // Spec-decisions row 12.
            let validator = self.record.stored.response.as_ref().and_then(|response| {
                if_range_validator(response, &request.url, &self.fixed.client.url.origin())
            });
            if let Some(validator) = validator {
                request.headers.set("If-Range", validator);
            }
        }
        request
    }

    /// [Process request body](https://fetch.spec.whatwg.org/#process-request-body).
    pub(crate) fn process_request_body(&mut self, state: RecordState, transmitted_size: u64) -> RecordState {
        if state.is_in_flight() {
            // Steps 1 to 3. Step 4 is done by whoever feeds events in.
            let sent = transmitted_size.saturating_sub(self.record.last_transmitted_size);
            *self.uploaded = self.uploaded.saturating_add(sent);
            self.record.last_transmitted_size = self.record.last_transmitted_size.max(transmitted_size);
        }
        state
    }
}

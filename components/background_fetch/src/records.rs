//! [`match()`, `matchAll()`](https://wicg.github.io/background-fetch/#background-fetch-registration-match-all) and
//! [create record objects](https://wicg.github.io/background-fetch/#create-settled-fetches-algorithm).

use bgfetch_traits::background_fetch::{RecordInfo, RecordResult};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId};
use bgfetch_traits::reply::Reply;
use bgfetch_traits::storage::{CacheQuery, StoredBody};

use crate::background_fetch::{BackgroundFetch, Phase};
use crate::effect::{Answer, Effect};
use crate::input::ResponseReply;
use crate::machine::Machine;
use crate::record::Turn;

impl Machine {
    /// [`matchAll()`](https://wicg.github.io/background-fetch/#background-fetch-registration-match-all), and
    /// `match()` with `first_only`.
    pub(crate) fn match_all(
        &mut self,
        id: BackgroundFetchId,
        query: Option<&CacheQuery>,
        first_only: bool,
        reply: Reply<Option<Vec<RecordInfo>>>,
    ) {
        // Step 1 is script's: its instance may not know yet what the flag here is, and gets the records then.
        let available = self.fetches.get(&id).filter(|fetch| !matches!(fetch.phase, Phase::Finished));
        // Step 3.
        let limit = if first_only { 1 } else { usize::MAX };
        let records = available.map(|fetch| fetch.matching_records(query).take(limit).collect());
        self.host.push(Effect::Answer(Answer::Match(reply, records)));
    }

    /// Step 2.9 of [create record objects](https://wicg.github.io/background-fetch/#create-settled-fetches-algorithm):
    /// the response once there is one, or how the record ended without.
    pub(crate) fn response_ready(&mut self, record: RecordId, reply: ResponseReply) {
        let fetch = self.fetches.get_mut(&record.fetch);
        let known =
            fetch.filter(|fetch| usize::try_from(record.index).is_ok_and(|i| i < fetch.records.len()));
        match known {
            Some(fetch) => fetch.step(record.index, &mut self.host, |state, turn| {
                let follow = !state.has_ended();
                turn.response_ready(follow, reply);
                state
            }),
            // It was there when match() answered; its registration was removed since, and its records with that.
            None => self.host.push(Effect::Answer(Answer::NoResponse(reply, RecordResult::Aborted))),
        }
    }
}

impl BackgroundFetch {
    /// Steps 3.1 and 3.2 of [`matchAll()`](https://wicg.github.io/background-fetch/#background-fetch-registration-match-all).
    fn matching_records<'a>(
        &'a self,
        query: Option<&'a CacheQuery>,
    ) -> impl Iterator<Item = RecordInfo> + 'a {
        (0..)
            .zip(&self.records)
            .filter(move |(_, record)| {
                query.is_none_or(|query| {
                    query.matches(&record.stored.request, record.stored.response.as_ref())
                })
            })
            .map(|(index, record)| RecordInfo {
                record: RecordId { fetch: self.fixed.fetch, index },
                request: record.stored.request.clone(),
                request_body: record.stored.request_body.map(|(body, length)| StoredBody {
                    partition: self.fixed.partition.clone(),
                    body,
                    length,
                }),
            })
    }
}

impl Turn<'_> {
    fn response_ready(&mut self, follow: bool, reply: ResponseReply) {
        let stored = &self.record.stored;
        // Step 2.9.1 is a wait for the response alone; a record that ends without one would never answer.
        if !stored.result.is_exposed() {
            self.host.push(Effect::Answer(Answer::NoResponse(reply, stored.result)));
        } else if stored.response.is_some() && stored.response_body.is_some() {
            self.open_response(follow, reply);
        } else {
            self.record.watchers.push(reply);
        }
    }

    /// Steps 2.9.2.1 to 2.9.2.6.
    pub(crate) fn open_response(&mut self, follow: bool, reply: ResponseReply) {
        let stored = &self.record.stored;
        let (Some(response), Some(body)) = (&stored.response, stored.response_body) else { return };
        let mut head = Box::new(response.clone());
        head.headers.delete("Content-Range");
        head.headers.delete("Content-Length");
        let body =
            StoredBody { partition: self.fixed.partition.clone(), body, length: stored.response_length };
        self.host.push(Effect::OpenResponse { record: self.id, head, body, follow, reply });
    }
}

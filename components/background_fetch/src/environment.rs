//! What changes around the background fetches: the connection, registrations, and the engine's restart.

use bgfetch_traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchFailureReason, BackgroundFetchOptions, BackgroundFetchResult,
    RecordResult, StoredBackgroundFetch, StoredRecord,
};
use bgfetch_traits::ids::{BackgroundFetchId, RegistrationId};
use http::Method;

use crate::background_fetch::{Active, BackgroundFetch, Client, Fixed, Phase, Settled, Throttles, Totals};
use crate::config::Connectivity;
use crate::effect::{Answer, Effect, Write};
use crate::machine::Machine;
use crate::record::Record;
use crate::throttle::Throttle;
use crate::timers::Timer;

impl Machine {
    /// The connection changed: what waited for one goes on. What is under way without one fails by itself.
    pub(crate) fn connectivity_changed(&mut self, connectivity: Connectivity) {
        if self.host.connectivity == connectivity {
            return;
        }
        self.host.connectivity = connectivity;
        let active: Vec<_> =
            self.fetches.iter().filter(|(_, f)| f.active().is_some()).map(|(id, _)| *id).collect();
        for id in active {
            let Some(fetch) = self.fetches.get_mut(&id) else { continue };
            if !connectivity.metered {
                fetch.metered_allowed = false;
            }
            if fetch.is_held_by_meter(&self.host) && fetch.fixed.can_pause {
                fetch.stop_records(&mut self.host);
            }
            fetch.update_display_now(&mut self.host);
            self.advance(id);
        }
    }

    /// [Clearing a registration](https://wicg.github.io/background-fetch/#privacy-and-bandwidth-use) clears its
    /// background fetches.
    pub(crate) fn registration_removed(&mut self, registration: RegistrationId) {
        // One that fails lets the next of its id have its turn.
        while let Some(id) = self.preparing_on(registration) {
            self.fail_preparation(id, BackgroundFetchError::NoActiveWorker);
        }
        let concerned: Vec<_> = self
            .fetches
            .iter()
            .filter(|(_, fetch)| fetch.fixed.registration == registration)
            .map(|(id, _)| *id)
            .collect();
        for id in concerned {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: BackgroundFetchId) {
        let Some(mut fetch) = self.fetches.remove(&id) else { return };
        tracing::debug!(fetch = %id, "background fetch removed with its registration");
        self.registrations.remove(fetch.fixed.registration, &fetch.fixed.id, id);
        for timer in [Timer::Instances(id), Timer::Event(id)] {
            self.host.timers.cancel(timer);
        }
        fetch.abort_all(&mut self.host);
        if let Phase::Settling(settling) = &mut fetch.phase
            && let Some(reply) = settling.abort_reply.take()
        {
            self.host.push(Effect::Answer(Answer::Abort(reply, true)));
        }
        if matches!(fetch.phase, Phase::Finished) {
            self.finished.retain(|finished| *finished != id);
        } else {
            if !fetch.has_result() {
                fetch.state.result = BackgroundFetchResult::Failure;
                fetch.state.failure_reason = BackgroundFetchFailureReason::Aborted;
            }
            fetch.state.records_available = false;
            fetch.update_instances_now(&mut self.host);
            fetch.forget_records(&mut self.host);
        }
        fetch.hide(&mut self.host);
    }

    /// What an earlier run of the engine left.
    pub(crate) fn restored(&mut self, mut fetches: Vec<StoredBackgroundFetch>) {
        fetches.sort_by_key(|fetch| fetch.fetch);
        for stored in fetches {
            let id = stored.fetch;
            let settled = stored.result != BackgroundFetchResult::Empty;
            if settled && !stored.event_owed {
                // Its event was over, but forgetting it did not become durable.
                self.host.persist(&stored.partition, Write::Delete(id));
                continue;
            }
            tracing::debug!(fetch = %id, settled, "background fetch restored");
            let mut fetch = BackgroundFetch::from_stored(stored);
            fetch.show(&mut self.host);
            if settled {
                // Spec-decisions row 17.
                fetch.fire(fetch.settle_event(), &mut self.host);
            } else {
                self.registrations.insert(fetch.fixed.registration, fetch.fixed.id.clone(), id);
                for index in fetch.indices() {
                    fetch.step(index, &mut self.host, |state, turn| turn.restored(state));
                }
            }
            self.fetches.insert(id, fetch);
            self.advance(id);
        }
    }
}

impl BackgroundFetch {
    /// A background fetch that is stored, new or of an earlier run.
    pub(crate) fn from_stored(stored: StoredBackgroundFetch) -> Self {
        let state = stored.state();
        let BackgroundFetchOptions { download_total, .. } = stored.options;
        let can_pause = stored.records.iter().all(|record| record.request.method == Method::GET);
        let records: Vec<_> = stored.records.into_iter().map(consistent).map(Record::new).collect();
        let phase = if stored.result == BackgroundFetchResult::Empty {
            Phase::Active(Active::of(&records))
        } else {
            Phase::Settled(Settled { failed_dispatches: 0 })
        };
        let mut fetch = Self {
            fixed: Fixed {
                fetch: stored.fetch,
                partition: stored.partition,
                registration: stored.registration,
                id: stored.id,
                client: Client { url: stored.client_url, policy: stored.policy },
                totals: Totals { download: download_total, upload: stored.upload_total },
                can_pause,
            },
            state,
            stored_body_bytes_total: records.iter().map(|record| record.stored.response_length).sum(),
            records,
            phase,
            throttles: Throttles::default(),
            metered_allowed: false,
        };
        // Whoever sees it first sees it as it is.
        fetch.throttles.instances = Throttle::known(fetch.progress());
        fetch
    }
}

impl Active {
    /// As if the records that have a result had just ended, in order.
    fn of(records: &[Record]) -> Self {
        let mut active = Self { unsettled: records.len(), ..Self::default() };
        for (index, record) in (0..).zip(records) {
            if record.state.has_ended() {
                active.record_settled(record.stored.result);
            } else {
                active.queue.insert(index);
            }
        }
        active
    }
}

/// Response and body come together or not at all, and no bytes without them.
fn consistent(mut record: StoredRecord) -> StoredRecord {
    if record.response.is_none() || record.response_body.is_none() {
        record.response = None;
        record.response_body = None;
        record.response_length = 0;
    }
    if record.result == RecordResult::Redundant {
        record.result = RecordResult::FetchError;
    }
    record
}

//! [Background fetch](https://wicg.github.io/background-fetch/#background-fetch-concept): the concept, and what
//! its algorithms share.

use std::collections::BTreeSet;

use bgfetch_traits::background_fetch::{
    BackgroundFetchDisplay, BackgroundFetchFailureReason, BackgroundFetchInfo, BackgroundFetchOptions,
    BackgroundFetchProgress, BackgroundFetchResult, BackgroundFetchState, RecordResult,
    StoredBackgroundFetch,
};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId, RegistrationId, StorageKey};
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::BackgroundFetchEventKind;
use url::Url;

use crate::host::Host;
use crate::record::{Record, RecordState, Turn};
use crate::throttle::Throttle;

/// A [background fetch](https://wicg.github.io/background-fetch/#background-fetch-concept).
#[derive(Debug)]
pub(crate) struct BackgroundFetch {
    pub(crate) fixed: Fixed,
    /// [Title](https://wicg.github.io/background-fetch/#background-fetch-title), icons, uploaded, result, failure
    /// reason, records available flag, [paused flag](https://wicg.github.io/background-fetch/#background-fetch-paused-flag).
    pub(crate) state: BackgroundFetchState,
    /// [Records](https://wicg.github.io/background-fetch/#background-fetch-records).
    pub(crate) records: Vec<Record>,
    /// [Stored body bytes total](https://wicg.github.io/background-fetch/#background-fetch-stored-body-bytes-total),
    /// kept rather than summed up.
    pub(crate) stored_body_bytes_total: u64,
    pub(crate) phase: Phase,
    pub(crate) throttles: Throttles,
    /// The user resumed it on a metered connection.
    pub(crate) metered_allowed: bool,
}

/// What never changes of a background fetch.
#[derive(Debug)]
pub(crate) struct Fixed {
    pub(crate) fetch: BackgroundFetchId,
    pub(crate) partition: StorageKey,
    /// [Service worker registration](https://wicg.github.io/background-fetch/#background-fetch-service-worker-registration).
    pub(crate) registration: RegistrationId,
    /// [Id](https://wicg.github.io/background-fetch/#background-fetch-id).
    pub(crate) id: String,
    pub(crate) client: Client,
    /// [Download total](https://wicg.github.io/background-fetch/#background-fetch-download-total) and
    /// [upload total](https://wicg.github.io/background-fetch/#background-fetch-upload-total).
    pub(crate) totals: Totals,
    /// Every request is a `GET`: only then may it be paused.
    pub(crate) can_pause: bool,
}

/// Client of all its requests.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) url: Url,
    pub(crate) policy: PolicyContainer,
}

/// What is expected, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Totals {
    /// 0 is unknown.
    pub(crate) download: u64,
    pub(crate) upload: u64,
}

/// Where a background fetch is in its life.
#[derive(Debug)]
pub(crate) enum Phase {
    /// [Performing](https://wicg.github.io/background-fetch/#perform-a-background-fetch-algorithm) it.
    Active(Active),
    /// Its end is being written; nobody knows of it yet.
    Settling(Settling),
    /// Its end is known and durable; its event is under way.
    Settled(Settled),
    /// Its event is over. Scripts that do not know that yet may still ask for its records.
    Leaving(Leaving),
    /// Its records are gone. Only its display is left.
    Finished,
}

/// The variables of [perform a background fetch](https://wicg.github.io/background-fetch/#perform-a-background-fetch-algorithm).
#[derive(Debug, Default)]
pub(crate) struct Active {
    /// Records less the specification's settledFetches.
    pub(crate) unsettled: usize,
    pub(crate) immediate_failure: bool,
    pub(crate) failure_reason: BackgroundFetchFailureReason,
    /// Records that wait for the paused flag to be unset, for a connection or for others to end.
    pub(crate) queue: BTreeSet<u32>,
    /// Records that the network or storage works on.
    pub(crate) in_flight: usize,
}

/// Whom its end will be told.
#[derive(Debug)]
pub(crate) struct Settling {
    /// `abort()` ended it.
    pub(crate) abort_reply: Option<Reply<bool>>,
}

/// Its event.
#[derive(Debug)]
pub(crate) struct Settled {
    /// How often its worker failed to run it, in this run of the engine.
    pub(crate) failed_dispatches: u32,
}

/// How far the scripts are that may still ask for its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// They may call `match()`, as they do not know that the records available flag is unset.
    Matching,
    /// They know it, but may not have the answers to earlier calls of `match()` yet, and with them the records
    /// whose responses they ask for.
    Reading,
}

/// What limits how often others are told.
#[derive(Debug, Default)]
pub(crate) struct Throttles {
    pub(crate) instances: Throttle<BackgroundFetchProgress>,
    pub(crate) display: Throttle<BackgroundFetchDisplay>,
    /// The display is there.
    pub(crate) shown: bool,
}

impl BackgroundFetch {
    pub(crate) const fn active(&self) -> Option<&Active> {
        match &self.phase {
            Phase::Active(active) => Some(active),
            Phase::Settling(_) | Phase::Settled(_) | Phase::Leaving(_) | Phase::Finished => None,
        }
    }

    pub(crate) fn info(&self) -> BackgroundFetchInfo {
        BackgroundFetchInfo {
            fetch: self.fixed.fetch,
            registration: self.fixed.registration,
            id: self.fixed.id.clone(),
            upload_total: self.fixed.totals.upload,
            download_total: self.fixed.totals.download,
            progress: self.progress(),
        }
    }

    pub(crate) const fn progress(&self) -> BackgroundFetchProgress {
        BackgroundFetchProgress {
            downloaded: self.stored_body_bytes_total,
            uploaded: self.state.uploaded,
            result: self.state.result,
            failure_reason: self.state.failure_reason,
            records_available: self.state.records_available,
        }
    }

    /// The event that its result fires: steps 8.7 to 8.11 of
    /// [perform a background fetch](https://wicg.github.io/background-fetch/#perform-a-background-fetch-algorithm).
    pub(crate) const fn settle_event(&self) -> BackgroundFetchEventKind {
        match self.state.failure_reason {
            BackgroundFetchFailureReason::Aborted => BackgroundFetchEventKind::Abort,
            BackgroundFetchFailureReason::Empty => BackgroundFetchEventKind::Success,
            BackgroundFetchFailureReason::BadStatus
            | BackgroundFetchFailureReason::FetchError
            | BackgroundFetchFailureReason::QuotaExceeded
            | BackgroundFetchFailureReason::DownloadTotalExceeded => BackgroundFetchEventKind::Fail,
        }
    }

    /// The [paused flag](https://wicg.github.io/background-fetch/#background-fetch-paused-flag), whoever set it.
    pub(crate) const fn is_paused(&self, host: &Host) -> bool {
        self.state.paused || self.state.awaiting_permission || self.is_held_by_meter(host)
    }

    /// Whether its records may be asked for now.
    pub(crate) const fn may_run(&self, host: &Host) -> bool {
        host.connectivity.online && !self.is_paused(host)
    }

    pub(crate) const fn is_held_by_meter(&self, host: &Host) -> bool {
        host.config.pause_on_metered && host.connectivity.metered && !self.metered_allowed
    }

    /// One step of one record: takes its state, and books what the next one means for the background fetch.
    ///
    /// This is all that links [`Record`]s to their fetch, and it costs the same however many there are.
    pub(crate) fn step(
        &mut self,
        index: u32,
        host: &mut Host,
        step: impl FnOnce(RecordState, &mut Turn<'_>) -> RecordState,
    ) {
        let Some(record) = usize::try_from(index).ok().and_then(|index| self.records.get_mut(index)) else {
            return;
        };
        let before = std::mem::replace(&mut record.state, RecordState::Ended);
        let (was_in_flight, was_queued, had_ended) =
            (before.is_in_flight(), before.is_queued(), before.has_ended());
        let mut turn = Turn {
            id: RecordId { fetch: self.fixed.fetch, index },
            fixed: &self.fixed,
            record,
            uploaded: &mut self.state.uploaded,
            stored_body_bytes_total: &mut self.stored_body_bytes_total,
            host: &mut *host,
        };
        let after = step(before, &mut turn);
        let (is_in_flight, is_queued, has_ended) =
            (after.is_in_flight(), after.is_queued(), after.has_ended());
        record.state = after;
        let result = record.stored.result;
        let is_upload = record.stored.request_body.is_some();
        let Phase::Active(active) = &mut self.phase else { return };
        match (was_in_flight, is_in_flight) {
            (true, false) => active.in_flight = active.in_flight.saturating_sub(1),
            (false, true) => active.in_flight += 1,
            (true, true) | (false, false) => {}
        }
        match (was_queued, is_queued) {
            (true, false) => drop(active.queue.remove(&index)),
            (false, true) => drop(active.queue.insert(index)),
            (true, true) | (false, false) => {}
        }
        if has_ended && !had_ended {
            active.record_settled(result);
            // What was uploaded is written with each upload that ends, unless all of it ends with this one.
            if is_upload && active.unsettled > 0 && result != RecordResult::Aborted {
                self.save_state(host);
            }
        }
    }

    /// As it would be stored.
    pub(crate) fn to_stored(&self) -> StoredBackgroundFetch {
        let mut stored = StoredBackgroundFetch {
            fetch: self.fixed.fetch,
            partition: self.fixed.partition.clone(),
            registration: self.fixed.registration,
            id: self.fixed.id.clone(),
            options: BackgroundFetchOptions {
                download_total: self.fixed.totals.download,
                ..BackgroundFetchOptions::default()
            },
            client_url: self.fixed.client.url.clone(),
            policy: self.fixed.client.policy.clone(),
            paused: false,
            awaiting_permission: false,
            upload_total: self.fixed.totals.upload,
            uploaded: 0,
            result: BackgroundFetchResult::Empty,
            failure_reason: BackgroundFetchFailureReason::Empty,
            event_owed: false,
            records_available: false,
            records: self.records.iter().map(|record| record.stored.clone()).collect(),
        };
        stored.set_state(self.state.clone());
        stored
    }

    /// Whether something is left to do that only a connection can help.
    pub(crate) fn is_waiting_for_network(&self, host: &Host) -> bool {
        !host.connectivity.online && self.active().is_some_and(|active| !active.queue.is_empty())
    }

    pub(crate) fn has_result(&self) -> bool {
        self.state.result != BackgroundFetchResult::Empty
    }
}

//! [Perform a background fetch](https://wicg.github.io/background-fetch/#perform-a-background-fetch-algorithm).

use bgfetch_traits::background_fetch::{BackgroundFetchFailureReason, BackgroundFetchResult, RecordResult};
use bgfetch_traits::ids::BackgroundFetchId;
use bgfetch_traits::reply::Reply;
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome};

use crate::background_fetch::{Active, BackgroundFetch, Leaving, Phase, Settled, Settling};
use crate::effect::{Answer, Effect, Write};
use crate::host::{Awaited, Host};
use crate::machine::Machine;
use crate::timers::Timer;

impl Active {
    /// Steps 5.2 to 5.5, for a record that has a result.
    pub(crate) fn record_settled(&mut self, result: RecordResult) {
        // Step 5.3. By the letter it never sets the reason, as it asks for one that is set already; it is read as
        // "if failureReason is the empty string and result is not success" (spec-decisions row 1).
        if self.failure_reason == BackgroundFetchFailureReason::Empty {
            self.failure_reason = failure_reason_of(result);
        }
        // Step 5.4.
        self.unsettled = self.unsettled.saturating_sub(1);
        // Step 5.5.
        if result == RecordResult::DownloadTotalExceeded {
            self.immediate_failure = true;
        }
    }

    /// Step 6.
    const fn is_over(&self) -> bool {
        self.unsettled == 0 || self.immediate_failure
    }
}

const fn failure_reason_of(result: RecordResult) -> BackgroundFetchFailureReason {
    match result {
        // No record ends with "" or "redundant": step 5.3.1 asserts it.
        RecordResult::Success | RecordResult::Empty | RecordResult::Redundant => {
            BackgroundFetchFailureReason::Empty
        }
        RecordResult::Aborted => BackgroundFetchFailureReason::Aborted,
        RecordResult::BadStatus => BackgroundFetchFailureReason::BadStatus,
        RecordResult::FetchError => BackgroundFetchFailureReason::FetchError,
        RecordResult::QuotaExceeded => BackgroundFetchFailureReason::QuotaExceeded,
        RecordResult::DownloadTotalExceeded => BackgroundFetchFailureReason::DownloadTotalExceeded,
    }
}

impl BackgroundFetch {
    /// Step 5: starts as many of the waiting records as may run.
    pub(crate) fn start_records(&mut self, host: &mut Host) {
        while let Phase::Active(active) = &self.phase {
            if !self.may_run(host)
                || active.immediate_failure
                || active.in_flight >= host.config.records_in_flight
            {
                return;
            }
            let Some(&index) = active.queue.first() else { return };
            self.step(index, host, |_, turn| turn.start());
        }
    }

    /// Makes records stop that a pause may stop.
    pub(crate) fn stop_records(&mut self, host: &mut Host) {
        for index in self.indices() {
            self.step(index, host, |state, turn| turn.pause(state));
        }
    }

    /// Sets the [abort all flag](https://wicg.github.io/background-fetch/#background-fetch-abort-all-flag).
    pub(crate) fn abort_all(&mut self, host: &mut Host) {
        for index in self.indices() {
            self.step(index, host, |state, turn| turn.abort(state));
        }
    }

    pub(crate) fn indices(&self) -> std::ops::Range<u32> {
        0..u32::try_from(self.records.len()).unwrap_or(u32::MAX)
    }

    /// Writes the changing part.
    pub(crate) fn save_state(&self, host: &mut Host) {
        let write = Write::State(self.fixed.fetch, Box::new(self.state.clone()));
        host.persist(&self.fixed.partition, write);
    }

    /// Step 8.12: fires its event.
    pub(crate) fn fire(&self, kind: BackgroundFetchEventKind, host: &mut Host) {
        host.push(Effect::FireEvent { kind, info: Box::new(self.info()) });
    }
}

impl Machine {
    /// Steps 5 to 8, as far as they can be taken now.
    pub(crate) fn advance(&mut self, id: BackgroundFetchId) {
        let Some(fetch) = self.fetches.get_mut(&id) else { return };
        fetch.start_records(&mut self.host);
        let Phase::Active(active) = &fetch.phase else { return };
        // Step 6.
        if !active.is_over() {
            fetch.update_instances(&mut self.host);
            fetch.update_display(&mut self.host);
            return;
        }
        // Step 7.
        if active.immediate_failure {
            fetch.abort_all(&mut self.host);
        }
        // Step 8.3.
        let still_active = self.registrations.remove(fetch.fixed.registration, &fetch.fixed.id, id);
        self.settle(id, still_active, None);
    }

    /// Ends an active background fetch as `abort()` does. A user's abort goes the same way: by the letter it would
    /// only set the flag, and a record that had failed before would make a "fail" of it.
    pub(crate) fn abort(&mut self, id: BackgroundFetchId, reply: Option<Reply<bool>>) {
        let Some(fetch) = self.fetches.get_mut(&id) else {
            return self.host.effects.extend(reply.map(|reply| Effect::Answer(Answer::Abort(reply, false))));
        };
        // Steps 3.1 to 3.4 of abort().
        if !self.registrations.remove(fetch.fixed.registration, &fetch.fixed.id, id) {
            return self.host.effects.extend(reply.map(|reply| Effect::Answer(Answer::Abort(reply, false))));
        }
        // Step 3.6. Step 3.5, resolving with true, is done when a crash can take nothing back.
        fetch.abort_all(&mut self.host);
        self.settle(id, false, reply);
    }

    /// Steps 8.4 to 8.6. What is seen of it waits until it is durable.
    fn settle(&mut self, id: BackgroundFetchId, still_active: bool, abort_reply: Option<Reply<bool>>) {
        let Some(fetch) = self.fetches.get_mut(&id) else { return };
        let Phase::Active(active) = &fetch.phase else { return };
        let reason = if still_active { active.failure_reason } else { BackgroundFetchFailureReason::Aborted };
        fetch.state.failure_reason = reason;
        fetch.state.result = if reason == BackgroundFetchFailureReason::Empty {
            BackgroundFetchResult::Success
        } else {
            BackgroundFetchResult::Failure
        };
        // Spec-decisions row 17.
        fetch.state.event_owed = true;
        fetch.phase = Phase::Settling(Settling { abort_reply });
        self.host.timers.cancel(Timer::Instances(id));
        tracing::debug!(fetch = %id, result = %fetch.state.result, %reason, "background fetch settled");
        let write = Write::State(id, Box::new(fetch.state.clone()));
        self.host.persist_then(&fetch.fixed.partition, write, Awaited::Settled(id));
    }

    /// Steps 8.7 to 8.12: its end is durable, and is made known.
    pub(crate) fn settled(&mut self, id: BackgroundFetchId) {
        let Some(fetch) = self.fetches.get_mut(&id) else { return };
        let Phase::Settling(settling) = &mut fetch.phase else { return };
        if let Some(reply) = settling.abort_reply.take() {
            self.host.push(Effect::Answer(Answer::Abort(reply, true)));
        }
        fetch.phase = Phase::Settled(Settled { failed_dispatches: 0 });
        // Step 8.7.
        fetch.update_instances_now(&mut self.host);
        fetch.update_display_now(&mut self.host);
        // Steps 8.8 to 8.12.
        fetch.fire(fetch.settle_event(), &mut self.host);
    }

    /// Steps 8.12.1 to 8.12.3: the dispatch of its event has ended.
    pub(crate) fn event_settled(
        &mut self,
        id: BackgroundFetchId,
        kind: BackgroundFetchEventKind,
        outcome: &EventOutcome,
    ) {
        let Some(fetch) = self.fetches.get_mut(&id) else { return };
        let Phase::Settled(settled) = &mut fetch.phase else { return };
        if kind == BackgroundFetchEventKind::Click {
            return;
        }
        // A worker that could not run has not been told.
        let policy = self.host.config.event_retry;
        if let EventOutcome::WorkerFailed(problem) = outcome
            && settled.failed_dispatches < policy.limit
        {
            let delay = self.host.jitter.delay(policy, settled.failed_dispatches);
            settled.failed_dispatches += 1;
            tracing::warn!(fetch = %id, problem, delay, "its event was not run; will be fired again");
            self.host.timers.set(Timer::Event(id), self.host.now.saturating_add(delay));
            return;
        }
        // Step 8.12.2.
        fetch.state.records_available = false;
        fetch.state.event_owed = false;
        // Step 8.12.3.
        fetch.save_state(&mut self.host);
        fetch.update_instances_now(&mut self.host);
        if fetch.state.failure_reason == BackgroundFetchFailureReason::Aborted {
            fetch.hide(&mut self.host);
        }
        fetch.phase = Phase::Leaving(Leaving::Matching);
        fetch.sync_instances(&mut self.host);
    }

    /// Every environment has taken in what it was told. The records available flag of a script's instance is the
    /// one that `match()` looks at, and a record keeps its response data: so the records stay until no script can
    /// have a use for them, however late it is.
    pub(crate) fn instances_synced(&mut self, id: BackgroundFetchId) {
        let Some(fetch) = self.fetches.get_mut(&id) else { return };
        match fetch.phase {
            Phase::Leaving(Leaving::Matching) => {
                fetch.phase = Phase::Leaving(Leaving::Reading);
                fetch.sync_instances(&mut self.host);
            }
            Phase::Leaving(Leaving::Reading) => self.finish(id),
            Phase::Active(_) | Phase::Settling(_) | Phase::Settled(_) | Phase::Finished => {}
        }
    }

    fn finish(&mut self, id: BackgroundFetchId) {
        let Some(fetch) = self.fetches.get_mut(&id) else { return };
        fetch.forget_records(&mut self.host);
        fetch.phase = Phase::Finished;
        if fetch.throttles.shown {
            self.keep_finished(id);
        } else {
            self.fetches.remove(&id);
        }
    }

    /// The delay after a failed dispatch is over.
    pub(crate) fn event_due(&mut self, id: BackgroundFetchId) {
        if let Some(fetch) = self.fetches.get(&id)
            && matches!(fetch.phase, Phase::Settled(_))
        {
            fetch.fire(fetch.settle_event(), &mut self.host);
        }
    }

    /// The display of a finished background fetch stays, to be clicked, until there are too many.
    fn keep_finished(&mut self, id: BackgroundFetchId) {
        self.finished.push_back(id);
        while self.finished.len() > self.host.config.finished_limit {
            if let Some(oldest) = self.finished.pop_front() {
                self.drop_display(oldest);
            }
        }
    }
}

impl BackgroundFetch {
    /// Gives up what nobody can reach any more.
    pub(crate) fn forget_records(&mut self, host: &mut Host) {
        for index in self.indices() {
            self.step(index, host, |state, turn| {
                if matches!(state, crate::record::RecordState::Closing) { turn.seal_ended() } else { state }
            });
        }
        host.persist(&self.fixed.partition, Write::Delete(self.fixed.fetch));
        self.records = Vec::new();
    }
}

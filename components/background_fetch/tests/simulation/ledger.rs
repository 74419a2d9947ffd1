//! What must hold, however a history goes.

use std::collections::{BTreeMap, BTreeSet};

use bgfetch_traits::background_fetch::{BackgroundFetchProgress, BackgroundFetchResult};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId};
use bgfetch_traits::service_worker::BackgroundFetchEventKind as Kind;

#[derive(Debug, Default)]
struct Account {
    /// Its promise resolved.
    accepted: bool,
    /// Somebody got true from abort().
    aborted: bool,
    /// Its registration was removed.
    removed: bool,
    /// The event it fired, in whatever run of the engine.
    event: Option<Kind>,
    completed: u32,
    /// How often a worker failed before it could be told.
    failed: u32,
    /// Crashes since its event was first dispatched.
    crashes: u32,
    progress: Option<(u64, BackgroundFetchProgress)>,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    accounts: BTreeMap<BackgroundFetchId, Account>,
    /// Uploads that were sent, ever.
    sent: BTreeSet<RecordId>,
    /// Where each record has to be asked for next.
    expected: BTreeMap<RecordId, u64>,
}

impl Ledger {
    fn account(&mut self, fetch: BackgroundFetchId) -> &mut Account {
        self.accounts.entry(fetch).or_default()
    }

    pub(crate) fn accepted(&mut self, fetch: BackgroundFetchId) {
        self.account(fetch).accepted = true;
    }

    pub(crate) fn aborted(&mut self, fetch: BackgroundFetchId) {
        let account = self.account(fetch);
        assert!(!account.aborted, "abort() of {fetch} resolved with true twice");
        assert_eq!(account.event, None, "abort() of {fetch} resolved with true after its event fired");
        account.aborted = true;
    }

    pub(crate) fn removed(&mut self, fetch: BackgroundFetchId) {
        self.account(fetch).removed = true;
    }

    /// A background fetch settles once, and its event is the same in every run.
    pub(crate) fn fired(&mut self, fetch: BackgroundFetchId, kind: Kind) {
        let account = self.account(fetch);
        assert!(!account.removed, "{fetch} fired after its registration was removed");
        if account.aborted {
            assert_eq!(kind, Kind::Abort, "abort() of {fetch} had resolved with true");
        }
        assert_eq!(*account.event.get_or_insert(kind), kind, "{fetch} settled twice, in different ways");
    }

    /// The dispatch has ended: once, or once more after a crash that forgot it.
    pub(crate) fn event_completed(&mut self, fetch: BackgroundFetchId) {
        let account = self.account(fetch);
        account.completed += 1;
        assert!(account.completed <= 1 + account.crashes, "{fetch} had its event handled twice");
    }

    pub(crate) fn event_failed(&mut self, fetch: BackgroundFetchId) {
        self.account(fetch).failed += 1;
    }

    /// Uploaded never falls; updates keep their distance; after the result only the records go.
    pub(crate) fn progress(
        &mut self,
        now: u64,
        fetch: BackgroundFetchId,
        progress: &BackgroundFetchProgress,
    ) {
        let account = self.account(fetch);
        if let Some((at, before)) = &account.progress {
            assert!(before != progress, "{fetch} told the same twice");
            assert!(before.uploaded <= progress.uploaded, "uploaded of {fetch} fell");
            if before.result != BackgroundFetchResult::Empty {
                assert!(
                    before.records_available && !progress.records_available,
                    "{fetch} went on after its end"
                );
                let mut same = progress.clone();
                same.records_available = true;
                assert_eq!(*before, same, "{fetch} changed after its end");
            } else if progress.result == BackgroundFetchResult::Empty {
                assert!(now >= at + 50, "updates of {fetch} at {at} and {now} ms");
            }
        }
        account.progress = Some((now, progress.clone()));
    }

    /// An upload goes out once, whatever crashes.
    pub(crate) fn upload_sent(&mut self, record: RecordId) {
        assert!(self.sent.insert(record), "the upload {record} was sent twice");
    }

    /// No stored byte is asked for twice.
    pub(crate) fn started(&self, record: RecordId, range_start: u64) {
        let expected = self.expected.get(&record).copied().unwrap_or(0);
        assert_eq!(range_start, expected, "{record} is asked for from another byte than it has");
    }

    /// So much of a record's response is stored.
    pub(crate) fn stored(&mut self, record: RecordId, length: u64) {
        self.expected.insert(record, length);
    }

    /// `survivors`: so much of each record's response is durable.
    pub(crate) fn crashed(&mut self, survivors: BTreeMap<RecordId, u64>) {
        for account in self.accounts.values_mut() {
            account.progress = None;
            if account.event.is_some() {
                account.crashes += 1;
            }
        }
        // A removal that was not durable did not happen.
        for record in survivors.keys() {
            self.account(record.fetch).removed = false;
        }
        self.expected = survivors;
    }

    /// Every background fetch that a page was promised has had its event, unless its worker failed more often than it
    /// is fired again.
    pub(crate) fn finished(&self, retries: u32) {
        for (fetch, account) in &self.accounts {
            if account.accepted && !account.removed {
                let handled = account.completed > 0 || account.failed > retries;
                assert!(handled, "{fetch} was accepted and never had its event: {account:?}");
            }
        }
    }

    pub(crate) fn completed(&self) -> u32 {
        self.accounts.values().map(|account| account.completed).sum()
    }

    pub(crate) fn fingerprint(&self) -> String {
        format!("{self:?}")
    }
}

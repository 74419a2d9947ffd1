//! The beginning: what an earlier run left.

use bgfetch_core::{Connectivity, Input};
use bgfetch_traits::background_fetch::{BackgroundFetchResult, RecordResult, StoredBackgroundFetch};
use bgfetch_traits::storage::{DamagedStorage, PartitionMsg, RestoredProfile};

use super::Coordinator;
use crate::delegate::{EngineEvent, RestoredRecord};

impl Coordinator {
    /// Takes over what storage has. Nothing was taken from the inbox before.
    pub(crate) fn restore(&mut self, profile: RestoredProfile, connectivity: Connectivity) {
        let RestoredProfile { registrations, background_fetches, damaged, .. } = profile;
        for DamagedStorage { partition, what, reason, kept_at } in damaged {
            let kept_at = kept_at.display();
            let message = format!("{what} could not be read and was put aside in {kept_at}: {reason}");
            self.links.teller.event(EngineEvent::StorageTrouble { origin: partition, message });
        }
        self.registry(bgfetch_service_worker::Input::Restored(registrations));
        if connectivity != Connectivity::default() {
            self.machine(Input::Connectivity(connectivity));
        }
        let (fetches, orphans): (Vec<_>, Vec<_>) =
            background_fetches.into_iter().partition(|fetch| self.has_owner(fetch));
        for orphan in orphans {
            // Its registration was forgotten, and the process ended before it was forgotten too.
            tracing::info!(fetch = %orphan.fetch, registration = %orphan.registration, "nobody owns it");
            let reply = self.report_storage_trouble(&orphan.partition);
            let delete = PartitionMsg::DeleteBackgroundFetch(orphan.fetch, reply);
            self.links.storage.partition(&orphan.partition, delete);
        }
        for fetch in &fetches {
            self.tell_restored(fetch);
        }
        self.machine(Input::Restored(fetches));
    }

    fn has_owner(&self, fetch: &StoredBackgroundFetch) -> bool {
        fetch.registration.is_native_of(fetch.fetch)
            || self.core.registry.storage_key_of(fetch.registration) == Some(&fetch.partition)
    }

    fn tell_restored(&mut self, fetch: &StoredBackgroundFetch) {
        if fetch.result != BackgroundFetchResult::Empty && !fetch.event_owed {
            // All is over; only the note of it was not written in time.
            return;
        }
        if fetch.registration.is_native_of(fetch.fetch) {
            self.native_restored(fetch);
        }
        let records = fetch.records.iter().map(|record| RestoredRecord {
            url: record.request.url.clone(),
            stored: record.response_length,
            complete: record.result != RecordResult::Empty,
        });
        self.links.teller.event(EngineEvent::BackgroundFetchRestored {
            fetch: fetch.fetch,
            origin: fetch.partition.clone(),
            id: fetch.id.clone(),
            records: records.collect(),
        });
    }
}

//! Writes that come together are committed together: a thousand small records do not wait for a thousand syncs.

use std::collections::HashMap;
use std::sync::OnceLock;

use bgfetch_storage::vfs::SimVfs;
use bgfetch_storage::{StorageConfig, Tuning};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::storage::{BodyMsg, BodyOwner, PartitionMsg};
use parking_lot::Mutex;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::common::{Storage, fetch, key, pattern, record, response_of, wait};

/// Batches with writes, by partition: how many operations each had.
fn batches() -> &'static Mutex<HashMap<String, Vec<u64>>> {
    static BATCHES: OnceLock<Mutex<HashMap<String, Vec<u64>>>> = OnceLock::new();
    BATCHES.get_or_init(|| {
        let counter = tracing_subscriber::registry().with(Counter);
        tracing::subscriber::set_global_default(counter).expect("only these tests listen");
        Mutex::default()
    })
}

struct Counter;

#[derive(Default)]
struct Batch {
    partition: String,
    operations: u64,
    writes: bool,
}

impl Visit for Batch {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "partition" {
            self.partition = format!("{value:?}");
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "operations" {
            self.operations = value;
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "writes" {
            self.writes = value;
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Counter {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut batch = Batch::default();
        event.record(&mut batch);
        if batch.writes {
            batches().lock().entry(batch.partition).or_default().push(batch.operations);
        }
    }
}

#[test]
fn a_thousand_small_records_take_few_commits() {
    const RECORDS: u32 = 1000;
    batches();
    let profile = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(profile.path());
    storage.key = key("https://group-commit.test/");
    storage.save(fetch(1, &storage.key, &[None; RECORDS as usize])).unwrap();
    let bodies: Vec<_> = (0..RECORDS).map(|index| storage.create(response_of(1, index))).collect();
    let bytes = pattern(1, 10 * 1024);
    let appends: Vec<_> = bodies
        .iter()
        .map(|body| storage.append_later(*body, 0, BodyReader::from_bytes(bytes.clone())))
        .collect();
    let mut answers = Vec::new();
    for ((index, body), append) in (0..).zip(&bodies).zip(appends) {
        assert_eq!(wait(&append).result, Ok(()));
        let body = *body;
        answers.push((
            storage.ask_later(|reply| PartitionMsg::Body(BodyMsg::Seal { body, error: None, reply })),
            storage.ask_later(|reply| {
                let id =
                    bgfetch_traits::ids::RecordId { fetch: bgfetch_traits::ids::BackgroundFetchId(1), index };
                PartitionMsg::SaveRecord(id, Box::new(record(Some(body))), reply)
            }),
        ));
    }
    for (sealed, saved) in answers {
        wait(&sealed).unwrap();
        wait(&saved).unwrap();
    }
    storage.shut_down();
    let batches = batches().lock().remove("https://group-commit.test").unwrap();
    let operations: u64 = batches.iter().sum();
    assert!(operations > 4 * u64::from(RECORDS));
    // How many it takes depends on how busy the machine is; the next test decides that by holding the disk up.
    assert!(batches.len() < 2 * RECORDS as usize, "{} commits for {operations} operations", batches.len());
    let restored = Storage::open(profile.path()).restore();
    assert!(restored.background_fetches[0].records.iter().all(|record| record.response_length == 10 * 1024));
}

/// While the disk is busy, everything that is asked becomes one transaction, and one that fails in it does not take
/// the others along.
#[test]
fn what_waits_for_the_disk_is_one_transaction_of_independent_operations() {
    batches();
    let profile = tempfile::tempdir().unwrap();
    let disk = SimVfs::new();
    let tuning = Tuning { io_threads: 1, ..Tuning::default() };
    let mut storage =
        Storage::start_on(StorageConfig { tuning, ..StorageConfig::new(profile.path()) }, disk.clone());
    storage.key = key("https://one-transaction.test/");
    storage.estimate();
    // The only thread is held up in the middle of a write, until what follows is asked.
    let (go, held) = crossbeam_channel::bounded::<()>(0);
    disk.before_operation(disk.operations(), move || held.recv().unwrap());
    let body = storage.create(BodyOwner::Pending);
    let append = storage.append_later(body, 0, BodyReader::from_bytes(pattern(1, 100_000)));
    storage.estimate();
    let saves: Vec<_> = (1..=100)
        .map(|id| {
            let fetch = Box::new(fetch(id, &storage.key, &[None]));
            storage.ask_later(|reply| PartitionMsg::SaveBackgroundFetch(fetch, reply))
        })
        .collect();
    let missing = {
        let id = bgfetch_traits::ids::RecordId { fetch: bgfetch_traits::ids::BackgroundFetchId(7), index: 9 };
        storage.ask_later(|reply| PartitionMsg::SaveRecord(id, Box::new(record(None)), reply))
    };
    storage.estimate();
    go.send(()).unwrap();
    assert!(saves.iter().all(|save| wait(save).is_ok()));
    assert!(wait(&missing).is_err());
    assert_eq!(wait(&append).result, Ok(()));
    let batches = batches().lock().remove("https://one-transaction.test").unwrap();
    // A batch is closed when its job is queued, so those that were asked first may be one of their own; all that come
    // while it waits are the next. Before and after them are what the body needs.
    assert!(batches.len() <= 4 && batches.iter().sum::<u64>() > 100, "{batches:?}");
    assert_eq!(storage.restore().background_fetches.len(), 100);
}

//! What is saved comes back.

use bgfetch_storage::{StorageConfig, Tuning};
use bgfetch_traits::background_fetch::{BackgroundFetchResult, RecordResult};
use bgfetch_traits::ids::{BackgroundFetchId, RecordId, RegistrationId, WorkerId};
use bgfetch_traits::service_worker::{ScriptResource, StoredRegistration, StoredWorker};
use bgfetch_traits::storage::{BodyOwner, PartitionMsg, StorageError};

use crate::common::{Storage, fetch, key, pattern, record, response_of, wait};

fn registration(storage: &Storage, id: u64, worker: u64) -> StoredRegistration {
    let url: url::Url = format!("{}/sw.js", storage.key).parse().unwrap();
    StoredRegistration {
        navigation_preload: Default::default(),
        registration: RegistrationId(id),
        partition: storage.key.clone(),
        scope: url.join("/").unwrap(),
        update_via_cache: Default::default(),
        waiting: None,
        active: Some(StoredWorker {
            worker: WorkerId(worker),
            script_url: url.clone(),
            worker_type: Default::default(),
            scripts: vec![ScriptResource {
                url,
                source: "// \u{1F980}\0\n".into(),
                policy: Default::default(),
            }],
            router_rules: Vec::new(),
            handles_fetch: true,
        }),
    }
}

fn register(storage: &Storage, registration: &StoredRegistration) {
    let registration = Box::new(registration.clone());
    storage.ask(|reply| PartitionMsg::SaveRegistration(registration, reply)).unwrap();
}

#[test]
fn registrations_and_fetches_of_all_partitions_come_back() {
    let profile = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(profile.path());
    assert_eq!(storage.restore().next_id, 1);
    let mut registrations = Vec::new();
    let mut fetches = Vec::new();
    for (number, origin) in (1..).zip(["https://a.test/", "https://b.test:8443/", "http://localhost:1/"]) {
        storage.key = key(origin);
        let saved = registration(&storage, number, number + 10);
        register(&storage, &saved);
        registrations.push(saved);
        let mut saved = fetch(number + 20, &storage.key, &[None, None]);
        saved.records[1].request.headers = [("X-Bytes", vec![0xe9, b'x'])].into_iter().collect();
        storage.save(saved.clone()).unwrap();
        fetches.push(saved);
    }
    storage.shut_down();
    let restored = Storage::open(profile.path()).restore();
    assert_eq!(restored.registrations, registrations);
    assert_eq!(restored.background_fetches, fetches);
    assert_eq!(restored.damaged, []);
    assert!(restored.next_id > 23);
}

#[test]
fn parts_of_a_fetch_are_replaced_alone() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let mut saved = fetch(5, &storage.key, &[None, None, None]);
    storage.save(saved.clone()).unwrap();
    let body = storage.create(response_of(5, 1));
    storage.append(body, 0, pattern(1, 777));
    saved.records[1] = record(Some(body));
    saved.records[1].result = RecordResult::Success;
    let save_record = |fetch, index, record: &bgfetch_traits::background_fetch::StoredRecord| {
        let record = Box::new(record.clone());
        let id = RecordId { fetch: BackgroundFetchId(fetch), index };
        storage.ask(|reply| PartitionMsg::SaveRecord(id, record, reply))
    };
    save_record(5, 1, &saved.records[1]).unwrap();
    let mut state = saved.state();
    state.result = BackgroundFetchResult::Success;
    state.event_owed = true;
    saved.set_state(state.clone());
    let save_state = |fetch| {
        let state = Box::new(state.clone());
        storage.ask(|reply| PartitionMsg::SaveBackgroundFetchState(BackgroundFetchId(fetch), state, reply))
    };
    save_state(5).unwrap();
    assert!(matches!(save_record(5, 3, &saved.records[0]), Err(StorageError::NotFound(_))));
    assert!(matches!(save_record(6, 0, &saved.records[0]), Err(StorageError::NotFound(_))));
    assert!(matches!(save_state(6), Err(StorageError::NotFound(_))));
    storage.shut_down();
    let storage = Storage::open(profile.path());
    saved.records[1].response_length = 777;
    assert_eq!(storage.restore().background_fetches, [saved.clone()]);
    // Fewer records than before: those that are gone do not come back.
    saved.records.truncate(1);
    storage.save(saved.clone()).unwrap();
    assert_eq!(storage.restore().background_fetches, [saved]);
    storage.delete(5).unwrap();
    storage.delete(5).unwrap();
    assert_eq!(storage.settled_usage(), 0);
}

#[test]
fn an_id_is_never_handed_out_again() {
    let profile = tempfile::tempdir().unwrap();
    let mut last = 0;
    for round in 0..4 {
        let storage = Storage::open(profile.path());
        let next = storage.restore().next_id;
        assert!(next > last, "round {round}");
        let saved = registration(&storage, next, next + 1);
        register(&storage, &saved);
        storage.save(fetch(next + 2, &storage.key, &[])).unwrap();
        last = next + 2;
        storage.delete(next + 2).unwrap();
        storage.ask(|reply| PartitionMsg::DeleteRegistration(RegistrationId(next), reply)).unwrap();
        if round == 1 {
            storage.clear();
        }
        if round == 2 {
            std::fs::write(profile.path().join("next-id"), "not a number").unwrap();
            storage.save(fetch(last, &storage.key, &[])).unwrap();
        }
        storage.shut_down();
    }
}

#[test]
fn many_partitions_do_not_keep_many_databases_open() {
    let profile = tempfile::tempdir().unwrap();
    let tuning = Tuning { idle_partitions: 3, ..Tuning::default() };
    let mut storage = Storage::start(StorageConfig { tuning, ..StorageConfig::new(profile.path()) });
    for round in 0..2 {
        for number in 0..20 {
            storage.key = key(&format!("https://{number}.test/"));
            let body = storage.create(BodyOwner::Pending);
            assert_eq!(storage.append(body, 0, pattern(number, 50_000)).result, Ok(()));
            assert_eq!(storage.content(body), pattern(number, 50_000));
            assert_eq!(storage.settled_usage(), (round + 1) * 50_000);
            assert_eq!(storage.open_cache("v1"), bgfetch_traits::storage::CacheId(1));
        }
    }
    let open = std::fs::read_dir("/proc/self/fd").map_or(0, |descriptors| {
        let files = descriptors.filter_map(|descriptor| std::fs::read_link(descriptor.ok()?.path()).ok());
        files.filter(|file| file.starts_with(profile.path()) && file.ends_with("meta.sqlite")).count()
    });
    assert!(open <= 5, "{open} databases are open");
}

#[test]
fn only_looking_leaves_no_trace() {
    use bgfetch_traits::storage::{CacheMsg, CacheSelector};
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    assert_eq!(storage.estimate().usage, 0);
    assert!(storage.open_body(bgfetch_traits::ids::BodyId(1), 0, false).is_err());
    assert!(storage.seal(bgfetch_traits::ids::BodyId(1)).is_err());
    storage.release(bgfetch_traits::ids::BodyId(1), BodyOwner::Pending);
    storage.delete(1).unwrap();
    let ask = |request: CacheMsg| storage.sender.partition(&storage.key, PartitionMsg::Cache(request));
    ask(CacheMsg::Close(bgfetch_traits::storage::CacheId(1)));
    let keys = storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Keys(reply)));
    assert_eq!(keys.unwrap(), [""; 0]);
    for cache in [CacheSelector::All, CacheSelector::Name("v1".into())] {
        let query = crate::common::query("https://example.com/");
        let found = storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Match { cache, query, reply }));
        assert!(found.unwrap().is_none());
    }
    assert!(!storage.ask(|reply| PartitionMsg::Cache(CacheMsg::Delete("v1".into(), reply))).unwrap());
    storage.clear();
    storage.shut_down();
    assert_eq!(profile.path().join("partitions").read_dir().unwrap().count(), 0);
}

#[test]
fn what_is_of_another_partition_is_refused() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    assert!(matches!(storage.save(fetch(1, &key("https://other.test/"), &[])), Err(StorageError::Io { .. })));
}

#[test]
fn without_a_sender_the_thread_ends_and_what_was_asked_is_done() {
    let profile = tempfile::tempdir().unwrap();
    let (sender, thread) = bgfetch_storage::StorageThread::spawn(StorageConfig::new(profile.path())).unwrap();
    let (reply, saved) = bgfetch_traits::reply::Reply::channel();
    let key = key("https://example.com/");
    sender.partition(&key, PartitionMsg::SaveBackgroundFetch(Box::new(fetch(1, &key, &[])), reply));
    drop(sender);
    thread.join().unwrap();
    assert_eq!(wait(&saved), Ok(()));
    assert_eq!(Storage::open(profile.path()).restore().background_fetches.len(), 1);
}

#[test]
fn shutting_down_makes_what_arrived_durable() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(response_of(1, 0));
    storage.save(fetch(1, &storage.key, &[Some(body)])).unwrap();
    let mut follower = storage.open_body(body, 0, true).unwrap();
    let (mut writer, done) = storage.append_pipe(body, 0);
    writer.write_blocking(pattern(1, 100_000).into()).unwrap();
    let mut seen = 0;
    while seen < 100_000 {
        seen += follower.read_blocking().unwrap().unwrap().len();
    }
    storage.shut_down();
    let outcome = wait(&done);
    assert_eq!(outcome.length, 100_000);
    assert!(outcome.result.is_err());
    assert!(matches!(follower.read_blocking(), Some(Err(_))));
    let storage = Storage::open(profile.path());
    assert_eq!(storage.restore().background_fetches[0].records[0].response_length, 100_000);
    assert_eq!(storage.content(body), pattern(1, 100_000));
}

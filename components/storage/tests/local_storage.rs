//! What `localStorage` shows.

use std::sync::Arc;

use bgfetch_storage::StorageConfig;
use bgfetch_traits::storage::PartitionMsg;
use bgfetch_traits::web_storage::StorageArea;

use crate::common::{DEADLINE, Storage, key};

fn area(storage: &Storage) -> Arc<StorageArea> {
    storage.ask(PartitionMsg::LocalStorage).unwrap()
}

fn entries(area: &StorageArea) -> Vec<(String, String)> {
    area.keys().into_iter().map(|key| (key.clone(), area.get(&key).unwrap())).collect()
}

fn is(area: &StorageArea, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    assert_eq!(entries(area), expected);
}

#[test]
fn everybody_has_the_same_area_and_it_comes_back() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let (one, other) = (area(&storage), area(&storage));
    for (key, value) in [("z", "1"), ("a", "2"), ("m", "3"), ("z", "4")] {
        one.set(key, value.to_owned()).unwrap();
    }
    is(&other, &[("z", "4"), ("a", "2"), ("m", "3")]);
    storage.shut_down();

    let storage = Storage::open(profile.path());
    let one = area(&storage);
    is(&one, &[("z", "4"), ("a", "2"), ("m", "3")]);
    one.remove("z");
    one.set("z", "5".into()).unwrap();
    storage.shut_down();

    let storage = Storage::open(profile.path());
    let one = area(&storage);
    is(&one, &[("a", "2"), ("m", "3"), ("z", "5")]);
    one.clear();
    one.set("new", "6".into()).unwrap();
    storage.shut_down();

    let storage = Storage::open(profile.path());
    is(&area(&storage), &[("new", "6")]);
    // Of the key and the value.
    assert_eq!(storage.settled_usage(), 4);
}

#[test]
fn only_looking_leaves_no_trace_and_partitions_have_their_own() {
    let profile = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(profile.path());
    assert!(area(&storage).is_empty());
    assert_eq!(std::fs::read_dir(profile.path().join("partitions")).unwrap().count(), 0);
    area(&storage).set("x", "1".into()).unwrap();
    storage.key = key("https://other.test/");
    assert!(area(&storage).is_empty());
}

#[test]
fn clearing_takes_it_from_those_who_have_it_and_what_they_store_then_stays() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let held = area(&storage);
    held.set("before", "1".into()).unwrap();
    storage.clear();
    assert!(held.is_empty());
    assert_eq!(storage.estimate().usage, 0);
    held.set("after", "2".into()).unwrap();
    storage.shut_down();
    let storage = Storage::open(profile.path());
    is(&area(&storage), &[("after", "2")]);
}

#[test]
fn an_area_that_nobody_has_is_not_kept_in_memory_and_not_lost() {
    let profile = tempfile::tempdir().unwrap();
    let mut config = StorageConfig::new(profile.path());
    config.tuning.idle_partitions = 0;
    let storage = Storage::start(config);
    let held = area(&storage);
    held.set("x", "1".into()).unwrap();
    let weak = Arc::downgrade(&held);
    drop(held);
    let deadline = std::time::Instant::now() + DEADLINE;
    while weak.upgrade().is_some() {
        assert!(std::time::Instant::now() < deadline);
        storage.settled_usage();
    }
    is(&area(&storage), &[("x", "1")]);
}

/// Version 1 had no table for it.
#[test]
fn a_partition_of_before_is_migrated() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    storage.open_cache("kept");
    storage.shut_down();
    let partition = std::fs::read_dir(profile.path().join("partitions")).unwrap().next().unwrap().unwrap();
    let database = rusqlite::Connection::open(partition.path().join("meta.sqlite")).unwrap();
    database.execute_batch("DROP TABLE local_storage; PRAGMA user_version = 1").unwrap();
    drop(database);
    let storage = Storage::open(profile.path());
    assert_eq!(storage.restore().damaged, []);
    area(&storage).set("x", "1".into()).unwrap();
    storage.shut_down();
    let storage = Storage::open(profile.path());
    is(&area(&storage), &[("x", "1")]);
    let names = storage.ask(|reply| PartitionMsg::Cache(bgfetch_traits::storage::CacheMsg::Keys(reply)));
    assert_eq!(names.unwrap(), ["kept"]);
}

//! Deleting a partition.

use bgfetch_traits::body::BodyError;
use bgfetch_traits::storage::{BodyOwner, StorageError};
use bytes::Bytes;

use crate::common::{Storage, entry, fetch, key, pattern, response_of, wait};

#[test]
fn everything_goes_and_the_partition_can_be_used_again() {
    let profile = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(profile.path());
    let other = storage.create(BodyOwner::Pending);
    storage.append(other, 0, pattern(1, 100_000));
    storage.key = key("https://cleared.test/");
    let body = storage.create(response_of(7, 0));
    storage.append(body, 0, pattern(1, 100_000));
    storage.save(fetch(7, &storage.key, &[Some(body)])).unwrap();
    let cache = storage.open_cache("v1");
    storage.put(cache, vec![entry("https://cleared.test/", None)]).unwrap();
    storage.clear();
    assert_eq!(storage.estimate().usage, 0);
    assert!(matches!(storage.open_body(body, 0, false), Err(StorageError::NotFound(_))));
    let again = storage.create(response_of(8, 0));
    assert!(again > body, "an id was used twice");
    storage.append(again, 0, b"new".to_vec());
    assert_eq!(storage.content(again), b"new");
    storage.clear();
    storage.clear();
    storage.key = key("https://example.com/");
    assert_eq!(storage.content(other), pattern(1, 100_000));
    storage.shut_down();
    assert_eq!(profile.path().join("trash").read_dir().unwrap().count(), 0);
    let restored = Storage::open(profile.path()).restore();
    assert_eq!(restored.background_fetches, []);
    assert!(restored.next_id > 7, "an id will be used twice");
}

#[test]
fn what_is_under_way_ends() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    let (mut writer, done) = storage.append_pipe(body, 0);
    writer.write_blocking(Bytes::from(pattern(1, 100_000))).unwrap();
    let mut follower = storage.open_body(body, 0, true).unwrap();
    assert!(follower.read_blocking().unwrap().is_ok());
    storage.clear();
    assert!(wait(&done).result.is_err());
    assert!(writer.write_blocking(Bytes::from_static(b"x")).is_err());
    let end = std::iter::from_fn(|| follower.read_blocking()).find_map(Result::err);
    assert!(matches!(end, Some(BodyError::Source(_))));
    assert_eq!(storage.estimate().usage, 0);
}

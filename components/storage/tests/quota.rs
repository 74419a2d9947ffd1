//! What a partition may store, and what happens at the limit.

use bgfetch_storage::vfs::SimVfs;
use bgfetch_storage::{QuotaPolicy, StorageConfig};
use bgfetch_traits::background_fetch::{BackgroundFetchFailureReason, BackgroundFetchResult};
use bgfetch_traits::body::BodyReader;
use bgfetch_traits::storage::{BodyOwner, StorageError};
use bytes::Bytes;

use crate::common::{Storage, entry, fetch, pattern, response_of, wait};

fn start(profile: &std::path::Path, quota: u64) -> Storage {
    Storage::start(StorageConfig { quota: QuotaPolicy::Bytes(quota), ..StorageConfig::new(profile) })
}

#[test]
fn an_append_beyond_the_quota_ends_and_nothing_past_it_is_kept() {
    let profile = tempfile::tempdir().unwrap();
    let storage = start(profile.path(), 100_000);
    for size in [30_000, 80_000] {
        let body = storage.create(BodyOwner::Pending);
        let all = pattern(1, 200_000);
        storage.append(body, 0, all[..size].to_vec());
        let (mut writer, done) = storage.append_pipe(body, size as u64);
        for chunk in all[size..].chunks(1000) {
            if writer.write_blocking(Bytes::copy_from_slice(chunk)).is_err() {
                break;
            }
        }
        let outcome = wait(&done);
        let Err(StorageError::QuotaExceeded { quota: 100_000, usage, requested }) = outcome.result else {
            panic!("{outcome:?}")
        };
        assert!(usage <= 100_000 && usage + requested > 100_000);
        assert!((size as u64..=100_000).contains(&outcome.length));
        assert_eq!(storage.content(body), &all[..usize::try_from(outcome.length).unwrap()]);
        assert_eq!(storage.settled_usage(), outcome.length);
        storage.release(body, BodyOwner::Pending);
    }
    assert_eq!(storage.settled_usage(), 0);
}

/// A fetch that ran into the quota has to be able to say so.
#[test]
fn a_full_partition_still_notes_how_a_fetch_ended_but_takes_nothing_new() {
    let profile = tempfile::tempdir().unwrap();
    let storage = start(profile.path(), 50_000);
    let body = storage.create(response_of(1, 0));
    let mut stored = fetch(1, &storage.key, &[Some(body)]);
    storage.save(stored.clone()).unwrap();
    let room = 50_000 - storage.settled_usage();
    assert_eq!(storage.append(body, 0, pattern(1, usize::try_from(room).unwrap())).result, Ok(()));
    stored.result = BackgroundFetchResult::Failure;
    stored.failure_reason = BackgroundFetchFailureReason::QuotaExceeded;
    storage.save(stored).unwrap();
    let refused = |result| matches!(result, Err(StorageError::QuotaExceeded { .. }));
    assert!(refused(storage.save(fetch(2, &storage.key, &[]))));
    let cache = storage.open_cache("v1");
    assert!(refused(storage.put(cache, vec![entry("https://example.com/", None)])));
    assert!(refused(
        storage.put(cache, vec![entry("https://example.com/", Some(BodyReader::from_bytes("x")))])
    ));
    assert!(storage.match_all(cache).is_empty());
    storage.delete(1).unwrap();
    assert_eq!(storage.settled_usage(), 0);
    storage.put(cache, vec![entry("https://example.com/", Some(BodyReader::from_bytes("x")))]).unwrap();
}

#[test]
fn a_share_of_the_disk_stays_the_same_while_the_partition_fills() {
    let profile = tempfile::tempdir().unwrap();
    let disk = SimVfs::new();
    disk.set_capacity(1_000_000);
    let quota = QuotaPolicy::ShareOfDisk(60);
    let storage = Storage::start_on(StorageConfig { quota, ..StorageConfig::new(profile.path()) }, disk);
    assert_eq!(storage.estimate().quota, 600_000);
    let body = storage.create(BodyOwner::Pending);
    storage.append(body, 0, pattern(1, 500_000));
    let estimate = storage.estimate();
    assert_eq!((estimate.usage, estimate.quota), (500_000, 600_000));
    let outcome = storage.append(body, 500_000, pattern(2, 200_000));
    assert!(matches!(outcome.result, Err(StorageError::QuotaExceeded { .. })));
}

#[test]
fn partitions_do_not_share_a_quota() {
    let profile = tempfile::tempdir().unwrap();
    let mut storage = start(profile.path(), 100_000);
    for origin in ["https://a.test/", "https://b.test/"] {
        storage.key = crate::common::key(origin);
        let body = storage.create(BodyOwner::Pending);
        assert_eq!(storage.append(body, 0, pattern(1, 90_000)).result, Ok(()));
    }
}

//! The disk runs full in the middle of a body.

use bgfetch_storage::vfs::SimVfs;
use bgfetch_storage::{QuotaPolicy, StorageConfig};
use bgfetch_traits::storage::{BodyOwner, StorageError};
use bytes::Bytes;

use crate::common::{Storage, fetch, pattern, read_all, response_of, wait};

fn start(profile: &std::path::Path, disk: &SimVfs) -> Storage {
    let quota = QuotaPolicy::Bytes(u64::MAX);
    Storage::start_on(StorageConfig { quota, ..StorageConfig::new(profile) }, disk.clone())
}

#[test]
fn an_append_ends_and_keeps_what_was_written_before() {
    let profile = tempfile::tempdir().unwrap();
    let disk = SimVfs::new();
    disk.set_capacity(1_000_000);
    let storage = start(profile.path(), &disk);
    let body = storage.create(response_of(1, 0));
    storage.save(fetch(1, &storage.key, &[Some(body)])).unwrap();
    let all = pattern(1, 2_000_000);
    let (mut writer, done) = storage.append_pipe(body, 0);
    for chunk in all.chunks(50_000) {
        if writer.write_blocking(Bytes::copy_from_slice(chunk)).is_err() {
            break;
        }
    }
    drop(writer);
    let outcome = wait(&done);
    assert!(matches!(outcome.result, Err(StorageError::DiskFull { .. })), "{outcome:?}");
    assert!((500_000..=1_000_000).contains(&outcome.length));
    let length = usize::try_from(outcome.length).unwrap();
    assert_eq!(storage.content(body), &all[..length]);
    assert_eq!(disk.content(&disk.files()[0]).unwrap().len(), length, "a torn write was left behind");
    storage.shut_down();
    // With space again it goes on where it was.
    let storage = start(profile.path(), &disk);
    assert_eq!(storage.restore().background_fetches[0].records[0].response_length, outcome.length);
    disk.set_capacity(u64::MAX);
    assert_eq!(storage.append(body, outcome.length, all[length..].to_vec()).result, Ok(()));
    assert_eq!(storage.content(body), all);
}

#[test]
fn other_bodies_of_the_partition_are_not_touched() {
    let profile = tempfile::tempdir().unwrap();
    let disk = SimVfs::new();
    let storage = start(profile.path(), &disk);
    let whole = storage.create(BodyOwner::Pending);
    storage.append(whole, 0, pattern(1, 200_000));
    disk.set_capacity(250_000);
    let full = storage.create(BodyOwner::Pending);
    let outcome = storage.append(full, 0, pattern(2, 100_000));
    assert!(matches!(outcome.result, Err(StorageError::DiskFull { .. })));
    assert_eq!(storage.content(whole), pattern(1, 200_000));
    storage.release(whole, BodyOwner::Pending);
    storage.settled_usage();
    let again = storage.append(full, outcome.length, pattern(2, 100_000));
    assert_eq!(again.result, Ok(()));
    assert_eq!(read_all(storage.open_body(full, 0, false).unwrap()), pattern(2, 100_000));
}

//! Bodies: appended, read, cut, sealed, shared and released.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::{Storage, fetch, pattern, read_all, response_of, wait};
use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::storage::{BodyMsg, BodyOwner, PartitionMsg, StorageError};
use bytes::Bytes;

#[test]
fn bodies_of_all_sizes_come_back_also_after_a_restart() {
    let profile = tempfile::tempdir().unwrap();
    let sizes = [0, 1, 10_240, 32 * 1024, 32 * 1024 + 1, 300_000, 20_000_000];
    let storage = Storage::open(profile.path());
    let mut bodies = Vec::new();
    for (index, size) in (0_u32..).zip(sizes) {
        let body = storage.create(response_of(5, index));
        let outcome = storage.append(body, 0, pattern(index.into(), size));
        assert_eq!((outcome.length, outcome.result), (size as u64, Ok(())));
        assert_eq!(storage.content(body), pattern(index.into(), size));
        assert_eq!(storage.seal(body), Ok(size as u64));
        bodies.push(Some(body));
    }
    storage.save(fetch(5, &storage.key, &bodies)).unwrap();
    storage.shut_down();
    let storage = Storage::open(profile.path());
    let restored = storage.restore();
    assert_eq!(restored.damaged, []);
    for (index, size) in (0_u64..).zip(sizes) {
        let record = &restored.background_fetches[0].records[index as usize];
        assert_eq!(record.response_length, size as u64);
        let reader = storage.open_body(record.response_body.unwrap(), 0, false).unwrap();
        assert_eq!(reader.stored().unwrap().length, size as u64);
        assert_eq!(read_all(reader), pattern(index, size));
    }
    let usage: u64 = sizes.iter().map(|size| *size as u64).sum();
    assert!((usage..usage + 20_000).contains(&storage.estimate().usage));
}

#[test]
fn appending_goes_on_where_it_ended_and_an_earlier_offset_cuts() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    for size in [1000, 100_000] {
        let all = pattern(1, 2 * size);
        let body = storage.create(BodyOwner::Pending);
        assert_eq!(storage.append(body, 0, all[..size].to_vec()).length, size as u64);
        assert_eq!(storage.append(body, size as u64, all[size..].to_vec()).length, 2 * size as u64);
        assert_eq!(storage.content(body), all);
        assert_eq!(storage.append(body, 10, b"new".to_vec()).length, 13);
        assert_eq!(storage.content(body), [&all[..10], b"new"].concat());
        storage.truncate(body, 4).unwrap();
        assert_eq!(storage.content(body), &all[..4]);
        let outcome = storage.append(body, 5, b"gap".to_vec());
        assert_eq!(outcome.length, 4);
        assert!(matches!(outcome.result, Err(StorageError::Io { .. })), "{outcome:?}");
        assert_eq!(storage.seal(body), Ok(4));
        assert!(storage.append(body, 4, b"late".to_vec()).result.is_err());
        assert_eq!(storage.content(body), &all[..4]);
    }
    assert_eq!(storage.settled_usage(), 8);
}

#[test]
fn a_source_that_fails_leaves_what_came_before() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    let (mut writer, done) = storage.append_pipe(body, 0);
    writer.write_blocking(Bytes::from(pattern(1, 50_000))).unwrap();
    writer.finish(Err(BodyError::Aborted));
    let outcome = wait(&done);
    assert_eq!(outcome.length, 50_000);
    assert_eq!(outcome.result, Err(StorageError::Body(BodyError::Aborted)));
    assert_eq!(storage.content(body), pattern(1, 50_000));
}

#[test]
fn a_body_goes_with_its_last_owner() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    for size in [100, 100_000] {
        let body = storage.create(response_of(9, 0));
        storage.append(body, 0, pattern(1, size));
        storage.save(fetch(9, &storage.key, &[Some(body)])).unwrap();
        storage.release(body, BodyOwner::Pending);
        assert_eq!(storage.content(body).len(), size);
        storage.delete(9).unwrap();
        assert!(matches!(storage.open_body(body, 0, false), Err(StorageError::NotFound(_))));
        assert_eq!(storage.settled_usage(), 0);
    }
    storage.shut_down();
    let bodies =
        profile.path().join("partitions").read_dir().unwrap().next().unwrap().unwrap().path().join("bodies");
    assert_eq!(bodies.read_dir().unwrap().count(), 0);
}

#[test]
fn a_reader_keeps_a_released_body_until_it_is_done() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    storage.append(body, 0, pattern(1, 3_000_000));
    let (begun, unread) =
        (storage.open_body(body, 0, false).unwrap(), storage.open_body(body, 1_000_000, false).unwrap());
    let mut begun = begun;
    let first = begun.read_blocking().unwrap().unwrap();
    storage.release(body, BodyOwner::Pending);
    assert!(storage.settled_usage() >= 3_000_000);
    let all = pattern(1, 3_000_000);
    assert_eq!([first.to_vec(), read_all(begun)].concat(), all);
    assert_eq!(read_all(unread), &all[1_000_000..]);
    // The reader's end and this question come to the thread in this order.
    assert_eq!(storage.settled_usage(), 0);
    assert!(storage.open_body(body, 0, false).is_err());
}

#[test]
fn releasing_a_body_ends_its_append() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    for size in [100, 100_000] {
        let body = storage.create(BodyOwner::Pending);
        let (mut writer, done) = storage.append_pipe(body, 0);
        writer.write_blocking(Bytes::from(pattern(1, size))).unwrap();
        storage.release(body, BodyOwner::Pending);
        assert_eq!(wait(&done).result, Err(StorageError::Body(BodyError::Aborted)));
        assert!(writer.write_blocking(Bytes::from_static(b"x")).is_err());
        assert_eq!(storage.settled_usage(), 0);
    }
}

#[test]
fn progress_is_told_and_ends_at_the_length() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    let (last, calls) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let progress = {
        let (last, calls) = (Arc::clone(&last), Arc::clone(&calls));
        move |length| {
            assert!(last.swap(length, Ordering::Relaxed) < length);
            calls.fetch_add(1, Ordering::Relaxed);
        }
    };
    let (mut writer, source) = bgfetch_traits::body::pipe(256 * 1024);
    let done = storage.ask_later(|done| {
        let progress = Some(Arc::new(progress) as _);
        PartitionMsg::Body(BodyMsg::Append { body, offset: 0, source, progress, done })
    });
    for _ in 0..10_000 {
        writer.write_blocking(Bytes::from_static(&[7; 1000])).unwrap();
    }
    writer.finish(Ok(()));
    assert_eq!(wait(&done).length, 10_000_000);
    assert_eq!(last.load(Ordering::Relaxed), 10_000_000);
    assert!(calls.load(Ordering::Relaxed) < 1000, "not coalesced: {calls:?} calls");
}

#[test]
fn a_restart_forgets_what_is_pending_and_what_no_record_names() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let kept = storage.create(response_of(3, 0));
    let unnamed = storage.create(response_of(3, 1));
    let pending = storage.create(BodyOwner::Pending);
    for body in [kept, unnamed, pending] {
        storage.append(body, 0, pattern(1, 100_000));
    }
    storage.save(fetch(3, &storage.key, &[Some(kept), None])).unwrap();
    storage.shut_down();
    let storage = Storage::open(profile.path());
    storage.restore();
    assert_eq!(storage.content(kept), pattern(1, 100_000));
    for body in [unnamed, pending] {
        assert!(matches!(storage.open_body(body, 0, false), Err(StorageError::NotFound(_))));
    }
    assert!((100_000..110_000).contains(&storage.estimate().usage));
    assert!(storage.create(BodyOwner::Pending) > pending);
}

#[test]
fn opening_what_is_not_there_says_so() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    storage.append(body, 0, b"abc".to_vec());
    assert!(matches!(storage.open_body(body, 4, false), Err(StorageError::NotFound(_))));
    assert_eq!(read_all(storage.open_body(body, 3, false).unwrap()), b"");
    assert!(matches!(
        storage.open_body(bgfetch_traits::ids::BodyId(99), 0, false),
        Err(StorageError::NotFound(_))
    ));
    let outcome =
        wait(&storage.append_later(bgfetch_traits::ids::BodyId(99), 0, BodyReader::from_bytes("x")));
    assert!(matches!(outcome.result, Err(StorageError::NotFound(_))), "{outcome:?}");
    assert!(matches!(storage.seal(bgfetch_traits::ids::BodyId(99)), Err(StorageError::NotFound(_))));
}

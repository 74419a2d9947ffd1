//! Many bodies at once: none waits for another.

use bgfetch_storage::{StorageConfig, Tuning};
use bgfetch_traits::body::BodyWriter;
use bgfetch_traits::storage::BodyOwner;
use bytes::Bytes;

use crate::common::{Storage, pattern, wait};

#[test]
fn appends_that_stall_do_not_hold_up_others() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    // More than there are threads, and all of them wait for bytes that do not come.
    let stalled: Vec<_> = (0..100)
        .map(|index| {
            let body = storage.create(BodyOwner::Pending);
            let (mut writer, done) = storage.append_pipe(body, 0);
            writer
                .write_blocking(Bytes::from(pattern(index, 1000 * usize::try_from(index).unwrap())))
                .unwrap();
            (body, writer, done)
        })
        .collect();
    for seed in 200..210 {
        let body = storage.create(BodyOwner::Pending);
        assert_eq!(storage.append(body, 0, pattern(seed, 1_000_000)).length, 1_000_000);
        assert_eq!(storage.content(body), pattern(seed, 1_000_000));
    }
    for (index, (body, mut writer, done)) in (0..).zip(stalled) {
        writer.write_blocking(Bytes::from_static(b"end")).unwrap();
        writer.finish(Ok(()));
        assert_eq!(wait(&done).result, Ok(()));
        let expected = [pattern(index, 1000 * usize::try_from(index).unwrap()), b"end".to_vec()].concat();
        assert_eq!(storage.content(body), expected);
    }
}

#[test]
fn interleaved_chunks_reach_their_own_bodies() {
    let profile = tempfile::tempdir().unwrap();
    let tuning = Tuning { sync_size: 50_000, write_size: 5_000, ..Tuning::default() };
    let storage = Storage::start(StorageConfig { tuning, ..StorageConfig::new(profile.path()) });
    let bodies: Vec<_> = (0..200).map(|_| storage.create(BodyOwner::Pending)).collect();
    let mut writers: Vec<(BodyWriter, _)> = bodies.iter().map(|body| storage.append_pipe(*body, 0)).collect();
    for round in 0..50_u64 {
        for (index, (writer, _)) in (0_u64..).zip(&mut writers) {
            writer.write_blocking(Bytes::from(pattern(index << 16 | round, 3001))).unwrap();
        }
    }
    for ((index, body), (writer, done)) in (0_u64..).zip(bodies).zip(writers) {
        writer.finish(Ok(()));
        assert_eq!(wait(&done).length, 50 * 3001);
        let expected: Vec<u8> = (0..50).flat_map(|round| pattern(index << 16 | round, 3001)).collect();
        assert_eq!(storage.content(body), expected);
    }
    assert_eq!(storage.settled_usage(), 200 * 50 * 3001);
}

#[test]
fn a_source_is_not_read_ahead_of_the_disk() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    let first = storage.append_pipe(body, 0);
    // The second waits for the first; nothing of it is taken meanwhile.
    let (mut second, done) = storage.append_pipe(body, 3);
    while second.poll_ready(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready() {
        second.push(Bytes::from_static(&[1; 64 * 1024])).unwrap();
    }
    storage.settled_usage();
    assert!(second.poll_ready(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_pending());
    let (mut writer, first_done) = first;
    writer.write_blocking(Bytes::from_static(b"abc")).unwrap();
    writer.finish(Ok(()));
    assert_eq!(wait(&first_done).length, 3);
    second.finish(Ok(()));
    assert_eq!(wait(&done).length, 3 + 256 * 1024);
}

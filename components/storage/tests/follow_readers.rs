//! Reading a body while it is written.

use bgfetch_traits::body::{BodyError, BodyReader};
use bgfetch_traits::fetch::{NetworkError, NetworkErrorKind};
use bgfetch_traits::storage::{BodyMsg, BodyOwner, PartitionMsg};
use bytes::Bytes;

use crate::common::{Storage, pattern, read_all, wait};

fn read_exactly(reader: &mut BodyReader, length: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        bytes.extend_from_slice(&reader.read_blocking().unwrap().unwrap());
    }
    assert_eq!(bytes.len(), length);
    bytes
}

#[test]
fn a_follower_sees_bytes_soon_and_the_end_with_the_seal() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    for size in [500, 40_000, 1_000_000] {
        let body = storage.create(BodyOwner::Pending);
        let mut early = storage.open_body(body, 0, true).unwrap();
        let (mut writer, done) = storage.append_pipe(body, 0);
        let all = pattern(1, 3 * size);
        for part in all.chunks(size) {
            writer.write_blocking(Bytes::copy_from_slice(part)).unwrap();
            // Nothing more comes until this was seen.
            assert_eq!(read_exactly(&mut early, size), part);
        }
        writer.finish(Ok(()));
        wait(&done);
        let late = storage.open_body(body, size as u64, true).unwrap();
        assert_eq!(late.stored(), None);
        // Between two appends a follower waits.
        storage.append(body, 3 * size as u64, b"more".to_vec());
        assert_eq!(read_exactly(&mut early, 4), b"more");
        storage.seal(body).unwrap();
        assert!(early.read_blocking().is_none());
        assert_eq!(read_all(late), [&all[size..], b"more"].concat());
    }
}

#[test]
fn a_seal_with_an_error_ends_followers_with_it_after_the_bytes() {
    let profile = tempfile::tempdir().unwrap();
    let mut storage = Storage::open(profile.path());
    let error = BodyError::Network(NetworkError::new(NetworkErrorKind::ConnectionReset, "it broke"));
    let body = storage.create(crate::common::response_of(1, 0));
    storage.save(crate::common::fetch(1, &storage.key, &[Some(body)])).unwrap();
    let before = storage.open_body(body, 0, true).unwrap();
    storage.append(body, 0, pattern(1, 100_000));
    let sealed = Some(error.clone());
    storage.ask(|reply| PartitionMsg::Body(BodyMsg::Seal { body, error: sealed, reply })).unwrap();
    let mut readers = vec![before, storage.open_body(body, 0, true).unwrap()];
    for _ in 0..2 {
        for mut reader in std::mem::take(&mut readers) {
            assert_eq!(reader.stored(), None);
            assert_eq!(read_exactly(&mut reader, 100_000), pattern(1, 100_000));
            assert_eq!(reader.read_blocking(), Some(Err(error.clone())));
        }
        storage.shut_down();
        storage = Storage::open(profile.path());
        readers.push(storage.open_body(body, 0, true).unwrap());
    }
}

#[test]
fn a_slow_reader_does_not_slow_the_append_nor_fill_memory() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    let mut slow = storage.open_body(body, 0, true).unwrap();
    let (mut writer, done) = storage.append_pipe(body, 0);
    writer.write_blocking(Bytes::from(pattern(1, 10_000))).unwrap();
    let first = read_exactly(&mut slow, 10_000);
    let rest = pattern(2, 30_000_000);
    for chunk in rest.chunks(100_000) {
        writer.write_blocking(Bytes::copy_from_slice(chunk)).unwrap();
    }
    writer.finish(Ok(()));
    assert_eq!(wait(&done).length, 30_010_000);
    storage.seal(body).unwrap();
    assert_eq!(first, pattern(1, 10_000));
    assert_eq!(read_all(slow), rest);
}

#[test]
fn a_follower_of_a_body_that_is_cut_below_it_fails() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    storage.append(body, 0, pattern(1, 100_000));
    let mut reader = storage.open_body(body, 0, true).unwrap();
    read_exactly(&mut reader, 100_000);
    storage.truncate(body, 10).unwrap();
    assert!(matches!(reader.read_blocking(), Some(Err(BodyError::Source(_)))));
    assert_eq!(storage.content(body).len(), 10);
}

#[test]
fn a_released_body_ends_its_followers() {
    let profile = tempfile::tempdir().unwrap();
    let storage = Storage::open(profile.path());
    let body = storage.create(BodyOwner::Pending);
    storage.append(body, 0, b"abc".to_vec());
    let mut reader = storage.open_body(body, 0, true).unwrap();
    read_exactly(&mut reader, 3);
    storage.release(body, BodyOwner::Pending);
    assert_eq!(reader.read_blocking(), Some(Err(BodyError::Aborted)));
    assert_eq!(storage.settled_usage(), 0);
}

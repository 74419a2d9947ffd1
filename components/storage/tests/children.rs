//! What runs in processes that tests start and kill. In an ordinary run of the tests these do nothing.

use bgfetch_traits::body::BodyWriter;
use bytes::Bytes;

use crate::common::child::{profile, tell};
use crate::common::{Storage, fetch, pattern, response_of};

#[test]
fn hold_profile() {
    let Some(profile) = profile() else { return };
    let _storage = Storage::open(&profile);
    tell("holding");
    loop {
        std::thread::park();
    }
}

/// Appends to four bodies at once, without end, and tells how much of each is stored.
#[test]
fn append_forever() {
    const BODIES: u32 = 4;
    let Some(profile) = profile() else { return };
    let storage = Storage::open(&profile);
    let restored = storage.restore();
    let (bodies, lengths): (Vec<_>, Vec<u64>) = match restored.background_fetches.first() {
        Some(fetch) => {
            fetch.records.iter().map(|record| (record.response_body, record.response_length)).unzip()
        }
        None => {
            let bodies: Vec<_> =
                (0..BODIES).map(|index| Some(storage.create(response_of(1, index)))).collect();
            storage.save(fetch(1, &storage.key, &bodies)).unwrap();
            (bodies, vec![0; BODIES as usize])
        }
    };
    let mut writers: Vec<(u64, u64, BodyWriter)> = Vec::new();
    let mut answers = Vec::new();
    for (index, (body, length)) in (0_u64..).zip(bodies.into_iter().zip(lengths)) {
        let (writer, answer) = storage.append_pipe(body.unwrap(), length);
        writers.push((index, length, writer));
        answers.push(answer);
    }
    tell("appending");
    for round in 1.. {
        for (index, length, writer) in &mut writers {
            let chunk = stream(*index, *length, 16 * 1024);
            writer.write_blocking(Bytes::from(chunk)).unwrap();
            *length += 16 * 1024;
        }
        if round % 256 == 0 {
            tell("4 MiB more");
        }
    }
}

/// Bytes of an endless stream, from `offset` on. Offsets may have any value after a kill.
pub(crate) fn stream(seed: u64, offset: u64, length: usize) -> Vec<u8> {
    const BLOCK: u64 = 4096;
    let mut bytes = Vec::with_capacity(length + 4096);
    let first = offset / BLOCK;
    let skip = usize::try_from(offset % BLOCK).unwrap();
    let mut block = first;
    while bytes.len() < length + skip {
        bytes.extend(pattern(seed << 32 | block, 4096));
        block += 1;
    }
    bytes.drain(..skip);
    bytes.truncate(length);
    bytes
}

/// Saves fetch after fetch, and tells of each that was answered.
#[test]
fn save_forever() {
    let Some(profile) = profile() else { return };
    let storage = Storage::open(&profile);
    for id in storage.restore().next_id.. {
        let body = storage.create(response_of(id, 0));
        let size = usize::try_from(id % 70).unwrap() * 1000;
        assert_eq!(storage.append(body, 0, pattern(id, size)).result, Ok(()));
        storage.seal(body).unwrap();
        storage.save(fetch(id, &storage.key, &[Some(body)])).unwrap();
        tell(&id.to_string());
    }
}

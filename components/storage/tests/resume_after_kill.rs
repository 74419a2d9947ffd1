//! The process is killed in the middle of everything.

use crate::children::stream;
use crate::common::{Storage, child, pattern};

/// Each body is a prefix of its stream, and what goes on from there makes it whole.
#[test]
fn appends_come_back_to_a_true_prefix_and_go_on() {
    let profile = tempfile::tempdir().unwrap();
    let mut before = [0; 4];
    for round in 0..4 {
        let mut process = child::start("append_forever", profile.path());
        process.wait_for("appending");
        for _ in 0..=round {
            process.wait_for("4 MiB more");
        }
        process.kill();
        let storage = Storage::open(profile.path());
        let restored = storage.restore();
        assert_eq!(restored.damaged, []);
        let records = &restored.background_fetches[0].records;
        for (index, record) in records.iter().enumerate() {
            let body = record.response_body.unwrap();
            let content = storage.content(body);
            assert_eq!(content.len() as u64, record.response_length);
            assert!(content.len() >= before[index], "durable bytes are gone");
            assert_eq!(content, stream(index as u64, 0, content.len()));
            before[index] = content.len();
        }
        storage.shut_down();
    }
    assert!(before.iter().sum::<usize>() > 0, "nothing ever became durable");
}

/// What was answered is there after the kill, whole.
#[test]
fn answered_saves_are_there_and_ids_are_not_used_again() {
    let profile = tempfile::tempdir().unwrap();
    let mut answered = Vec::new();
    for _ in 0..3 {
        let mut process = child::start("save_forever", profile.path());
        for _ in 0..100 {
            answered.push(process.line().parse::<u64>().unwrap());
        }
        process.kill();
    }
    assert!(answered.is_sorted_by(|a, b| a < b), "an id was used twice");
    let storage = Storage::open(profile.path());
    let restored = storage.restore();
    assert!(restored.next_id > *answered.last().unwrap());
    for id in answered {
        let fetch =
            restored.background_fetches.iter().find(|fetch| fetch.fetch.0 == id).expect("a save is lost");
        let size = usize::try_from(id % 70).unwrap() * 1000;
        assert_eq!(storage.content(fetch.records[0].response_body.unwrap()), pattern(id, size));
    }
}

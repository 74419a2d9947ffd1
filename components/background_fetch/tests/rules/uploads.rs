//! Request bodies: stored before the promise resolves, sent once, counted as they go.

use bgfetch_core::Input;
use bgfetch_traits::background_fetch::{BackgroundFetchError, BackgroundFetchOptions};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::NetworkErrorKind;
use bgfetch_traits::ids::{BackgroundFetchId, BodyId, RecordId};
use bgfetch_traits::storage::StorageError;

use crate::rig::{HERE, Rig, get, post, quota_exceeded};

fn body_stored(
    rig: &mut Rig,
    fetch: BackgroundFetchId,
    index: u32,
    result: Result<(u64, u64), StorageError>,
) {
    let result = result.map(|(body, length)| (BodyId(body), length));
    rig.input(Input::RequestBodyStored { record: RecordId { fetch, index }, result });
}

/// One upload of 9 bytes, under way.
fn upload(rig: &mut Rig) -> RecordId {
    let (fetch, _) = rig.fetch_with("up", vec![post("/up", "nine byte")], BackgroundFetchOptions::default());
    body_stored(rig, fetch, 0, Ok((70, 9)));
    RecordId { fetch, index: 0 }
}

#[test]
fn bodies_are_stored_before_the_promise_resolves_and_add_up() {
    let mut rig = Rig::new();
    let records = vec![post("/a", "four"), get("/b"), post("/c", "sixsix")];
    let (fetch, answer) = rig.fetch_with("up", records, BackgroundFetchOptions::default());
    assert_eq!(rig.took(), ["store request body 0", "store request body 2"]);
    body_stored(&mut rig, fetch, 2, Ok((72, 6)));
    body_stored(&mut rig, fetch, 2, Ok((72, 6)));
    assert!(answer.try_recv().is_err());
    body_stored(&mut rig, fetch, 0, Ok((70, 4)));
    let info = answer.try_recv().unwrap().unwrap();
    assert_eq!((info.upload_total, info.progress.uploaded), (10, 0));
    let start = &rig.starts[&RecordId { fetch, index: 2 }];
    assert_eq!(start.request_body.as_ref().map(|body| (body.body, body.length)), Some((BodyId(72), 6)));
    assert_eq!(rig.starts[&RecordId { fetch, index: 1 }].request_body, None);
}

#[test]
fn a_body_that_fails_rejects_and_the_others_are_given_up() {
    let mut rig = Rig::new();
    let records = || vec![post("/a", "a"), post("/b", "b"), post("/c", "c")];
    let (fetch, answer) = rig.fetch_with("up", records(), BackgroundFetchOptions::default());
    body_stored(&mut rig, fetch, 0, Ok((70, 1)));
    rig.took();
    body_stored(&mut rig, fetch, 1, Err(StorageError::Body(BodyError::Source("it was locked".into()))));
    let trace = rig.took();
    assert_eq!(trace[..3], ["cancel request body 1", "cancel request body 2", "release 70"]);
    let error = answer.try_recv().unwrap().unwrap_err();
    let BackgroundFetchError::RequestBody { url, message } = error else { panic!("{error}") };
    assert_eq!(url, "https://a.test/b");
    assert!(message.contains("it was locked"));
    // What comes too late is not even looked at.
    body_stored(&mut rig, fetch, 2, Ok((72, 1)));
    assert!(rig.took().is_empty() && rig.stored.is_empty());
}

#[test]
fn a_body_beyond_the_quota_is_a_quota_error_and_a_broken_disk_is_not() {
    let mut rig = Rig::new();
    let (fetch, answer) = rig.fetch_with("up", vec![post("/a", "a")], BackgroundFetchOptions::default());
    body_stored(&mut rig, fetch, 0, Err(quota_exceeded()));
    let error = BackgroundFetchError::QuotaExceeded { quota: 100, requested: 20 };
    assert_eq!(answer.try_recv().unwrap(), Err(error));
    let (fetch, answer) = rig.fetch_with("up", vec![post("/a", "a")], BackgroundFetchOptions::default());
    body_stored(&mut rig, fetch, 0, Err(StorageError::DiskFull { path: "bodies/1".into() }));
    assert!(matches!(answer.try_recv().unwrap(), Err(BackgroundFetchError::Storage(_))));
}

#[test]
fn a_registration_that_goes_away_takes_the_call_with_it() {
    let mut rig = Rig::new();
    let (_, reading) = rig.fetch_with("a", vec![post("/a", "a")], BackgroundFetchOptions::default());
    let (_, waiting) = rig.fetch_with("a", vec![get("/a")], BackgroundFetchOptions::default());
    rig.hold_writes = true;
    let (_, writing) = rig.fetch_with("b", vec![get("/b")], BackgroundFetchOptions::default());
    rig.took();
    rig.input(Input::RegistrationRemoved(HERE));
    assert_eq!(reading.try_recv().unwrap(), Err(BackgroundFetchError::NoActiveWorker));
    assert_eq!(waiting.try_recv().unwrap(), Err(BackgroundFetchError::NoActiveWorker));
    assert_eq!(writing.try_recv().unwrap(), Err(BackgroundFetchError::NoActiveWorker));
    let trace = rig.seen();
    assert_eq!(trace[0], "cancel request body 0");
    rig.release_writes(&Ok(()));
    assert!(rig.seen().is_empty(), "its write comes too late");
    assert!(rig.machine.displays().next().is_none());
}

#[test]
fn that_it_was_sent_is_durable_before_it_is_sent() {
    let mut rig = Rig::new();
    let (fetch, _) = rig.fetch_with("up", vec![post("/up", "x")], BackgroundFetchOptions::default());
    body_stored(&mut rig, fetch, 0, Ok((70, 1)));
    let trace = rig.took();
    let noted = trace.iter().position(|line| line == "save record 0 -").unwrap();
    let sent = trace.iter().position(|line| line == "start 0#1 from 0").unwrap();
    assert!(noted < sent);
    assert!(rig.stored[&fetch].records[0].request_sent);
}

#[test]
fn it_is_not_sent_if_that_cannot_be_noted_or_it_was_aborted_meanwhile() {
    for abort in [false, true] {
        let mut rig = Rig::new();
        let (fetch, _) = rig.fetch_with("up", vec![post("/up", "x")], BackgroundFetchOptions::default());
        let partition = crate::rig::partition();
        // The fetch itself is durable, the note is not.
        rig.hold_writes = true;
        body_stored(&mut rig, fetch, 0, Ok((70, 1)));
        let (ticket, write) = rig.held.remove(0);
        rig.apply(write);
        rig.input(Input::Persisted { ticket, result: Ok(()) });
        rig.took();
        if abort {
            let state = bgfetch_traits::coordinator::PermissionState::Denied;
            rig.input(Input::PermissionChanged { partition, state });
            rig.release_writes(&Ok(()));
        } else {
            rig.release_writes(&Err(StorageError::DiskFull { path: "meta.sqlite".into() }));
        }
        let trace = rig.seen();
        assert!(!trace.iter().any(|line| line.starts_with("start")), "{trace:?}");
        let kind = if abort { "fire backgroundfetchabort" } else { "fire backgroundfetchfail" };
        assert!(trace.contains(&kind.to_owned()), "{trace:?}");
    }
}

#[test]
fn a_note_that_came_true_no_more_is_taken_back() {
    // The connection goes while the note is being written.
    let mut rig = Rig::new();
    let (fetch, _) = rig.fetch_with("up", vec![post("/up", "x")], BackgroundFetchOptions::default());
    rig.hold_writes = true;
    body_stored(&mut rig, fetch, 0, Ok((70, 1)));
    // The fetch is durable; the note waits.
    let (ticket, write) = rig.held.remove(0);
    rig.apply(write);
    rig.input(Input::Persisted { ticket, result: Ok(()) });
    rig.connectivity(false, false);
    rig.release_writes(&Ok(()));
    assert!(rig.starts.is_empty());
    assert!(!rig.stored[&fetch].records[0].request_sent, "a crash now would not send it, ever");
    rig.connectivity(true, false);
    assert_eq!(rig.starts[&RecordId { fetch, index: 0 }].attempt, 2);
    assert!(rig.stored[&fetch].records[0].request_sent);
}

#[test]
fn sent_bytes_are_counted_once_however_they_are_reported() {
    let mut rig = Rig::new();
    let record = upload(&mut rig);
    let uploaded = |rig: &Rig| rig.machine.info(record.fetch).unwrap().progress.uploaded;
    for (report, expected) in [(3, 3), (3, 3), (2, 3), (9, 9)] {
        rig.uploaded(record, report);
        assert_eq!(uploaded(&rig), expected);
    }
    rig.head(record, 200, &[]);
    rig.uploaded(record, 9);
    rig.end(record, 2);
    rig.uploaded(record, 99);
    assert_eq!(uploaded(&rig), 9, "after the end nothing is sent");
    assert_eq!(rig.stored[&record.fetch].uploaded, 9);
}

#[test]
fn what_was_uploaded_survives_a_crash_once_its_record_has_ended() {
    let mut rig = Rig::new();
    let records = vec![post("/a", "a"), post("/b", "b")];
    let (fetch, _) = rig.fetch_with("up", records, BackgroundFetchOptions::default());
    body_stored(&mut rig, fetch, 0, Ok((70, 1_000)));
    body_stored(&mut rig, fetch, 1, Ok((71, 1_000)));
    let first = RecordId { fetch, index: 0 };
    rig.uploaded(first, 1_000);
    rig.respond(first, 200, &[], 1);
    assert_eq!(rig.stored[&fetch].uploaded, 1_000);
}

/// Fetch lets a keepalive request have a body of 64 KiB at most, and a background fetch's requests are keepalive.
#[test]
fn a_large_upload_is_not_stopped_by_a_limit_for_beacons() {
    let mut rig = Rig::new();
    let record = upload(&mut rig);
    assert!(!rig.starts[&record].request.keepalive);
}

#[test]
fn a_failed_upload_is_not_sent_again_even_offline() {
    let mut rig = Rig::new();
    let record = upload(&mut rig);
    rig.connectivity(false, false);
    rig.took();
    rig.no_head(record, NetworkErrorKind::Unreachable);
    assert_eq!(rig.seen(), ["progress 0 failure fetch-error available", "fire backgroundfetchfail"]);
    let mut rig = Rig::new();
    let record = upload(&mut rig);
    rig.head(record, 200, &[]);
    rig.took();
    rig.broken(record, 1, NetworkErrorKind::ConnectionReset);
    assert!(rig.seen().contains(&"fire backgroundfetchfail".to_owned()));
}

#[test]
fn an_upload_that_was_not_begun_waits_for_a_connection() {
    let mut rig = Rig::new();
    rig.connectivity(false, false);
    let (fetch, _) = rig.fetch_with("up", vec![post("/up", "x")], BackgroundFetchOptions::default());
    body_stored(&mut rig, fetch, 0, Ok((70, 1)));
    assert!(!rig.stored[&fetch].records[0].request_sent);
    assert!(rig.display[&fetch].waiting_for_network);
    rig.took();
    rig.connectivity(true, false);
    assert!(rig.took().contains(&"start 0#1 from 0".to_owned()));
}

#[test]
fn an_answer_in_parts_is_asked_for_by_sending_again() {
    // As written: a partial response makes another request, whatever the method.
    let mut rig = Rig::new();
    let record = upload(&mut rig);
    rig.uploaded(record, 9);
    rig.respond(record, 206, &[("Content-Range", "bytes 0-4/10")], 5);
    assert_eq!(rig.starts[&record].attempt, 2);
    assert_eq!(rig.starts[&record].request.headers.get_str("Range").as_deref(), Some("bytes=5-"));
    rig.uploaded(record, 4);
    assert_eq!(rig.machine.info(record.fetch).unwrap().progress.uploaded, 13);
}

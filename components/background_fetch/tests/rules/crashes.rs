//! The process dies; another one goes on with what is durable.

use bgfetch_core::{Config, Input, Machine};
use bgfetch_traits::background_fetch::{BackgroundFetchOptions, RecordResult, UiAction};
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::fetch::NetworkErrorKind;
use bgfetch_traits::ids::{BodyId, RecordId};
use bgfetch_traits::service_worker::{BackgroundFetchEventKind as Kind, EventOutcome};

use crate::rig::{Response, Rig, get, post, total};

/// Dies, with so many bytes of the first record's response durable, and comes back.
fn crash(rig: &mut Rig, durable: u64) {
    rig.crash(Config::default());
    for fetch in rig.stored.values_mut() {
        fetch.records[0].response_length = durable;
    }
    rig.restore();
}

#[test]
fn a_download_goes_on_where_it_was_durable() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[("ETag", "\"1\"")]);
    rig.bytes(film, 8);
    crash(&mut rig, 6);
    assert_eq!(rig.took(), ["show 1", "start 0#1 from 6"]);
    assert_eq!(rig.get("film").unwrap().progress.downloaded, 6);
    assert_eq!(rig.starts[&film].request.headers.get_str("if-range").as_deref(), Some("\"1\""));
    rig.took();
    rig.head(film, 206, &[("ETag", "\"1\""), ("Content-Range", "bytes 6-9/10")]);
    assert_eq!(rig.took(), ["store 0#1 in 1 at 6"]);
    rig.end(film, 10);
    assert!(rig.took().contains(&"fire backgroundfetchsuccess".to_owned()));
}

#[test]
fn what_was_all_durable_needs_no_request() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[("Content-Length", "10")]);
    crash(&mut rig, 10);
    let trace = rig.took();
    assert!(!rig.starts.contains_key(&film), "{trace:?}");
    assert!(trace.contains(&"fire backgroundfetchsuccess".to_owned()));
    rig.response_ready(film);
    assert!(matches!(rig.responses[0], Response::Opened { follow: false, .. }));
}

#[test]
fn more_than_the_total_that_was_never_counted_is_too_much() {
    let mut rig = Rig::new();
    let (fetch, _) = rig.fetch_with("film", vec![get("/a")], total(5));
    rig.head(RecordId { fetch, index: 0 }, 200, &[]);
    crash(&mut rig, 9);
    assert_eq!(rig.stored[&fetch].records[0].result, RecordResult::DownloadTotalExceeded);
}

#[test]
fn an_event_that_was_owed_is_fired_and_one_that_was_handled_is_not() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.respond(film, 404, &[], 3);
    let owed = rig.stored.clone();
    crash(&mut rig, 3);
    assert_eq!(rig.took(), ["show 1", "fire backgroundfetchfail"]);
    assert_eq!(rig.machine.newest(crate::rig::HERE, "film"), Some(film.fetch));
    assert!(rig.ids().is_empty());
    assert_eq!(rig.matching(film.fetch, None, false).unwrap().len(), 1);
    rig.event_settled(film.fetch, Kind::Fail, EventOutcome::Completed);
    crash(&mut rig, 3);
    assert!(rig.took().is_empty());
    // Handled, but still there.
    rig.stored = owed;
    rig.stored.get_mut(&film.fetch).unwrap().event_owed = false;
    rig.restore();
    assert_eq!(rig.took(), ["forget 1"]);
}

#[test]
fn all_records_ended_but_the_end_was_not_stored() {
    let mut rig = Rig::new();
    let fetch = rig.fetch("film", &["/a", "/b", "/c"]);
    let [a, b, c] = [0, 1, 2].map(|index| RecordId { fetch, index });
    rig.respond(a, 200, &[], 3);
    rig.respond(c, 404, &[], 3);
    rig.hold_writes = true;
    rig.no_head(b, NetworkErrorKind::Cors);
    crash(&mut rig, 3);
    let trace = rig.took();
    assert!(trace.contains(&"fire backgroundfetchfail".to_owned()), "{trace:?}");
    assert!(!rig.starts.contains_key(&a) && !rig.starts.contains_key(&b));
}

#[test]
fn an_upload_that_was_sent_is_not_sent_again_and_one_that_was_not_is() {
    let mut rig = Rig::with(Config { records_in_flight: 1, ..Config::default() });
    let records = vec![post("/a", "a"), post("/b", "b")];
    let (fetch, _) = rig.fetch_with("up", records, BackgroundFetchOptions::default());
    for index in 0..2 {
        let result = Ok((BodyId(70 + u64::from(index)), 1));
        rig.input(Input::RequestBodyStored { record: RecordId { fetch, index }, result });
    }
    rig.crash(Config::default());
    rig.restore();
    assert!(!rig.starts.contains_key(&RecordId { fetch, index: 0 }));
    let second = RecordId { fetch, index: 1 };
    assert_eq!(rig.starts[&second].request_body.as_ref().unwrap().body, BodyId(71));
    rig.respond(second, 200, &[], 1);
    assert!(rig.took().contains(&"fire backgroundfetchfail".to_owned()));
    assert_eq!(rig.stored[&fetch].records[0].result, RecordResult::FetchError);
}

#[test]
fn a_pause_and_a_question_survive() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.ui(film.fetch, UiAction::Pause).unwrap();
    rig.permission = PermissionState::Prompt;
    let asked = rig.fetch("asked", &["/b"]);
    crash(&mut rig, 0);
    assert!(rig.starts.is_empty());
    assert!(rig.display[&film.fetch].paused && rig.display[&asked].paused);
    let partition = crate::rig::partition();
    rig.input(Input::PermissionChanged { partition, state: PermissionState::Granted });
    assert_eq!(rig.starts.keys().map(|record| record.fetch).collect::<Vec<_>>(), [asked]);
}

#[test]
fn a_body_without_a_response_is_nothing_and_neither_is_a_restart_forgotten() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.crash(Config::default());
    let stored = rig.stored.get_mut(&film.fetch).unwrap();
    stored.records[0].response = None;
    stored.records[0].response_length = 7;
    stored.records[0].restarted_after_416 = true;
    rig.restore();
    assert_eq!(rig.starts[&film].range_start, 0);
    rig.head(film, 200, &[]);
    rig.broken(film, 5, NetworkErrorKind::ConnectionReset);
    rig.wait(2_000);
    rig.respond(film, 416, &[], 0);
    assert!(rig.took().contains(&"fire backgroundfetchfail".to_owned()), "it had its second chance");
}

#[test]
fn a_snapshot_is_what_storage_has() {
    let mut rig = Rig::new();
    let (fetch, _) = rig.fetch_with("film", vec![get("/a"), get("/b")], total(100));
    rig.respond(RecordId { fetch, index: 0 }, 200, &[], 10);
    rig.head(RecordId { fetch, index: 1 }, 200, &[]);
    rig.ui(fetch, UiAction::Pause).unwrap();
    let mut stored = rig.stored[&fetch].clone();
    stored.records[0].response_length = 10;
    assert_eq!(rig.machine.snapshot(fetch), Some(stored.clone()));
    let mut other = Machine::new(Config::default());
    let effects = other.handle(0, Input::Restored(vec![stored.clone()]));
    assert!(effects.len() < 3);
    assert_eq!(other.snapshot(fetch), Some(stored));
}

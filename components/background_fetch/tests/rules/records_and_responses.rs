//! Complete a record, its responses, and who waits for them.

use bgfetch_core::{Config, Input, RecordEvent};
use bgfetch_traits::background_fetch::{BackgroundFetchFailureReason, RecordResult, UiAction};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::{CredentialsMode, NetworkErrorKind, RequestHead};
use bgfetch_traits::ids::{BodyId, RecordId};
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome};
use bgfetch_traits::storage::{CacheQuery, StorageError, StoreOutcome};

use crate::rig::{HERE, Response, Rig, get, page, quota_exceeded, total};

fn reason(rig: &Rig, record: RecordId) -> BackgroundFetchFailureReason {
    rig.machine.info(record.fetch).unwrap().progress.failure_reason
}

#[test]
fn a_download_from_the_first_byte_to_the_event() {
    let mut rig = Rig::new();
    let film = rig.film();
    assert!(rig.starts[&film].request.keepalive);
    rig.head(film, 200, &[("Content-Length", "10")]);
    assert_eq!(rig.took(), ["create 0#1", "save record 0 -", "store 0#1 in 1 at 0"]);
    rig.bytes(film, 4);
    assert_eq!(rig.took(), ["progress 4 - available", "display 4 -"]);
    rig.end(film, 10);
    assert_eq!(
        rig.took(),
        [
            "save record 0 success",
            "seal 1 whole",
            "save state owed",
            "progress 10 success available",
            "display 10 success",
            "fire backgroundfetchsuccess"
        ]
    );
    rig.event_settled(film.fetch, BackgroundFetchEventKind::Success, EventOutcome::Completed);
    assert_eq!(rig.took(), ["save state -", "progress 10 success gone", "forget 1"]);
}

#[test]
fn every_kind_of_network_error_looks_the_same() {
    use NetworkErrorKind as Kind;
    let kinds = [
        Kind::NameNotResolved,
        Kind::ConnectionRefused,
        Kind::Unreachable,
        Kind::TimedOut,
        Kind::Tls,
        Kind::ConnectionReset,
        Kind::Protocol,
        Kind::Decoding,
        Kind::Cors,
        Kind::Blocked,
        Kind::Redirect,
        Kind::Integrity,
        Kind::Internal,
    ];
    let seen = kinds.map(|kind| {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.no_head(film, kind);
        rig.took()
    });
    for other in &seen[1..] {
        assert_eq!(*other, seen[0]);
    }
    assert!(seen[0].contains(&"progress 0 failure fetch-error available".to_owned()));
}

#[test]
fn an_aborted_network_error_aborts() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.no_head(film, NetworkErrorKind::Aborted);
    assert_eq!(rig.seen(), ["progress 0 failure aborted available", "fire backgroundfetchabort"]);
}

#[test]
fn a_bad_status_fails_at_the_end_of_its_body_which_can_be_read() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.respond(film, 404, &[], 9);
    assert!(rig.took().contains(&"seal 1 whole".to_owned()));
    assert_eq!(reason(&rig, film), BackgroundFetchFailureReason::BadStatus);
    rig.response_ready(film);
    assert!(matches!(rig.responses[0], Response::Opened { status: 404, follow: false, .. }));
}

#[test]
fn one_bad_record_does_not_end_the_others() {
    let mut rig = Rig::new();
    let fetch = rig.fetch("film", &["/a", "/b", "/c"]);
    let [a, b, c] = [0, 1, 2].map(|index| RecordId { fetch, index });
    rig.no_head(b, NetworkErrorKind::ConnectionRefused);
    rig.respond(a, 404, &[], 1);
    rig.took();
    assert!(rig.get("film").is_some());
    rig.respond(c, 200, &[], 1);
    assert!(rig.took().contains(&"fire backgroundfetchfail".to_owned()));
    assert_eq!(
        reason(&rig, a),
        BackgroundFetchFailureReason::FetchError,
        "the first to fail names the reason"
    );
}

#[test]
fn too_much_ends_it_at_once_and_the_excess_is_not_counted() {
    let mut rig = Rig::new();
    let (fetch, _) = rig.fetch_with("film", vec![get("/a"), get("/b"), get("/c")], total(10));
    let [a, b, c] = [0, 1, 2].map(|index| RecordId { fetch, index });
    rig.respond(c, 200, &[], 4);
    rig.head(a, 200, &[]);
    rig.head(b, 200, &[]);
    rig.bytes(a, 6);
    rig.took();
    rig.bytes(b, 1);
    let trace = rig.took();
    assert!(trace.contains(&"save record 1 download-total-exceeded".to_owned()), "{trace:?}");
    assert!(trace.contains(&"save record 0 aborted".to_owned()), "{trace:?}");
    assert!(trace.contains(&"progress 10 failure download-total-exceeded available".to_owned()), "{trace:?}");
    // The appends end when they end, and only then are the bodies sealed.
    assert!(!trace.iter().any(|line| line.starts_with("seal")));
    rig.failed(b, 3, StorageError::Body(BodyError::Aborted));
    rig.failed(a, 6, StorageError::Body(BodyError::Aborted));
    assert_eq!(rig.took(), ["seal 3 failed", "seal 2 failed"]);
    assert!(matches!(rig.errors[..], [None, Some(BodyError::Source(_)), Some(BodyError::Aborted)]));
    assert_eq!(rig.machine.info(fetch).unwrap().progress.downloaded, 10);
}

#[test]
fn too_much_starts_nothing_more() {
    let mut rig = Rig::with(bgfetch_core::Config { records_in_flight: 1, ..Default::default() });
    let (fetch, _) = rig.fetch_with("film", vec![get("/a"), get("/b")], total(10));
    rig.respond(RecordId { fetch, index: 0 }, 200, &[], 11);
    assert!(!rig.starts.contains_key(&RecordId { fetch, index: 1 }));
}

#[test]
fn exactly_the_total_is_not_too_much_and_the_end_counts_too() {
    let mut rig = Rig::new();
    let (fetch, _) = rig.fetch_with("film", vec![get("/a")], total(10));
    let film = RecordId { fetch, index: 0 };
    rig.respond(film, 200, &[], 10);
    assert_eq!(reason(&rig, film), BackgroundFetchFailureReason::Empty);
    let (fetch, _) = rig.fetch_with("film", vec![get("/a")], total(10));
    let film = RecordId { fetch, index: 0 };
    rig.respond(film, 200, &[], 11);
    assert_eq!(reason(&rig, film), BackgroundFetchFailureReason::DownloadTotalExceeded);
}

#[test]
fn no_room_is_quota_exceeded_and_a_broken_disk_a_fetch_error() {
    let disk_full = StorageError::DiskFull { path: "bodies/1".into() };
    let broken = StorageError::Io { path: "bodies/1".into(), message: "broken".into() };
    for (error, expected) in [
        (quota_exceeded(), BackgroundFetchFailureReason::QuotaExceeded),
        (disk_full, BackgroundFetchFailureReason::QuotaExceeded),
        (broken, BackgroundFetchFailureReason::FetchError),
    ] {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.head(film, 200, &[]);
        rig.took();
        rig.failed(film, 3, error.clone());
        assert_eq!(rig.took()[0], "cancel 0#1");
        assert_eq!(reason(&rig, film), expected);

        let mut rig = Rig::new();
        rig.hold_bodies = true;
        let film = rig.film();
        rig.head(film, 200, &[]);
        rig.took();
        rig.body_created(film, Err(error));
        assert_eq!(rig.took()[0], "cancel 0#1");
        assert_eq!(reason(&rig, film), expected);
    }
}

#[test]
fn bytes_that_did_not_become_durable_are_not_counted() {
    let mut rig = Rig::new();
    let fetch = rig.fetch("film", &["/a", "/b"]);
    let film = RecordId { fetch, index: 0 };
    rig.head(film, 200, &[]);
    rig.bytes(film, 9);
    rig.failed(film, 5, quota_exceeded());
    assert_eq!(rig.machine.info(fetch).unwrap().progress.downloaded, 5);
}

#[test]
fn a_body_that_its_own_source_ends_is_a_fetch_error() {
    for error in [BodyError::Aborted, BodyError::Source("gone".into())] {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.head(film, 200, &[]);
        rig.failed(film, 5, StorageError::Body(error));
        assert_eq!(reason(&rig, film), BackgroundFetchFailureReason::FetchError);
    }
}

#[test]
fn who_waits_gets_the_first_response_and_follows_it() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.response_ready(film);
    assert!(rig.took().is_empty());
    rig.head(film, 200, &[("Content-Length", "10"), ("Content-Type", "video/webm")]);
    let trace = rig.took();
    assert_eq!(trace.last().unwrap(), "open 1 (0 bytes)", "{trace:?}");
    let Response::Opened { status: 200, headers, follow: true, .. } = &rig.responses[0] else { panic!() };
    assert!(headers.contains("content-type") && !headers.contains("content-length"));
    rig.end(film, 10);
    rig.response_ready(film);
    let Response::Opened { body, follow: false, .. } = &rig.responses[1] else { panic!() };
    assert_eq!((body.body, body.length), (BodyId(1), 10));
}

#[test]
fn who_waits_for_what_never_comes_is_told_how_it_ended() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.response_ready(film);
    rig.no_head(film, NetworkErrorKind::Cors);
    rig.response_ready(film);
    assert_eq!(rig.responses, [RecordResult::FetchError; 2].map(Response::None));
    let mut rig = Rig::new();
    let film = rig.film();
    rig.response_ready(film);
    rig.abort(film.fetch);
    assert_eq!(rig.responses, [Response::None(RecordResult::Aborted)]);
}

#[test]
fn what_may_not_be_exposed_is_not_even_if_it_is_there() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.bytes(film, 5);
    rig.failed(film, 5, quota_exceeded());
    rig.response_ready(film);
    assert_eq!(rig.responses, [Response::None(RecordResult::QuotaExceeded)]);
}

#[test]
fn another_response_in_the_middle_makes_the_first_redundant() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.response_ready(film);
    rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
    rig.wait(1_000);
    assert_eq!(rig.starts[&film].request.headers.get_str("range").as_deref(), Some("bytes=4-"));
    rig.took();
    rig.head(film, 200, &[]);
    assert_eq!(
        rig.seen(),
        [
            "create 0#2",
            "progress 0 - available", // The bytes of the first count no more;
            "seal 1 failed",          // whoever reads it sees it fail,
            "release 1",              // and it is given up, once the record names the other.
            "store 0#2 in 2 at 0"
        ]
    );
    assert_eq!(rig.stored[&film.fetch].records[0].response_body, Some(BodyId(2)));
    rig.end(film, 7);
    assert!(rig.took().contains(&"fire backgroundfetchsuccess".to_owned()));
    assert_eq!(rig.machine.info(film.fetch).unwrap().progress.downloaded, 7);
}

#[test]
fn a_redundant_response_is_given_up_even_if_no_other_finds_a_place() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
    rig.wait(1_000);
    rig.hold_bodies = true;
    rig.head(film, 200, &[]);
    rig.took();
    rig.body_created(film, Err(quota_exceeded()));
    let trace = rig.took();
    assert_eq!(trace[..3], ["cancel 0#2", "save record 0 quota-exceeded", "seal 1 failed"]);
    assert_eq!(trace[3], "release 1");
}

#[test]
fn match_goes_by_url_and_vary_and_tells_nothing_once_records_are_gone() {
    let mut rig = Rig::new();
    let fetch = rig.fetch("film", &["/a", "/b", "/a"]);
    let query = |path: &str, credentials| CacheQuery {
        request: RequestHead { credentials, ..RequestHead::get(page().join(path).unwrap()) },
        ignore_search: false,
        ignore_method: false,
        ignore_vary: false,
    };
    let indices = |records: Option<Vec<bgfetch_traits::background_fetch::RecordInfo>>| {
        records.unwrap().iter().map(|info| info.record.index).collect::<Vec<_>>()
    };
    assert_eq!(indices(rig.matching(fetch, None, false)), [0, 1, 2]);
    assert_eq!(indices(rig.matching(fetch, None, true)), [0]);
    let same_origin = CredentialsMode::SameOrigin;
    assert_eq!(indices(rig.matching(fetch, Some(query("/a", same_origin)), false)), [0, 2]);
    assert_eq!(indices(rig.matching(fetch, Some(query("/c", same_origin)), false)), [0; 0]);
    rig.head(RecordId { fetch, index: 0 }, 200, &[("Vary", "*")]);
    assert_eq!(indices(rig.matching(fetch, Some(query("/a", same_origin)), false)), [2]);
    for index in 0..3 {
        if index > 0 {
            rig.head(RecordId { fetch, index }, 200, &[]);
        }
        rig.end(RecordId { fetch, index }, 1);
    }
    assert_eq!(indices(rig.matching(fetch, None, false)), [0, 1, 2], "as long as the event runs");
    rig.event_settled(fetch, BackgroundFetchEventKind::Success, EventOutcome::Completed);
    assert!(rig.matching(fetch, None, false).is_none());
}

#[test]
fn a_late_script_gets_its_records_and_how_they_ended_whatever_happened_meanwhile() {
    let mut rig = Rig::new();
    rig.hold_instances = true;
    let film = rig.film();
    rig.no_head(film, NetworkErrorKind::Blocked);
    rig.event_settled(film.fetch, BackgroundFetchEventKind::Fail, EventOutcome::Completed);
    assert!(!rig.machine.info(film.fetch).unwrap().progress.records_available && !rig.machine.is_idle());
    // It does not know yet.
    assert_eq!(rig.matching(film.fetch, None, false).map(|records| records.len()), Some(1));
    rig.sync_instances();
    // It knows, and calls no more; its last call is answered.
    rig.response_ready(film);
    assert_eq!(rig.responses, [Response::None(RecordResult::FetchError)]);
    rig.took();
    rig.sync_instances();
    assert_eq!(rig.took(), ["forget 1"]);
    assert!(rig.unsynced.is_empty() && rig.machine.is_idle());
    assert!(rig.matching(film.fetch, None, false).is_none());
}

#[test]
fn nothing_waits_for_scripts_after_a_crash_or_without_a_registration() {
    let mut rig = Rig::new();
    rig.hold_instances = true;
    let film = rig.film();
    rig.respond(film, 200, &[], 1);
    rig.event_settled(film.fetch, BackgroundFetchEventKind::Success, EventOutcome::Completed);
    rig.crash(Config::default());
    rig.restore();
    assert_eq!(rig.took(), ["forget 1"], "its event was over");
    let film = rig.film();
    rig.respond(film, 200, &[], 1);
    rig.event_settled(film.fetch, BackgroundFetchEventKind::Success, EventOutcome::Completed);
    rig.input(Input::RegistrationRemoved(HERE));
    assert!(rig.stored.is_empty());
    rig.took();
    rig.sync_instances();
    assert!(rig.took().is_empty());
}

#[test]
fn events_of_attempts_that_are_over_change_nothing() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
    rig.wait(1_000);
    rig.took();
    rig.stale(film, 1, RecordEvent::BytesStored(99));
    rig.stale(film, 1, RecordEvent::Uploaded(99));
    rig.stale(film, 1, RecordEvent::Head(Err(crate::rig::network_error(NetworkErrorKind::Cors))));
    rig.stale(film, 9, RecordEvent::BodyCreated(Err(quota_exceeded())));
    assert!(rig.took().is_empty());
    rig.stale(film, 1, RecordEvent::BodyCreated(Ok(BodyId(50))));
    assert_eq!(rig.took(), ["release 50"]);
    // While another attempt is in the very state that they are about.
    let ended = || RecordEvent::BodyEnded(StoreOutcome { length: 99, result: Ok(()) });
    rig.hold_bodies = true;
    rig.head(film, 200, &[]);
    rig.took();
    rig.stale(film, 1, RecordEvent::BodyCreated(Ok(BodyId(51))));
    assert_eq!(rig.took(), ["release 51"]);
    rig.body_created(film, Ok(BodyId(52)));
    rig.took();
    let nothing_of_attempt_1_counts = |rig: &mut Rig| {
        rig.stale(film, 1, RecordEvent::BytesStored(99));
        rig.stale(film, 1, ended());
        rig.stale(film, 1, RecordEvent::Uploaded(99));
        rig.wait(100);
        assert_eq!(rig.took(), [""; 0]);
    };
    nothing_of_attempt_1_counts(&mut rig);
    rig.ui(film.fetch, UiAction::Pause).unwrap();
    rig.took();
    nothing_of_attempt_1_counts(&mut rig);
    rig.abort(film.fetch);
    rig.took();
    nothing_of_attempt_1_counts(&mut rig);
}

//! `abort()`, the display's buttons, and what they meet on the way.

use bgfetch_core::{Input, RecordEvent, UiActionError};
use bgfetch_traits::background_fetch::{BackgroundFetchFailureReason, BackgroundFetchOptions, UiAction};
use bgfetch_traits::body::BodyError;
use bgfetch_traits::fetch::NetworkErrorKind;
use bgfetch_traits::ids::{BodyId, RecordId};
use bgfetch_traits::storage::StorageError;

use crate::rig::{HERE, Rig, get, post};

fn stopped() -> StorageError {
    StorageError::Body(BodyError::Aborted)
}

#[test]
fn abort_resolves_before_anything_else_is_seen_of_it() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.bytes(film, 4);
    rig.took();
    rig.hold_writes = true;
    rig.abort(film.fetch);
    assert_eq!(rig.took(), ["cancel 0#1", "save record 0 aborted", "save state owed aborted"]);
    assert!(rig.ids().is_empty());
    rig.abort(film.fetch);
    assert_eq!(rig.took(), ["ids ", "abort resolves with false"]);
    rig.release_writes(&Ok(()));
    assert_eq!(
        rig.took(),
        [
            "abort resolves with true",
            "progress 4 failure aborted available",
            "display 4 failure",
            "fire backgroundfetchabort"
        ]
    );
    rig.failed(film, 5, stopped());
    assert_eq!(rig.took(), ["seal 1 failed"]);
    assert_eq!(rig.errors, [Some(BodyError::Aborted)]);
}

#[test]
fn an_end_that_cannot_be_stored_is_told_all_the_same() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.hold_writes = true;
    rig.abort(film.fetch);
    rig.took();
    rig.release_writes(&Err(StorageError::DiskFull { path: "meta.sqlite".into() }));
    assert!(rig.took().contains(&"fire backgroundfetchabort".to_owned()));
}

#[test]
fn whoever_got_true_from_abort_gets_the_abort_event() {
    let mut rig = Rig::new();
    let fetch = rig.fetch("film", &["/a", "/b"]);
    rig.no_head(RecordId { fetch, index: 0 }, NetworkErrorKind::Cors);
    rig.took();
    rig.abort(fetch);
    let trace = rig.seen();
    assert_eq!(trace[1], "abort resolves with true");
    assert_eq!(trace[3], "fire backgroundfetchabort", "though a record had failed before");
}

#[test]
fn a_users_abort_is_an_abort_whatever_failed_before() {
    let mut rig = Rig::new();
    let fetch = rig.fetch("film", &["/a", "/b"]);
    rig.respond(RecordId { fetch, index: 0 }, 404, &[], 1);
    rig.ui(fetch, UiAction::Abort).unwrap();
    let info = rig.machine.info(fetch).unwrap();
    assert_eq!(info.progress.failure_reason, BackgroundFetchFailureReason::Aborted);
    assert_eq!(rig.ui(fetch, UiAction::Abort), Err(UiActionError::Settled(fetch)));
    assert_eq!(rig.ui(fetch, UiAction::Pause), Err(UiActionError::Settled(fetch)));
    assert_eq!(rig.ui(fetch, UiAction::Resume), Err(UiActionError::Settled(fetch)));
}

#[test]
fn abort_reaches_a_record_wherever_it_is() {
    // Queued, fetching, creating, storing, stopping, backing off, ended: all at once.
    let mut rig = Rig::with(bgfetch_core::Config { records_in_flight: 6, ..Default::default() });
    let fetch = rig.fetch("film", &["/0", "/1", "/2", "/3", "/4", "/5", "/6"]);
    let record = |index| RecordId { fetch, index };
    rig.respond(record(0), 200, &[], 1);
    rig.head(record(1), 200, &[]);
    rig.broken(record(1), 1, NetworkErrorKind::ConnectionReset);
    rig.head(record(2), 200, &[]);
    rig.hold_bodies = true;
    rig.head(record(3), 200, &[]);
    rig.took();
    rig.abort(fetch);
    let trace = rig.seen();
    let cancelled: Vec<_> = trace.iter().filter(|line| line.starts_with("cancel")).collect();
    assert_eq!(cancelled, ["cancel 2#1", "cancel 3#1", "cancel 4#1", "cancel 5#1", "cancel 6#1"]);
    assert_eq!(rig.machine.next_deadline(), None, "nothing is tried again");
    // What was under way ends.
    rig.failed(record(2), 3, stopped());
    rig.body_created(record(3), Ok(BodyId(60)));
    rig.no_head(record(4), NetworkErrorKind::Aborted);
    let trace = rig.seen();
    assert_eq!(trace, ["seal 3 failed", "release 60"]);
}

#[test]
fn a_pause_stops_and_going_on_asks_for_the_rest() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.bytes(film, 4);
    rig.took();
    rig.ui(film.fetch, UiAction::Pause).unwrap();
    assert_eq!(rig.took(), ["cancel 0#1", "save state paused", "display 4 paused", "ui done"]);
    rig.ui(film.fetch, UiAction::Pause).unwrap();
    assert_eq!(rig.took(), ["ui done"]);
    rig.bytes(film, 6);
    // Going on before the append has ended: it is waited for, as only then it is known how far it came.
    rig.ui(film.fetch, UiAction::Resume).unwrap();
    assert_eq!(rig.starts[&film].attempt, 1);
    rig.failed(film, 7, stopped());
    assert_eq!((rig.starts[&film].attempt, rig.starts[&film].range_start), (2, 7));
}

#[test]
fn what_ends_before_it_could_be_stopped_has_ended() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.ui(film.fetch, UiAction::Pause).unwrap();
    rig.took();
    rig.end(film, 10);
    assert!(rig.took().contains(&"fire backgroundfetchsuccess".to_owned()));
}

#[test]
fn a_pause_before_the_body_forgets_the_attempt() {
    for hold_bodies in [false, true] {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.hold_bodies = hold_bodies;
        if hold_bodies {
            rig.head(film, 200, &[]);
        }
        rig.ui(film.fetch, UiAction::Pause).unwrap();
        rig.took();
        rig.stale(film, 1, RecordEvent::Head(Ok(Box::default())));
        assert!(rig.took().is_empty());
        rig.ui(film.fetch, UiAction::Resume).unwrap();
        rig.stale(film, 1, RecordEvent::BodyCreated(Ok(BodyId(60))));
        let trace = rig.took();
        assert!(trace.contains(&"start 0#2 from 0".to_owned()) && trace.contains(&"release 60".to_owned()));
    }
}

#[test]
fn an_abort_while_it_is_being_stopped_ends_it_once() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.ui(film.fetch, UiAction::Pause).unwrap();
    rig.took();
    rig.abort(film.fetch);
    assert!(!rig.took().contains(&"cancel 0#1".to_owned()), "that was said already");
    rig.failed(film, 7, stopped());
    assert_eq!(rig.took(), ["seal 1 failed"]);
}

#[test]
fn too_much_while_it_is_being_stopped_is_too_much() {
    let mut rig = Rig::new();
    let (fetch, _) = rig.fetch_with("film", vec![get("/a")], crate::rig::total(5));
    let film = RecordId { fetch, index: 0 };
    rig.head(film, 200, &[]);
    rig.ui(fetch, UiAction::Pause).unwrap();
    rig.bytes(film, 6);
    assert!(rig.took().contains(&"fire backgroundfetchfail".to_owned()));
    rig.failed(film, 6, stopped());
    assert_eq!(rig.took(), ["seal 1 failed"]);
}

#[test]
fn what_is_not_all_get_cannot_be_paused() {
    let mut rig = Rig::new();
    let records = vec![get("/a"), post("/b", "b")];
    let (fetch, _) = rig.fetch_with("up", records, BackgroundFetchOptions::default());
    let record = RecordId { fetch, index: 1 };
    rig.input(Input::RequestBodyStored { record, result: Ok((BodyId(70), 1)) });
    assert!(!rig.display[&fetch].can_pause);
    assert_eq!(rig.ui(fetch, UiAction::Pause), Err(UiActionError::NotPausable(fetch)));
    rig.ui(fetch, UiAction::Resume).unwrap();
}

#[test]
fn dismissing_an_active_one_aborts_it_and_a_settled_one_only_puts_it_away() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.ui(film.fetch, UiAction::Dismiss).unwrap();
    let trace = rig.took();
    assert_eq!(trace[0], "hide 1");
    assert!(trace.contains(&"fire backgroundfetchabort".to_owned()));
    let film = rig.film();
    rig.respond(film, 200, &[], 1);
    rig.took();
    rig.ui(film.fetch, UiAction::Dismiss).unwrap();
    assert_eq!(rig.took(), ["hide 2", "ui done"]);
    rig.ui(film.fetch, UiAction::Dismiss).unwrap();
    rig.update_ui(film.fetch, "nobody sees it");
    assert_eq!(rig.took(), ["ui done", "save state owed", "updateUI resolves"]);
}

#[test]
fn removing_a_registration_aborts_without_an_event() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.response_ready(film);
    rig.head(film, 200, &[]);
    rig.bytes(film, 4);
    let settled = rig.fetch("settled", &["/b"]);
    rig.respond(RecordId { fetch: settled, index: 0 }, 200, &[], 3);
    rig.took();
    rig.input(Input::RegistrationRemoved(HERE));
    assert_eq!(
        rig.took(),
        [
            "cancel 0#1",
            "save record 0 aborted",
            "progress 4 failure aborted gone",
            "seal 1 failed",
            "forget 1",
            "hide 1",
            "progress 3 success gone",
            "forget 2",
            "hide 2"
        ]
    );
    assert!(rig.stored.is_empty() && rig.ids().is_empty());
    rig.took();
    rig.failed(film, 5, stopped());
    rig.event_settled(
        settled,
        bgfetch_traits::service_worker::BackgroundFetchEventKind::Success,
        bgfetch_traits::service_worker::EventOutcome::Completed,
    );
    assert!(rig.took().is_empty());
    assert_eq!(rig.machine.next_deadline(), None);
}

#[test]
fn removing_a_registration_while_an_abort_is_being_stored_answers_it() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.hold_writes = true;
    rig.abort(film.fetch);
    rig.took();
    rig.input(Input::RegistrationRemoved(HERE));
    assert_eq!(rig.took()[0], "abort resolves with true");
    rig.release_writes(&Err(StorageError::NotFound("background fetch 1".into())));
    assert!(rig.took().is_empty());
}

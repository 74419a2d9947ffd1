//! `fetch()`, `get()`, `getIds()`: who may, and what becomes of it.

use bgfetch_core::Input;
use bgfetch_traits::background_fetch::{BackgroundFetchError, BackgroundFetchOptions, BackgroundFetchResult};
use bgfetch_traits::coordinator::PermissionState;
use bgfetch_traits::ids::{BackgroundFetchId, RecordId, RegistrationId};
use bgfetch_traits::service_worker::{BackgroundFetchEventKind, EventOutcome};
use bgfetch_traits::storage::{StorageError, StorageEstimate};

use crate::rig::{HERE, Rig, get, post, total};

#[test]
fn a_fetch_is_durable_before_anyone_knows_of_it() {
    let mut rig = Rig::new();
    rig.hold_writes = true;
    let (fetch, answer) = rig.fetch_with("film", vec![get("/film")], total(5));
    assert_eq!(rig.took(), ["save fetch 1"]);
    assert!(rig.get("film").is_none() && rig.ids().is_empty());
    rig.took();
    rig.release_writes(&Ok(()));
    assert_eq!(rig.took(), ["fetch resolves with 1", "show 1", "start 0#1 from 0"]);
    let info = answer.try_recv().unwrap().unwrap();
    assert_eq!((info.fetch, info.registration, info.id.as_str()), (fetch, HERE, "film"));
    assert_eq!((info.download_total, info.upload_total), (5, 0));
    assert_eq!((info.progress.result, info.progress.records_available), (BackgroundFetchResult::Empty, true));
    assert_eq!(rig.get("film"), Some(info));
}

#[test]
fn a_fetch_that_cannot_be_stored_rejects_and_leaves_nothing() {
    let mut rig = Rig::new();
    rig.hold_writes = true;
    let (_, answer) = rig.fetch_with("film", vec![get("/film")], BackgroundFetchOptions::default());
    rig.took();
    let error = StorageError::Io { path: "meta.sqlite".into(), message: "read-only".into() };
    rig.release_writes(&Err(error));
    assert!(matches!(answer.try_recv().unwrap(), Err(BackgroundFetchError::Storage(_))));
    assert_eq!(
        rig.took(),
        ["forget 1", "fetch rejects: storing the background fetch failed: meta.sqlite: read-only"]
    );
    assert!(rig.ids().is_empty());
}

#[test]
fn permission_is_checked_before_the_worker_and_the_worker_before_the_id() {
    let mut rig = Rig::new();
    rig.fetch("film", &["/film"]);
    let call = |rig: &mut Rig, active_worker| {
        let options = total(u64::MAX);
        let (_, answer) = rig.call(HERE, "film", vec![get("/film")], options, active_worker);
        answer.try_recv().unwrap().unwrap_err()
    };
    rig.permission = PermissionState::Denied;
    assert_eq!(call(&mut rig, false), BackgroundFetchError::NotAllowed);
    rig.permission = PermissionState::Granted;
    assert_eq!(call(&mut rig, false), BackgroundFetchError::NoActiveWorker);
    assert_eq!(call(&mut rig, true), BackgroundFetchError::DuplicateId("film".into()));
}

#[test]
fn more_than_the_partition_can_hold_is_refused_before_any_request() {
    let mut rig = Rig::new();
    rig.estimate = StorageEstimate { usage: 60, quota: 100 };
    let (_, answer) = rig.fetch_with("a", vec![get("/a")], total(41));
    let error = BackgroundFetchError::QuotaExceeded { quota: 100, requested: 41 };
    assert_eq!(answer.try_recv().unwrap(), Err(error));
    assert_eq!(rig.took().len(), 1);
    let (_, answer) = rig.fetch_with("b", vec![get("/b")], total(40));
    assert!(answer.try_recv().unwrap().is_ok());
    rig.estimate = StorageEstimate { usage: 200, quota: 100 };
    let (_, answer) = rig.fetch_with("c", vec![get("/c")], total(0));
    assert!(answer.try_recv().unwrap().is_ok(), "0 is unknown");
}

#[test]
fn an_id_is_free_again_as_soon_as_its_fetch_has_settled() {
    let mut rig = Rig::new();
    let first = rig.fetch("film", &["/film"]);
    rig.respond(RecordId { fetch: first, index: 0 }, 200, &[], 5);
    assert!(rig.took().contains(&"fire backgroundfetchsuccess".to_owned()));
    assert_eq!(rig.get("film"), None);
    let second = rig.fetch("film", &["/film"]);
    assert_ne!(first, second);
    assert_eq!(rig.get("film").unwrap().fetch, second);
    rig.event_settled(first, BackgroundFetchEventKind::Success, EventOutcome::Completed);
    assert_eq!(rig.get("film").unwrap().fetch, second, "the end of the first is not the end of the second");
    assert_eq!(rig.machine.newest(HERE, "film"), Some(second));
}

#[test]
fn ids_come_in_the_order_they_were_started_and_per_registration() {
    let mut rig = Rig::new();
    for id in ["z", "", "a"] {
        rig.fetch(id, &["/x"]);
    }
    let (_, _answer) =
        rig.call(RegistrationId(2), "elsewhere", vec![get("/x")], BackgroundFetchOptions::default(), true);
    assert_eq!(rig.ids(), ["z", "", "a"]);
    rig.abort(BackgroundFetchId(1));
    assert_eq!(rig.ids(), ["", "a"]);
}

#[test]
fn a_call_waits_for_an_earlier_one_with_the_same_id_only() {
    let mut rig = Rig::new();
    let (first, _) = rig.fetch_with("up", vec![post("/up", "x")], BackgroundFetchOptions::default());
    let (_, second) = rig.fetch_with("up", vec![get("/x")], BackgroundFetchOptions::default());
    let (_, third) = rig.fetch_with("up", vec![get("/x")], BackgroundFetchOptions::default());
    let (_, other) = rig.fetch_with("other", vec![get("/x")], BackgroundFetchOptions::default());
    assert!(other.try_recv().unwrap().is_ok());
    assert!(second.try_recv().is_err() && third.try_recv().is_err());
    // The first fails, so the second may have the id; the third may not.
    let error = StorageError::Body(bgfetch_traits::body::BodyError::Aborted);
    let record = RecordId { fetch: first, index: 0 };
    rig.input(Input::RequestBodyStored { record, result: Err(error) });
    assert!(second.try_recv().unwrap().is_ok());
    assert_eq!(third.try_recv().unwrap(), Err(BackgroundFetchError::DuplicateId("up".into())));
}

#[test]
fn ten_thousand_calls_with_one_id_do_not_exhaust_the_stack() {
    let mut rig = Rig::new();
    let (first, _) = rig.fetch_with("up", vec![post("/up", "x")], BackgroundFetchOptions::default());
    let answers: Vec<_> = (0..10_000)
        .map(|_| rig.fetch_with("up", vec![get("/x")], BackgroundFetchOptions::default()).1)
        .collect();
    let record = RecordId { fetch: first, index: 0 };
    let body = rig.new_body();
    rig.input(Input::RequestBodyStored { record, result: Ok((body, 1)) });
    assert!(answers.iter().all(|answer| answer.try_recv().unwrap().is_err()));
}

#[test]
fn while_permission_is_asked_for_nothing_is_requested() {
    let mut rig = Rig::new();
    rig.permission = PermissionState::Prompt;
    let fetch = rig.fetch("film", &["/film"]);
    assert!(!rig.took().iter().any(|line| line.starts_with("start")));
    assert!(rig.display[&fetch].paused);
    let partition = crate::rig::partition();
    rig.input(Input::PermissionChanged { partition: partition.clone(), state: PermissionState::Prompt });
    assert_eq!(rig.took(), [""; 0]);
    rig.input(Input::PermissionChanged { partition, state: PermissionState::Granted });
    assert!(rig.took().contains(&"start 0#1 from 0".to_owned()));
    assert!(!rig.display[&fetch].paused);
}

#[test]
fn resuming_is_an_answer_to_the_question_for_permission() {
    let mut rig = Rig::new();
    rig.permission = PermissionState::Prompt;
    let (fetch, _) = rig.fetch_with("up", vec![post("/up", "x")], BackgroundFetchOptions::default());
    let body = rig.new_body();
    rig.input(Input::RequestBodyStored { record: RecordId { fetch, index: 0 }, result: Ok((body, 1)) });
    rig.took();
    rig.ui(fetch, bgfetch_traits::background_fetch::UiAction::Resume).unwrap();
    assert!(rig.took().contains(&"start 0#1 from 0".to_owned()), "also if it could not be paused later");
}

#[test]
fn an_answer_that_comes_while_bodies_are_read_counts() {
    for state in [PermissionState::Granted, PermissionState::Denied] {
        let mut rig = Rig::new();
        rig.permission = PermissionState::Prompt;
        let (fetch, answer) = rig.fetch_with("up", vec![post("/up", "x")], BackgroundFetchOptions::default());
        rig.took();
        rig.input(Input::PermissionChanged { partition: crate::rig::partition(), state });
        let record = RecordId { fetch, index: 0 };
        let body = rig.new_body();
        rig.input(Input::RequestBodyStored { record, result: Ok((body, 1)) });
        if state == PermissionState::Denied {
            assert_eq!(answer.try_recv().unwrap(), Err(BackgroundFetchError::NotAllowed));
            assert_eq!(rig.took()[0], "cancel request body 0");
            assert!(rig.starts.is_empty());
        } else {
            assert!(rig.starts.contains_key(&record) && !rig.stored[&fetch].awaiting_permission);
        }
    }
}

#[test]
fn denying_refuses_what_is_active_on_that_site() {
    let mut rig = Rig::new();
    rig.fetch("film", &["/film"]);
    rig.took();
    let elsewhere = "https://b.test/".parse().unwrap();
    let partition = bgfetch_traits::ids::StorageKey::of_url(&elsewhere).unwrap();
    rig.input(Input::PermissionChanged { partition, state: PermissionState::Denied });
    assert_eq!(rig.took(), [""; 0]);
    rig.input(Input::PermissionChanged {
        partition: crate::rig::partition(),
        state: PermissionState::Denied,
    });
    assert_eq!(
        rig.seen(),
        ["cancel 0#1", "progress 0 failure aborted available", "fire backgroundfetchabort"]
    );
}

#[test]
fn questions_about_what_was_never_there_have_an_answer() {
    let mut rig = Rig::new();
    let nowhere = BackgroundFetchId(99);
    rig.abort(nowhere);
    assert!(rig.matching(nowhere, None, false).is_none());
    rig.response_ready(RecordId { fetch: nowhere, index: 0 });
    rig.update_ui(nowhere, "x");
    let ui = rig.ui(nowhere, bgfetch_traits::background_fetch::UiAction::Click);
    assert_eq!(ui, Err(bgfetch_core::UiActionError::NotFound(nowhere)));
    assert!(rig.machine.info(nowhere).is_none() && rig.machine.partition(nowhere).is_none());
    let fetch = rig.film().fetch;
    rig.response_ready(RecordId { fetch, index: 7 });
    assert_eq!(rig.seen(), ["no response: aborted"]);
    assert_eq!(rig.machine.partition(fetch), Some(&crate::rig::partition()));
}

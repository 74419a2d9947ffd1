//! The settle event: owed until its dispatch has ended; and what the display may do after it.

use bgfetch_core::{Config, UiActionError};
use bgfetch_traits::background_fetch::UiAction;
use bgfetch_traits::ids::BackgroundFetchId;
use bgfetch_traits::service_worker::{BackgroundFetchEventKind as Kind, EventOutcome};

use crate::rig::Rig;

fn settled(rig: &mut Rig, status: u16) -> BackgroundFetchId {
    let film = rig.film();
    rig.respond(film, status, &[], 1);
    rig.took();
    film.fetch
}

#[test]
fn whatever_the_listeners_did_it_is_over() {
    for outcome in [EventOutcome::Completed, EventOutcome::Rejected("no".into()), EventOutcome::TimedOut] {
        let mut rig = Rig::new();
        let fetch = settled(&mut rig, 200);
        rig.event_settled(fetch, Kind::Click, outcome.clone());
        assert!(rig.took().is_empty() && rig.stored[&fetch].event_owed);
        rig.event_settled(fetch, Kind::Success, outcome);
        assert_eq!(rig.took(), ["save state -", "progress 1 success gone", "forget 1"]);
        assert!(rig.stored.is_empty());
        rig.event_settled(fetch, Kind::Success, EventOutcome::Completed);
        assert!(rig.took().is_empty());
    }
}

#[test]
fn a_worker_that_could_not_run_is_asked_again_a_few_times() {
    let mut rig = Rig::new();
    let fetch = settled(&mut rig, 404);
    let failed = || EventOutcome::WorkerFailed("out of memory".into());
    for wait in [5_000, 10_000] {
        rig.event_settled(fetch, Kind::Fail, failed());
        assert!(rig.took().is_empty());
        rig.wait(wait);
        assert_eq!(rig.took(), ["fire backgroundfetchfail"]);
        assert!(rig.stored[&fetch].event_owed);
    }
    rig.event_settled(fetch, Kind::Fail, failed());
    assert_eq!(rig.took(), ["save state bad-status", "progress 1 failure bad-status gone", "forget 1"]);
}

#[test]
fn update_ui_is_for_the_event_and_shows() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.update_ui(film.fetch, "too early");
    assert_eq!(rig.took(), ["updateUI resolves"]);
    rig.respond(film, 200, &[], 1);
    rig.took();
    rig.update_ui(film.fetch, "Done");
    assert_eq!(rig.took(), ["save state owed", "display 1 success", "updateUI resolves"]);
    assert_eq!(rig.display[&film.fetch].title, "Done");
    assert_eq!(rig.stored[&film.fetch].options.title, "Done");
    rig.event_settled(film.fetch, Kind::Success, EventOutcome::Completed);
    rig.took();
    rig.update_ui(film.fetch, "too late");
    assert_eq!(rig.took(), ["updateUI resolves"]);
    assert_eq!(rig.display[&film.fetch].title, "Done");
}

#[test]
fn update_ui_without_anything_or_on_an_abort_changes_nothing() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.abort(film.fetch);
    rig.took();
    rig.update_ui(film.fetch, "x");
    assert_eq!(rig.took(), ["updateUI resolves"]);
}

#[test]
fn a_click_fires_at_any_time_that_there_is_something_to_click() {
    let mut rig = Rig::new();
    let film = rig.film();
    let click = |rig: &mut Rig| {
        rig.ui(film.fetch, UiAction::Click).unwrap();
        assert_eq!(rig.took(), ["fire backgroundfetchclick", "ui done"]);
    };
    click(&mut rig);
    rig.respond(film, 200, &[], 1);
    rig.took();
    click(&mut rig);
    rig.event_settled(film.fetch, Kind::Success, EventOutcome::Completed);
    rig.took();
    click(&mut rig);
    rig.ui(film.fetch, UiAction::Dismiss).unwrap();
    rig.took();
    assert_eq!(rig.ui(film.fetch, UiAction::Click), Err(UiActionError::NotFound(film.fetch)));
}

#[test]
fn an_aborted_one_disappears_with_its_event() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.abort(film.fetch);
    rig.took();
    rig.event_settled(film.fetch, Kind::Abort, EventOutcome::Completed);
    assert_eq!(rig.took(), ["save state aborted", "progress 0 failure aborted gone", "hide 1", "forget 1"]);
    assert!(rig.machine.info(film.fetch).is_none());
}

#[test]
fn finished_displays_stay_up_to_a_number() {
    let mut rig = Rig::with(Config { finished_limit: 2, ..Config::default() });
    for _ in 0..3 {
        let fetch = settled(&mut rig, 200);
        rig.event_settled(fetch, Kind::Success, EventOutcome::Completed);
    }
    assert!(rig.took().contains(&"hide 1".to_owned()));
    assert_eq!(rig.machine.displays().map(|display| display.fetch.0).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn one_that_was_put_away_is_gone_with_its_event() {
    let mut rig = Rig::new();
    let fetch = settled(&mut rig, 200);
    rig.ui(fetch, UiAction::Dismiss).unwrap();
    rig.event_settled(fetch, Kind::Success, EventOutcome::Completed);
    assert!(rig.machine.info(fetch).is_none());
}

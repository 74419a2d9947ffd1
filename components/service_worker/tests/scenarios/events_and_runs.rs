//! The functional-event queue, and when workers start and stop.

use bgfetch_service_worker::{Input, Settings, WorkerInput};
use bgfetch_traits::ids::{ClientId, RegistrationId};
use bgfetch_traits::service_worker::{EventOutcome, WorkerStarted};

use crate::world::World;

fn registered(source: &str) -> (World, ClientId, RegistrationId) {
    registered_with(source, Settings::default())
}

fn registered_with(source: &str, settings: Settings) -> (World, ClientId, RegistrationId) {
    let mut world = World::with_settings(settings);
    world.script("/sw.js", source);
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    (world, page, id)
}

#[test]
fn an_idle_worker_stops_and_the_next_event_starts_it() {
    let (mut world, _, id) = registered("");
    assert_eq!(world.runs.len(), 1);
    world.pass(29_999);
    assert_eq!(world.runs.len(), 1);
    world.pass(1);
    assert!(world.runs.is_empty());
    assert_eq!(world.states(id), "- - activated", "it is only asleep");
    assert_eq!(world.fire(id).try_recv().unwrap(), EventOutcome::Completed);
    assert_eq!(world.starts.len(), 2);
    world.pass(30_000);
    assert!(world.runs.is_empty());
    assert_eq!(world.registry.next_deadline(), None, "nothing is left to wait for");
}

#[test]
fn each_event_puts_the_idle_stop_off() {
    let (mut world, _, id) = registered("");
    for _ in 0..10 {
        world.pass(20_000);
        world.fire(id);
    }
    assert_eq!(world.starts.len(), 1);
}

#[test]
fn events_wait_in_order_for_one_start_and_then_run_together() {
    let (mut world, page, id) = registered("hang:backgroundfetchsuccess hang:message");
    world.pass(30_000);
    world.hold_starts = true;
    let first = world.fire(id);
    world.message(page, world.info(id).active.unwrap().worker);
    let second = world.fire(id);
    assert_eq!(world.starts.len(), 2, "one start for all of them");
    let run = world.starts[1].0;
    world.run_script(run);
    world.give(Input::Timer);
    let names: Vec<_> = world.open.iter().map(|event| event.name).collect();
    assert_eq!(names, ["backgroundfetchsuccess", "message", "backgroundfetchsuccess"]);
    world.end("backgroundfetchsuccess", EventOutcome::Rejected("no".into()));
    assert_eq!(first.try_recv().unwrap(), EventOutcome::Rejected("no".into()));
    assert!(second.is_empty());
    world.end("backgroundfetchsuccess", EventOutcome::Completed);
    assert_eq!(second.try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn functional_events_wait_until_their_worker_is_activated() {
    let (mut world, page, id) = registered("hang:activate");
    assert_eq!(world.states(id), "- - activating");
    let fired = world.fire(id);
    world.message(page, world.info(id).active.unwrap().worker);
    assert!(fired.is_empty());
    world.end("activate", EventOutcome::Completed);
    assert_eq!(fired.try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn a_worker_that_does_not_start_fails_its_events_and_may_be_tried_again() {
    let (mut world, _, id) = registered("");
    world.pass(30_000);
    world.hold_starts = true;
    let (first, second) = (world.fire(id), world.fire(id));
    let run = world.starts[1].0;
    world.give(Input::Worker(WorkerInput::Started(run, WorkerStarted::Failed("Uncaught".into()))));
    for fired in [first, second] {
        assert_eq!(fired.try_recv().unwrap(), EventOutcome::WorkerFailed("Uncaught".into()));
    }
    assert!(world.runs.is_empty());
    world.hold_starts = false;
    assert_eq!(world.fire(id).try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn a_start_that_takes_too_long_fails() {
    let (mut world, _, id) = registered("");
    world.pass(30_000);
    world.hold_starts = true;
    let fired = world.fire(id);
    world.pass(59_999);
    assert!(fired.is_empty());
    world.pass(1);
    assert!(matches!(fired.try_recv().unwrap(), EventOutcome::WorkerFailed(_)));
    assert!(world.runs.is_empty());
}

#[test]
fn a_first_run_has_the_time_that_its_imports_need() {
    let mut world = World::new();
    world.script("/sw.js", "");
    world.hold_starts = true;
    let page = world.window("/page");
    let registered = world.register(page, "/sw.js", "/");
    world.pass(299_999);
    assert!(registered.is_empty());
    world.pass(1);
    assert!(registered.try_recv().unwrap().is_err());
    assert!(world.runs.is_empty() && world.registry.registrations().is_empty());
}

#[test]
fn an_event_that_takes_too_long_stops_its_worker_with_all_that_it_does() {
    let settings = Settings { event_timeout_ms: 10_000, ..Settings::default() };
    let (mut world, _, id) = registered_with("hang:backgroundfetchsuccess", settings);
    let first = world.fire(id);
    world.pass(4_000);
    let second = world.fire(id);
    world.pass(6_000);
    assert_eq!(first.try_recv().unwrap(), EventOutcome::TimedOut);
    assert!(matches!(second.try_recv().unwrap(), EventOutcome::WorkerFailed(_)));
    assert!(world.runs.is_empty());
    assert_eq!(world.states(id), "- - activated");
}

#[test]
fn a_crash_in_mid_event_fails_it_and_late_words_of_that_run_are_ignored() {
    let (mut world, _, id) = registered("hang:backgroundfetchsuccess");
    let fired = world.fire(id);
    let (run, dispatch) = (world.open[0].run, world.open[0].dispatch);
    world.crash(run);
    assert!(matches!(fired.try_recv().unwrap(), EventOutcome::WorkerFailed(_)));
    world.give(Input::Worker(WorkerInput::EventEnded(dispatch, EventOutcome::Completed)));
    world.give(Input::Worker(WorkerInput::Started(run, WorkerStarted::Ran { handles_fetch: true })));
    world.give(Input::Worker(WorkerInput::Stopped(run, "again".into())));
    let again = world.fire(id);
    assert!(again.is_empty());
    world.end("backgroundfetchsuccess", EventOutcome::Completed);
    assert_eq!(again.try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn an_event_for_a_worker_that_is_stopping_waits_for_its_next_run() {
    let (mut world, _, id) = registered("");
    world.hold_stops = true;
    let run = *world.runs.keys().next().unwrap();
    world.pass(30_000);
    let fired = world.fire(id);
    assert!(fired.is_empty());
    assert_eq!(world.starts.len(), 1, "never two runs of one worker");
    world.crash(run);
    assert_eq!(fired.try_recv().unwrap(), EventOutcome::Completed);
    assert_eq!(world.starts.len(), 2);
}

#[test]
fn a_thread_that_does_not_end_is_given_up() {
    let (mut world, _, id) = registered("");
    world.hold_stops = true;
    world.pass(30_000);
    let fired = world.fire(id);
    assert!(fired.is_empty());
    world.pass(10_000);
    assert_eq!(fired.try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn without_a_registration_or_active_worker_an_event_fails_at_once() {
    let (mut world, _, id) = registered("hang:install");
    assert!(matches!(world.fire(id).try_recv().unwrap(), EventOutcome::WorkerFailed(_)));
    assert!(matches!(world.fire(RegistrationId(999)).try_recv().unwrap(), EventOutcome::WorkerFailed(_)));
}

#[test]
fn what_the_old_worker_did_not_get_the_new_one_gets() {
    let (mut world, page, id) = registered("hang:message");
    world.pass(30_000);
    world.script("/sw.js", "skip-waiting");
    world.hold_starts = true;
    let fired = world.fire(id);
    let old_start = world.starts[1].0;
    world.hold_starts = false;
    world.update(page, id).unwrap();
    assert!(!world.runs.contains_key(&old_start), "the old worker is ended before it ran");
    assert_eq!(world.states(id), "- - activated");
    assert_eq!(fired.try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn shutting_down_fails_what_is_open_and_starts_nothing() {
    let (mut world, page, id) = registered("hang:backgroundfetchsuccess");
    let open = world.fire(id);
    world.script("/sw.js", "2");
    world.hold_starts = true;
    let update = world.ask(page, |reply| bgfetch_traits::service_worker::ServiceWorkerMsg::Update(id, reply));
    world.give(Input::Shutdown);
    assert!(matches!(open.try_recv().unwrap(), EventOutcome::WorkerFailed(_)));
    assert!(update.try_recv().unwrap().is_err());
    assert!(world.runs.is_empty());
    let started = world.starts.len();
    assert!(matches!(world.fire(id).try_recv().unwrap(), EventOutcome::WorkerFailed(_)));
    assert_eq!(world.starts.len(), started);
    assert!(world.stored.contains_key(&id), "what is stored stays");
}

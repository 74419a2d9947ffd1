//! Install, activate, skipWaiting: which worker is where, when.

use bgfetch_service_worker::{Input, Settings};
use bgfetch_traits::service_worker::{EventOutcome, JobError, ServiceWorkerMsg};

use crate::world::World;

/// A registration with an active worker that controls a page, and a second script.
fn controlled() -> (World, bgfetch_traits::ids::ClientId, bgfetch_traits::ids::RegistrationId) {
    let mut world = World::new();
    world.script("/sw.js", "claim");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    (world, page, id)
}

#[test]
fn a_second_worker_waits_until_the_last_client_is_gone() {
    let (mut world, page, id) = controlled();
    let second = world.window("/second");
    world.script("/sw.js", "version 2");
    world.update(page, id).unwrap();
    assert_eq!(world.states(id), "- installed activated");
    let waiting = world.info(id).waiting.unwrap().worker;
    world.close(page);
    assert_eq!(world.states(id), "- installed activated");
    world.close(second);
    assert_eq!(world.states(id), "- - activated");
    assert_eq!(world.info(id).active.unwrap().worker, waiting);
}

#[test]
fn skip_waiting_takes_over_clients_and_ends_the_old_worker() {
    let (mut world, page, id) = controlled();
    let old = world.info(id).active.unwrap().worker;
    world.script("/sw.js", "skip-waiting version 2");
    world.update(page, id).unwrap();
    assert_eq!(world.states(id), "- - activated");
    let new = world.info(id).active.unwrap().worker;
    assert_ne!(new, old);
    assert_eq!(world.controller(page), Some(new));
    assert_eq!(world.controller_changes(page).last().unwrap().as_ref().unwrap().worker, new);
    assert_eq!(world.run_of(old), None);
}

#[test]
fn skip_waiting_waits_for_events_of_the_old_worker() {
    let mut world = World::new();
    world.script("/sw.js", "claim hang:message");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let old = world.info(id).active.unwrap().worker;
    world.message(page, old);
    world.script("/sw.js", "skip-waiting");
    world.update(page, id).unwrap();
    assert_eq!(world.states(id), "- installed activated");
    world.end("message", EventOutcome::Completed);
    assert_eq!(world.states(id), "- - activated");
    assert_ne!(world.info(id).active.unwrap().worker, old);
}

#[test]
fn a_worker_that_installs_replaces_one_that_waits() {
    let (mut world, page, id) = controlled();
    world.script("/sw.js", "version 2");
    world.update(page, id).unwrap();
    let second = world.info(id).waiting.unwrap().worker;
    world.script("/sw.js", "version 3");
    world.update(page, id).unwrap();
    assert_eq!(world.states(id), "- installed activated");
    assert_ne!(world.info(id).waiting.unwrap().worker, second);
    assert_eq!(world.run_of(second), None);
}

#[test]
fn a_failing_install_leaves_what_was_there() {
    let mut world = World::new();
    world.script("/sw.js", "reject-install");
    let page = world.window("/page");
    // register() has resolved by then; the registration is gone after.
    let registered = world.register(page, "/sw.js", "/").try_recv().unwrap().unwrap();
    assert!(world.registry.registration(registered.registration).is_none());
    assert!(world.runs.is_empty() && world.stored.is_empty());

    let (mut world, page, id) = controlled();
    let active = world.info(id).active.unwrap().worker;
    world.script("/sw.js", "reject-install");
    let updated = world.update(page, id).unwrap();
    let failed = updated.installing.unwrap().worker;
    assert_eq!(world.states(id), "- - activated");
    assert_eq!(world.info(id).active.unwrap().worker, active);
    assert_eq!(world.run_of(failed), None);
    assert_eq!(world.stored[&id].active.as_ref().unwrap().worker, active);
}

#[test]
fn an_install_event_that_never_ends_fails_in_time() {
    let mut world = World::with_settings(Settings { install_timeout_ms: 5_000, ..Settings::default() });
    world.script("/sw.js", "hang:install");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.pass(4_999);
    assert_eq!(world.states(id), "installing - -");
    world.pass(1);
    assert!(world.registry.registration(id).is_none());
    assert!(world.runs.is_empty());
}

#[test]
fn a_thread_that_dies_in_install_fails_it() {
    let mut world = World::new();
    world.script("/sw.js", "hang:install");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let run = world.open[0].run;
    world.crash(run);
    assert!(world.registry.registration(id).is_none());
}

#[test]
fn activation_ends_however_its_event_ends() {
    for end in ["rejects", "dies", "times out"] {
        let mut world = World::with_settings(Settings { activate_timeout_ms: 5_000, ..Settings::default() });
        world.script("/sw.js", "hang:activate");
        let page = world.window("/page");
        let id = world.registered(page, "/sw.js", "/");
        assert_eq!(world.states(id), "- - activating", "{end}");
        match end {
            "rejects" => world.end("activate", EventOutcome::Rejected("no".into())),
            "dies" => world.crash(world.open[0].run),
            _ => world.pass(5_000),
        }
        assert_eq!(world.states(id), "- - activated", "{end}");
    }
}

#[test]
fn a_worker_that_installs_while_another_activates_follows_it() {
    let mut world = World::new();
    world.script("/sw.js", "hang:activate");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/scope/");
    world.script("/sw.js", "version 2");
    world.update(page, id).unwrap();
    assert_eq!(world.states(id), "- installed activating");
    world.end("activate", EventOutcome::Completed);
    assert_eq!(world.states(id), "- - activated");
}

#[test]
fn not_even_skip_waiting_ends_a_worker_that_is_about_to_activate() {
    let mut world = World::new();
    world.script("/sw.js", "claim hang:message");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.message(page, world.info(id).active.unwrap().worker);
    world.script("/sw.js", "2");
    world.update(page, id).unwrap();
    let waiting = world.info(id).waiting.unwrap().worker;
    world.pass(40_000);
    assert_eq!(world.run_of(waiting), None, "a waiting worker sleeps as well");
    world.hold_starts = true;
    world.end("message", EventOutcome::Completed);
    world.close(page);
    assert_eq!(world.states(id), "- - activating");
    let activating = world.starts.last().unwrap().0;
    world.hold_starts = false;
    world.script("/sw.js", "skip-waiting 3");
    let page = world.window("/page");
    world.update(page, id).unwrap();
    assert_eq!(world.states(id), "- installed activating");
    assert_eq!(world.info(id).active.unwrap().worker, waiting);
    world.run_script(activating);
    world.give(Input::Timer);
    assert_eq!(world.states(id), "- - activated");
    assert_ne!(world.info(id).active.unwrap().worker, waiting);
}

#[test]
fn claiming_again_changes_nothing() {
    let (mut world, page, id) = controlled();
    let active = world.info(id).active.unwrap().worker;
    let environment = world.environment_of(active);
    let claimed = world.ask(environment, |reply| ServiceWorkerMsg::Claim(active, reply));
    assert_eq!(claimed.try_recv().unwrap(), Ok(()));
    assert_eq!(world.controller_changes(page).len(), 1);
}

#[test]
fn ready_waits_for_an_active_worker() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let elsewhere = world.window("https://b.test/");
    let early = world.ask(page, ServiceWorkerMsg::Ready);
    let never = world.ask(elsewhere, ServiceWorkerMsg::Ready);
    assert!(early.is_empty());
    let id = world.registered(page, "/sw.js", "/");
    let info = early.try_recv().unwrap();
    assert_eq!((info.registration, info.active.unwrap().state.as_str()), (id, "activating"));
    let late = world.ask(page, ServiceWorkerMsg::Ready).try_recv().unwrap();
    assert_eq!(late.active.unwrap().state.as_str(), "activated");
    assert!(never.is_empty());
}

#[test]
fn ready_is_about_the_registration_that_matches_best() {
    let mut world = World::new();
    world.script("/sw.js", "");
    world.script("/hang.js", "hang:install");
    let page = world.window("/deep/page");
    world.registered(page, "/hang.js", "/deep/");
    let ready = world.ask(page, ServiceWorkerMsg::Ready);
    world.registered(page, "/sw.js", "/");
    assert!(ready.is_empty(), "the wider scope does not match this page");
    world.end("install", EventOutcome::Completed);
    assert!(ready.try_recv().is_ok());
}

#[test]
fn only_an_active_worker_may_claim() {
    let mut world = World::new();
    world.script("/sw.js", "hang:install");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let installing = world.info(id).installing.unwrap().worker;
    let environment = world.environment_of(installing);
    let claimed = world.ask(environment, |reply| ServiceWorkerMsg::Claim(installing, reply));
    assert!(matches!(claimed.try_recv().unwrap(), Err(JobError::InvalidState(_))));
    let updated = world.update(environment, id);
    assert!(matches!(updated, Err(JobError::InvalidState(_))), "an installing worker may not update itself");
}

#[test]
fn claiming_takes_a_client_from_a_wider_scope() {
    let mut world = World::new();
    world.script("/wide.js", "claim");
    world.script("/deep.js", "claim");
    let page = world.window("/deep/page");
    let wide = world.registered(page, "/wide.js", "/");
    let before = world.controller(page).unwrap();
    assert!(world.unregister(page, wide));
    let deep = world.registered(page, "/deep.js", "/deep/");
    assert_eq!(world.controller(page), Some(world.info(deep).active.unwrap().worker));
    assert_ne!(world.controller(page), Some(before));
    assert!(world.registry.registration(wide).is_none(), "its last client left it");
}

//! What a restart brings back, and what a user throws away.

use bgfetch_service_worker::Input;
use bgfetch_traits::ids::{RegistrationId, StorageKey, WorkerId};
use bgfetch_traits::service_worker::{EventOutcome, FetchOutcome};

use crate::world::{World, url};

#[test]
fn an_active_worker_comes_back_asleep_and_serves() {
    let mut world = World::new();
    world.script("/sw.js", "respond import:/lib.js");
    world.script("/lib.js", "lib");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let before = world.info(id);
    let mut world = world.restart();
    assert_eq!(world.info(id), before);
    assert!(world.starts.is_empty(), "nothing runs until it is needed");
    world.network.clear();
    let page = world.window("/page");
    assert!(world.controller(page).is_some());
    assert!(matches!(world.subresource(page, "/x").try_recv().unwrap(), FetchOutcome::Response(_)));
    assert_eq!(world.fire(id).try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn a_waiting_worker_becomes_the_active_one() {
    let mut world = World::new();
    world.script("/sw.js", "claim");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.script("/sw.js", "2");
    world.update(page, id).unwrap();
    let waiting = world.info(id).waiting.unwrap().worker;
    let world = world.restart();
    assert_eq!(world.states(id), "- - activated");
    assert_eq!(world.info(id).active.unwrap().worker, waiting);
    let stored = &world.stored[&id];
    assert_eq!((stored.active.as_ref().map(|w| w.worker), &stored.waiting), (Some(waiting), &None));
}

#[test]
fn an_installing_worker_is_lost_and_an_activating_one_is_activated_again() {
    let mut world = World::new();
    world.script("/sw.js", "hang:install");
    world.script("/activating.js", "hang:activate");
    let page = world.window("/page");
    let installing = world.registered(page, "/sw.js", "/");
    let activating = world.registered(page, "/activating.js", "/a/");
    assert_eq!(world.states(activating), "- - activating");
    let mut world = world.restart();
    assert!(world.registry.registration(installing).is_none());
    assert_eq!(world.states(activating), "- - activating");
    let fired = world.fire(activating);
    world.end("activate", EventOutcome::Completed);
    assert_eq!(fired.try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn new_ids_are_not_those_of_what_came_back() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let mut world = world.restart();
    let page = world.window("/page");
    assert_eq!(world.registered(page, "/sw.js", "/"), id);
    assert!(world.registered(page, "/sw.js", "/other/") > id);
}

#[test]
fn a_profile_that_contradicts_itself_keeps_what_it_can() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let good = world.stored[&id].clone();
    let mut same_id = good.clone();
    same_id.scope = url("/other/");
    let mut same_scope = good.clone();
    same_scope.registration = RegistrationId(70);
    let mut same_worker = same_id.clone();
    same_worker.registration = RegistrationId(71);
    let mut other_origin = good.clone();
    other_origin.registration = RegistrationId(72);
    other_origin.scope = url("https://b.test/");
    let mut no_script = same_worker.clone();
    no_script.registration = RegistrationId(73);
    let worker = no_script.active.as_mut().unwrap();
    worker.worker = WorkerId(73);
    worker.scripts.clear();
    let mut world = World::new();
    world.give(Input::Restored(vec![good, same_id, same_scope, same_worker, other_origin, no_script]));
    assert_eq!(world.registry.registrations().len(), 1);
    assert_eq!(world.info(id).scope, url("/"));
    assert_eq!(world.fire(id).try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn clearing_an_origin_ends_everything_of_it_at_once() {
    let mut world = World::new();
    world.script("/sw.js", "claim hang:backgroundfetchsuccess");
    world.script("/slow.js", "hang:install");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let fired = world.fire(id);
    world.registered(page, "/slow.js", "/slow/");
    world.hold_starts = true;
    world.script("/third.js", "");
    let third = world.register(page, "/third.js", "/third/");
    world.give(Input::ClearStorage(StorageKey::of_url(&url("/")).unwrap()));
    assert!(matches!(fired.try_recv().unwrap(), EventOutcome::WorkerFailed(_)));
    assert!(third.try_recv().unwrap().is_err());
    assert!(world.registry.registrations().is_empty() && world.registry.registration(id).is_none());
    assert!(world.stored.is_empty() && world.runs.is_empty());
    assert_eq!(world.controller(page), None);
    assert_eq!(world.controller_changes(page).last(), Some(&None));
    assert_eq!(world.unregistered.len(), 3);
    // And it can all begin again.
    world.hold_starts = false;
    world.registered(page, "/sw.js", "/");
}

#[test]
fn clearing_one_origin_leaves_the_others() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.give(Input::ClearStorage(StorageKey::of_url(&url("https://b.test/")).unwrap()));
    assert_eq!(world.states(id), "- - activated");
}

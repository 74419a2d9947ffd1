//! `update()`, soft updates, and when a script counts as changed.

use bgfetch_service_worker::Input;
use bgfetch_traits::policy::PolicyContainer;
use bgfetch_traits::service_worker::{
    EventOutcome, JobError, ScriptResource, ServiceWorkerMsg, UpdateViaCache, WorkerType,
};

use crate::world::{World, url};

const DAY_MS: u64 = 86_400_000;

#[test]
fn an_unchanged_script_is_no_update() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let before = world.info(id);
    assert_eq!(world.update(page, id).unwrap(), before);
    assert_eq!((world.requests.len(), world.starts.len()), (2, 1));
}

#[test]
fn an_update_that_fails_leaves_the_active_worker() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.script("/sw.js", "throw");
    assert!(matches!(world.update(page, id), Err(JobError::Type(_))));
    world.network.clear();
    assert!(matches!(world.update(page, id), Err(JobError::Type(_))));
    world.script("/sw.js", "");
    world.network.get_mut(&url("/sw.js")).unwrap().headers.clear();
    assert!(matches!(world.update(page, id), Err(JobError::Security(_))));
    assert_eq!(world.states(id), "- - activated");
}

#[test]
fn a_changed_import_is_an_update() {
    let mut world = World::new();
    world.script("/sw.js", "import:/a.js import:/b.js");
    world.script("/a.js", "a");
    world.script("/b.js", "b");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let first = world.info(id).active.unwrap().worker;
    assert_eq!(world.stored[&id].active.as_ref().unwrap().scripts.len(), 3);
    world.update(page, id).unwrap();
    assert_eq!(world.info(id).active.unwrap().worker, first, "nothing changed");
    assert_eq!(world.requests.len(), 4, "the main script twice, each import once");
    world.script("/b.js", "b2");
    world.update(page, id).unwrap();
    assert_ne!(world.info(id).active.unwrap().worker, first);
    let sources: Vec<_> =
        world.stored[&id].active.as_ref().unwrap().scripts.iter().map(|s| s.source.as_str()).collect();
    assert_eq!(sources, ["import:/a.js import:/b.js", "a", "b2"]);
}

#[test]
fn a_missing_import_is_not_a_change() {
    let mut world = World::new();
    world.script("/sw.js", "import:/a.js");
    world.script("/a.js", "a");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.network.remove(&url("/a.js"));
    world.update(page, id).unwrap();
    world.script("/a.js", "<html>");
    world.network.get_mut(&url("/a.js")).unwrap().headers = vec![("content-type", "text/html".into())];
    world.update(page, id).unwrap();
    assert_eq!(world.starts.len(), 1);
    // And the stored script still serves the worker after a stop.
    world.pass(40_000);
    assert!(world.runs.is_empty());
    assert_eq!(world.fire(id).try_recv().unwrap(), EventOutcome::Completed);
}

#[test]
fn an_import_that_was_missing_when_another_had_changed_is_missing_to_the_new_worker() {
    let mut world = World::new();
    world.script("/sw.js", "import:/a.js import:/b.js");
    world.script("/a.js", "a");
    world.script("/b.js", "b");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.script("/b.js", "b2");
    world.network.remove(&url("/a.js"));
    assert!(matches!(world.update(page, id), Err(JobError::Type(_))));
    assert_eq!(world.states(id), "- - activated");
    assert_eq!(world.starts.len(), 2, "the new worker ran, and failed");
    // It is there again: so the new worker is not the one that failed.
    world.script("/a.js", "a");
    world.update(page, id).unwrap();
    let sources: Vec<_> =
        world.stored[&id].active.as_ref().unwrap().scripts.iter().map(|s| s.source.as_str()).collect();
    assert_eq!(sources, ["import:/a.js import:/b.js", "a", "b2"]);
}

#[test]
fn how_a_page_wants_updates_to_use_the_http_cache_counts_for_the_fetch_that_it_asks_for() {
    use UpdateViaCache::{All, Imports, None};
    for (before, after, main, imports_bypass) in [
        (All, Imports, "no-cache", false),
        (Imports, All, "default", false),
        (None, All, "default", false),
        (All, None, "no-cache", true),
    ] {
        let mut world = World::new();
        world.script("/sw.js", "");
        let page = world.window("/page");
        let register = |world: &mut World, mode| {
            world.register_with(page, "/sw.js", "/", WorkerType::Classic, mode).try_recv().unwrap().unwrap()
        };
        register(&mut world, before);
        world.script("/sw.js", "changed");
        let info = register(&mut world, after);
        assert_eq!(info.update_via_cache, after);
        assert_eq!(world.requests.last().unwrap().head.cache.as_str(), main, "{before:?} {after:?}");
        let start = world.runs.values().last().unwrap();
        assert_eq!(start.imports.bypass_cache, imports_bypass, "{before:?} {after:?}");
    }
}

#[test]
fn scripts_that_the_new_worker_does_not_import_are_thrown_away() {
    let mut world = World::new();
    world.script("/sw.js", "import:/a.js import:/b.js");
    world.script("/a.js", "a");
    world.script("/b.js", "b");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.script("/sw.js", "import:/b.js");
    world.update(page, id).unwrap();
    let active = world.stored[&id].active.clone().unwrap();
    assert_eq!(active.scripts.iter().map(|s| s.source.as_str()).collect::<Vec<_>>(), ["import:/b.js", "b"]);
}

#[test]
fn a_script_that_was_fetched_to_compare_it_but_is_not_imported_any_more_is_thrown_away() {
    let mut world = World::new();
    world.script("/sw.js", "import:/a.js");
    world.script("/a.js", "import:/b.js");
    world.script("/b.js", "b");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.script("/a.js", "a2");
    world.update(page, id).unwrap();
    let active = world.stored[&id].active.clone().unwrap();
    assert_eq!(active.scripts.iter().map(|s| s.source.as_str()).collect::<Vec<_>>(), ["import:/a.js", "a2"]);
}

#[test]
fn an_import_after_the_installation_does_not_change_what_is_stored() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let worker = world.info(id).active.unwrap().worker;
    let environment = world.environment_of(worker);
    let script =
        ScriptResource { url: url("/late.js"), source: "late".into(), policy: PolicyContainer::default() };
    world.give(Input::Ask(environment, ServiceWorkerMsg::ScriptImported(worker, script)));
    world.pass(30_000);
    world.fire(id);
    let run = world.run_of(worker).unwrap();
    assert_eq!(world.runs[&run].scripts.len(), 1);
}

#[test]
fn a_forced_soft_update_bypasses_the_http_cache_also_for_imports() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world
        .register_with(page, "/sw.js", "/", WorkerType::Classic, UpdateViaCache::All)
        .try_recv()
        .unwrap()
        .unwrap()
        .registration;
    for force_bypass_cache in [false, true] {
        world.script("/sw.js", if force_bypass_cache { "a" } else { "b" });
        world.give(Input::SoftUpdate { registration: id, force_bypass_cache });
        let cache = world.requests.last().unwrap().head.cache.as_str();
        assert_eq!(cache, if force_bypass_cache { "no-cache" } else { "default" });
        let start = world.runs.values().last().unwrap();
        assert_eq!(start.imports.bypass_cache, force_bypass_cache);
    }
}

#[test]
fn another_script_or_type_is_a_new_worker() {
    let mut world = World::new();
    world.script("/sw.js", "");
    world.script("/same.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let first = world.info(id).active.unwrap().worker;
    assert_eq!(world.registered(page, "/same.js", "/"), id);
    let second = world.info(id).active.unwrap().worker;
    assert_ne!(first, second);
    world
        .register_with(page, "/same.js", "/", WorkerType::Module, UpdateViaCache::Imports)
        .try_recv()
        .unwrap()
        .unwrap();
    assert_ne!(world.info(id).active.unwrap().worker, second);
}

#[test]
fn an_update_behind_a_register_of_another_script_fails() {
    let mut world = World::new();
    world.script("/sw.js", "");
    world.script("/other.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.hold_starts = true;
    let other = world.register(page, "/other.js", "/");
    let update = world.ask(page, |reply| ServiceWorkerMsg::Update(id, reply));
    assert!(update.is_empty());
    let run = world.starts.last().unwrap().0;
    world.run_script(run);
    world.give(Input::Timer);
    assert!(other.try_recv().unwrap().is_ok());
    assert!(matches!(update.try_recv().unwrap(), Err(JobError::Type(_))));
}

#[test]
fn an_update_of_an_unregistered_registration_fails() {
    let mut world = World::new();
    world.script("/sw.js", "claim");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.unregister(page, id);
    assert!(matches!(world.update(page, id), Err(JobError::Type(_))));
    world.give(Input::SoftUpdate { registration: id, force_bypass_cache: false });
    assert_eq!(world.requests.len(), 1);
}

#[test]
fn a_soft_update_installs_what_changed_and_tells_nobody_when_it_fails() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let first = world.info(id).active.unwrap().worker;
    world.network.clear();
    world.give(Input::SoftUpdate { registration: id, force_bypass_cache: true });
    assert_eq!(world.info(id).active.unwrap().worker, first);
    world.script("/sw.js", "2");
    world.give(Input::SoftUpdate { registration: id, force_bypass_cache: false });
    assert_ne!(world.info(id).active.unwrap().worker, first);
}

#[test]
fn a_background_event_a_day_after_the_last_check_is_followed_by_one() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    world.pass(DAY_MS);
    world.fire(id);
    assert_eq!(world.requests.len(), 1);
    world.pass(2_000);
    world.fire(id);
    assert_eq!(world.requests.len(), 2);
    assert_eq!(world.requests[1].head.cache.as_str(), "no-cache");
    world.fire(id);
    assert_eq!(world.requests.len(), 2, "checked a moment ago");
}

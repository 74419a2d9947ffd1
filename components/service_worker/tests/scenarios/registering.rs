//! `register()` and `unregister()`: checks, job queues, and who is told what.

use bgfetch_traits::ids::ClientId;
use bgfetch_traits::policy::Client;
use bgfetch_traits::script::ScriptMsg;
use bgfetch_traits::service_worker::{ClientType, JobError, ServiceWorkerMsg, UpdateViaCache, WorkerType};
use url::{Origin, Url};

use crate::world::{World, url};

#[test]
fn register_install_activate_and_claim() {
    let mut world = World::new();
    world.script("/sw.js", "claim");
    let page = world.window("/page");
    let registered = world.register(page, "/sw.js", "/").try_recv().unwrap().unwrap();
    // The promise resolves when the worker begins to install.
    assert!(registered.waiting.is_none() && registered.active.is_none());
    assert_eq!(registered.installing.unwrap().state.as_str(), "installing");
    let id = registered.registration;
    assert_eq!(world.states(id), "- - activated");
    let active = world.info(id).active.unwrap().worker;
    assert_eq!(world.controller(page), Some(active));
    let changes = world.controller_changes(page);
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].as_ref().unwrap().worker, active);
}

#[test]
fn a_page_sees_every_state_in_order_and_updatefound_once() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    world.registered(page, "/sw.js", "/");
    let mut seen = Vec::new();
    for (to, message) in &world.posts {
        let ScriptMsg::RegistrationChanged { info, update_found, .. } = message else { continue };
        if *to == page {
            let workers = [&info.installing, &info.waiting, &info.active];
            let state = workers.into_iter().flatten().map(|worker| worker.state.as_str()).collect::<String>();
            seen.push(format!("{state}{}", if *update_found { "!" } else { "" }));
        }
    }
    assert_eq!(seen, ["installing", "installing!", "installed", "activating", "activated"]);
}

#[test]
fn the_script_is_asked_for_as_a_service_worker_script() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    world.registered(page, "/sw.js#fragment", "/#fragment");
    let head = &world.requests[0].head;
    assert_eq!(head.url.as_str(), "https://a.test/sw.js");
    assert_eq!(head.headers.get_str("service-worker").as_deref(), Some("script"));
    assert_eq!(head.redirect.as_str(), "error");
    assert_eq!(head.cache.as_str(), "no-cache");
    assert_eq!(head.destination.as_str(), "serviceworker");
    assert_eq!(world.requests[0].client.id, page);
}

#[test]
fn update_via_cache_all_lets_the_http_cache_answer() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let all = world.register_with(page, "/sw.js", "/", WorkerType::Classic, UpdateViaCache::All);
    assert_eq!(all.try_recv().unwrap().unwrap().update_via_cache, UpdateViaCache::All);
    assert_eq!(world.requests[0].head.cache.as_str(), "default");
}

#[test]
fn other_origins_are_a_security_error_and_bad_paths_a_type_error() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let mut fails =
        |script: &str, scope: &str| world.register(page, script, scope).try_recv().unwrap().unwrap_err();
    assert!(matches!(fails("https://b.test/sw.js", "/"), JobError::Security(_)));
    assert!(matches!(fails("/sw.js", "https://b.test/"), JobError::Security(_)));
    assert!(matches!(fails("http://a.test/sw.js", "/"), JobError::Security(_)));
    assert!(matches!(fails("/a%2fsw.js", "/"), JobError::Type(_)));
    assert!(matches!(fails("/sw.js", "/a%5Cb"), JobError::Type(_)));
    assert!(matches!(fails("data:text/javascript,", "/"), JobError::Type(_)));
    assert!(matches!(fails("/sw.js", "ftp://a.test/"), JobError::Type(_)));
    // A scope above the script.
    world.script("/js/sw.js", "");
    let above = world.register(page, "/js/sw.js", "/").try_recv().unwrap().unwrap_err();
    assert!(matches!(above, JobError::Security(_)));
    assert!(world.registry.registrations().is_empty());
    assert!(world.stored.is_empty());
}

#[test]
fn insecure_and_opaque_clients_may_not_register() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let insecure = world.new_client_id();
    let page: Url = "http://a.test/".parse().unwrap();
    let client = Client { id: insecure, ..Client::of_url(&page) };
    world.create_client(client, ClientType::Window, None);
    let opaque = world.new_client_id();
    let client = Client { id: opaque, origin: Origin::new_opaque(), ..Client::of_url(&url("/")) };
    world.create_client(client, ClientType::Window, None);
    for client in [insecure, opaque] {
        let refused = world.register(client, "/sw.js", "/").try_recv().unwrap();
        assert!(matches!(refused, Err(JobError::Security(_))), "{refused:?}");
    }
    let nobody = ClientId(uuid::Uuid::from_u128(99));
    let refused = world.register(nobody, "/sw.js", "/").try_recv().unwrap();
    assert!(matches!(refused, Err(JobError::InvalidState(_))));
    assert!(world.requests.is_empty());
}

#[test]
fn a_script_that_cannot_be_had_is_a_type_error_and_leaves_nothing() {
    let mut world = World::new();
    let page = world.window("/page");
    let gone = world.register(page, "/nowhere.js", "/").try_recv().unwrap();
    assert!(matches!(gone, Err(JobError::Type(_))));
    world.script("/404.js", "");
    world.network.get_mut(&url("/404.js")).unwrap().status = 404;
    let missing = world.register(page, "/404.js", "/").try_recv().unwrap();
    assert!(matches!(missing, Err(JobError::Type(_))));
    world.script("/page.js", "");
    world.network.get_mut(&url("/page.js")).unwrap().headers = vec![("content-type", "text/html".into())];
    let html = world.register(page, "/page.js", "/").try_recv().unwrap();
    assert!(matches!(html, Err(JobError::Security(_))));
    assert!(world.registry.registrations().is_empty());
}

#[test]
fn a_script_that_does_not_run_is_a_type_error_and_its_thread_ends() {
    let mut world = World::new();
    world.script("/sw.js", "throw");
    let page = world.window("/page");
    let failed = world.register(page, "/sw.js", "/").try_recv().unwrap().unwrap_err();
    assert!(failed.to_string().contains("at line 1"), "{failed}");
    assert!(matches!(failed, JobError::Type(_)));
    assert!(world.runs.is_empty());
    assert!(world.registry.registrations().is_empty());
}

#[test]
fn registers_for_one_scope_wait_for_each_other_and_equal_ones_are_one_job() {
    let mut world = World::new();
    world.script("/sw.js", "");
    world.script("/other.js", "");
    world.hold_starts = true;
    let page = world.window("/page");
    let first = world.register(page, "/sw.js", "/");
    let equal = world.register(page, "/sw.js", "/");
    let other = world.register(page, "/other.js", "/");
    let elsewhere = world.register(page, "/other.js", "/elsewhere/");
    assert_eq!(world.requests.len(), 2, "one for each scope");
    assert!(first.is_empty() && equal.is_empty() && other.is_empty());
    // The other scope's job does not wait.
    let run = world.starts[1].0;
    world.hold_starts = false;
    world.run_script(run);
    world.give(bgfetch_service_worker::Input::Timer);
    assert!(elsewhere.try_recv().unwrap().is_ok());
    let run = world.starts[0].0;
    world.run_script(run);
    world.give(bgfetch_service_worker::Input::Timer);
    let (first, equal) = (first.try_recv().unwrap().unwrap(), equal.try_recv().unwrap().unwrap());
    assert_eq!(first, equal);
    let other = other.try_recv().unwrap().unwrap();
    assert_eq!(other.registration, first.registration);
    assert_eq!(other.installing.unwrap().script_url, url("/other.js"));
    let active = world.info(first.registration).active.unwrap();
    assert_eq!(active.script_url, url("/other.js"), "the later one is active in the end");
}

#[test]
fn the_same_again_is_answered_at_once_without_a_request() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    assert_eq!(world.registered(page, "/sw.js", "/"), id);
    assert_eq!(world.requests.len(), 1);
    // Another update via cache mode is another job.
    let all = world.register_with(page, "/sw.js", "/", WorkerType::Classic, UpdateViaCache::All);
    assert_eq!(all.try_recv().unwrap().unwrap().update_via_cache, UpdateViaCache::All);
    assert_eq!(world.requests.len(), 2);
    assert_eq!(world.starts.len(), 1, "the script is the same");
    assert_eq!(world.stored[&id].update_via_cache, UpdateViaCache::All);
}

#[test]
fn thousands_of_refused_jobs_in_one_queue_do_not_recurse() {
    let mut world = World::new();
    world.script("/sw.js", "");
    world.hold_starts = true;
    let page = world.window("/page");
    let first = world.register(page, "/sw.js", "/");
    let jobs: Vec<_> =
        (0..20_000).map(|n| world.register(page, &format!("https://b.test/{n}.js"), "/")).collect();
    let run = world.starts[0].0;
    world.run_script(run);
    world.give(bgfetch_service_worker::Input::Timer);
    assert!(first.try_recv().unwrap().is_ok());
    assert!(jobs.iter().all(|job| job.try_recv().unwrap().is_err()));
}

#[test]
fn the_longest_scope_matches_and_only_whole_origins() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let wide = world.registered(page, "/sw.js", "/");
    let deep = world.registered(page, "/sw.js", "/a/deep");
    let mid = world.registered(page, "/sw.js", "/a/");
    let mut matching = |at: &str| {
        let found = world.ask(page, |reply| ServiceWorkerMsg::GetRegistration(url(at), reply));
        found.try_recv().unwrap().map(|info| info.registration)
    };
    assert_eq!(matching("/"), Some(wide));
    assert_eq!(matching("/a"), Some(wide));
    assert_eq!(matching("/a/x"), Some(mid));
    assert_eq!(matching("/a/deeper"), Some(deep), "a prefix of the string, not of the path");
    assert_eq!(matching("https://a.test.evil.test/"), None);
    assert_eq!(matching("https://a.test:444/"), None);
    let all = world.ask(page, ServiceWorkerMsg::GetRegistrations).try_recv().unwrap();
    assert_eq!(all.iter().map(|info| info.registration).collect::<Vec<_>>(), [wide, deep, mid]);
}

#[test]
fn unregistering_without_clients_ends_the_workers_at_once() {
    let mut world = World::new();
    world.script("/sw.js", "");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/scope/");
    assert!(world.stored.contains_key(&id));
    assert!(world.unregister(page, id));
    assert_eq!(world.unregistered, [id]);
    assert!(world.stored.is_empty() && world.runs.is_empty());
    assert!(world.registry.registration(id).is_none());
    assert!(!world.unregister(page, id), "there is none any more");
    let redundant = world.posts.iter().rev().find_map(|(_, message)| match message {
        ScriptMsg::RegistrationChanged { redundant, .. } if !redundant.is_empty() => Some(redundant),
        _ => None,
    });
    assert_eq!(redundant.unwrap()[0].state.as_str(), "redundant");
}

#[test]
fn an_unregistered_registration_serves_its_clients_until_they_leave() {
    let mut world = World::new();
    world.script("/sw.js", "claim respond");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    assert!(world.unregister(page, id));
    assert_eq!(world.states(id), "- - activated");
    assert!(world.controller(page).is_some());
    assert!(world.registry.storage_key_of(id).is_none());
    let late = world.window("/late");
    assert_eq!(world.controller(late), None, "new clients are not controlled");
    // The same scope again is another registration.
    let again = world.registered(page, "/sw.js", "/");
    assert_ne!(again, id);
    assert_eq!(world.registry.registrations().len(), 1);
    world.close(page);
    assert!(world.registry.registration(id).is_none());
    assert_eq!(world.states(again), "- - activated");
}

#[test]
fn what_belongs_to_another_origin_is_not_touched() {
    let mut world = World::new();
    world.script("/sw.js", "hang:message");
    let page = world.window("/page");
    let id = world.registered(page, "/sw.js", "/");
    let active = world.info(id).active.unwrap().worker;
    let stranger = world.window("https://b.test/");
    assert!(!world.unregister(stranger, id));
    assert!(matches!(world.update(stranger, id), Err(JobError::InvalidState(_))));
    let found = world.ask(stranger, |reply| ServiceWorkerMsg::GetRegistration(url("/"), reply));
    assert_eq!(found.try_recv().unwrap(), None);
    let claimed = world.ask(stranger, |reply| ServiceWorkerMsg::Claim(active, reply));
    assert!(claimed.try_recv().unwrap().is_err());
    world.message(stranger, active);
    assert!(world.open.is_empty(), "the message does not arrive");
    assert_eq!(world.states(id), "- - activated");
}

//! Pages with background fetches in a real engine: what the page, its worker and the user see.
#![forbid(unsafe_code)]

use bgfetch::traits::background_fetch::{BackgroundFetchFailureReason, BackgroundFetchResult, UiAction};
use bgfetch::traits::coordinator::PermissionState;
use bgfetch_shell::demo::content::{Content, Generated};
use bgfetch_shell::demo::site::{Resource, Site};
use bgfetch_tests::World;
use serde_json::json;

/// Registers the worker; everything else is done by the tests' own scripts.
const PAGE: &str = "
    const ready = navigator.serviceWorker.register('/sw.js').then(() => navigator.serviceWorker.ready);
    const messages = [];
    navigator.serviceWorker.onmessage = event => messages.push(event.data);
    async function start(id, files, options) {
        const registration = await ready;
        window.current = await registration.backgroundFetch.fetch(id, files, options);
        return current.id;
    }
    const settled = fetch => new Promise(resolve => {
        const check = () => fetch.result && resolve([fetch.result, fetch.failureReason, fetch.downloaded]);
        fetch.addEventListener('progress', check);
        check();
    });";

/// Tells the page of each event, and keeps what succeeded.
const WORKER: &str = "
    oninstall = () => skipWaiting();
    onactivate = event => event.waitUntil(clients.claim());
    const tell = async data => { for (const client of await clients.matchAll()) client.postMessage(data); };
    for (const type of ['success', 'fail', 'abort', 'click']) {
        addEventListener('backgroundfetch' + type, event => event.waitUntil((async () => {
            const { id, result, failureReason } = event.registration;
            const records = await event.registration.matchAll();
            const statuses = await Promise.all(records.map(record =>
                record.responseReady.then(response => response.status, error => error.name)));
            if (type === 'success') {
                const cache = await caches.open('done');
                for (const record of records) await cache.put(record.request, await record.responseReady);
            }
            await tell({ type, id, result, failureReason, statuses });
        })()));
    }";

fn file(length: u64, rate: Option<u64>) -> Resource {
    Resource::new("application/octet-stream", Content::Generated(Generated { seed: length, length }))
        .with_rate(rate)
}

fn world(more: impl FnOnce(&mut Site)) -> World {
    World::new(PAGE, WORKER, more)
}

/// The messages of the worker, once there are `count`.
fn messages(count: usize) -> String {
    format!(
        "new Promise(resolve => {{ const check = () => messages.length >= {count} ? resolve(messages) : setTimeout(check, 10); check() }})"
    )
}

#[test]
fn several_files_succeed_and_are_in_the_cache() {
    let world = world(|site| {
        site.insert("/a", file(300_000, None));
        site.insert("/b", file(7, None));
    });
    let profile = tempfile::tempdir().unwrap();
    let engine = world.engine(profile.path());
    let window = engine.open(&world.url("/"));
    assert_eq!(engine.evaluate(&window, "start('two', ['/a', '/b'], { title: 'Two' })"), "two");
    assert_eq!(engine.evaluate(&window, "settled(current)"), json!(["success", "", 300_007]));
    let told = engine.evaluate(&window, &messages(1));
    assert_eq!(
        told,
        json!([{ "type": "success", "id": "two", "result": "success", "failureReason": "", "statuses": [200, 200] }])
    );
    let lengths = "Promise.all(['/a', '/b'].map(async file => (await (await caches.match(file)).arrayBuffer()).byteLength))";
    assert_eq!(engine.evaluate(&window, lengths), json!([300_000, 7]));
    engine.shut_down();
}

#[test]
fn one_failing_file_fails_the_fetch_and_loses_no_other() {
    let world = world(|site| site.insert("/a", file(1000, None)));
    let profile = tempfile::tempdir().unwrap();
    let engine = world.engine(profile.path());
    let window = engine.open(&world.url("/"));
    let _id = engine.evaluate(&window, "start('one-fails', ['/a', '/missing'])");
    let told = engine.evaluate(&window, &messages(1));
    assert_eq!((&told[0]["type"], &told[0]["failureReason"]), (&json!("fail"), &json!("bad-status")));
    assert_eq!(told[0]["statuses"], json!([200, 404]));
    engine.shut_down();
}

#[test]
fn a_user_pauses_and_resumes() {
    let world = world(|site| site.insert("/slow", file(1_500_000, Some(1_000_000))));
    let profile = tempfile::tempdir().unwrap();
    let mut engine = world.engine(profile.path());
    let window = engine.open(&world.url("/"));
    let _id = engine.evaluate(&window, "start('slow', ['/slow'], { downloadTotal: 1500000 })");
    let display = engine.until_shown(|display| display.downloaded > 0);
    engine.engine.background_fetch_action(display.fetch, UiAction::Pause).wait().unwrap();
    engine.until_shown(|display| display.paused);
    engine.engine.background_fetch_action(display.fetch, UiAction::Resume).wait().unwrap();
    let done = engine.until_shown(|display| display.result != BackgroundFetchResult::Empty);
    assert_eq!((done.result, done.downloaded), (BackgroundFetchResult::Success, 1_500_000));
    // The second request begins where the first had been stored to.
    let requests: Vec<_> =
        world.server.log().entries().into_iter().filter(|e| e.head.path == "/slow").collect();
    assert_eq!(requests.len(), 2, "{requests:#?}");
    assert_eq!(requests[1].head.status, 206);
    assert!(requests[1].head.promised.start > 0);
    engine.shut_down();
}

#[test]
fn a_page_and_a_user_can_abort() {
    let world = world(|site| site.insert("/slow", file(50_000_000, Some(500_000))));
    let profile = tempfile::tempdir().unwrap();
    let mut engine = world.engine(profile.path());
    let window = engine.open(&world.url("/"));
    let _id = engine.evaluate(&window, "start('by-page', ['/slow'])");
    assert_eq!(engine.evaluate(&window, "current.abort()"), true);
    let told = engine.evaluate(&window, &messages(1));
    assert_eq!((&told[0]["type"], &told[0]["failureReason"]), (&json!("abort"), &json!("aborted")));

    let _id = engine.evaluate(&window, "start('by-user', ['/slow'])");
    let display = engine.until_shown(|display| display.id == "by-user");
    engine.engine.background_fetch_action(display.fetch, UiAction::Abort).wait().unwrap();
    let ended = engine
        .until_shown(|display| display.id == "by-user" && display.result != BackgroundFetchResult::Empty);
    assert_eq!(ended.failure_reason, BackgroundFetchFailureReason::Aborted);
    assert_eq!(engine.evaluate(&window, &messages(2))[1]["id"], "by-user");
    engine.shut_down();
}

#[test]
fn without_permission_nothing_is_fetched() {
    let world = world(|site| site.insert("/a", file(10, None)));
    let profile = tempfile::tempdir().unwrap();
    let engine = world.engine_with(profile.path(), PermissionState::Denied, |builder| builder);
    let window = engine.open(&world.url("/"));
    assert_eq!(engine.evaluate(&window, "start('no', ['/a']).catch(error => error.name)"), "NotAllowedError");
    assert!(!world.server.log().entries().iter().any(|entry| entry.head.path == "/a"));
    engine.shut_down();
}

#[test]
fn a_download_total_over_the_quota_is_refused_before_any_request() {
    let world = world(|site| site.insert("/a", file(10, None)));
    let profile = tempfile::tempdir().unwrap();
    let engine =
        world.engine_with(profile.path(), PermissionState::Granted, |builder| builder.quota(1 << 20));
    let window = engine.open(&world.url("/"));
    let start = "start('big', ['/a'], { downloadTotal: 2 ** 30 }).catch(error => error.name)";
    assert_eq!(engine.evaluate(&window, start), "QuotaExceededError");
    assert!(!world.server.log().entries().iter().any(|entry| entry.head.path == "/a"));
    engine.shut_down();
}

#[test]
fn a_fetch_that_starts_offline_waits_and_goes_on() {
    let world = world(|site| site.insert("/a", file(1000, None)));
    let profile = tempfile::tempdir().unwrap();
    let mut engine = world.engine(profile.path());
    let window = engine.open(&world.url("/"));
    let _scope = engine.evaluate(&window, "ready.then(registration => registration.scope)");
    engine.engine.set_online(false);
    let _id = engine.evaluate(&window, "start('later', ['/a'])");
    engine.until_shown(|display| display.waiting_for_network);
    engine.engine.set_online(true);
    assert_eq!(engine.evaluate(&window, "settled(current)"), json!(["success", "", 1000]));
    engine.shut_down();
}

#[test]
fn a_fetch_that_loses_the_network_in_the_middle_goes_on_where_it_was() {
    let world = world(|site| site.insert("/slow", file(1_500_000, Some(1_000_000))));
    let profile = tempfile::tempdir().unwrap();
    let mut engine = world.engine(profile.path());
    let window = engine.open(&world.url("/"));
    let _id = engine.evaluate(&window, "start('tunnel', ['/slow'])");
    engine.until_shown(|display| display.downloaded > 0);
    engine.engine.set_online(false);
    engine.until_shown(|display| display.waiting_for_network);
    engine.engine.set_online(true);
    assert_eq!(engine.evaluate(&window, "settled(current)"), json!(["success", "", 1_500_000]));
    let requests: Vec<_> =
        world.server.log().entries().into_iter().filter(|e| e.head.path == "/slow").collect();
    assert_eq!(requests.last().map(|request| request.head.status), Some(206), "{requests:#?}");
    engine.shut_down();
}

#[test]
fn a_fetch_outlives_its_engine_and_its_event_comes_after_the_restart() {
    let world = world(|site| site.insert("/slow", file(1_500_000, Some(1_000_000))));
    let profile = tempfile::tempdir().unwrap();
    let mut engine = world.engine(profile.path());
    let window = engine.open(&world.url("/"));
    let _id = engine.evaluate(&window, "start('long', ['/slow'])");
    engine.until_shown(|display| display.downloaded > 0);
    drop(window);
    engine.shut_down();

    let mut engine = world.engine(profile.path());
    engine.until_event("backgroundfetchsuccess");
    let window = engine.open(&world.url("/"));
    let length = "caches.match('/slow').then(async hit => (await hit.arrayBuffer()).byteLength)";
    assert_eq!(engine.evaluate(&window, length), 1_500_000);
    assert_eq!(engine.evaluate(&window, "ready.then(r => r.backgroundFetch.getIds())"), json!([]));
    engine.shut_down();
}

#[test]
fn a_click_on_what_is_shown_reaches_the_worker() {
    let world = world(|site| site.insert("/slow", file(5_000_000, Some(500_000))));
    let profile = tempfile::tempdir().unwrap();
    let mut engine = world.engine(profile.path());
    let window = engine.open(&world.url("/"));
    let _id = engine.evaluate(&window, "start('clicked', ['/slow'])");
    let display = engine.until_shown(|display| display.id == "clicked");
    engine.engine.background_fetch_action(display.fetch, UiAction::Click).wait().unwrap();
    engine.until_event("backgroundfetchclick");
    assert_eq!(engine.evaluate(&window, "current.abort()"), true);
    engine.shut_down();
}

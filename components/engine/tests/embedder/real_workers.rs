//! Dedicated and shared workers in JavaScript: what they do counts as their page's work, and they end with it.

use std::time::Duration;

use bgfetch::Engine;
use bgfetch::config::ScriptLimits;
use bgfetch::traits::coordinator::PermissionState;

use crate::support::{Embedder, Resource, Server, builder, get, stop};

fn start(server: &Server, profile: &std::path::Path, scripts: &[(&'static str, &str)]) -> Engine {
    server.put("/", Resource::text("text/html", "<!doctype html><script>var said = []</script>"));
    for (path, script) in scripts.iter().copied() {
        server.put(path, Resource::text("text/javascript", script));
    }
    let limits = ScriptLimits { task_time: Duration::from_millis(200), ..ScriptLimits::default() };
    builder(profile, &Embedder::new())
        .permission("background-fetch", PermissionState::Granted)
        .script_limits(limits)
        .build()
        .unwrap()
}

#[test]
fn a_page_is_not_idle_before_its_workers_and_theirs_are() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    let outer = "const inner = new Worker('/inner.js'); inner.onmessage = e => setTimeout(() => postMessage(e.data + 1), 50)";
    let inner = "setTimeout(() => postMessage(1), 50)";
    let engine = start(&server, profile.path(), &[("/outer.js", outer), ("/inner.js", inner)]);
    let window = get(engine.open_window(&server.url("/")));
    get(window.evaluate("new Worker('/outer.js').onmessage = e => said.push(e.data); 0"));
    get(window.when_idle());
    assert_eq!(get(window.evaluate("said")), "[2]");
    get(window.evaluate(
        "const shared = new SharedWorker('data:text/javascript,onconnect = e => setTimeout(() => e.ports[0].postMessage(3), 50)');
         shared.port.onmessage = e => said.push(e.data); 0",
    ));
    get(engine.when_idle());
    assert_eq!(get(window.evaluate("said")), "[2,3]");
    stop(engine);
}

#[test]
fn a_worker_may_compute_for_longer_than_a_page_and_ends_when_it_is_told_to() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    let long = "const end = Date.now() + 600; while (Date.now() < end); postMessage('done'); while (true);";
    let engine = start(&server, profile.path(), &[("/long.js", long)]);
    let window = get(engine.open_window(&server.url("/")));
    let said = get(window.evaluate(
        "const worker = new Worker('/long.js'); new Promise(r => worker.onmessage = e => r(e.data))",
    ));
    assert_eq!(said, "\"done\"");
    get(window.evaluate("worker.terminate()"));
    get(window.when_idle());
    // One that nobody ends goes with the engine.
    get(window.evaluate("new Worker('/long.js'); new SharedWorker('/long.js'); 0"));
    stop(engine);
}

#[test]
fn a_worker_fetches_in_the_background_by_its_service_worker_registration() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/film", Resource::file(10_000));
    let worker = "(async () => {
        await navigator.serviceWorker.register('/sw.js');
        const registration = await navigator.serviceWorker.ready;
        const fetch = await registration.backgroundFetch.fetch('film', ['/film']);
        await new Promise(resolve => fetch.onprogress = () => fetch.result && resolve());
        postMessage([fetch.result, fetch.downloaded]);
    })().catch(error => postMessage(String(error)))";
    let scripts =
        [("/worker.js", worker), ("/sw.js", "addEventListener('backgroundfetchsuccess', () => {})")];
    let engine = start(&server, profile.path(), &scripts);
    let window = get(engine.open_window(&server.url("/")));
    let said = get(window.evaluate("new Promise(r => new Worker('/worker.js').onmessage = e => r(e.data))"));
    assert_eq!(said, "[\"success\",10000]");
    stop(engine);
}

#[test]
fn what_a_worker_does_not_handle_comes_to_its_page_and_load_failures_too() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    let bad = "onmessage = () => { throw new Error('no good') }";
    let engine = start(&server, profile.path(), &[("/bad.js", bad), ("/broken.js", "}")]);
    let window = get(engine.open_window(&server.url("/")));
    let said = get(window.evaluate(
        "const bad = new Worker('/bad.js');
         bad.postMessage(0);
         new Promise(r => bad.onerror = e => { e.preventDefault(); r([e.message, e.filename.slice(-7), e.lineno]) })",
    ));
    assert_eq!(said, "[\"Uncaught Error: no good\",\"/bad.js\",1]");
    for missing in ["/broken.js", "/missing.js", "http://elsewhere.test/x.js"] {
        let script =
            format!("new Promise(r => new Worker('{missing}').onerror = e => r(e.constructor.name))");
        assert_eq!(get(window.evaluate(&script)), "\"Event\"", "{missing}");
    }
    stop(engine);
}

#[test]
fn a_frames_workers_end_with_the_frame() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    let ticks = "const c = new BroadcastChannel('c'); c.postMessage('begun'); setInterval(() => c.postMessage('tick'), 20)";
    let engine = start(&server, profile.path(), &[("/ticks.js", ticks)]);
    let window = get(engine.open_window(&server.url("/")));
    let said = get(window.evaluate(
        "const frame = document.body.appendChild(document.createElement('iframe'));
         new frame.contentWindow.Worker('/ticks.js');
         const channel = new BroadcastChannel('c');
         new Promise(r => channel.onmessage = e => r(e.data))",
    ));
    assert_eq!(said, "\"begun\"");
    let silence = "frame.remove();
         let timer;
         new Promise(resolve => {
             const wait = () => { clearTimeout(timer); timer = setTimeout(() => resolve('silence'), 200) };
             channel.onmessage = wait;
             wait();
         })";
    assert_eq!(get(window.evaluate(silence)), "\"silence\"");
    stop(engine);
}

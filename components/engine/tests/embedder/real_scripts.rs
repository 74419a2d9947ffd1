//! Pages and workers in JavaScript: the built-in script threads behind the engine's door.

use std::time::Duration;

use bgfetch::config::ScriptLimits;
use bgfetch::traits::coordinator::{ConsoleLevel, PermissionState};
use bgfetch::traits::ids::StorageKey;
use bgfetch::{Engine, EngineError, EngineEvent};

use crate::support::{Embedder, Note, Resource, Server, builder, content, get, read, stop};

const PAGE: &str = r#"<!doctype html><title>Podcast</title>
<button id="fetch">Fetch</button>
<script>
  const progress = [];
  async function start(id, urls, options) {
    await navigator.serviceWorker.register("/sw.js");
    const registration = await navigator.serviceWorker.ready;
    const fetch = await registration.backgroundFetch.fetch(id, urls, options);
    fetch.onprogress = () => progress.push(fetch.downloaded);
    return fetch.id;
  }
  document.querySelector('button').addEventListener("click", () => start("film", ["/film"]));
</script>"#;

const WORKER: &str = r#"
  addEventListener("backgroundfetchsuccess", event => event.waitUntil((async () => {
    const cache = await caches.open("films");
    for (const record of await event.registration.matchAll()) {
      await cache.put(record.request, await record.responseReady);
    }
    await event.updateUI({ title: "Ready" });
  })()));
"#;

fn start(server: &Server, profile: &std::path::Path, worker: &str) -> (Engine, std::sync::Arc<Embedder>) {
    server.put("/", Resource::text("text/html", PAGE));
    server.put("/sw.js", Resource::text("text/javascript", worker));
    let embedder = Embedder::new();
    let limits = ScriptLimits {
        task_time: Duration::from_millis(500),
        functional_event_time: Duration::from_secs(20),
        ..ScriptLimits::default()
    };
    let engine = builder(profile, &embedder)
        .permission("background-fetch", PermissionState::Granted)
        .script_limits(limits)
        .build()
        .unwrap();
    (engine, embedder)
}

#[test]
fn from_a_click_to_the_cache() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/film", Resource::file(2_000_000));
    let (engine, embedder) = start(&server, profile.path(), WORKER);
    let window = get(engine.open_window(&server.url("/")));
    get(window.click("button"));
    embedder.wait_for_display("the worker's title", |display| display.title == "Ready");
    get(engine.when_idle());
    let progress = get(window.evaluate("JSON.stringify(progress.at(-1))"));
    assert_eq!(progress, "\"2000000\"");
    let key = StorageKey::of_url(&server.url("/")).unwrap();
    let film = get(engine.cached_response_in(&key, "films", &server.url("/film"))).unwrap();
    assert!(read(film.body.unwrap()) == content("/film", 0..2_000_000));
    stop(engine);
}

#[test]
fn what_a_page_started_goes_on_and_ends_without_it() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/film", Resource::file(2_000_000).held_at(1_000_000));
    let (engine, _) = start(&server, profile.path(), WORKER);
    let window = get(engine.open_window(&server.url("/")));
    assert_eq!(get(window.evaluate("start('film', ['/film'])")), "\"film\"");
    server.wait_for("the hold", |log| log.iter().any(|served| served.sent == 1_000_000));
    stop(engine);

    server.release();
    let (engine, embedder) = start(&server, profile.path(), WORKER);
    get(engine.when_idle());
    stop(engine);
    let notes = embedder.notes();
    let success = notes.iter().any(|note| {
        matches!(
            note,
            Note::Event(EngineEvent::FunctionalEvent { name: "backgroundfetchsuccess", error: None, .. })
        )
    });
    assert!(success, "{notes:#?}");
    let log = server.log_of("/film");
    assert!(log.len() == 2 && log[1].from > 0, "{log:#?}");
}

#[test]
fn a_script_that_does_not_return_is_stopped_and_reported() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/film", Resource::file(1000));
    let hangs = "addEventListener('backgroundfetchsuccess', () => { for (;;); });";
    let (engine, embedder) = start(&server, profile.path(), hangs);
    let window = get(engine.open_window(&server.url("/")));
    let stopped = window.evaluate("for (;;);").wait().unwrap_err();
    assert!(matches!(stopped, EngineError::Script { .. }), "{stopped}");
    assert_eq!(get(window.evaluate("1 + 1")), "2");
    get(window.evaluate("start('film', ['/film'])"));
    get(engine.when_idle());
    stop(engine);
    drop(embedder);
}

#[test]
fn errors_reach_the_console_with_file_and_line() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    let (engine, embedder) = start(&server, profile.path(), "let = ;");
    let window = get(engine.open_window(&server.url("/")));
    let thrown = window.evaluate("start('film', ['/film'])").wait().unwrap_err();
    assert!(matches!(thrown, EngineError::Script { .. }), "{thrown}");
    let failed = embedder.wait_for_event("the worker's failure", |event| match event {
        EngineEvent::WorkerFailed { message, .. } => Some(message.clone()),
        _ => None,
    });
    assert!(failed.contains("sw.js") && failed.contains("SyntaxError"), "{failed}");
    get(window.evaluate("setTimeout(() => { undefined_name; }), undefined"));
    let lines = ["SyntaxError", "undefined_name"].map(|text| {
        embedder.wait_for_event("the console", |event| match event {
            EngineEvent::Console { message, .. } if message.text.contains(text) => Some(message.clone()),
            _ => None,
        })
    });
    assert!(lines.iter().all(|line| line.level == ConsoleLevel::UncaughtError && line.line > 0), "{lines:?}");
    assert_eq!(lines[0].file, server.url("/sw.js").as_str());
    stop(engine);
}

/// Answers `/slow` only once nobody wants it, and then tells the page why.
const PATIENT_WORKER: &str = r#"
  const told = new BroadcastChannel("aborted");
  addEventListener("activate", event => event.waitUntil(clients.claim()));
  addEventListener("fetch", event => {
    if (!event.request.url.includes("/slow")) return;
    const { signal } = event.request;
    event.respondWith(new Promise(resolve => signal.onabort = () => {
      told.postMessage(`${signal.reason.name}: ${signal.reason.message}`);
      resolve(new Response("late"));
    }));
    told.postMessage("asked");
  });
"#;

#[test]
fn a_worker_learns_that_nobody_waits_for_its_response() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/frame", Resource::text("text/html", "<!doctype html>"));
    let (engine, _) = start(&server, profile.path(), PATIENT_WORKER);
    let window = get(engine.open_window(&server.url("/")));
    let tell = r#"
      const channel = new BroadcastChannel("aborted");
      const waiting = [], heard = [];
      channel.onmessage = ({ data }) => waiting.length ? waiting.shift()(data) : heard.push(data);
      const hear = () => heard.length ? heard.shift() : new Promise(resolve => waiting.push(resolve));
      const controlled = new Promise(resolve => navigator.serviceWorker.oncontrollerchange = resolve);
      navigator.serviceWorker.register("/sw.js").then(() => controlled).then(() => "controlled")"#;
    assert_eq!(get(window.evaluate(tell)), "\"controlled\"");
    let aborted = r#"(async () => {
      const controller = new AbortController();
      fetch("/slow", { signal: controller.signal }).catch(() => {});
      const asked = await hear();
      controller.abort(new RangeError("too late"));
      return `${asked}, ${await hear()}`;
    })()"#;
    assert_eq!(get(window.evaluate(aborted)), "\"asked, RangeError: too late\"");
    let request = r#"(async () => {
      const request = new XMLHttpRequest();
      request.open("GET", "/slow");
      request.send();
      const asked = await hear();
      request.abort();
      return `${asked}, ${(await hear()).split(":")[0]}`;
    })()"#;
    assert_eq!(get(window.evaluate(request)), "\"asked, AbortError\"");
    let gone = r#"(async () => {
      const frame = document.body.appendChild(document.createElement("iframe"));
      await new Promise(resolve => { frame.onload = resolve; frame.src = "/frame"; });
      frame.contentWindow.fetch("/slow").catch(() => {});
      const asked = await hear();
      frame.remove();
      return `${asked}, ${(await hear()).split(":")[0]}`;
    })()"#;
    assert_eq!(get(window.evaluate(gone)), "\"asked, AbortError\"");
    stop(engine);
}

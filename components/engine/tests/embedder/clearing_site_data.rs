//! A server has all that its site stored thrown away, background fetches that are under way too.

use bgfetch::Window;
use bgfetch::traits::coordinator::PermissionState;
use bgfetch::traits::ids::StorageKey;

use crate::support::{Embedder, Resource, Server, builder, get, stop};

const PAGE: &str = r#"<!doctype html><script>
  async function begin() {
    sessionStorage.a = 1;
    const cache = await caches.open("films");
    await cache.put("/kept", new Response("kept"));
    await navigator.serviceWorker.register("/sw.js");
    const registration = await navigator.serviceWorker.ready;
    window.current = await registration.backgroundFetch.fetch("film", ["/film"]);
    current.onprogress = () => current.result && (window.ended = current.failureReason);
  }
  async function left() {
    const registrations = await navigator.serviceWorker.getRegistrations();
    return [registrations.length, (await caches.keys()).length, sessionStorage.length].join();
  }
</script>"#;

fn left(window: &Window) -> String {
    get(window.evaluate("left()"))
}

#[test]
fn storage_is_cleared_before_the_page_sees_the_response() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/", Resource::text("text/html", PAGE));
    server.put("/sw.js", Resource::text("text/javascript", ""));
    server.put("/film", Resource::file(2_000_000).held_at(500_000));
    let mut bye = Resource::text("text/plain", "bye");
    bye.headers.push(("clear-site-data", r#""storage""#.to_owned()));
    server.put("/bye", bye);
    let embedder = Embedder::new();
    let engine = builder(profile.path(), &embedder)
        .permission("background-fetch", PermissionState::Granted)
        .build()
        .unwrap();
    let window = get(engine.open_window(&server.url("/")));
    get(window.evaluate("begin()"));
    embedder.wait_for_display("some of the film", |display| display.downloaded > 0);
    assert_eq!(left(&window), "\"1,1,1\"");
    // Without credentials it asks for nothing.
    get(window.evaluate("fetch('/bye', { credentials: 'omit' }).then(response => response.text())"));
    assert_eq!(left(&window), "\"1,1,1\"");
    get(window.evaluate("fetch('/bye').then(response => response.text())"));
    assert_eq!(left(&window), "\"0,0,0\"");
    assert!(engine.displays().is_empty(), "{:?}", engine.displays());
    let key = StorageKey::of_url(&server.url("/")).unwrap();
    assert_eq!(get(engine.storage_estimate(&key)).usage, 0);
    // And it can all begin again, where `ready` is not the registration that was.
    let window = get(engine.open_window(&server.url("/")));
    server.put("/film", Resource::file(1000));
    get(window.evaluate("begin()"));
    get(engine.when_idle());
    assert_eq!(left(&window), "\"1,1,1\"");
    stop(engine);
}

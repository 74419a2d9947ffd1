//! `localStorage`: all windows of an origin have the same, on whatever thread; it outlives the engine, and server and user
//! can have it thrown away.

use bgfetch::Window;
use bgfetch::traits::ids::StorageKey;

use crate::support::{Embedder, Resource, Server, builder, get, stop};

const PAGE: &str = r#"<!doctype html><script>
  const events = [];
  onstorage = e => {
    events.push([e.key, e.oldValue, e.newValue, new URL(e.url).pathname, e.storageArea === localStorage]);
  };
  const told = count => new Promise(resolve => {
    const check = () => events.length >= count ? resolve(JSON.stringify(events)) : setTimeout(check, 5);
    check();
  });
</script>"#;

fn server() -> Server {
    let server = Server::start();
    for path in ["/one", "/two"] {
        server.put(path, Resource::text("text/html", PAGE));
    }
    let mut bye = Resource::text("text/plain", "bye");
    bye.headers.push(("clear-site-data", r#""storage""#.to_owned()));
    server.put("/bye", bye);
    server
}

/// What a string of the page is.
fn text(window: &Window, source: &str) -> String {
    serde_json::from_str(&get(window.evaluate(source))).unwrap()
}

const ALL: &str = "JSON.stringify(Object.entries(localStorage))";

#[test]
fn windows_share_it_and_are_told_of_changes() {
    let (server, profile, embedder) = (server(), tempfile::tempdir().unwrap(), Embedder::new());
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let one = get(engine.open_window(&server.url("/one")));
    let two = get(engine.open_window(&server.url("/two")));
    get(one.evaluate(
        r"localStorage.b = 1; localStorage['a\uD800'] = 2; localStorage.b = 3; localStorage.b = 3",
    ));
    assert_eq!(text(&two, ALL), r#"[["b","3"],["a\ud800","2"]]"#);
    let expected = r#"["b",null,"1","/one",true],["a\ud800",null,"2","/one",true],["b","1","3","/one",true]"#;
    assert_eq!(text(&two, "told(3)"), format!("[{expected}]"));
    get(two.evaluate("localStorage.removeItem('b'); localStorage.removeItem('b'); localStorage.clear()"));
    let expected = r#"["b","3",null,"/two",true],[null,null,null,"/two",true]"#;
    assert_eq!(text(&one, "told(2)"), format!("[{expected}]"));
    assert_eq!(text(&one, ALL), "[]");
    assert_eq!(text(&two, "String(events.length)"), "3");
    stop(engine);
}

#[test]
fn it_outlives_the_engine_and_goes_when_it_is_told_to() {
    let (server, profile, embedder) = (server(), tempfile::tempdir().unwrap(), Embedder::new());
    let key = StorageKey::of_url(&server.url("/")).unwrap();
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let window = get(engine.open_window(&server.url("/one")));
    get(window.evaluate("localStorage.x = 'é'.repeat(1000)"));
    stop(engine);

    let engine = builder(profile.path(), &embedder).build().unwrap();
    let window = get(engine.open_window(&server.url("/one")));
    assert_eq!(text(&window, "String(localStorage.x === 'é'.repeat(1000))"), "true");
    // In UTF-8, and the key.
    assert_eq!(get(engine.storage_estimate(&key)).usage, 2001);
    get(window.evaluate("fetch('/bye').then(response => response.text())"));
    assert_eq!(text(&window, ALL), "[]");
    get(window.evaluate("localStorage.y = 1"));
    get(engine.clear_data(&key));
    assert_eq!(text(&window, ALL), "[]");
    get(window.evaluate("localStorage.z = 1"));
    stop(engine);

    let engine = builder(profile.path(), &embedder).build().unwrap();
    let window = get(engine.open_window(&server.url("/one")));
    assert_eq!(text(&window, ALL), r#"[["z","1"]]"#);
    stop(engine);
}

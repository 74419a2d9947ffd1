//! Pause and resume: the connection is given up, and what was stored is not asked for again.

use bgfetch::traits::background_fetch::BackgroundFetchResult;
use bgfetch::traits::fetch::{RequestBody, RequestHead};
use bgfetch::{EngineError, EngineEvent, NativeFetch};

use crate::support::{Embedder, Resource, Server, builder, content, get, read, stop};

const SIZE: u64 = 4_000_000;
const HOLD: u64 = 1_500_000;

#[test]
fn resumed_by_range() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).held_at(HOLD));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    let mut seen = fetch.progress();
    while seen.downloaded < HOLD {
        seen = get(fetch.changed(seen));
    }
    get(fetch.pause());
    server.wait_for("the connection's end", |log| log[0].ended);
    embedder.wait_for_display("paused", |display| display.paused && display.can_pause);
    assert_eq!(server.log().len(), 1);
    server.release();
    get(fetch.resume());
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/film", 0..SIZE));
    let log = server.log();
    assert_eq!((log.len(), log[1].from, log[1].sent), (2, HOLD, SIZE - HOLD), "{log:#?}");
    stop(engine);
}

#[test]
fn paused_it_stays_over_a_restart() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).held_at(HOLD));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    server.wait_for("the hold", |log| log.first().is_some_and(|served| served.sent == HOLD));
    get(fetch.pause());
    stop(engine);

    server.release();
    let embedder = Embedder::new();
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let stored = embedder.wait_for_event("the fetch", |event| match event {
        EngineEvent::BackgroundFetchRestored { records, .. } => Some(records[0].stored),
        _ => None,
    });
    let fetch = get(engine.background_fetches()).remove(0);
    embedder.wait_for_display("paused", |display| display.paused);
    assert_eq!(server.log().len(), 1);
    get(fetch.resume());
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/film", 0..SIZE));
    assert_eq!(server.log()[1].from, stored);
    stop(engine);
}

#[test]
fn uploads_cannot_be_paused() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/inbox", Resource::file(SIZE).held_at(10));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let mut request = RequestHead::get(url);
    request.method = http::Method::PUT;
    let body = Some(RequestBody::Bytes("hello".into()));
    let fetch = NativeFetch::new(server.url("/"), "upload").request(request, body);
    let fetch = get(engine.background_fetch(fetch));
    let refused = fetch.pause().wait().unwrap_err();
    assert!(matches!(refused, EngineError::ActionRefused { action: "pause", .. }), "{refused}");
    server.release();
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    assert!(matches!(fetch.pause().wait(), Err(EngineError::NoSuchFetch(_))));
    stop(engine);
}

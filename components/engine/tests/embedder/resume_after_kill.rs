//! The process is killed in the middle of a download; the next one goes on where the durable bytes end.

use bgfetch::EngineEvent;
use bgfetch::traits::background_fetch::BackgroundFetchResult;

use crate::support::{Embedder, Resource, Server, builder, child, content, get, read, stop};

const SIZE: u64 = 30 << 20;
/// More than storage leaves unsynced.
const HOLD: u64 = 20 << 20;

#[test]
fn no_durable_byte_is_sent_twice() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/film", Resource::file(SIZE).held_at(HOLD));
    let mut process = child::start("fetch_a_film", profile.path(), &server.url("/"));
    process.wait_for("started");
    process.wait_for("at the hold");
    process.kill();

    let embedder = Embedder::new();
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let stored = embedder.wait_for_event("what was restored", |event| match event {
        EngineEvent::BackgroundFetchRestored { id, records, .. } if id == "film" => Some(records[0].stored),
        _ => None,
    });
    assert!(stored > 0 && stored <= HOLD, "{stored}");
    let fetch = get(engine.background_fetches()).remove(0);
    assert!(fetch.progress().downloaded >= stored);
    server.release();
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/film", 0..SIZE));
    let log = server.log();
    assert_eq!(log.len(), 2, "{log:#?}");
    assert_eq!((log[1].from, log[1].sent), (stored, SIZE - stored));
    assert_eq!(log[1].headers["if-range"], "\"one\"");
    stop(engine);
}

/// The whole of an engine's life, many times: every round kills it somewhere else.
#[test]
fn killed_again_and_again_it_gets_there() {
    let (server, profile) = (Server::start(), tempfile::tempdir().unwrap());
    server.put("/film", Resource::file(SIZE));
    for _ in 0..4 {
        let mut process = child::start("fetch_a_film", profile.path(), &server.url("/"));
        process.wait_for("started");
        process.kill();
    }
    let embedder = Embedder::new();
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetches()).remove(0);
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/film", 0..SIZE));
    stop(engine);
}

//! Abort: it fails with its own reason, the connection ends, and the bytes are gone.

use bgfetch::traits::background_fetch::{BackgroundFetchFailureReason, BackgroundFetchResult, UiAction};
use bgfetch::{EngineError, NativeFetch};

use crate::support::{Embedder, Note, Resource, Server, builder, get, stop};

const SIZE: u64 = 4_000_000;

#[test]
fn aborted_in_the_middle() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).held_at(1_500_000));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    let mut body = get(fetch.response(0)).body.unwrap();
    get(fetch.abort());
    let end = get(fetch.settled());
    assert_eq!(end.result, BackgroundFetchResult::Failure);
    assert_eq!(end.failure_reason, BackgroundFetchFailureReason::Aborted);
    server.wait_for("the connection's end", |log| log[0].ended);
    // Who was reading it learns that there will be no more.
    let ended = std::iter::from_fn(|| body.read_blocking()).find_map(Result::err);
    assert_eq!(ended, Some(bgfetch::traits::body::BodyError::Aborted));
    get(fetch.release());
    embedder.wait_for("the display's end", |note| matches!(note, Note::Hide(_)).then_some(()));
    assert!(engine.displays().is_empty());
    get(engine.when_idle());
    stop(engine);
}

#[test]
fn there_is_nothing_to_abort_twice() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).held_at(1000));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    get(engine.background_fetch_action(fetch.fetch(), UiAction::Abort));
    get(fetch.settled());
    let again = engine.background_fetch_action(fetch.fetch(), UiAction::Abort).wait();
    assert_eq!(again, Err(EngineError::NoSuchFetch(fetch.fetch())));
    stop(engine);
}

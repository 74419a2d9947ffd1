//! One file of several fails: the fetch fails with its reason, and the others are there all the same.

use bgfetch::traits::background_fetch::{BackgroundFetchFailureReason, BackgroundFetchResult, RecordResult};
use bgfetch::{EngineError, NativeFetch};

use crate::support::{Embedder, Resource, Server, builder, content, get, read, stop};

#[test]
fn a_missing_file_does_not_throw_away_the_others() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let urls = [
        server.put("/a", Resource::file(400_000)),
        server.put("/b", Resource::status(404)),
        server.put("/c", Resource::file(100)),
    ];
    let fetch = urls.into_iter().fold(NativeFetch::new(server.url("/"), "three"), NativeFetch::get);
    let fetch = get(engine.background_fetch(fetch));
    let end = get(fetch.settled());
    assert_eq!(end.result, BackgroundFetchResult::Failure);
    assert_eq!(end.failure_reason, BackgroundFetchFailureReason::BadStatus);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/a", 0..400_000));
    let missing = get(fetch.response(1));
    assert_eq!(missing.head.status, 404);
    assert!(read(get(fetch.response(2)).body.unwrap()) == content("/c", 0..100));
    // Only what succeeded as a whole is kept as a whole.
    assert!(matches!(fetch.keep_in_cache("x").wait(), Err(EngineError::ActionRefused { .. })));
    stop(engine);
}

#[test]
fn a_refused_connection_is_a_fetch_error_and_has_no_response() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let nobody = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/x", listener.local_addr().unwrap()).parse().unwrap()
    };
    let good = server.put("/a", Resource::file(1000));
    let fetch = NativeFetch::new(server.url("/"), "two").get(nobody).get(good);
    let fetch = get(engine.background_fetch(fetch));
    let end = get(fetch.settled());
    assert_eq!(end.failure_reason, BackgroundFetchFailureReason::FetchError);
    assert!(matches!(
        fetch.response(0).wait(),
        Err(EngineError::NoResponse { result: RecordResult::FetchError, .. })
    ));
    assert!(read(get(fetch.response(1)).body.unwrap()) == content("/a", 0..1000));
    stop(engine);
}

#[test]
fn a_thousand_small_files() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let mut fetch = NativeFetch::new(server.url("/"), "many").download_total(10_240 * 1000);
    for n in 0..1000 {
        fetch = fetch.get(server.put(&format!("/{n}"), Resource::file(10_240)));
    }
    let fetch = get(engine.background_fetch(fetch));
    let end = get(fetch.settled());
    assert_eq!((end.result, end.downloaded), (BackgroundFetchResult::Success, 10_240 * 1000));
    get(fetch.keep_in_cache("many"));
    for n in [0, 499, 999] {
        let path = format!("/{n}");
        let found = get(engine.cached_response(fetch.origin(), &server.url(&path))).unwrap();
        assert!(read(found.body.unwrap()) == content(&path, 0..10_240));
    }
    assert_eq!(server.log().len(), 1000);
    stop(engine);
}

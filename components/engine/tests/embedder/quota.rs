//! More than a site may store.

use bgfetch::traits::background_fetch::{
    BackgroundFetchError, BackgroundFetchFailureReason, BackgroundFetchResult,
};
use bgfetch::{EngineError, NativeFetch};

use crate::support::{Embedder, Resource, Server, builder, get, stop};

const QUOTA: u64 = 2_000_000;

#[test]
fn what_is_announced_to_be_too_much_is_not_begun() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(1000));
    let engine = builder(profile.path(), &embedder).quota(QUOTA).build().unwrap();
    let fetch = NativeFetch::new(server.url("/"), "film").get(url).download_total(QUOTA + 1);
    let refused = engine.background_fetch(fetch).wait().unwrap_err();
    let expected = BackgroundFetchError::QuotaExceeded { quota: QUOTA, requested: QUOTA + 1 };
    assert!(matches!(&refused, EngineError::Fetch { error, .. } if *error == expected), "{refused}");
    assert!(server.log().is_empty() && get(engine.background_fetches()).is_empty());
    stop(engine);
}

#[test]
fn what_turns_out_to_be_too_much_fails_and_is_given_back() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(QUOTA * 3));
    let engine = builder(profile.path(), &embedder).quota(QUOTA).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    let end = get(fetch.settled());
    assert_eq!(end.result, BackgroundFetchResult::Failure);
    assert_eq!(end.failure_reason, BackgroundFetchFailureReason::QuotaExceeded);
    get(fetch.release());
    // There is room again.
    let small = server.put("/small", Resource::file(QUOTA / 2));
    let small = get(engine.background_fetch(NativeFetch::new(server.url("/"), "small").get(small)));
    assert_eq!(get(small.settled()).result, BackgroundFetchResult::Success);
    stop(engine);
}

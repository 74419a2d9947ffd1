//! A background fetch of a program without pages, from its start to the bytes in the cache.

use bgfetch::traits::background_fetch::BackgroundFetchResult;
use bgfetch::{EngineError, EngineEvent, NativeFetch};

use crate::support::{Embedder, Note, Resource, Server, builder, content, get, read, stop};

const SIZE: u64 = 3_000_000;

#[test]
fn what_is_fetched_is_shown_stored_kept_and_let_go_of() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = NativeFetch::new(server.url("/"), "film").title("A film").get(url.clone());
    let fetch = get(engine.background_fetch(fetch));
    assert_eq!(
        (fetch.id(), fetch.origin().as_str()),
        ("film", server.url("/").origin().ascii_serialization().as_str())
    );

    let end = get(fetch.settled());
    assert_eq!((end.result, end.downloaded), (BackgroundFetchResult::Success, SIZE));
    assert_eq!(get(fetch.records())[0].request.url, url);
    let response = get(fetch.response(0));
    assert_eq!(response.head.status, 200);
    assert!(read(response.body.unwrap()) == content("/film", 0..SIZE));

    // In the cache it is the same bytes, counted once.
    let before = get(engine.storage_estimate(fetch.origin())).usage;
    get(fetch.keep_in_cache("films"));
    let after = get(engine.storage_estimate(fetch.origin())).usage;
    assert!(after - before < 10_000, "{before} {after}");
    get(fetch.release());
    for cached in [
        get(engine.cached_response(fetch.origin(), &url)),
        get(engine.cached_response_in(fetch.origin(), "films", &url)),
    ] {
        assert!(read(cached.unwrap().body.unwrap()) == content("/film", 0..SIZE));
    }
    assert!(get(engine.cached_response_in(fetch.origin(), "other", &url)).is_none());
    assert_eq!(fetch.release().wait(), Err(EngineError::NoSuchFetch(fetch.fetch())));
    assert!(get(engine.background_fetches()).is_empty());
    get(engine.when_idle());
    stop(engine);
    shown_from_beginning_to_end(&embedder.notes(), &fetch);
    assert_eq!(server.log().len(), 1);
}

fn shown_from_beginning_to_end(notes: &[Note], fetch: &bgfetch::BackgroundFetch) {
    let place = |is: &dyn Fn(&Note) -> bool| notes.iter().position(is).unwrap();
    let show = place(&|note| matches!(note, Note::Show(display) if display.title == "A film"));
    let result = place(
        &|note| matches!(note, Note::Update(display) if display.result == BackgroundFetchResult::Success),
    );
    let told = place(&|note| {
        matches!(note, Note::Event(EngineEvent::NativeFetch { name: "backgroundfetchsuccess", .. }))
    });
    let hide = place(&|note| matches!(note, Note::Hide(id) if *id == fetch.fetch()));
    assert!(show < result && result < told && told < hide, "{notes:#?}");
}

#[test]
fn progress_can_be_followed_and_the_body_read_while_it_comes() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).held_at(1_000_000));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = NativeFetch::new(server.url("/"), "film").get(url).download_total(SIZE);
    let fetch = get(engine.background_fetch(fetch));
    let mut seen = fetch.progress();
    while seen.downloaded < 1_000_000 {
        let now = get(fetch.changed(seen.clone()));
        assert!(now.downloaded > seen.downloaded);
        seen = now;
    }
    let mut body = get(fetch.response(0)).body.unwrap();
    let mut read = Vec::new();
    while read.len() < 1_000_000 {
        read.extend_from_slice(&body.read_blocking().unwrap().unwrap());
    }
    server.release();
    while let Some(chunk) = body.read_blocking() {
        read.extend_from_slice(&chunk.unwrap());
    }
    assert!(read == content("/film", 0..SIZE));
    assert_eq!(get(fetch.settled()).downloaded, SIZE);
    stop(engine);
}

#[test]
fn an_id_is_taken_until_its_fetch_has_settled() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).held_at(1000));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let start = || engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url.clone()));
    let first = get(start());
    let refused = start().wait().unwrap_err();
    assert!(refused.to_string().contains("\"film\""), "{refused}");
    assert!(matches!(first.release().wait(), Err(EngineError::ActionRefused { action: "release", .. })));
    server.release();
    get(first.settled());
    let second = get(start());
    assert!(second.fetch() > first.fetch());
    get(second.settled());
    stop(engine);
}

#[test]
fn uploads_are_stored_and_sent_once() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/inbox", Resource::file(10));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    for length in [5_usize, 1_000_000] {
        let body = vec![b'x'; length];
        let mut request = bgfetch::traits::fetch::RequestHead::get(url.clone());
        request.method = http::Method::POST;
        let body_given = bgfetch::traits::fetch::RequestBody::Bytes(body.clone().into());
        let fetch = NativeFetch::new(server.url("/"), "upload").request(request, Some(body_given));
        let fetch = get(engine.background_fetch(fetch));
        let end = get(fetch.settled());
        assert_eq!((end.result, end.uploaded), (BackgroundFetchResult::Success, length as u64));
        let served = server.log().pop().unwrap();
        assert!(served.method == "POST" && served.body == body);
        let stored = get(fetch.records()).remove(0).request_body.unwrap();
        assert_eq!(stored.length, length as u64);
        get(fetch.release());
    }
    assert_eq!(server.log().len(), 2);
    stop(engine);
}

#[test]
fn data_of_an_origin_can_be_cleared_in_the_middle() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).held_at(1_000_000));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    server.wait_for("the middle", |log| log.iter().any(|served| served.sent >= 1_000_000));
    get(engine.clear_data(fetch.origin()));
    assert!(matches!(fetch.settled().wait(), Err(EngineError::Stopped { .. })));
    server.wait_for("the end of the connection", |log| log.iter().all(|served| served.ended));
    assert!(get(engine.background_fetches()).is_empty());
    assert!(engine.displays().is_empty());
    get(engine.when_idle());
    let usage = get(engine.storage_estimate(fetch.origin())).usage;
    assert!(usage < 100_000, "{usage}");
    stop(engine);
}

//! Offline at the start and in the middle, and connections that break.

use bgfetch::traits::background_fetch::BackgroundFetchResult;
use bgfetch::{EngineEvent, NativeFetch, NetworkConfig};

use crate::support::{Embedder, Resource, Server, builder, content, get, read, stop};

const SIZE: u64 = 4_000_000;
const HOLD: u64 = 1_500_000;

#[test]
fn offline_at_the_start_it_waits() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE));
    let network = NetworkConfig { online: false, closed_network: true, ..NetworkConfig::default() };
    let engine = builder(profile.path(), &embedder).network(network).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    embedder.wait_for_display("waiting", |display| display.waiting_for_network);
    assert!(server.log().is_empty());
    engine.set_online(true);
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    embedder.wait_for_event("connectivity", |event| {
        matches!(event, EngineEvent::Connectivity { online: true }).then_some(())
    });
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/film", 0..SIZE));
    stop(engine);
}

#[test]
fn offline_in_the_middle_it_goes_on_by_range() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).held_at(HOLD));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    let mut seen = fetch.progress();
    while seen.downloaded < HOLD {
        seen = get(fetch.changed(seen));
    }
    engine.set_online(false);
    embedder.wait_for_display("waiting", |display| display.waiting_for_network);
    server.release();
    engine.set_online(true);
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/film", 0..SIZE));
    let log = server.log();
    assert_eq!((log.len(), log[1].from), (2, HOLD), "{log:#?}");
    stop(engine);
}

#[test]
fn a_connection_that_breaks_is_made_again() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE).broken_at(HOLD));
    let engine = builder(profile.path(), &embedder).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    assert!(read(get(fetch.response(0)).body.unwrap()) == content("/film", 0..SIZE));
    let log = server.log();
    assert_eq!(log.len(), 2);
    assert!(log[1].from > 0 && log[1].from <= HOLD, "{log:#?}");
    stop(engine);
}

#[test]
fn a_metered_connection_pauses_until_the_user_says_otherwise() {
    let (server, profile, embedder) = (Server::start(), tempfile::tempdir().unwrap(), Embedder::new());
    let url = server.put("/film", Resource::file(SIZE));
    let network = NetworkConfig {
        metered: true,
        pause_on_metered: true,
        closed_network: true,
        ..NetworkConfig::default()
    };
    let engine = builder(profile.path(), &embedder).network(network).build().unwrap();
    let fetch = get(engine.background_fetch(NativeFetch::new(server.url("/"), "film").get(url)));
    embedder.wait_for_display("paused", |display| display.paused);
    assert!(server.log().is_empty());
    engine.set_metered(false);
    assert_eq!(get(fetch.settled()).result, BackgroundFetchResult::Success);
    stop(engine);
}

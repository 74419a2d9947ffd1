//! Temporarily unavailable: what waits, what is tried again, and what fails (spec-decisions row 16).

use bgfetch_core::{Config, Input, RetryPolicy};
use bgfetch_traits::background_fetch::{BackgroundFetchOptions, UiAction};
use bgfetch_traits::fetch::NetworkErrorKind as Kind;
use bgfetch_traits::ids::{BodyId, RecordId};

use crate::rig::{Rig, get, post};

fn failed(rig: &mut Rig) -> bool {
    rig.took().contains(&"fire backgroundfetchfail".to_owned())
}

#[test]
fn offline_nothing_is_asked_for_and_then_everything() {
    let mut rig = Rig::new();
    rig.connectivity(false, false);
    let fetch = rig.fetch("film", &["/a", "/b"]);
    assert!(!rig.took().iter().any(|line| line.starts_with("start")));
    assert!(rig.display[&fetch].waiting_for_network);
    assert_eq!(rig.machine.next_deadline(), None, "waiting costs nothing");
    rig.connectivity(true, false);
    let trace = rig.took();
    assert!(trace.contains(&"start 0#1 from 0".to_owned()) && trace.contains(&"start 1#1 from 0".to_owned()));
    assert!(!rig.display[&fetch].waiting_for_network);
}

#[test]
fn what_fails_for_want_of_a_connection_waits_for_one() {
    for kind in [Kind::NameNotResolved, Kind::Unreachable, Kind::TimedOut, Kind::ConnectionReset] {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.connectivity(false, false);
        rig.no_head(film, kind);
        assert!(!failed(&mut rig), "{kind:?}");
        rig.connectivity(true, false);
        rig.head(film, 200, &[]);
        rig.connectivity(false, false);
        rig.broken(film, 3, kind);
        assert!(!failed(&mut rig), "{kind:?}");
        rig.wait(1_000_000);
        assert_eq!(rig.starts[&film].attempt, 2);
        rig.connectivity(true, false);
        assert_eq!((rig.starts[&film].attempt, rig.starts[&film].range_start), (3, 3));
    }
}

#[test]
fn a_server_that_was_reached_is_not_unavailable_even_offline() {
    for kind in
        [Kind::ConnectionRefused, Kind::Tls, Kind::Cors, Kind::Blocked, Kind::Protocol, Kind::Redirect]
    {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.connectivity(false, false);
        rig.no_head(film, kind);
        assert!(failed(&mut rig), "{kind:?}");
    }
}

#[test]
fn online_what_has_not_begun_fails_at_once_and_what_has_is_tried_again() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.no_head(film, Kind::TimedOut);
    assert!(failed(&mut rig));
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.broken(film, 4, Kind::TimedOut);
    // The first delay is at most the base, and at least half of it.
    rig.wait(499);
    assert_eq!(rig.starts[&film].attempt, 1);
    rig.wait(501);
    assert_eq!(rig.starts[&film].attempt, 2);
    rig.no_head(film, Kind::NameNotResolved);
    rig.wait(2_000);
    assert_eq!(rig.starts[&film].attempt, 3, "its response had begun to arrive");
    rig.no_head(film, Kind::ConnectionRefused);
    assert!(failed(&mut rig));
}

#[test]
fn a_body_that_is_no_http_fails_at_once() {
    for kind in [Kind::Protocol, Kind::Decoding, Kind::Integrity, Kind::Internal] {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.head(film, 200, &[]);
        rig.broken(film, 4, kind);
        assert!(failed(&mut rig), "{kind:?}");
    }
}

#[test]
fn trying_in_vain_ends_and_every_new_byte_starts_the_count_again() {
    let mut rig =
        Rig::with(Config { retry: RetryPolicy { limit: 2, base: 1_000, cap: 60_000 }, ..Config::default() });
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.broken(film, 1, Kind::ConnectionReset);
    for length in [1, 1, 2, 2, 2] {
        rig.wait(60_000);
        let range = format!("bytes {}-9/10", rig.starts[&film].range_start);
        rig.head(film, 206, &[("Content-Range", &range)]);
        assert!(!failed(&mut rig));
        rig.broken(film, length, Kind::ConnectionReset);
    }
    rig.wait(60_000);
    rig.no_head(film, Kind::TimedOut);
    assert!(failed(&mut rig));
}

#[test]
fn a_server_without_ranges_that_always_breaks_off_is_given_up() {
    let mut rig = Rig::new();
    let film = rig.film();
    let mut attempts = 0;
    while !failed(&mut rig) {
        attempts += 1;
        assert!(attempts < 20, "it goes on for ever");
        rig.head(film, 200, &[]);
        rig.broken(film, 5, Kind::ConnectionReset);
        rig.wait(60_000);
    }
    assert_eq!(attempts, 7, "the first, and six that brought nothing new");
}

#[test]
fn a_pause_outlasts_the_delay() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.broken(film, 4, Kind::ConnectionReset);
    rig.ui(film.fetch, UiAction::Pause).unwrap();
    rig.wait(10_000);
    assert_eq!(rig.starts[&film].attempt, 1);
    rig.ui(film.fetch, UiAction::Resume).unwrap();
    assert_eq!((rig.starts[&film].attempt, rig.starts[&film].range_start), (2, 4));
}

#[test]
fn other_records_run_while_one_waits() {
    let mut rig = Rig::with(Config { records_in_flight: 1, ..Config::default() });
    let fetch = rig.fetch("film", &["/a", "/b", "/c"]);
    let [a, b, c] = [0, 1, 2].map(|index| RecordId { fetch, index });
    assert!(!rig.starts.contains_key(&b));
    rig.head(a, 200, &[]);
    rig.broken(a, 4, Kind::ConnectionReset);
    assert!(rig.starts.contains_key(&b) && !rig.starts.contains_key(&c));
    rig.wait(10_000);
    assert_eq!(rig.starts[&a].attempt, 1, "its turn comes when b ends");
    rig.respond(b, 200, &[], 1);
    assert_eq!(rig.starts[&a].attempt, 2);
    assert!(!rig.starts.contains_key(&c));
}

#[test]
fn a_metered_connection_pauses_if_that_is_wanted_until_the_user_resumes() {
    let mut rig = Rig::with(Config { pause_on_metered: true, ..Config::default() });
    let fetch = rig.fetch("film", &["/a"]);
    let film = RecordId { fetch, index: 0 };
    rig.head(film, 200, &[]);
    rig.bytes(film, 4);
    rig.took();
    rig.connectivity(true, true);
    assert_eq!(rig.took(), ["cancel 0#1", "display 4 paused"]);
    rig.failed(
        film,
        5,
        bgfetch_traits::storage::StorageError::Body(bgfetch_traits::body::BodyError::Aborted),
    );
    assert_eq!(rig.starts[&film].attempt, 1);
    rig.ui(fetch, UiAction::Resume).unwrap();
    assert_eq!((rig.starts[&film].attempt, rig.starts[&film].range_start), (2, 5));
    assert!(!rig.display[&fetch].paused);
    // Another network, and then a metered one again: that is another question.
    rig.connectivity(true, false);
    rig.connectivity(true, true);
    assert!(rig.display[&fetch].paused);
    rig.connectivity(true, false);
    assert!(!rig.display[&fetch].paused);
    assert_eq!(rig.starts[&film].attempt, 3);
}

#[test]
fn a_metered_connection_stops_no_upload_but_begins_none() {
    let config = Config { pause_on_metered: true, records_in_flight: 2, ..Config::default() };
    let mut rig = Rig::with(config);
    let records = vec![get("/a"), post("/b", "b"), get("/c")];
    let (fetch, _) = rig.fetch_with("up", records, BackgroundFetchOptions::default());
    let [a, b, c] = [0, 1, 2].map(|index| RecordId { fetch, index });
    rig.input(Input::RequestBodyStored { record: b, result: Ok((BodyId(70), 1)) });
    rig.took();
    rig.connectivity(true, true);
    assert_eq!(rig.took(), ["display 0 paused"]);
    rig.respond(a, 200, &[], 1);
    rig.respond(b, 200, &[], 1);
    assert!(!rig.starts.contains_key(&c));
    rig.connectivity(true, false);
    assert!(rig.starts.contains_key(&c));
}

#[test]
fn a_metered_connection_is_like_any_other_by_default() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.took();
    rig.connectivity(true, true);
    rig.connectivity(true, true);
    assert!(rig.took().is_empty());
}

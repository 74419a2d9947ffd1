//! Parts of a resource, from servers that mean well and servers that do not.

use bgfetch_traits::background_fetch::{BackgroundFetchFailureReason, BackgroundFetchOptions};
use bgfetch_traits::fetch::NetworkErrorKind;
use bgfetch_traits::ids::RecordId;

use crate::rig::{Rig, get};

const ETAG: (&str, &str) = ("ETag", "\"1\"");

fn failure(rig: &Rig, record: RecordId) -> Option<BackgroundFetchFailureReason> {
    let progress = rig.machine.info(record.fetch).unwrap().progress;
    let settled = progress.result != bgfetch_traits::background_fetch::BackgroundFetchResult::Empty;
    settled.then_some(progress.failure_reason)
}

fn succeeded(rig: &Rig, record: RecordId) -> bool {
    failure(rig, record) == Some(BackgroundFetchFailureReason::Empty)
}

fn header(rig: &Rig, record: RecordId, name: &str) -> Option<String> {
    rig.starts[&record].request.headers.get_str(name)
}

/// A download that broke off after 4 bytes and was asked for again from there.
fn resumed(rig: &mut Rig, headers: &[(&str, &str)]) -> RecordId {
    let film = rig.film();
    rig.head(film, 200, headers);
    rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
    rig.wait(1_000);
    assert_eq!((rig.starts[&film].attempt, rig.starts[&film].range_start), (2, 4));
    assert_eq!(header(rig, film, "range").as_deref(), Some("bytes=4-"));
    rig.took();
    film
}

#[test]
fn the_rest_is_appended() {
    let mut rig = Rig::new();
    let film = resumed(&mut rig, &[ETAG]);
    assert_eq!(header(&rig, film, "if-range").as_deref(), Some("\"1\""));
    rig.head(film, 206, &[ETAG, ("Content-Range", "bytes 4-9/10")]);
    assert_eq!(rig.took(), ["store 0#2 in 1 at 4"]);
    rig.end(film, 10);
    assert!(succeeded(&rig, film));
}

#[test]
fn the_first_request_has_no_range() {
    let mut rig = Rig::new();
    let film = rig.film();
    assert_eq!((header(&rig, film, "range"), header(&rig, film, "if-range")), (None, None));
}

#[test]
fn parts_are_fetched_until_all_are_there() {
    let mut rig = Rig::new();
    let film = rig.film();
    for (first, last) in [(0, 3), (4, 6), (7, 9)] {
        assert_eq!(rig.starts[&film].range_start, first);
        rig.respond(film, 206, &[ETAG, ("Content-Range", &format!("bytes {first}-{last}/10"))], last + 1);
    }
    assert!(succeeded(&rig, film));
    rig.response_ready(film);
    let crate::rig::Response::Opened { status: 206, headers, .. } = &rig.responses[0] else { panic!() };
    assert!(!headers.contains("Content-Range"));
}

#[test]
fn a_part_that_does_not_fit_is_a_fetch_error() {
    for headers in [
        &[("ETag", "\"1\""), ("Content-Range", "bytes 5-9/10")][..],
        &[("ETag", "\"1\""), ("Content-Range", "bytes 0-9/10")],
        &[("ETag", "\"1\"")],
        &[("ETag", "\"1\""), ("Content-Range", "bytes 4-9")],
        &[("ETag", "\"2\""), ("Content-Range", "bytes 4-9/10")],
        &[("Content-Range", "bytes 4-9/10")],
    ] {
        let mut rig = Rig::new();
        let film = resumed(&mut rig, &[ETAG]);
        rig.head(film, 206, headers);
        assert_eq!(rig.took()[0], "cancel 0#2");
        assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::FetchError), "{headers:?}");
    }
}

#[test]
fn a_part_that_nobody_asked_for_is_checked_as_if_from_zero() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 206, &[("Content-Range", "bytes 5-9/10")]);
    assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::FetchError));
}

#[test]
fn a_first_part_that_brought_nothing_is_replaced_without_a_new_place() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 206, &[("Content-Range", "bytes 0-9/10"), ("X", "1")]);
    rig.broken(film, 0, NetworkErrorKind::ConnectionReset);
    rig.wait(2_000);
    rig.took();
    rig.head(film, 206, &[("Content-Range", "bytes 0-9/10"), ("X", "2")]);
    assert_eq!(rig.took(), ["save record 0 -", "store 0#2 in 1 at 0"]);
    let response = rig.stored[&film.fetch].records[0].response.clone().unwrap();
    assert_eq!(response.headers.get_str("X").as_deref(), Some("2"));
}

#[test]
fn more_than_the_complete_length_is_a_fetch_error() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.respond(film, 206, &[("Content-Range", "bytes 0-9/10")], 11);
    assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::FetchError));
}

#[test]
fn parts_that_bring_nothing_do_not_go_on_for_ever() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.respond(film, 206, &[("Content-Range", "bytes 0-3/10")], 4);
    for attempt in 2..=7 {
        assert_eq!(rig.starts[&film].attempt, attempt);
        assert_eq!(failure(&rig, film), None);
        rig.respond(film, 206, &[("Content-Range", "bytes 4-9/10")], 4);
        rig.wait(60_000);
    }
    assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::FetchError));
}

#[test]
fn an_unknown_length_is_found_out_by_asking_for_more() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.respond(film, 206, &[("Content-Range", "bytes 0-9/*")], 10);
    assert_eq!(rig.starts[&film].range_start, 10);
    rig.took();
    rig.head(film, 416, &[("Content-Range", "bytes */10")]);
    assert_eq!(rig.took()[..3], ["cancel 0#2", "save record 0 success", "seal 1 whole"]);
    assert!(succeeded(&rig, film));
}

#[test]
fn what_is_not_satisfiable_starts_again_once() {
    for told in [&[("Content-Range", "bytes */3")][..], &[], &[("Content-Range", "bytes */x")]] {
        let mut rig = Rig::new();
        let film = resumed(&mut rig, &[]);
        rig.head(film, 416, told);
        assert_eq!(
            rig.took(),
            [
                "cancel 0#2",
                "save record 0 -",
                "seal 1 failed",
                "release 1",
                "start 0#3 from 0",
                "progress 0 - available",
                "display 0 -"
            ]
        );
        assert!(rig.stored[&film.fetch].records[0].restarted_after_416);
        rig.head(film, 200, &[]);
        rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
        rig.wait(10_000);
        // The second time it is the answer.
        rig.respond(film, 416, told, 2);
        assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::BadStatus));
    }
}

#[test]
fn a_416_that_agrees_with_what_is_stored_but_not_with_what_was_said_starts_again() {
    let mut rig = Rig::new();
    let film = resumed(&mut rig, &[("Content-Length", "10")]);
    rig.head(film, 416, &[("Content-Range", "bytes */4")]);
    assert_eq!(rig.starts[&film].range_start, 0);
    assert_eq!(failure(&rig, film), None);
}

#[test]
fn a_416_to_a_whole_request_is_a_bad_status() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.respond(film, 416, &[("Content-Range", "bytes */0")], 0);
    assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::BadStatus));
}

#[test]
fn what_is_all_there_is_not_asked_for_again() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[("Content-Length", "10")]);
    rig.broken(film, 10, NetworkErrorKind::ConnectionReset);
    assert_eq!(rig.starts[&film].attempt, 1);
    assert!(succeeded(&rig, film));
    for kind in [NetworkErrorKind::Integrity, NetworkErrorKind::Decoding] {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.head(film, 200, &[("Content-Length", "10")]);
        rig.broken(film, 10, kind);
        assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::FetchError), "it is all wrong");
    }
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 404, &[("Content-Length", "10")]);
    rig.broken(film, 10, NetworkErrorKind::ConnectionReset);
    assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::BadStatus));
}

/// A server that is down answers 503 with a page, the connection breaks in the middle of it, and a second later
/// the server is well and has ranges: the film would begin with half an error page, and count as a success.
#[test]
fn an_error_page_has_no_rest() {
    for status in [503, 416, 203] {
        let mut rig = Rig::new();
        let film = rig.film();
        rig.head(film, status, &[]);
        rig.response_ready(film);
        rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
        rig.took();
        rig.wait(2_000);
        assert_eq!(rig.starts[&film].range_start, 0);
        assert_eq!(header(&rig, film, "range"), None);
        let trace = rig.took();
        assert!(trace.contains(&"progress 0 - available".to_owned()), "{trace:?}");
        rig.head(film, 200, &[]);
        assert_eq!(rig.took()[1..4], ["save record 0 -", "seal 1 failed", "release 1"]);
        rig.end(film, 10);
        assert!(succeeded(&rig, film));
    }
}

#[test]
fn what_is_verified_whole_comes_whole() {
    let mut rig = Rig::new();
    let mut record = get("/film");
    record.request.integrity = "sha256-abc".to_owned();
    let (fetch, _) = rig.fetch_with("film", vec![record], BackgroundFetchOptions::default());
    let film = RecordId { fetch, index: 0 };
    rig.head(film, 200, &[]);
    rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
    rig.wait(2_000);
    assert_eq!((rig.starts[&film].attempt, rig.starts[&film].range_start), (2, 0));
}

/// The stored bytes are decoded, a range counts coded ones: 4 bytes of the one are not 4 of the other.
#[test]
fn what_was_coded_comes_again_from_the_start() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[ETAG, ("Content-Encoding", "gzip")]);
    rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
    rig.wait(2_000);
    assert_eq!((rig.starts[&film].attempt, rig.starts[&film].range_start), (2, 0));
    assert_eq!(header(&rig, film, "range"), None);
    rig.head(film, 200, &[ETAG, ("Content-Encoding", "gzip")]);
    rig.end(film, 10);
    assert!(succeeded(&rig, film));
}

#[test]
fn an_error_page_that_always_breaks_off_is_given_up() {
    let mut rig = Rig::new();
    let film = rig.film();
    for attempt in 1..=6 {
        assert_eq!((rig.starts[&film].attempt, failure(&rig, film)), (attempt, None));
        rig.head(film, 503, &[]);
        rig.broken(film, u64::from(attempt), NetworkErrorKind::ConnectionReset);
        rig.wait(60_000);
    }
    assert_eq!(failure(&rig, film), Some(BackgroundFetchFailureReason::FetchError));
}

#[test]
fn if_range_stays_at_home() {
    let mut rig = Rig::new();
    let there = get("https://b.test/film");
    let (fetch, _) = rig.fetch_with("film", vec![there], BackgroundFetchOptions::default());
    let film = RecordId { fetch, index: 0 };
    rig.head(film, 200, &[ETAG]);
    rig.broken(film, 4, NetworkErrorKind::ConnectionReset);
    rig.wait(1_000);
    assert_eq!(header(&rig, film, "range").as_deref(), Some("bytes=4-"));
    assert_eq!(header(&rig, film, "if-range"), None, "it would need a preflight");
}

#[test]
fn a_date_stands_in_for_a_weak_etag() {
    let mut rig = Rig::new();
    let film = resumed(&mut rig, &[("ETag", "W/\"1\""), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")]);
    assert_eq!(header(&rig, film, "if-range").as_deref(), Some("Thu, 01 Jan 2026 00:00:00 GMT"));
}

#[test]
fn a_pages_own_range_is_replaced_rather_than_doubled() {
    let mut rig = Rig::new();
    let mut record = get("/film");
    record.request.headers.append("Range", "bytes=0-3");
    let (fetch, _) = rig.fetch_with("film", vec![record], BackgroundFetchOptions::default());
    let film = RecordId { fetch, index: 0 };
    assert_eq!(header(&rig, film, "range").as_deref(), Some("bytes=0-3"));
    rig.respond(film, 206, &[("Content-Range", "bytes 0-3/10")], 4);
    assert_eq!(header(&rig, film, "range").as_deref(), Some("bytes=4-"));
}

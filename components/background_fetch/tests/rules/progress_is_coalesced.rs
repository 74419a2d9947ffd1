//! Spec-decisions row 13: at most one update in 50 ms, the trailing one always, none after the result.

use bgfetch_traits::background_fetch::UiAction;
use bgfetch_traits::ids::RecordId;

use crate::rig::Rig;

fn progress(rig: &mut Rig) -> Vec<String> {
    rig.took().into_iter().filter(|line| line.starts_with("progress")).collect()
}

#[test]
fn many_bytes_few_updates_and_the_last_one_comes() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    assert_eq!(progress(&mut rig), [""; 0], "there is nothing to tell yet");
    for length in 1..=10 {
        rig.bytes(film, length);
        rig.wait(20);
    }
    // At 0 ms, and whatever was there at 50, 100, 150 and 200.
    let expected = [1, 3, 5, 8, 10].map(|bytes| format!("progress {bytes} - available"));
    assert_eq!(progress(&mut rig), expected);
    rig.wait(1_000);
    assert_eq!(progress(&mut rig), [""; 0]);
    assert_eq!(rig.machine.next_deadline(), None);
}

#[test]
fn the_result_does_not_wait_and_nothing_follows_it() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.bytes(film, 1);
    rig.bytes(film, 2);
    rig.end(film, 3);
    assert_eq!(progress(&mut rig), ["progress 1 - available", "progress 3 success available"]);
    rig.wait(1_000);
    assert_eq!(progress(&mut rig), [""; 0]);
}

#[test]
fn while_the_end_is_being_stored_nothing_is_told() {
    let mut rig = Rig::new();
    let fetch = rig.fetch("film", &["/a", "/b"]);
    let [a, b] = [0, 1].map(|index| RecordId { fetch, index });
    rig.head(a, 200, &[]);
    rig.head(b, 200, &[]);
    rig.bytes(a, 1);
    rig.bytes(b, 2);
    progress(&mut rig);
    rig.hold_writes = true;
    rig.abort(fetch);
    rig.bytes(a, 5);
    rig.wait(1_000);
    assert_eq!(progress(&mut rig), [""; 0]);
    rig.release_writes(&Ok(()));
    assert_eq!(progress(&mut rig), ["progress 3 failure aborted available"]);
    rig.bytes(a, 7);
    rig.wait(1_000);
    assert_eq!(progress(&mut rig), [""; 0]);
}

#[test]
fn each_background_fetch_has_its_own_pace() {
    let mut rig = Rig::new();
    let [a, b] = ["a", "b"].map(|id| RecordId { fetch: rig.fetch(id, &["/x"]), index: 0 });
    for record in [a, b] {
        rig.head(record, 200, &[]);
    }
    rig.took();
    rig.bytes(a, 1);
    rig.bytes(b, 2);
    assert_eq!(progress(&mut rig), ["progress 1 - available", "progress 2 - available"]);
}

/// The display was due for its trailing change when the user paused it: what was due was told with the pause, and
/// the changes after it went missing.
#[test]
fn a_change_told_early_does_not_silence_those_after_it() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.bytes(film, 1);
    rig.bytes(film, 2);
    rig.ui(film.fetch, UiAction::Pause).unwrap();
    assert_eq!(rig.display[&film.fetch].downloaded, 2);
    rig.bytes(film, 3);
    rig.wait(60);
    assert_eq!(rig.display[&film.fetch].downloaded, 3);
}

#[test]
fn a_clock_that_runs_backwards_stands_still() {
    let mut rig = Rig::new();
    let film = rig.film();
    rig.head(film, 200, &[]);
    rig.now = 10_000;
    rig.bytes(film, 1);
    rig.now = 5;
    rig.bytes(film, 2);
    assert_eq!(rig.machine.next_deadline(), Some(10_050));
    assert_eq!(progress(&mut rig), ["progress 1 - available"]);
}

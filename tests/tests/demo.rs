//! The README's first command does what the README says, and the episode never sits in memory.
#![forbid(unsafe_code)]

use std::fs;

use bgfetch_tests::Shell;

/// The most that the shell may use, in KiB: the episode alone has 64 MiB.
const MOST_MEMORY: u64 = 80 * 1024;

/// Peak resident memory of a process, in KiB, as far as the system tells.
fn peak_memory(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?
        .trim()
        .strip_suffix(" kB")?
        .trim()
        .parse()
        .ok()
}

#[test]
fn the_episode_is_fetched_stored_and_told_about() {
    let mut shell = Shell::start(&["demo", "--json", "--rate", "0"]);
    let shown = shell.until(|event| event["event"] == "background-fetch-shown");
    assert_eq!(shown["id"], "ep-5");
    assert_eq!(shown["title"], "Episode 5: Interesting things");
    assert!(
        shown["origin"].as_str().is_some_and(|origin| origin.starts_with("https://localhost:")),
        "{shown}"
    );

    let settled = shell.until(|event| event["event"] == "background-fetch-updated" && event["result"] != "");
    assert_eq!(
        (&settled["result"], &settled["failure_reason"]),
        (&"success".into(), &"".into()),
        "{settled}"
    );
    assert_eq!(settled["downloaded"], settled["download_total"]);
    let memory = peak_memory(shell.process());

    let ended = shell.wait();
    assert_eq!(ended.status, Some(0), "{}", ended.errors);
    let verified = ended.last("verified").expect("what was stored is compared");
    assert_eq!(verified["stored_sha256"], verified["served_sha256"]);
    let retitled = ended.last("background-fetch-updated").expect("updateUI() shows");
    assert_eq!(retitled["title"], "Episode 5 is ready to listen to");
    assert_eq!(ended.last("outcome").map(|event| &event["exit_code"]), Some(&0.into()));
    if let Some(memory) = memory {
        assert!(memory < MOST_MEMORY, "the shell used {memory} KiB");
    }
}

#[test]
fn progress_is_told_while_it_runs() {
    let ended = Shell::run(&["demo", "--json", "--rate", "8MiB", "--episode-bytes", "8MiB"]);
    assert_eq!(ended.status, Some(0), "{}", ended.errors);
    let downloaded: Vec<u64> = ended
        .events
        .iter()
        .filter(|event| event["event"] == "background-fetch-updated")
        .filter_map(|event| event["downloaded"].as_u64())
        .collect();
    assert!(downloaded.len() > 5, "{downloaded:?}");
    assert!(downloaded.is_sorted(), "{downloaded:?}");
}

//! A process that dies in the middle: what it had stored is neither lost nor asked for twice.
#![forbid(unsafe_code)]

use bgfetch_tests::Shell;

#[test]
fn a_demo_that_was_killed_resumes_by_range() {
    let profile = tempfile::tempdir().unwrap();
    let profile = profile.path().to_str().unwrap();
    let arguments = ["demo", "--json", "--profile", profile, "--episode-bytes", "24MiB", "--rate", "24MiB"];

    let killed = Shell::run(&[&arguments[..], &["--kill-at", "40%"]].concat());
    assert_eq!(killed.status, None, "a signal ends it: {}", killed.errors);
    let at = killed.last("killing").and_then(|event| event["downloaded"].as_u64()).expect("it says so first");

    let resumed = Shell::run(&arguments);
    assert_eq!(resumed.status, Some(0), "{}", resumed.errors);
    let restored = resumed.last("background-fetch-restored").expect("the fetch is found again");
    let stored = restored["records"][0]["stored"].as_u64().expect("a record tells its length");
    assert!(stored > 0 && stored <= at, "{stored} of {at} bytes are durable");

    let log = resumed.last("server-log").expect("the server tells what it sent");
    let episode: Vec<_> = log["requests"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|request| request["path"] == "/ep-5.mp3" && request["run"] == 2)
        .collect();
    assert_eq!(episode.len(), 1, "{episode:#?}");
    assert_eq!(episode[0]["status"], 206);
    assert_eq!(episode[0]["range"].as_str(), Some(format!("bytes={stored}-").as_str()));
    assert!(episode[0]["if_range"].is_string());
    let verified = resumed.last("verified").expect("what was stored is compared");
    assert_eq!(verified["stored_sha256"], verified["served_sha256"]);
}

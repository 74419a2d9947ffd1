//! Bad input: the message names the thing, the exit status is not 0, and nothing that was stored is lost.
#![forbid(unsafe_code)]

use std::fs;
use std::net::TcpListener;

use bgfetch_shell::demo::site::Resource;
use bgfetch_tests::{Shell, World};

fn fails(arguments: &[&str], status: i32, named: &[&str]) {
    let arguments = [&["run"], arguments, &["--json", "--exit-when-idle", "--timeout", "60"]].concat();
    let ended = Shell::run(&arguments);
    assert_eq!(ended.status, Some(status), "{arguments:?}: {}", ended.errors);
    for name in named {
        assert!(ended.errors.contains(name), "{arguments:?} does not name {name}: {}", ended.errors);
    }
}

#[test]
fn an_unknown_host_is_named() {
    fails(&["https://no-such-host.test/", "--closed-network"], 3, &["no-such-host.test"]);
}

#[test]
fn a_refused_connection_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    fails(&[&format!("http://127.0.0.1:{port}/")], 3, &[&format!("127.0.0.1:{port}")]);
}

#[test]
fn a_certificate_that_is_not_trusted_is_named() {
    let world = World::new("", "", |_| {});
    let url = world.url("/");
    fails(&[url.as_str()], 3, &["localhost", "certificate", "--ca-cert"]);
}

#[test]
fn a_page_without_a_worker_is_named() {
    let world = World::new("", "", |_| {});
    let ca = authority(&world);
    let url = world.url("/");
    fails(&[url.as_str(), "--ca-cert", ca.path().to_str().unwrap()], 6, &[url.as_str(), "service worker"]);
}

#[test]
fn a_worker_that_does_not_parse_is_named_with_its_line() {
    let world = World::new(
        "navigator.serviceWorker.register('/sw.js').catch(() => {})",
        "let ok = 1;\nlet let = 2;\n",
        |_| {},
    );
    let ca = authority(&world);
    let url = world.url("/");
    fails(&[url.as_str(), "--ca-cert", ca.path().to_str().unwrap()], 7, &["/sw.js", ":2"]);
}

#[test]
fn an_uncaught_error_is_named_with_its_line() {
    let world = World::new("\n\nnothing.here()", "", |_| {});
    let ca = authority(&world);
    let url = world.url("/");
    fails(&[url.as_str(), "--eval", "1", "--ca-cert", ca.path().to_str().unwrap()], 7, &["nothing", ":3"]);
}

#[test]
fn a_folder_that_is_not_a_profile_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.txt"), "do not touch").unwrap();
    let path = folder.path().to_str().unwrap();
    fails(&["https://localhost/", "--profile", path], 4, &[path]);
    let names: Vec<_> = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["thesis.txt"]);
    assert_eq!(fs::read_to_string(folder.path().join("thesis.txt")).unwrap(), "do not touch");
}

#[test]
fn a_profile_that_another_process_uses_is_named() {
    let profile = tempfile::tempdir().unwrap();
    let world = World::new("", "", |_| {});
    let engine = world.engine(profile.path());
    let path = profile.path().to_str().unwrap();
    fails(&["https://localhost/", "--profile", path], 4, &[path, "in use"]);
    engine.shut_down();
}

/// The site's authority in a file.
fn authority(world: &World) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), world.authority()).unwrap();
    file
}

#[test]
fn a_script_in_a_loop_is_stopped_and_told() {
    let world = World::new("for (;;);", "", |site| {
        site.insert("/other", Resource::bytes("text/html", "fine"));
    });
    let ca = authority(&world);
    let url = world.url("/");
    fails(&[url.as_str(), "--eval", "1", "--ca-cert", ca.path().to_str().unwrap()], 7, &["too long"]);
}

#[cfg(unix)]
#[test]
fn a_file_that_can_not_grow_is_named_and_the_profile_stays_usable() {
    let profile = tempfile::tempdir().unwrap();
    let folder = profile.path().to_str().unwrap();
    let demo = ["demo", "--json", "--rate", "0", "--episode-bytes", "8MiB", "--profile", folder];

    let ended = Shell::start_with_file_limit(4 << 20, &demo).wait();
    assert_eq!(ended.status, Some(4), "{}", ended.errors);
    for name in [folder, "bodies", "too large"] {
        assert!(
            ended.errors.to_lowercase().contains(&name.to_lowercase()),
            "{name} is not in: {}",
            ended.errors
        );
    }
    let told = ended.last("background-fetch-updated").expect("the user is told");
    assert_eq!(told["result"], "failure", "{told}");

    // With space again the same profile does the whole of it.
    let ended = Shell::run(&demo);
    assert_eq!(ended.status, Some(0), "{}", ended.errors);
    let verified = ended.last("verified").expect("what was stored is compared");
    assert_eq!(verified["stored_sha256"], verified["served_sha256"]);
}

//! The program as a user starts it, as far as no engine is needed: arguments, exit status, what it says.
#![forbid(unsafe_code)]

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use bgfetch_shell::demo::state::State;

fn shell(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bgfetch-shell")).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn help_and_version_are_there() {
    for arguments in [&["--help"][..], &["demo", "--help"], &["run", "--help"]] {
        let output = shell(arguments);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output.stdout).contains("Exit status:"));
    }
    assert!(text(&shell(&["--version"]).stdout).starts_with("bgfetch-shell "));
}

#[test]
fn wrong_arguments_end_with_status_2() {
    for arguments in [&[][..], &["walk"], &["run", "not a url"], &["demo", "--kill-at", "40%"]] {
        let output = shell(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn a_profile_that_another_demo_uses_is_named() {
    let profile = tempfile::tempdir().unwrap();
    let mut other = State::read(profile.path()).unwrap();
    other.save(1, 1000).unwrap();
    let output = shell(&["demo", "--json", "--profile", profile.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(4));
    let said = text(&output.stderr);
    assert!(said.contains(profile.path().to_str().unwrap()) && said.contains("in use"), "{said}");
    let outcome: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&outcome["event"], &outcome["outcome"]), (&"outcome".into(), &"storage".into()));
}

#[test]
fn a_port_that_another_program_took_is_named() {
    let profile = tempfile::tempdir().unwrap();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    State::read(profile.path()).unwrap().save(port, 1000).unwrap();
    let output = shell(&["demo", "--profile", profile.path().to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.contains(&format!("port {port}")) && said.contains("--profile"), "{said}");
    assert!(said.contains("not a terminal"), "{said}");
}

#[cfg(unix)]
#[test]
fn the_server_alone_runs_until_it_is_told_to_end() {
    let mut server = Command::new(env!("CARGO_BIN_EXE_bgfetch-shell"))
        .args(["demo", "--serve-only"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("serving https://localhost:"), "{line}");
    let pid = rustix::process::Pid::from_child(&server);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

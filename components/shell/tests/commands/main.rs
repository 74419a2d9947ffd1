//! The commands, driven by an engine that does what each test tells it: what is shown, and the exit status.
#![forbid(unsafe_code)]

mod stage;

use std::io;
use std::path::Path;
use std::sync::Arc;

use bgfetch::traits::background_fetch::{
    BackgroundFetchDisplay, BackgroundFetchFailureReason, BackgroundFetchResult,
};
use bgfetch::traits::coordinator::{ConsoleLevel, ConsoleMessage, PermissionState};
use bgfetch::traits::fetch::{NetworkError, NetworkErrorKind};
use bgfetch::traits::ids::{BackgroundFetchId, ClientId};
use bgfetch::{Delegate, EngineEvent, RestoredRecord};
use bgfetch_shell::cli::{Cli, Command};
use bgfetch_shell::demo::site::Site;
use bgfetch_shell::message::{Key, Message};
use bgfetch_shell::run::run;
use bgfetch_shell::session::Console;
use bgfetch_shell::ui::json::JsonOutput;
use clap::Parser as _;

use stage::{Fake, Stage, display};

fn console(level: ConsoleLevel) -> EngineEvent {
    let message = ConsoleMessage {
        level,
        text: "TypeError: nothing".into(),
        file: "https://a.test/page.js".into(),
        line: 7,
        column: 1,
        global: "window".into(),
    };
    EngineEvent::Console { client: ClientId::new(), message }
}

const RUN: [&str; 3] = ["run", "https://a.test/", "--exit-when-idle"];

#[test]
fn a_page_that_does_well_ends_with_success_and_the_engine_is_shut_down() {
    let stage = Stage::new();
    let played = stage.play(&[&RUN[..], &["--click", "#go", "--eval", "1+1"]].concat());
    assert_eq!(played.exit_code(), 0, "{}", played.message());
    assert_eq!(stage.asked(), ["open /", "click #go", "evaluate 1+1", "shutdown"]);
    assert_eq!(played.events(), ["clicked", "evaluated", "outcome"]);
}

#[test]
fn what_the_command_line_says_reaches_the_engine() {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, "PEM").unwrap();
    let ca = ca.to_str().unwrap();
    let stage = Stage::new();
    let more = [
        "--profile",
        "a/profile",
        "--ca-cert",
        ca,
        "--resolve",
        "a.test:443:127.0.0.1",
        "--permission",
        "background-fetch=denied",
        "--closed-network",
    ];
    stage.play(&[&RUN[..], &more].concat());
    let config = stage.config.take().unwrap();
    assert_eq!(config.profile, Path::new("a/profile"));
    assert_eq!(config.network.ca_certificates[0].pem, "PEM");
    assert_eq!(config.network.resolve[0].host, "a.test");
    assert_eq!(config.permissions["background-fetch"], PermissionState::Denied);
    assert!(config.network.closed_network);
}

#[test]
fn a_certificate_file_that_is_not_there_is_named() {
    let played = Stage::new().play(&[&RUN[..], &["--ca-cert", "no/such.pem"]].concat());
    assert_eq!(played.exit_code(), 2);
    assert!(played.message().contains("no/such.pem"), "{}", played.message());
}

#[test]
fn a_page_that_cannot_be_loaded_says_why() {
    let mut stage = Stage::new();
    stage.fake.load_error =
        Some(NetworkError::new(NetworkErrorKind::ConnectionRefused, "a.test refused the connection"));
    let played = stage.play(&RUN);
    assert_eq!(played.exit_code(), 3);
    assert!(played.message().contains("https://a.test/ could not be loaded: a.test refused"));
    assert_eq!(stage.asked().last().unwrap(), "shutdown");
}

#[test]
fn an_error_that_nothing_caught_is_an_event_and_fails_the_run() {
    let stage = Stage::new().page(|delegate| {
        delegate.event(console(ConsoleLevel::Error));
        delegate.event(console(ConsoleLevel::UncaughtError));
        delegate.event(console(ConsoleLevel::UnhandledRejection));
    });
    let played = stage.play(&RUN);
    assert_eq!(played.exit_code(), 7);
    assert!(played.message().contains("2 errors of scripts"), "{}", played.message());
    assert!(played.message().contains("https://a.test/page.js:7"), "{}", played.message());
    let levels: Vec<_> = played.lines.iter().filter_map(|line| line["level"].as_str()).collect();
    assert_eq!(levels, ["error", "uncaught-error", "unhandled-rejection"]);
}

#[test]
fn a_worker_that_does_not_parse_is_named() {
    let stage = Stage::new().page(|delegate| {
        delegate.event(EngineEvent::WorkerFailed {
            scope: "https://a.test/".parse().unwrap(),
            script_url: "https://a.test/sw.js".parse().unwrap(),
            message: "SyntaxError: unexpected token (https://a.test/sw.js:3)".into(),
        });
    });
    let played = stage.play(&RUN);
    assert_eq!(played.exit_code(), 7);
    assert!(played.message().contains("sw.js: SyntaxError"), "{}", played.message());
}

#[test]
fn a_page_without_a_worker_or_a_secure_context_is_told_so() {
    let mut stage = Stage::new();
    stage.fake.value = "false".into();
    let played = stage.play(&RUN);
    assert_eq!((played.exit_code(), played.message().contains("no service worker")), (6, true));
    let played = stage.play(&["run", "http://a.test/", "--exit-when-idle"]);
    assert_eq!((played.exit_code(), played.message().contains("secure context")), (6, true));
    // Who evaluates a script wants its value, whatever the page is.
    assert_eq!(stage.play(&[&RUN[..], &["--eval", "1"]].concat()).exit_code(), 0);
}

#[test]
fn a_background_fetch_that_fails_fails_the_run() {
    let stage = Stage::new().page(|delegate| {
        delegate.show_background_fetch(&display(1, 0));
        delegate.update_background_fetch(&BackgroundFetchDisplay {
            result: BackgroundFetchResult::Failure,
            failure_reason: BackgroundFetchFailureReason::BadStatus,
            ..display(1, 10)
        });
    });
    let played = stage.play(&RUN);
    assert_eq!(played.exit_code(), 1);
    assert!(played.message().contains("ep-5") && played.message().contains("bad-status"));
}

#[test]
fn a_run_that_takes_too_long_or_is_quit_ends_in_order() {
    let mut stage = Stage::new();
    stage.fake.never_idle = true;
    let played = stage.play(&[&RUN[..], &["--timeout", "0.05"]].concat());
    assert_eq!((played.exit_code(), stage.asked().last().unwrap().as_str()), (5, "shutdown"));

    stage.keys = vec![Key::Quit];
    let played = stage.play(&RUN);
    assert_eq!((played.exit_code(), stage.asked().last().unwrap().as_str()), (130, "shutdown"));
}

#[test]
fn keys_act_on_the_fetches_that_they_fit() {
    let stage = Stage::new().page(|delegate| {
        delegate.show_background_fetch(&display(1, 0));
        delegate.show_background_fetch(&BackgroundFetchDisplay { paused: true, ..display(2, 0) });
        delegate.show_background_fetch(&BackgroundFetchDisplay {
            result: BackgroundFetchResult::Success,
            ..display(3, 1000)
        });
        delegate.show_background_fetch(&display(4, 0));
        delegate.hide_background_fetch(BackgroundFetchId(4));
    });
    for (key, expected) in [
        (Key::Pause, vec!["Pause 1"]),
        (Key::Resume, vec!["Resume 2"]),
        (Key::Abort, vec!["Abort 1", "Abort 2"]),
        (Key::Click, vec!["Click 1", "Click 2", "Click 3"]),
        (Key::Dismiss, vec!["Dismiss 3"]),
    ] {
        stage.fake.asked.lock().clear();
        let channel = Console::channel();
        let mut output = JsonOutput::new(io::sink());
        let console = Console::new(channel.clone(), &mut output, None);
        let Command::Run(args) = Cli::try_parse_from([&["x"], &RUN[..]].concat()).unwrap().command else {
            unreachable!("run was asked for")
        };
        // The key comes after what the page does, as a user's would.
        let page = Arc::clone(&stage.fake.page);
        let sender = channel.0.clone();
        let with_key = Stage::new().page(move |delegate| {
            page(delegate);
            sender.send(Message::Key(key)).unwrap();
        });
        run(&args, console, |builder| {
            Ok(Fake { asked: Arc::clone(&stage.fake.asked), ..with_key.start(builder) })
        })
        .unwrap();
        let asked: Vec<_> =
            stage.asked().into_iter().filter(|asked| !asked.starts_with(['o', 's'])).collect();
        assert_eq!(asked, expected, "{key:?}");
    }
}

fn demo_arguments(profile: &Path) -> Vec<&str> {
    vec!["demo", "--episode-bytes", "1000", "--json", "--profile", profile.to_str().unwrap()]
}

fn fetches_all(delegate: &dyn Delegate) {
    delegate.show_background_fetch(&display(1, 0));
    for downloaded in [390, 400, 410, 1000] {
        delegate.update_background_fetch(&display(1, downloaded));
    }
    delegate.update_background_fetch(&BackgroundFetchDisplay {
        result: BackgroundFetchResult::Success,
        ..display(1, 1000)
    });
}

#[test]
fn the_demo_compares_what_is_stored_with_what_was_served() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::new().page(fetches_all);
    let played = stage.play(&demo_arguments(folder.path()));
    assert_eq!(played.exit_code(), 0, "{}", played.message());
    let verified: Vec<_> = played.lines.iter().filter(|line| line["event"] == "verified").collect();
    assert_eq!(verified.len(), 2);
    assert!(verified.iter().all(|line| line["stored_sha256"] == line["served_sha256"]));
    assert_eq!(played.events().first(), Some(&"server-started"));
    assert_eq!(played.events()[played.events().len() - 2..], ["server-log", "outcome"]);

    let mut damaged = stage;
    damaged.fake.damage = b"!";
    let played = damaged.play(&demo_arguments(folder.path()));
    assert_eq!(played.exit_code(), 1);
    assert!(played.message().contains("/ep-5.mp3 was stored otherwise than it was served"));
}

#[test]
fn the_demo_kills_once_when_so_much_has_arrived_and_not_when_it_already_had() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [demo_arguments(folder.path()), vec!["--kill-at", "40%"]].concat();
    let stage = Stage::new().page(fetches_all);
    let played = stage.play(&arguments);
    assert_eq!(stage.kills.get(), 1);
    let killing: Vec<_> = played.lines.iter().filter(|line| line["event"] == "killing").collect();
    assert_eq!(killing[0]["downloaded"], 400);

    let resumed = Stage::new().page(|delegate| {
        delegate.show_background_fetch(&display(1, 500));
        delegate.update_background_fetch(&display(1, 600));
    });
    resumed.play(&arguments);
    assert_eq!(resumed.kills.get(), 0);
}

#[test]
fn the_demo_says_what_was_resumed_and_that_nothing_came_twice() {
    let folder = tempfile::tempdir().unwrap();
    let stage = Stage::new().page(|delegate| {
        delegate.event(EngineEvent::BackgroundFetchRestored {
            fetch: BackgroundFetchId(1),
            origin: display(1, 0).origin,
            id: "ep-5".into(),
            records: vec![RestoredRecord {
                url: "https://localhost/ep-5.mp3".parse().unwrap(),
                stored: 400,
                complete: false,
            }],
        });
        fetches_all(delegate);
    });
    let played = stage.play(&demo_arguments(folder.path()));
    assert_eq!(played.exit_code(), 0, "{}", played.message());
    let resumed = played.lines.iter().find(|line| line["event"] == "resumed").unwrap();
    assert_eq!((&resumed["stored"], &resumed["stored_bytes_sent_again"]), (&400.into(), &0.into()));
}

#[test]
fn a_page_that_fetches_nothing_is_told_apart_from_one_that_stored_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::new();
    stage.fake.site = Site::new();
    let played = stage.play(&demo_arguments(folder.path()));
    assert!(played.message().contains("started no background fetch"), "{}", played.message());
    stage = stage.page(fetches_all);
    let played = stage.play(&demo_arguments(folder.path()));
    assert!(played.message().contains("/ep-5.mp3 is not in the cache"), "{}", played.message());
}

#[test]
fn quitting_the_demo_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Stage::new();
    stage.fake.never_idle = true;
    stage.keys = vec![Key::Quit];
    let played = stage.play(&demo_arguments(folder.path()));
    assert_eq!(played.exit_code(), 130);
    assert!(played.message().contains("run again with --profile"), "{}", played.message());
}

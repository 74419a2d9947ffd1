//! What becomes of a shell that reports, crashes, hangs, or ends too early, and of a browser that is not there.
//!
//! The shell is a script that behaves as the URL of the test says. The servers are the real ones.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use wpt_runner::manifest::{Scheme, Test};
use wpt_runner::outcome::{Outcome, Status};
use wpt_runner::pool::{self, Plan, PoolError};
use wpt_runner::product::{Bgfetch, Product};
use wpt_runner::server::Server;
use wpt_runner::setup;

const SHELL: &str = r#"#!/bin/sh
url=$2
path=/${url#*://*/}
say() { printf '{"event":"console","level":"log","message":"bgfetch-wpt-result:%s %s %s"}\n' "$1" "$path" "$2"; }
case $url in
  */report.html*)
    echo '{"event":"loaded"}'
    say 1/2 '{\"status\":0,\"message\":null,'
    say 2/2 '\"subtests\":[[\"a\",0,null],[\"b\",1,\"no\"]]}'
    sleep 100 ;;
  */crash.html) echo 'about to crash' >&2; kill -SEGV $$ ;;
  */panic.html) echo 'thread main panicked' >&2; exit 101 ;;
  */early.html) echo 'cannot load' >&2; exit 3 ;;
  */closed.html) exec >&- 2>&-; sleep 100 ;;
  */hang.html) echo 'waiting for something' >&2; sleep 100 ;;
  */babble.html) while :; do echo '{"event":"console","message":"and so on"}'; done ;;
esac
"#;

struct Fixture {
    plan: Plan,
    _folder: tempfile::TempDir,
}

impl Fixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let shell = folder.path().join("bgfetch-shell");
        let mut file = std::fs::File::create(&shell).expect("created");
        file.write_all(SHELL.as_bytes()).expect("written");
        file.set_permissions(std::fs::Permissions::from_mode(0o755)).expect("executable");
        drop(file);
        let product: Arc<dyn Product> =
            Arc::new(Bgfetch::new(Some(shell), None, &|_| ()).expect("it is there"));
        Self {
            plan: Plan { product, server: server(), jobs: 2, timeout_multiplier: 0.1, log: None },
            _folder: folder,
        }
    }

    fn run(&self, names: &[&str]) -> Vec<(String, Outcome)> {
        let tests = names.iter().map(|name| test(name)).collect();
        let mut outcomes = Vec::new();
        let done = |test: Test, outcome| outcomes.push((test.url, outcome));
        self.plan.run(tests, &pool::never(), done).expect("it ran to its end");
        outcomes
    }

    fn one(&self, name: &str) -> Outcome {
        self.run(&[name]).pop().expect("one outcome").1
    }
}

/// One for all tests that run at the same time.
fn server() -> Arc<Server> {
    static SHARED: LazyLock<Mutex<std::sync::Weak<Server>>> = LazyLock::new(Mutex::default);
    let mut shared = SHARED.lock().expect("no test panics while it starts");
    if let Some(server) = shared.upgrade() {
        return server;
    }
    let checkout = setup::ensure(&|_| ()).unwrap_or_else(|error| panic!("{error}"));
    let product = Bgfetch::new(Some(PathBuf::from("/bin/sh")), None, &|_| ()).expect("it is there");
    let server = Server::start(&checkout, &product.support(1.0)).unwrap_or_else(|error| panic!("{error}"));
    let server = Arc::new(server);
    *shared = Arc::downgrade(&server);
    server
}

fn test(name: &str) -> Test {
    Test {
        url: format!("/folder/{name}"),
        source: format!("folder/{name}"),
        long_timeout: false,
        scheme: Scheme::Https,
        www: false,
    }
}

#[test]
fn a_report_ends_the_shell() {
    let outcome = Fixture::new().one("report.html?a=b&c");
    assert_eq!(outcome.status, Status::Ok, "{outcome:?}");
    let subtests: Vec<_> = outcome.subtests.iter().map(|one| (one.name.as_str(), one.status)).collect();
    assert_eq!(subtests, [("a", Status::Pass), ("b", Status::Fail)]);
    assert!(outcome.duration < Duration::from_secs(6), "{:?}", outcome.duration);
}

#[test]
fn crashes_and_early_ends_say_what_the_shell_said() {
    let fixture = Fixture::new();
    for (name, status, words) in [
        ("crash.html", Status::Crash, ["signal 11", "about to crash"]),
        ("panic.html", Status::Crash, ["panic", "thread main panicked"]),
        ("early.html", Status::Error, ["exit status: 3", "cannot load"]),
        ("closed.html", Status::Error, ["closed its output", ""]),
    ] {
        let outcome = fixture.one(name);
        let message = outcome.message.unwrap_or_default();
        assert_eq!(outcome.status, status, "{name}: {message}");
        assert!(words.iter().all(|word| message.contains(word)), "{name}: {message}");
        assert!(!outcome.hung);
    }
}

#[test]
fn a_hang_is_told_apart_and_does_not_hold_up_the_others() {
    let outcomes = Fixture::new().run(&["hang.html", "report.html", "crash.html", "report.html?2"]);
    let statuses: Vec<_> =
        outcomes.iter().map(|(url, outcome)| (url.as_str(), outcome.status, outcome.hung)).collect();
    assert_eq!(statuses.len(), 4);
    assert_eq!(statuses[3], ("/folder/hang.html", Status::Timeout, true));
    assert!(statuses.contains(&("/folder/report.html?2", Status::Ok, false)));
    assert!(statuses.contains(&("/folder/crash.html", Status::Crash, false)));
}

#[test]
fn a_shell_that_never_stops_talking_hangs() {
    let outcome = Fixture::new().one("babble.html");
    assert!(outcome.hung);
    assert!(outcome.message.is_some_and(|message| message.contains("and so on")));
}

#[test]
fn a_run_can_be_stopped() {
    let fixture = Fixture::new();
    let (sender, stop) = crossbeam_channel::bounded(1);
    let mut count = 0;
    let ended =
        fixture.plan.run(vec![test("report.html"), test("hang.html"), test("hang.html?2")], &stop, |_, _| {
            count += 1;
            sender.send(()).expect("it listens");
        });
    assert!(matches!(ended, Err(PoolError::Interrupted)), "{ended:?}");
    assert_eq!(count, 1);
}

#[test]
fn a_shell_that_is_not_there_is_named() {
    let error =
        Bgfetch::new(Some(PathBuf::from("/no/such/shell")), None, &|_| ()).expect_err("it is not there");
    assert!(error.to_string().contains("/no/such/shell is not there"), "{error}");
}

#[test]
fn the_servers_answer_on_the_ports_they_name() {
    let server = server();
    for port in server.ports.all() {
        std::net::TcpStream::connect(("127.0.0.1", port)).unwrap_or_else(|error| panic!("{port}: {error}"));
    }
    assert_eq!(
        server.url(&test("a.html?b")),
        format!("https://web-platform.test:{}/folder/a.html?b", server.ports.https[0])
    );
    let pem = std::fs::read_to_string(&server.authority).expect("readable");
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
}

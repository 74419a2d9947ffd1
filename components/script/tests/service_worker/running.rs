//! A worker's first run: what it may do, and how it fails.

use std::time::Duration;

use bgfetch_script::ScriptLimits;
use bgfetch_traits::coordinator::ConsoleLevel;
use bgfetch_traits::service_worker::{EventOutcome, ServiceWorkerState, WorkerStarted, WorkerType};

use crate::support::{Start, World, ended};

#[test]
fn a_script_that_runs_tells_whether_it_handles_fetch() {
    let world = World::start("self.onfetch = () => {}", Start::default());
    assert_eq!(world.run(), WorkerStarted::Ran { handles_fetch: true });
    let world = World::start("addEventListener('fetch', () => {})", Start::default());
    assert_eq!(world.run(), WorkerStarted::Ran { handles_fetch: true });
    let world = World::start("self.onfetch = () => {}; self.onfetch = null", Start::default());
    assert_eq!(world.run(), WorkerStarted::Ran { handles_fetch: false });
}

#[test]
fn a_script_that_does_not_parse_fails_with_file_and_line() {
    let mut world = World::start("let x = 1;\nlet y = ;", Start::default());
    let WorkerStarted::Failed(why) = world.run() else { panic!("it ran") };
    assert!(why.starts_with("SyntaxError"), "{why}");
    assert!(why.contains("(https://a.test/dir/sw.js:2"), "{why}");
    assert_eq!(world.console().level, ConsoleLevel::UncaughtError);
}

#[test]
fn a_first_run_that_throws_fails_and_later_runs_go_on() {
    let script = "onactivate = () => console.log('still here');\n\nthrow new RangeError('too bad')";
    let world = World::start(script, Start::default());
    let WorkerStarted::Failed(why) = world.run() else { panic!("it ran") };
    assert!(why.contains("too bad") && why.contains("sw.js:3"), "{why}");

    let mut world = World::start(script, Start { state: ServiceWorkerState::Activated, ..Start::default() });
    assert_eq!(world.run(), WorkerStarted::Ran { handles_fetch: false });
    assert_eq!(world.console().level, ConsoleLevel::UncaughtError);
    assert_eq!(ended(&world.step()), EventOutcome::Completed);
    assert_eq!(world.logged(), "still here");
}

#[test]
fn a_script_that_does_not_end_is_stopped_and_fails() {
    let limits = ScriptLimits { task_time: Duration::from_millis(200), ..ScriptLimits::default() };
    let world = World::start("for (;;) {}", Start { limits, ..Start::default() });
    assert!(matches!(world.run(), WorkerStarted::Failed(_)));
}

#[test]
fn a_listener_that_does_not_end_makes_the_event_time_out() {
    let limits = ScriptLimits { task_time: Duration::from_millis(200), ..ScriptLimits::default() };
    let world = World::start("oninstall = () => { for (;;) {} }", Start { limits, ..Start::default() });
    assert!(matches!(world.run(), WorkerStarted::Ran { .. }));
    let outcome = world.dispatch(bgfetch_traits::service_worker::FunctionalEvent::Install);
    assert_eq!(ended(&outcome), EventOutcome::TimedOut);
}

#[test]
fn a_module_runs_with_what_it_imports() {
    let start = || Start {
        worker_type: WorkerType::Module,
        imports: vec![("https://a.test/dir/greet.js", "export const greet = name => `hello ${name}`;")],
        ..Start::default()
    };
    let script = "import { greet } from './greet.js'; console.log(greet('module'), import.meta.url);";
    let mut world = World::start(script, start());
    assert!(matches!(world.run(), WorkerStarted::Ran { .. }));
    assert_eq!(world.logged(), "hello module https://a.test/dir/sw.js");
}

#[test]
fn a_module_that_throws_or_waits_at_its_top_level_fails() {
    let module = |script| World::start(script, Start { worker_type: WorkerType::Module, ..Start::default() });
    let WorkerStarted::Failed(why) = module("\nnull.x").run() else { panic!("it ran") };
    assert!(why.contains("TypeError") && why.contains("sw.js:2"), "{why}");
    let WorkerStarted::Failed(why) = module("await null").run() else { panic!("it ran") };
    assert!(why.contains("top-level await"), "{why}");
}

#[test]
fn import_is_refused_in_classic_and_module_workers() {
    for worker_type in [WorkerType::Classic, WorkerType::Module] {
        let script = "import('./sw.js').catch(error => console.log(error.name))";
        let mut world = World::start(script, Start { worker_type, ..Start::default() });
        assert!(matches!(world.run(), WorkerStarted::Ran { .. }));
        assert_eq!(world.logged(), "TypeError");
    }
}

#[test]
fn listeners_added_after_the_first_run_are_warned_of() {
    let script =
        "onactivate = () => { addEventListener('fetch', () => {}); addEventListener('custom', () => {}) }";
    let mut world = World::running(script);
    assert_eq!(ended(&world.step()), EventOutcome::Completed);
    let warning = world.console();
    assert_eq!(warning.level, ConsoleLevel::Warn);
    assert!(warning.text.contains("\"fetch\""), "{}", warning.text);
    assert!(world.said_nothing_else());
}

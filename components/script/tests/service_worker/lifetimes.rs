//! Events live as long as the promises given to `waitUntil()`, to the microtask.

use bgfetch_traits::service_worker::{EventOutcome, FunctionalEvent};

use crate::support::{World, ended};

/// `attempt(event)` logs whether `waitUntil()` may be called; `task()` is a promise that settles in a task of its own.
const HELPERS: &str = "
const attempt = event => {
    try { event.waitUntil(Promise.resolve()); console.log('OK') } catch (error) { console.log(error.name) }
};
const task = () => new Promise(resolve => setTimeout(resolve, 0));
";

/// What `body`, run as an `activate` listener, logs first, and how the event ended.
fn attempt(body: &str) -> (String, EventOutcome) {
    let mut world = World::running(&format!("{HELPERS} onactivate = event => {{ {body} }}"));
    let outcome = ended(&world.step());
    (world.logged(), outcome)
}

fn says(body: &str) -> String {
    attempt(body).0
}

#[test]
fn an_event_without_promises_ends_with_its_listeners() {
    let world = World::running("");
    assert_eq!(ended(&world.dispatch(FunctionalEvent::Install)), EventOutcome::Completed);
}

#[test]
fn what_listeners_throw_is_reported_and_is_no_rejection() {
    let mut world = World::running("oninstall = () => { throw new Error('no matter') }");
    assert_eq!(ended(&world.dispatch(FunctionalEvent::Install)), EventOutcome::Completed);
    assert!(world.console().text.contains("no matter"));
}

#[test]
fn the_event_ends_when_the_last_promise_has_settled() {
    let (said, outcome) = attempt(
        "event.waitUntil(task().then(() => console.log('one')));
         event.waitUntil(task().then(task).then(() => { throw new TypeError('two') }));
         event.waitUntil(task().then(task).then(task));",
    );
    assert_eq!(said, "one");
    assert_eq!(outcome, EventOutcome::Rejected("TypeError: two".into()));
}

#[test]
fn a_rejection_that_is_waited_for_counts_as_handled() {
    let mut world = World::running("oninstall = event => event.waitUntil(Promise.reject(1))");
    assert_eq!(ended(&world.dispatch(FunctionalEvent::Install)), EventOutcome::Rejected("1".into()));
    assert_eq!(ended(&world.step()), EventOutcome::Completed);
    assert!(world.said_nothing_else());
}

#[test]
fn wait_until_may_be_called_in_a_microtask_of_a_listener() {
    assert_eq!(says("Promise.resolve().then(() => attempt(event))"), "OK");
}

#[test]
fn wait_until_may_not_be_called_in_a_task_after_the_event_ended() {
    assert_eq!(says("setTimeout(() => attempt(event))"), "InvalidStateError");
    assert_eq!(
        says("event.waitUntil(Promise.resolve()); setTimeout(() => attempt(event))"),
        "InvalidStateError"
    );
}

#[test]
fn wait_until_may_be_called_as_long_as_another_promise_is_pending() {
    assert_eq!(says("event.waitUntil(task().then(task)); setTimeout(() => attempt(event))"), "OK");
}

#[test]
fn the_count_goes_down_one_microtask_after_the_promise_settled() {
    // In the reaction to the promise itself, the event is still active.
    assert_eq!(says("const p = task(); event.waitUntil(p); p.then(() => attempt(event))"), "OK");
    // Two microtasks later it is not.
    let late =
        "const p = task(); event.waitUntil(p); p.then(() => Promise.resolve()).then(() => attempt(event))";
    assert_eq!(says(late), "InvalidStateError");
}

#[test]
fn while_it_is_dispatched_an_event_is_active_whatever_has_settled() {
    let body = "const p = Promise.resolve(); event.waitUntil(p);
                p.then(() => Promise.resolve()).then(() => {}).then(() => attempt(event))";
    assert_eq!(says(body), "OK");
}

#[test]
fn events_that_scripts_make_do_not_live_on() {
    assert_eq!(says("attempt(new ExtendableEvent('x'))"), "InvalidStateError");
    let script = format!("{HELPERS} addEventListener('x', attempt); dispatchEvent(new ExtendableEvent('x'))");
    assert_eq!(World::running(&script).logged(), "InvalidStateError");
}

#[test]
fn install_is_an_install_event() {
    let mut world =
        World::running("oninstall = event => console.log(event.constructor.name, event.isTrusted)");
    assert_eq!(ended(&world.dispatch(FunctionalEvent::Install)), EventOutcome::Completed);
    assert_eq!(world.logged(), "InstallEvent true");
}

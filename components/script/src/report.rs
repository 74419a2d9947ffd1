//! [Reporting exceptions](https://html.spec.whatwg.org/multipage/webappapis.html#report-the-exception) and
//! [rejected promises](https://html.spec.whatwg.org/multipage/webappapis.html#unhandled-promise-rejections), and the
//! way to the console.

use std::cell::{Cell, RefCell};
use std::thread::LocalKey;

use bgfetch_js::{ErrorLocation, Exception, Fallible, Object, Promise, Realm, Runtime, Value};
use bgfetch_traits::coordinator::{ConsoleLevel, ConsoleMessage, CoordinatorMsg};

use bgfetch_traits::worker::WorkerError;

use crate::agent::{Agent, TaskSource};
use crate::dom;
use crate::dom::DedicatedWorkerGlobalScope;
use crate::environment::Environment;

thread_local! {
    static REPORTING: Cell<bool> = const { Cell::new(false) };
    static ABOUT_TO_BE_NOTIFIED: RefCell<Vec<Rejected>> = const { RefCell::new(Vec::new()) };
    /// An event is queued for them, or is being fired.
    static NOTIFYING: RefCell<Vec<Rejected>> = const { RefCell::new(Vec::new()) };
    /// The page was told, and nothing handles them yet.
    static OUTSTANDING: RefCell<Vec<Rejected>> = const { RefCell::new(Vec::new()) };
}

struct Rejected {
    realm: Realm,
    promise: Promise<Value>,
    reason: Value,
}

/// [Reports an exception](https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception) for a realm's
/// global object: an `error` event first, and the console if nothing handled it.
pub(crate) fn report_exception(realm: &Realm, exception: Exception) {
    let mut location = exception.location(realm);
    if let Some(environment) = Environment::try_of(realm) {
        if environment.muted_scripts.borrow().contains(&location.file) {
            return report_muted(realm, &exception);
        }
        if location.file.is_empty() {
            // What is not an error does not know where it was thrown: most probably by the global's own script.
            location.file = environment.url.borrow().to_string();
        }
    }
    report_at(realm, &exception, &location);
}

/// Reports an exception of a classic script, whose URL stands in where a thrown value that is no error tells of no place.
pub(crate) fn report_exception_in(realm: &Realm, exception: &Exception, script: &str) {
    let mut location = exception.location(realm);
    if location.file.is_empty() {
        script.clone_into(&mut location.file);
    }
    report_at(realm, exception, &location);
}

fn report_at(realm: &Realm, exception: &Exception, location: &ErrorLocation) {
    let Some(environment) = Environment::try_of(realm) else { return };
    if exception.is_termination() && Agent::current().interrupter().is_stopped() {
        // Whoever stopped it knows.
        return;
    }
    let value = exception.to_value(realm);
    let description = exception.describe(realm);
    if !exception.is_termination() {
        // Step 6: an exception in an `error` listener is not reported by another `error` event.
        let handled = !REPORTING.replace(true) && {
            let handled = dom::events::error_event::fire_at_global(realm, &description, location, &value);
            REPORTING.set(false);
            handled
        };
        if handled {
            return;
        }
    }
    if !exception.is_termination()
        && let Some(worker) = realm.global_as::<DedicatedWorkerGlobalScope>()
    {
        return worker.tell_owner_of_error(format!("Uncaught {description}"), location);
    }
    let text = if exception.is_termination() {
        format!("a script ran for too long and was stopped: {description}")
    } else {
        format!("Uncaught {description}")
    };
    to_console(&environment, ConsoleLevel::UncaughtError, text, location);
}

/// Reports what a callback threw for the global object of its
/// [associated realm](https://webidl.spec.whatwg.org/#dfn-associated-realm), which need not be the one it was called from.
pub(crate) fn report_exception_of(callback: &Object, realm: &Realm, exception: Exception) {
    report_exception(&callback.associated_realm(realm), exception);
}

/// [Reports an exception](https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception) of a script whose
/// [errors are muted](https://html.spec.whatwg.org/multipage/webappapis.html#muted-errors): the page learns only that there
/// was one, the console where.
pub(crate) fn report_muted(realm: &Realm, exception: &Exception) {
    let Some(environment) = Environment::try_of(realm) else { return };
    if exception.is_termination() {
        return report_at(realm, exception, &exception.location(realm));
    }
    let handled = !REPORTING.replace(true) && {
        let handled = dom::events::error_event::fire_muted(realm);
        REPORTING.set(false);
        handled
    };
    if !handled {
        let location = exception.location(realm);
        let text = format!("Uncaught {}", exception.describe(realm));
        to_console(&environment, ConsoleLevel::UncaughtError, text, &location);
    }
}

/// [Reports an exception](https://html.spec.whatwg.org/multipage/webappapis.html#report-an-exception) of a dedicated
/// worker for the global object of its owner, which does not learn the value that was thrown.
pub(crate) fn report_of_worker(realm: &Realm, error: WorkerError) {
    let Some(environment) = Environment::try_of(realm) else { return };
    let location = ErrorLocation {
        file: error.file,
        line: error.line,
        column: error.column,
        ..ErrorLocation::default()
    };
    let handled = !REPORTING.replace(true) && {
        let global = realm.global_as::<dom::EventTarget>();
        let handled = global.is_some_and(|global| {
            dom::events::error_event::fire(realm, &global, &error.message, &location, &Value::NULL)
        });
        REPORTING.set(false);
        handled
    };
    if handled {
        return;
    }
    match realm.global_as::<DedicatedWorkerGlobalScope>() {
        Some(worker) => worker.tell_owner_of_error(error.message, &location),
        None => to_console(&environment, ConsoleLevel::UncaughtError, error.message, &location),
    }
}

/// [Notifies about rejected promises](https://html.spec.whatwg.org/multipage/webappapis.html#notify-about-rejected-promises).
pub(crate) fn notify_about_rejected_promises() {
    sort_rejections();
    let about_to_be_notified = ABOUT_TO_BE_NOTIFIED.take();
    for rejected in about_to_be_notified {
        let realm = rejected.realm.clone();
        let promise = rejected.promise.clone();
        NOTIFYING.with_borrow_mut(|list| list.push(rejected));
        Agent::current()
            .queue_global(TaskSource::DomManipulation, &realm, move |realm| notify(realm, &promise));
    }
}

/// Sorts what the engine told of rejections into the lists:
/// [HostPromiseRejectionTracker](https://html.spec.whatwg.org/multipage/webappapis.html#the-hostpromiserejectiontracker-implementation).
pub(crate) fn sort_rejections() {
    for rejection in Runtime::take_rejections() {
        if !rejection.handled {
            // Steps 1 to 4: what scripts of other origins reject stays with them. Who rejects a promise of another window
            // does so for that window.
            let realm = rejection.promise.as_object().associated_realm(&rejection.realm);
            let is_muted = Environment::try_of(&realm)
                .is_some_and(|environment| environment.muted_scripts.borrow().contains(&rejection.script));
            if is_muted {
                continue;
            }
            let rejected = Rejected { realm, promise: rejection.promise, reason: rejection.reason };
            ABOUT_TO_BE_NOTIFIED.with_borrow_mut(|list| list.push(rejected));
        } else if take(&ABOUT_TO_BE_NOTIFIED, &rejection.promise).is_none()
            && take(&NOTIFYING, &rejection.promise).is_none()
            && let Some(rejected) = take(&OUTSTANDING, &rejection.promise)
        {
            let realm = rejected.realm.clone();
            Agent::current().queue_global(TaskSource::DomManipulation, &realm, move |realm| {
                let Rejected { promise, reason, .. } = &rejected;
                dom::events::promise_rejection_event::fire_at_global(
                    realm,
                    "rejectionhandled",
                    promise,
                    reason,
                )?;
                Ok(())
            });
        }
    }
}

fn notify(realm: &Realm, promise: &Promise<Value>) -> Fallible<()> {
    sort_rejections();
    let found = NOTIFYING.with_borrow(|list| {
        let known = list.iter().find(|known| known.promise.as_object().is_same(promise.as_object()));
        known.map(|known| known.reason.clone())
    });
    // Handled since then.
    let Some(reason) = found else { return Ok(()) };
    let not_canceled =
        dom::events::promise_rejection_event::fire_at_global(realm, "unhandledrejection", promise, &reason)?;
    if not_canceled && let Some(environment) = Environment::try_of(realm) {
        let exception = Exception::js(reason);
        let text = format!("Uncaught (in promise) {}", exception.describe(realm));
        to_console(&environment, ConsoleLevel::UnhandledRejection, text, &exception.location(realm));
    }
    sort_rejections();
    if let Some(rejected) = take(&NOTIFYING, promise) {
        OUTSTANDING.with_borrow_mut(|list| list.push(rejected));
    }
    Ok(())
}

fn take(list: &'static LocalKey<RefCell<Vec<Rejected>>>, promise: &Promise<Value>) -> Option<Rejected> {
    list.with_borrow_mut(|list| {
        let index = list.iter().position(|known| known.promise.as_object().is_same(promise.as_object()))?;
        Some(list.remove(index))
    })
}

/// Lets go of what belongs to a realm that ends.
pub(crate) fn forget(realm: &Realm) {
    for list in [&ABOUT_TO_BE_NOTIFIED, &NOTIFYING, &OUTSTANDING] {
        let gone: Vec<_> =
            list.with_borrow_mut(|list| list.extract_if(.., |known| known.realm.is_same(realm)).collect());
        drop(gone);
    }
}

/// Tells the embedder something for its console.
pub(crate) fn to_console(
    environment: &Environment,
    level: ConsoleLevel,
    text: String,
    location: &bgfetch_js::ErrorLocation,
) {
    let message = ConsoleMessage {
        level,
        text,
        file: location.file.clone(),
        line: location.line,
        column: location.column,
        global: environment.kind.name().to_owned(),
    };
    environment.hosts.coordinator.send(CoordinatorMsg::Report(environment.id, message));
}

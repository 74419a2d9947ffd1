//! Reactions to promises that hold their state where the collector sees it.
//!
//! A closure given to [`Promise::react`] counts what it captures as roots: with a promise that never settles and is
//! reachable from what is captured, nothing of it is ever collected. Here the steps are plain functions, and what
//! they need is a traced state.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rquickjs_sys as q;

use crate::glue::Args;
use crate::object::check;
use crate::{Fallible, Object, Promise, Realm, Shared, Trace, TracedRealm, Tracer, Value};

/// What is done with the value or reason of a promise, given the state.
pub type Transform<S> = fn(&Realm, &S, &Value) -> Fallible<Value>;

/// [`Transform`] without a result.
pub type Steps<S> = fn(&Realm, &S, &Value) -> Fallible<()>;

enum Reaction<S> {
    Nothing,
    Steps(Steps<S>),
    Transform(Transform<S>),
}

struct Reactions<S> {
    state: S,
    /// The realm that the functions are made in.
    realm: TracedRealm,
    fulfilled: Reaction<S>,
    rejected: Reaction<S>,
}

impl<S: Trace> Trace for Reactions<S> {
    fn trace(&self, tracer: &mut Tracer) {
        self.state.trace(tracer);
        self.realm.trace(tracer);
    }
}

const FULFILLED: c_int = 0;
const REJECTED: c_int = 1;

impl<S: Trace + 'static> Reactions<S> {
    fn share(
        realm: &Realm,
        state: S,
        fulfilled: Reaction<S>,
        rejected: Reaction<S>,
    ) -> Fallible<Shared<Self>> {
        realm.share(Self { state, realm: TracedRealm::new(realm)?, fulfilled, rejected })
    }

    /// A function of the realm that runs one of the two reactions.
    fn function(realm: &Realm, reactions: &Shared<Self>, which: c_int) -> Fallible<Value> {
        let mut data = [reactions.as_value().raw()];
        // SAFETY: context and value are alive; the engine takes a reference of its own to the value. `run` is made for
        // the type of what the value holds.
        realm.own(unsafe {
            q::JS_NewCFunctionData(realm.raw(), Some(run::<S>), 1, which, 1, data.as_mut_ptr())
        })
    }
}

unsafe extern "C" fn run<S: Trace + 'static>(
    ctx: *mut q::JSContext,
    _this: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
    which: c_int,
    data: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context and `argc` arguments.
    let (caller, args) = unsafe { (Realm::borrow(&ctx), Args::new(argc, argv)) };
    // SAFETY: the engine passes the data that `function` gave it: a `Shared<Reactions<S>>`.
    let reactions = unsafe { Shared::<Reactions<S>>::from_raw(*data) };
    let realm = &*reactions.realm;
    let reaction = if which == FULFILLED { &reactions.fulfilled } else { &reactions.rejected };
    let result = catch_unwind(AssertUnwindSafe(|| match reaction {
        Reaction::Nothing => Ok(Value::UNDEFINED),
        Reaction::Steps(steps) => steps(realm, &reactions.state, args.get(0)).map(|()| Value::UNDEFINED),
        Reaction::Transform(transform) => transform(realm, &reactions.state, args.get(0)),
    }));
    match result {
        Ok(Ok(value)) => value.into_raw(),
        Ok(Err(exception)) => exception.throw(realm),
        Err(_) => crate::glue::panicked(caller),
    }
}

impl<T> Promise<T> {
    /// [Reacts](https://webidl.spec.whatwg.org/#dfn-perform-steps-once-promise-is-settled) to it, as
    /// [`Promise::react`] does, with a traced state instead of captures. The rejection counts as handled; what the
    /// steps throw is a rejection that nobody handles.
    pub fn react_with<S: Trace + 'static>(
        &self,
        realm: &Realm,
        state: S,
        fulfilled: Steps<S>,
        rejected: Steps<S>,
    ) -> Fallible<()> {
        let (fulfilled, rejected) = (Reaction::Steps(fulfilled), Reaction::Steps(rejected));
        let reactions = Reactions::share(realm, state, fulfilled, rejected)?;
        let on_fulfilled = Reactions::function(realm, &reactions, FULFILLED)?;
        let on_rejected = Reactions::function(realm, &reactions, REJECTED)?;
        self.then_raw(realm, &on_fulfilled, &on_rejected).map(drop)
    }

    /// [Transforms](https://webidl.spec.whatwg.org/#dfn-perform-steps-once-promise-is-settled) it, as
    /// [`Promise::then`] does, with a traced state instead of captures. Without steps for one of the two ends the
    /// new promise ends the same way.
    pub fn then_with<S: Trace + 'static, U>(
        &self,
        realm: &Realm,
        state: S,
        fulfilled: Option<Transform<S>>,
        rejected: Option<Transform<S>>,
    ) -> Fallible<Promise<U>> {
        let of = |reaction: Option<Transform<S>>| reaction.map_or(Reaction::Nothing, Reaction::Transform);
        let given = (fulfilled.is_some(), rejected.is_some());
        let (fulfilled, rejected) = (of(fulfilled), of(rejected));
        let reactions = Reactions::share(realm, state, fulfilled, rejected)?;
        let function = |given: bool, which| match given {
            true => Reactions::function(realm, &reactions, which),
            false => Ok(Value::UNDEFINED),
        };
        let (on_fulfilled, on_rejected) = (function(given.0, FULFILLED)?, function(given.1, REJECTED)?);
        let derived = self.then_raw(realm, &on_fulfilled, &on_rejected)?;
        Ok(Promise::of_object(Object::from_value_unchecked(derived)))
    }
}

impl Realm {
    /// [Queues a microtask](https://html.spec.whatwg.org/multipage/webappapis.html#queue-a-microtask), as
    /// [`Realm::queue_microtask`] does, with a traced state instead of captures. The value that the steps get is
    /// `undefined`.
    pub fn queue_microtask_with<S: Trace + 'static>(&self, state: S, steps: Steps<S>) -> Fallible<()> {
        let (fulfilled, rejected) = (Reaction::Steps(steps), Reaction::Nothing);
        let reactions = Reactions::share(self, state, fulfilled, rejected)?;
        let function = Reactions::function(self, &reactions, FULFILLED)?;
        let mut args = [function.raw()];
        // SAFETY: context and argument are alive; the engine takes its own reference to the argument.
        let status =
            unsafe { q::JS_EnqueueJob(self.raw(), Some(crate::promise::run_job), 1, args.as_mut_ptr()) };
        check(self, status)
    }
}

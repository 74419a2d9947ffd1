//! Promises.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use rquickjs_sys as q;

use crate::object::check;
use crate::{Callback, Exception, Fallible, FromJs, Object, ObjectKind, Realm, ToJs, Value, state};

/// What is done with the value or reason that a promise settled with.
pub type Reaction = Box<dyn Fn(&Realm, &Value) -> Fallible<Value>>;

/// A promise for a `T`.
pub struct Promise<T = ()> {
    promise: Object,
    resolvers: Option<(Callback, Callback)>,
    value: PhantomData<fn(T) -> T>,
}

/// Where a promise stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseState {
    /// Neither fulfilled nor rejected.
    Pending,
    /// Fulfilled.
    Fulfilled,
    /// Rejected.
    Rejected,
}

impl<T> Promise<T> {
    /// [A new promise](https://webidl.spec.whatwg.org/#a-new-promise).
    pub fn new(realm: &Realm) -> Fallible<Self> {
        let mut resolvers = [q::JS_UNDEFINED; 2];
        // SAFETY: the context is alive; two places for the two resolving functions.
        let promise =
            realm.own(unsafe { q::JS_NewPromiseCapability(realm.raw(), resolvers.as_mut_ptr()) })?;
        let [resolve, reject] = resolvers.map(Value::from_owned);
        Ok(Self {
            promise: Object::from_value_unchecked(promise),
            resolvers: Some((Callback::new(&resolve)?, Callback::new(&reject)?)),
            value: PhantomData,
        })
    }

    /// [A promise resolved with](https://webidl.spec.whatwg.org/#a-promise-resolved-with) `value`: always a new one, so
    /// that it follows later where `value` is a promise.
    pub fn resolve_value(realm: &Realm, value: &Value) -> Fallible<Self> {
        let is_promise = value.as_object().is_some_and(|object| object.object_kind() == ObjectKind::Promise);
        if !is_promise {
            return Self::promise_resolve(realm, value);
        }
        let promise = Self::new(realm)?;
        promise.resolve_with(realm, value);
        Ok(promise)
    }

    /// [PromiseResolve](https://tc39.es/ecma262/#sec-promise-resolve): `value` itself, if it is a promise of the realm
    /// already.
    pub fn promise_resolve(realm: &Realm, value: &Value) -> Fallible<Self> {
        let entry = state::Entry::new();
        // SAFETY: context and value are alive.
        let promise = realm.own(unsafe { q::JS_NewSettledPromise(realm.raw(), false, value.raw()) });
        // A thenable's `then` may have been looked up; what the platform does for itself is no script of the page,
        // though: no checkpoint follows.
        entry.end_quietly();
        Ok(Self::of_object(Object::from_value_unchecked(promise?)))
    }

    /// [A promise resolved with](https://webidl.spec.whatwg.org/#a-promise-resolved-with) `value`.
    pub fn resolved(realm: &Realm, value: T) -> Fallible<Self>
    where
        T: ToJs,
    {
        let value = value.to_js(realm)?;
        Self::resolve_value(realm, &value)
    }

    /// [A promise rejected with](https://webidl.spec.whatwg.org/#a-promise-rejected-with) `reason`.
    pub fn rejected(realm: &Realm, reason: Exception) -> Fallible<Self> {
        if reason.is_termination() {
            return Err(reason);
        }
        let reason = reason.to_value(realm);
        // SAFETY: context and value are alive.
        let promise = realm.own(unsafe { q::JS_NewSettledPromise(realm.raw(), true, reason.raw()) })?;
        Ok(Self::of_object(Object::from_value_unchecked(promise)))
    }

    /// A promise that script made; only its reactions can be used.
    pub(crate) const fn of_object(promise: Object) -> Self {
        Self { promise, resolvers: None, value: PhantomData }
    }

    /// [Resolves](https://webidl.spec.whatwg.org/#resolve) it. Does nothing on a promise that was not made by
    /// [`Promise::new`], or is resolved already.
    pub fn resolve(&self, realm: &Realm, value: T)
    where
        T: ToJs,
    {
        match value.to_js(realm) {
            Ok(value) => self.resolve_with(realm, &value),
            Err(error) => self.reject(realm, error),
        }
    }

    /// [`Promise::resolve`] with any value.
    pub fn resolve_with(&self, realm: &Realm, value: &Value) {
        if let Some((resolve, _)) = &self.resolvers {
            settle(realm, resolve, value);
        }
    }

    /// [Rejects](https://webidl.spec.whatwg.org/#reject) it, likewise.
    pub fn reject(&self, realm: &Realm, reason: Exception) {
        if let Some((_, reject)) = &self.resolvers {
            settle(realm, reject, &reason.to_value(realm));
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn state(&self) -> PromiseState {
        let Some(ctx) = Realm::any() else { return PromiseState::Pending };
        // SAFETY: reads the state of a live promise.
        match unsafe { q::JS_PromiseState(ctx, self.promise.raw()) } {
            q::JSPromiseStateEnum_JS_PROMISE_FULFILLED => PromiseState::Fulfilled,
            q::JSPromiseStateEnum_JS_PROMISE_REJECTED => PromiseState::Rejected,
            _ => PromiseState::Pending,
        }
    }

    /// The value or reason it settled with; `undefined` while pending.
    #[must_use]
    pub fn result(&self, realm: &Realm) -> Value {
        // SAFETY: context and promise are alive; the reference is given to us.
        Value::from_owned(unsafe { q::JS_PromiseResult(realm.raw(), self.promise.raw()) })
    }

    /// [Marks it as handled](https://webidl.spec.whatwg.org/#mark-a-promise-as-handled).
    pub fn mark_as_handled(&self) {
        if let Some(ctx) = Realm::any() {
            // SAFETY: the promise is alive. (The call only sets a flag; it cannot fail on a promise.)
            unsafe { q::JS_PromiseMarkAsHandled(ctx, self.promise.raw()) };
        }
    }

    /// [Reacts](https://webidl.spec.whatwg.org/#dfn-perform-steps-once-promise-is-settled) to it in Rust, as a
    /// microtask, without the page being able to see or patch anything. The rejection counts as handled.
    pub fn react(
        &self,
        realm: &Realm,
        fulfilled: impl FnOnce(&Realm, &Value) + 'static,
        rejected: impl FnOnce(&Realm, &Value) + 'static,
    ) -> Fallible<()> {
        let both = Rc::new(RefCell::new(Some((fulfilled, rejected))));
        let other = Rc::clone(&both);
        let on_fulfilled = realm.function("", 1, move |realm, _, args| {
            if let Some((fulfilled, _)) = both.take() {
                fulfilled(realm, args.get(0));
            }
            Ok(Value::UNDEFINED)
        })?;
        let on_rejected = realm.function("", 1, move |realm, _, args| {
            if let Some((_, rejected)) = other.take() {
                rejected(realm, args.get(0));
            }
            Ok(Value::UNDEFINED)
        })?;
        self.then_raw(realm, on_fulfilled.as_value(), on_rejected.as_value()).map(drop)
    }

    /// [Transforms](https://webidl.spec.whatwg.org/#dfn-perform-steps-once-promise-is-settled) it: a new promise
    /// that settles with what the reaction gives.
    pub fn then<U>(
        &self,
        realm: &Realm,
        fulfilled: impl Fn(&Realm, &Value) -> Fallible<Value> + 'static,
        rejected: Option<Reaction>,
    ) -> Fallible<Promise<U>> {
        let on_fulfilled = realm.function("", 1, move |realm, _, args| fulfilled(realm, args.get(0)))?;
        let on_rejected = match rejected {
            Some(rejected) => {
                realm.function("", 1, move |realm, _, args| rejected(realm, args.get(0)))?.as_value().clone()
            }
            None => Value::UNDEFINED,
        };
        let derived = self.then_raw(realm, on_fulfilled.as_value(), &on_rejected)?;
        Ok(Promise::of_object(Object::from_value_unchecked(derived)))
    }

    pub(crate) fn then_raw(&self, realm: &Realm, fulfilled: &Value, rejected: &Value) -> Fallible<Value> {
        // SAFETY: context, promise and functions are alive.
        realm.own(unsafe {
            q::JS_PromiseThen(realm.raw(), self.promise.raw(), fulfilled.raw(), rejected.raw())
        })
    }

    /// A future that is ready when the promise has settled.
    pub fn future(&self, realm: &Realm) -> Fallible<PromiseFuture> {
        let shared: Rc<RefCell<Settled>> = Rc::default();
        let (on_fulfilled, on_rejected) = (Rc::clone(&shared), Rc::clone(&shared));
        self.react(
            realm,
            move |_, value| Settled::set(&on_fulfilled, Ok(value.clone())),
            move |_, reason| Settled::set(&on_rejected, Err(Exception::js(reason.clone()))),
        )?;
        Ok(PromiseFuture(shared))
    }

    /// The promise object.
    #[must_use]
    pub const fn as_object(&self) -> &Object {
        &self.promise
    }

    /// The same promise, for another type of value.
    #[must_use]
    pub fn cast<U>(self) -> Promise<U> {
        Promise { promise: self.promise, resolvers: self.resolvers, value: PhantomData }
    }

    pub(crate) fn values(&self) -> Vec<&Value> {
        let mut values = vec![self.promise.as_value()];
        if let Some((resolve, reject)) = &self.resolvers {
            values.extend([resolve.as_value(), reject.as_value()]);
        }
        values
    }
}

fn settle(realm: &Realm, function: &Callback, value: &Value) {
    let mut args = [value.raw()];
    // SAFETY: context, function and argument are alive. Resolving functions never throw except without memory, and
    // they run no script that would need a checkpoint of its own (a thenable's `then` is looked up, though).
    let result = unsafe { q::JS_Call(realm.raw(), function.raw(), q::JS_UNDEFINED, 1, args.as_mut_ptr()) };
    if realm.own(result).is_err() {
        tracing::warn!("a promise could not be settled: out of memory");
    }
}

impl<T> Clone for Promise<T> {
    fn clone(&self) -> Self {
        Self { promise: self.promise.clone(), resolvers: self.resolvers.clone(), value: PhantomData }
    }
}

impl<T> fmt::Debug for Promise<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Promise")
    }
}

impl<T> ToJs for Promise<T> {
    fn to_js(self, _: &Realm) -> Fallible<Value> {
        Ok(self.promise.into_value())
    }
}

/// [A `Promise<T>` from script](https://webidl.spec.whatwg.org/#js-promise): the value, resolved.
impl<T> FromJs for Promise<T> {
    fn from_js(realm: &Realm, value: &Value) -> Fallible<Self> {
        Self::resolve_value(realm, value)
    }
}

#[derive(Default)]
struct Settled {
    result: Option<Fallible<Value>>,
    waker: Option<Waker>,
}

impl Settled {
    fn set(shared: &RefCell<Self>, result: Fallible<Value>) {
        let waker = {
            let mut settled = shared.borrow_mut();
            settled.result = Some(result);
            settled.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// Waits for a promise: see [`Promise::future`].
pub struct PromiseFuture(Rc<RefCell<Settled>>);

impl Future for PromiseFuture {
    type Output = Fallible<Value>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut settled = self.0.borrow_mut();
        match settled.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                settled.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Realm {
    /// [Queues a microtask](https://html.spec.whatwg.org/multipage/webappapis.html#queue-a-microtask).
    pub fn queue_microtask(&self, task: impl FnOnce(&Self) + 'static) -> Fallible<()> {
        let task = RefCell::new(Some(task));
        let function = self.function("", 0, move |realm, _, _| {
            if let Some(task) = task.take() {
                task(realm);
            }
            Ok(Value::UNDEFINED)
        })?;
        let mut args = [function.raw()];
        // SAFETY: context and argument are alive; the engine takes its own reference to the argument.
        let status = unsafe { q::JS_EnqueueJob(self.raw(), Some(run_job), 1, args.as_mut_ptr()) };
        check(self, status)
    }
}

pub(crate) unsafe extern "C" fn run_job(
    ctx: *mut q::JSContext,
    argc: std::ffi::c_int,
    argv: *mut q::JSValue,
) -> q::JSValue {
    if argc < 1 {
        return q::JS_UNDEFINED;
    }
    // SAFETY: the engine passes what was queued: one function, alive during the call.
    unsafe { q::JS_Call(ctx, *argv, q::JS_UNDEFINED, 0, std::ptr::null_mut()) }
}

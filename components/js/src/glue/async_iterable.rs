//! [Asynchronous iterables](https://webidl.spec.whatwg.org/#js-asynchronous-iterable): values, `@@asyncIterator` and
//! iterators.

use std::cell::{Cell, RefCell};
use std::ffi::c_int;

use rquickjs_sys as q;

use super::interface::guard;
use super::iterable::{Kind, define_symbol, illegal, native, target};
use super::member::conjure;
use super::{Args, Interface};
use crate::object::{ALL, HIDDEN};
use crate::platform::{self, Header};
use crate::{
    DomString, Exception, Fallible, Object, PlatformObject, Promise, Realm, Reflector, Root, ToJs, Trace,
    Traced, Value, trace_fields,
};

/// One iteration over an object: what the specification of an interface defines.
pub trait AsyncIteration: Trace {
    /// [Gets the next iteration result](https://webidl.spec.whatwg.org/#dfn-get-the-next-iteration-result). It is not
    /// called again before the promise has settled, nor after the end.
    fn next(&self, realm: &Realm) -> Fallible<Promise<Step>>;

    /// The [asynchronous iterator return](https://webidl.spec.whatwg.org/#asynchronous-iterator-return) algorithm: the page
    /// does not want more.
    fn finish(&self, realm: &Realm, value: &Value) -> Fallible<Promise<()>>;
}

/// What an iteration gives next.
#[derive(Clone, Debug)]
pub enum Step {
    /// A value.
    Value(Value),
    /// A key and its value, of an interface that has pairs.
    Pair(Value, Value),
    /// End of iteration.
    Done,
}

/// As an [iterator result](https://tc39.es/ecma262/#sec-createiterresultobject).
impl ToJs for Step {
    fn to_js(self, realm: &Realm) -> Fallible<Value> {
        match self {
            Self::Value(value) => iterator_result(realm, &value, false),
            Self::Pair(key, value) => {
                iterator_result(realm, Object::array(realm, [key, value])?.as_value(), false)
            }
            Self::Done => iterator_result(realm, &Value::UNDEFINED, true),
        }
    }
}

fn iterator_result(realm: &Realm, value: &Value, done: bool) -> Fallible<Value> {
    let result = Object::new(realm)?;
    result.create(realm, "value", value)?;
    result.create(realm, "done", &Value::boolean(done))?;
    Ok(result.into_value())
}

type Start = fn(&Realm, &Header, &Args<'_>) -> Fallible<Box<dyn AsyncIteration>>;

/// How an iteration over an object starts.
#[derive(Clone, Copy)]
pub struct AsyncIterable {
    start: Start,
    pairs: bool,
    has_return: bool,
}

impl AsyncIterable {
    /// `start` gets the arguments of `values()`.
    #[must_use]
    pub const fn new<T, F>(_start: F) -> Self
    where
        T: PlatformObject,
        F: Fn(&Realm, &T, &Args<'_>) -> Fallible<Box<dyn AsyncIteration>> + Copy + 'static,
    {
        Self { start: start_entry::<T, F>, pairs: false, has_return: true }
    }

    /// The iteration gives pairs: `async_iterable<K, V>`.
    #[must_use]
    pub const fn pairs(mut self) -> Self {
        self.pairs = true;
        self
    }

    /// Whether an [asynchronous iterator return](https://webidl.spec.whatwg.org/#asynchronous-iterator-return) algorithm is
    /// defined for the interface.
    #[must_use]
    pub const fn with_return(mut self, has_return: bool) -> Self {
        self.has_return = has_return;
        self
    }
}

fn start_entry<T, F>(realm: &Realm, header: &Header, args: &Args<'_>) -> Fallible<Box<dyn AsyncIteration>>
where
    T: PlatformObject,
    F: Fn(&Realm, &T, &Args<'_>) -> Fallible<Box<dyn AsyncIteration>> + Copy + 'static,
{
    match header.view::<T>() {
        Some(object) => conjure::<F>()(realm, object, args),
        None => Err(illegal(T::INTERFACE)),
    }
}

/// The index of the interface of these iterators: another than that of pair iterators, as brand checks compare it.
const INTERNAL_ASYNC: u16 = super::INTERNAL - 1;

/// A [default asynchronous iterator object](https://webidl.spec.whatwg.org/#default-asynchronous-iterator-object).
pub(crate) struct AsyncIterator {
    reflector: Reflector,
    iteration: Box<dyn AsyncIteration>,
    interface: u16,
    kind: Kind,
    finished: Cell<bool>,
    ongoing: RefCell<Option<Traced<Promise<Value>>>>,
}

static ASYNC_ITERATOR: Interface =
    Interface::new::<AsyncIterator>(c"AsyncIterator", INTERNAL_ASYNC, INTERNAL_ASYNC, 0);

impl AsyncIterator {
    const IDL: &'static Interface = &ASYNC_ITERATOR;
}

trace_fields!(AsyncIterator { iteration, ongoing });
crate::platform_object!(AsyncIterator);

fn make_iterator(
    realm: &Realm,
    this: &q::JSValue,
    args: &Args<'_>,
    magic: c_int,
    kind: Kind,
) -> Fallible<Value> {
    let (target, interface) = target(realm, this, magic)?;
    let header = platform::header_of(target.raw());
    let (Some(iterable), Some(header)) = (interface.async_iterable, header) else {
        return Err(illegal(interface));
    };
    // SAFETY: the header lives as long as its object, which `target` holds.
    let iteration = (iterable.start)(realm, unsafe { header.as_ref() }, args)?;
    let iterator = AsyncIterator {
        reflector: Reflector::new(),
        iteration,
        interface: interface.index,
        kind,
        finished: Cell::new(false),
        ongoing: RefCell::default(),
    };
    let prototype = iterator_prototype(realm, interface)?;
    Ok(realm.wrap_with(iterator, &prototype)?.as_value().clone())
}

macro_rules! iterator_makers {
    ($($name:ident $kind:ident),+) => {$(
        unsafe extern "C" fn $name(
            ctx: *mut q::JSContext,
            this: q::JSValue,
            argc: c_int,
            argv: *mut q::JSValue,
            magic: c_int,
        ) -> q::JSValue {
            // SAFETY: the engine calls with a live context and `argc` arguments.
            let (realm, args) = unsafe { (Realm::borrow(&ctx), Args::new(argc, argv)) };
            guard(realm, |realm| make_iterator(realm, &this, &args, magic, Kind::$kind))
        }
    )+};
}

iterator_makers!(entries Both, keys Key, values Value);

/// `this` as an iterator of the interface that the function's magic number tells.
fn iterator(this: &q::JSValue, magic: c_int) -> Fallible<Root<AsyncIterator>> {
    Root::<AsyncIterator>::from_value(Value::view_one(this))
        .filter(|iterator| c_int::from(iterator.interface) == magic)
        .ok_or_else(|| Exception::type_error("illegal invocation: this is not an iterator of that interface"))
}

/// Runs `steps` now, or when the ongoing promise has settled, however that ends.
fn after_ongoing(
    realm: &Realm,
    iterator: &Root<AsyncIterator>,
    steps: impl Fn(&Realm, &Root<AsyncIterator>) -> Fallible<Promise<Value>> + Clone + 'static,
) -> Fallible<Promise<Value>> {
    let ongoing = iterator.ongoing.borrow().as_deref().cloned();
    let promise = match ongoing {
        None => steps(realm, iterator).or_else(|exception| Promise::rejected(realm, exception))?,
        Some(ongoing) => {
            let (on_fulfilled, on_rejected) = (iterator.clone(), iterator.clone());
            let other = steps.clone();
            ongoing.then(
                realm,
                move |realm, _| steps(realm, &on_fulfilled)?.to_js(realm),
                Some(Box::new(move |realm, _| other(realm, &on_rejected)?.to_js(realm))),
            )?
        }
    };
    *iterator.ongoing.borrow_mut() = Some(promise.clone().into());
    Ok(promise)
}

/// `nextSteps` of [next](https://webidl.spec.whatwg.org/#js-asynchronous-iterator-prototype-object).
fn next_steps(realm: &Realm, iterator: &Root<AsyncIterator>) -> Fallible<Promise<Value>> {
    if iterator.finished.get() {
        return Promise::resolved(realm, Step::Done.to_js(realm)?);
    }
    let next = iterator.iteration.next(realm).or_else(|exception| Promise::rejected(realm, exception))?;
    let (on_fulfilled, on_rejected) = (iterator.clone(), iterator.clone());
    next.then(
        realm,
        move |realm, result| {
            *on_fulfilled.ongoing.borrow_mut() = None;
            // The result is an object that `Step` made: reading it runs no script of the page.
            let done = result.as_object().map(|result| result.get(realm, "done")).transpose()?;
            if done.is_some_and(|done| done.to_boolean(realm)) {
                on_fulfilled.finished.set(true);
                return Ok(result.clone());
            }
            one_of_pair(realm, on_fulfilled.interface, on_fulfilled.kind, result)
        },
        Some(Box::new(move |_, reason| {
            *on_rejected.ongoing.borrow_mut() = None;
            on_rejected.finished.set(true);
            Err(Exception::js(reason.clone()))
        })),
    )
}

/// The [iterator result](https://webidl.spec.whatwg.org/#iterator-result) for a kind, from one that has both key and value.
fn one_of_pair(realm: &Realm, interface: u16, kind: Kind, result: &Value) -> Fallible<Value> {
    let pairs = crate::state::interface(interface).and_then(|interface| interface.async_iterable);
    if kind == Kind::Both || !pairs.is_some_and(|iterable| iterable.pairs) {
        return Ok(result.clone());
    }
    let pair = result.as_object().map(|result| result.get(realm, "value")).transpose()?;
    let Some(pair) = pair.and_then(|pair| pair.as_object()) else { return Ok(result.clone()) };
    let item = pair.get_index(realm, u32::from(kind == Kind::Value))?;
    iterator_result(realm, &item, false)
}

/// `returnSteps` of return, and the iterator result that it gives.
fn return_steps(realm: &Realm, iterator: &Root<AsyncIterator>, value: &Value) -> Fallible<Promise<Value>> {
    let result = iterator_result(realm, value, true)?;
    if iterator.finished.replace(true) {
        return Promise::resolved(realm, result);
    }
    let finished =
        iterator.iteration.finish(realm, value).or_else(|exception| Promise::rejected(realm, exception))?;
    // The result is held by this closure until the promise has settled.
    finished.then(realm, move |_, _| Ok(result.clone()), None)
}

macro_rules! promise_natives {
    ($($name:ident |$realm:ident, $iterator:ident, $args:ident| $body:expr)+) => {$(
        unsafe extern "C" fn $name(
            ctx: *mut q::JSContext,
            this: q::JSValue,
            argc: c_int,
            argv: *mut q::JSValue,
            magic: c_int,
        ) -> q::JSValue {
            // SAFETY: the engine calls with a live context and `argc` arguments.
            let (realm, $args) = unsafe { (Realm::borrow(&ctx), Args::new(argc, argv)) };
            guard(realm, |$realm| {
                let promise = match iterator(&this, magic) {
                    Ok($iterator) => $body,
                    Err(exception) => Promise::rejected($realm, exception),
                };
                promise?.to_js($realm)
            })
        }
    )+};
}

promise_natives! {
    next |realm, iterator, _args| after_ongoing(realm, &iterator, next_steps)
    return_ |realm, iterator, args| {
        let value = args.get(0).clone();
        after_ongoing(realm, &iterator, move |realm, iterator| return_steps(realm, iterator, &value))
    }
}

/// Defines `values`, for pairs `entries` and `keys`, and `@@asyncIterator` on a prototype.
pub(super) fn install(realm: &Realm, prototype: &Object, interface: &'static Interface) -> Fallible<()> {
    let pairs = interface.async_iterable.is_some_and(|iterable| iterable.pairs);
    if pairs {
        let function = native(realm, c"entries", 0, entries, interface)?;
        define_symbol(realm, prototype, "symbolAsyncIterator", &function, HIDDEN)?;
        prototype.define(realm, "entries", &function, ALL)?;
        prototype.define(realm, "keys", &native(realm, c"keys", 0, keys, interface)?, ALL)?;
    }
    let function = native(realm, c"values", 0, values, interface)?;
    prototype.define(realm, "values", &function, ALL)?;
    if pairs { Ok(()) } else { define_symbol(realm, prototype, "symbolAsyncIterator", &function, HIDDEN) }
}

/// The [asynchronous iterator prototype
/// object](https://webidl.spec.whatwg.org/#js-asynchronous-iterator-prototype-object) of an interface.
fn iterator_prototype(realm: &Realm, interface: &'static Interface) -> Fallible<Object> {
    let name = interface.name.to_str().unwrap_or_default();
    if let Some(prototype) = realm.with_data(|data| data.iterators.borrow().get(name).cloned()).flatten() {
        return Ok(prototype);
    }
    let parent = realm.intrinsics().object("asyncIteratorPrototype")?;
    // SAFETY: context and parent are alive.
    let prototype = realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), parent.raw()) })?;
    let prototype = Object::from_value_unchecked(prototype);
    prototype.define(realm, "next", &native(realm, c"next", 0, next, interface)?, ALL)?;
    if interface.async_iterable.is_some_and(|iterable| iterable.has_return) {
        prototype.define(realm, "return", &native(realm, c"return", 1, return_, interface)?, ALL)?;
    }
    let tag = DomString::from(format!("{name} AsyncIterator")).to_value(realm)?;
    define_symbol(realm, &prototype, "symbolToStringTag", &tag, q::JS_PROP_CONFIGURABLE as c_int)?;
    realm.with_data(|data| data.iterators.borrow_mut().insert(name, prototype.clone()));
    Ok(prototype)
}

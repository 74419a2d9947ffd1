//! [Pair iterables](https://webidl.spec.whatwg.org/#js-iterable): entries, keys, values, forEach and iterators.

use std::cell::Cell;
use std::ffi::c_int;

use rquickjs_sys as q;

use super::interface::guard;
use super::member::conjure;
use super::{Args, Interface};
use crate::object::{ALL, Atom, HIDDEN, check};
use crate::platform::{self, Header};
use crate::{
    Callback, DomString, Exception, Fallible, Object, PlatformObject, Realm, Reflector, Root, Traced, Value,
    state, trace_fields,
};

/// A key and its value.
type Pair = (Value, Value);

/// How a pair iterable gives its pairs.
#[derive(Clone, Copy)]
pub struct PairIterable {
    pair_at: fn(&Realm, &Header, usize) -> Fallible<Option<Pair>>,
}

impl PairIterable {
    /// `pair_at` gives the key and value at an index of the current list of pairs, or `None` past its end.
    #[must_use]
    pub const fn new<T, F>(_pair_at: F) -> Self
    where
        T: PlatformObject,
        F: Fn(&Realm, &T, usize) -> Fallible<Option<(Value, Value)>> + Copy + 'static,
    {
        Self { pair_at: pair_entry::<T, F> }
    }
}

fn pair_entry<T, F>(realm: &Realm, header: &Header, index: usize) -> Fallible<Option<(Value, Value)>>
where
    T: PlatformObject,
    F: Fn(&Realm, &T, usize) -> Fallible<Option<(Value, Value)>> + Copy + 'static,
{
    match header.view::<T>() {
        Some(object) => conjure::<F>()(realm, object, index),
        None => Err(illegal(T::INTERFACE)),
    }
}

pub(super) fn illegal(interface: &Interface) -> Exception {
    let name = interface.name.to_string_lossy();
    Exception::type_error(format!("illegal invocation: this is not an object of interface {name}"))
}

/// The highest index of interfaces of this crate's own, outside the program's.
pub(crate) const INTERNAL: u16 = u16::MAX;
/// The lowest of them.
pub(crate) const FIRST_INTERNAL: u16 = INTERNAL - 4;

/// The index of values that objects share.
pub(crate) const INTERNAL_SHARED: u16 = INTERNAL - 2;

/// A [default iterator object](https://webidl.spec.whatwg.org/#dfn-default-iterator-object).
pub(crate) struct PairIterator {
    reflector: Reflector,
    target: Traced<Object>,
    interface: u16,
    index: Cell<usize>,
    kind: Kind,
}

static PAIR_ITERATOR: Interface = Interface::new::<PairIterator>(c"Iterator", INTERNAL, INTERNAL, 0);

impl PairIterator {
    const IDL: &'static Interface = &PAIR_ITERATOR;
}

trace_fields!(PairIterator { target });
crate::platform_object!(PairIterator);

/// What an iterator gives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Key,
    Value,
    Both,
}

/// `this` of a member of a pair iterable, whose interface is told by the function's magic number.
pub(super) fn target(
    realm: &Realm,
    this: &q::JSValue,
    magic: c_int,
) -> Fallible<(Object, &'static Interface)> {
    let interface = u16::try_from(magic).ok().and_then(state::interface);
    let interface = interface.ok_or_else(|| Exception::type_error("this interface is not known"))?;
    let header = platform::this_header(realm, *this);
    // SAFETY: the header lives as long as its object, which the caller of the native holds.
    if !header.is_some_and(|header| unsafe { header.as_ref() }.interface().inherits(interface)) {
        return Err(illegal(interface));
    }
    let object = Value::view_one(this).as_object().unwrap_or_else(|| realm.global());
    Ok((object, interface))
}

fn pair(realm: &Realm, target: &Object, interface: u16, index: usize) -> Fallible<Option<(Value, Value)>> {
    let iterable = state::interface(interface).and_then(|interface| interface.pair_iterable);
    let header = platform::header_of(target.raw());
    match (iterable, header) {
        // SAFETY: the header lives as long as its object, which `target` holds.
        (Some(iterable), Some(header)) => (iterable.pair_at)(realm, unsafe { header.as_ref() }, index),
        _ => Err(Exception::type_error("the object that is iterated is gone")),
    }
}

fn make_iterator(realm: &Realm, this: &q::JSValue, magic: c_int, kind: Kind) -> Fallible<Value> {
    let (target, interface) = target(realm, this, magic)?;
    let prototype = iterator_prototype(realm, interface)?;
    let iterator = PairIterator {
        reflector: Reflector::new(),
        target: target.into(),
        interface: interface.index,
        index: Cell::new(0),
        kind,
    };
    Ok(realm.wrap_with(iterator, &prototype)?.as_value().clone())
}

macro_rules! iterator_makers {
    ($($name:ident $kind:ident),+) => {$(
        unsafe extern "C" fn $name(
            ctx: *mut q::JSContext,
            this: q::JSValue,
            _argc: c_int,
            _argv: *mut q::JSValue,
            magic: c_int,
        ) -> q::JSValue {
            // SAFETY: the engine calls with a live context.
            let realm = unsafe { Realm::borrow(&ctx) };
            guard(realm, |realm| make_iterator(realm, &this, magic, Kind::$kind))
        }
    )+};
}

iterator_makers!(entries Both, keys Key, values Value);

unsafe extern "C" fn for_each(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
    magic: c_int,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context and `argc` arguments.
    let (realm, args) = unsafe { (Realm::borrow(&ctx), Args::new(argc, argv)) };
    guard(realm, |realm| {
        let (target, interface) = target(realm, &this, magic)?;
        super::at_least(&args, 1)?;
        let callback = Callback::new(args.get(0)).map_err(super::in_argument("callback"))?;
        let mut index = 0;
        while let Some((key, value)) = pair(realm, &target, interface.index, index)? {
            callback.call(realm, args.get(1), &[value, key, target.as_value().clone()])?;
            index += 1;
        }
        Ok(Value::UNDEFINED)
    })
}

unsafe extern "C" fn next(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    _argc: c_int,
    _argv: *mut q::JSValue,
    magic: c_int,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| {
        let iterator = Root::<PairIterator>::from_value(Value::view_one(&this))
            .filter(|iterator| c_int::from(iterator.interface) == magic)
            .ok_or_else(|| {
                Exception::type_error("illegal invocation: this is not an iterator of that interface")
            })?;
        let index = iterator.index.get();
        let result = Object::new(realm)?;
        let found = pair(realm, &iterator.target, iterator.interface, index)?;
        let done = found.is_none();
        let value = match found {
            None => Value::UNDEFINED,
            Some((key, value)) => {
                iterator.index.set(index + 1);
                match iterator.kind {
                    Kind::Key => key,
                    Kind::Value => value,
                    Kind::Both => Object::array(realm, [key, value])?.into_value(),
                }
            }
        };
        result.create(realm, "value", &value)?;
        result.create(realm, "done", &Value::boolean(done))?;
        Ok(result.into_value())
    })
}

type Magic = unsafe extern "C" fn(*mut q::JSContext, q::JSValue, c_int, *mut q::JSValue, c_int) -> q::JSValue;

pub(super) fn native(
    realm: &Realm,
    name: &std::ffi::CStr,
    length: c_int,
    call: Magic,
    interface: &Interface,
) -> Fallible<Value> {
    let function = q::JSCFunctionType { generic_magic: Some(call) };
    // SAFETY: the context is alive; the union is read as what `generic_magic` says it is.
    realm.own(unsafe {
        q::JS_NewCFunction2(
            realm.raw(),
            function.generic,
            name.as_ptr(),
            length,
            q::JSCFunctionEnum_JS_CFUNC_generic_magic,
            c_int::from(interface.index),
        )
    })
}

/// Defines the members of a pair iterable on its prototype.
pub(super) fn install(realm: &Realm, prototype: &Object, interface: &'static Interface) -> Fallible<()> {
    let all: [(&std::ffi::CStr, &str, c_int, Magic); 4] = [
        (c"entries", "entries", 0, entries),
        (c"keys", "keys", 0, keys),
        (c"values", "values", 0, values),
        (c"forEach", "forEach", 1, for_each),
    ];
    for (name, key, length, call) in all {
        let function = native(realm, name, length, call, interface)?;
        prototype.define(realm, key, &function, ALL)?;
        if key == "entries" {
            define_symbol(realm, prototype, "symbolIterator", &function, HIDDEN)?;
        }
    }
    Ok(())
}

/// Defines the members of a value iterable, which are those of arrays.
pub(super) fn install_values(realm: &Realm, prototype: &Object) -> Fallible<()> {
    let intrinsics = realm.intrinsics();
    for (key, name) in [
        ("entries", "arrayEntries"),
        ("keys", "arrayKeys"),
        ("values", "arrayValues"),
        ("forEach", "arrayForEach"),
    ] {
        prototype.define(realm, key, intrinsics.object(name)?.as_value(), ALL)?;
    }
    Ok(())
}

/// Defines a property under a well-known symbol.
pub(super) fn define_symbol(
    realm: &Realm,
    object: &Object,
    symbol: &'static str,
    value: &Value,
    flags: c_int,
) -> Fallible<()> {
    let symbol = realm.intrinsics().symbol(realm, symbol)?;
    object.define_atom(realm, &Atom::of_value(realm, &symbol)?, value, flags)
}

/// The [iterator prototype object](https://webidl.spec.whatwg.org/#dfn-iterator-prototype-object) of an interface.
fn iterator_prototype(realm: &Realm, interface: &'static Interface) -> Fallible<Object> {
    let name = interface.name.to_str().unwrap_or_default();
    if let Some(prototype) = realm.with_data(|data| data.iterators.borrow().get(name).cloned()).flatten() {
        return Ok(prototype);
    }
    let parent = realm.intrinsics().object("iteratorPrototype")?;
    // SAFETY: context and parent are alive.
    let prototype = realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), parent.raw()) })?;
    let prototype = Object::from_value_unchecked(prototype);
    let function = native(realm, c"next", 0, next, interface)?;
    prototype.define(realm, "next", &function, ALL)?;
    let tag = DomString::from(format!("{name} Iterator")).to_value(realm)?;
    define_symbol(realm, &prototype, "symbolToStringTag", &tag, q::JS_PROP_CONFIGURABLE as c_int)?;
    check(realm, 0)?;
    realm.with_data(|data| data.iterators.borrow_mut().insert(name, prototype.clone()));
    Ok(prototype)
}

//! What the hooks of all objects with internal methods of their own share: how they tell the engine of errors, keys and
//! properties, and the engine's own methods of the objects behind them.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rquickjs_sys as q;

use crate::glue::panicked;
use crate::object::{Atom, check};
use crate::{Exception, Fallible, Object, Realm, Value};

/// Runs a hook: -1 and a pending exception for an error, as the engine wants it.
pub(crate) fn answer(ctx: *mut q::JSContext, hook: impl FnOnce(&Realm) -> Fallible<bool>) -> c_int {
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    match catch_unwind(AssertUnwindSafe(|| hook(realm))) {
        Ok(Ok(answer)) => c_int::from(answer),
        Ok(Err(exception)) => {
            exception.throw(realm);
            -1
        }
        Err(_) => {
            panicked(realm);
            -1
        }
    }
}

/// Runs the hook that lists the keys, and gives them to the engine.
///
/// # Safety
/// The places are valid.
pub(crate) unsafe fn answer_keys(
    ctx: *mut q::JSContext,
    table: *mut *mut q::JSPropertyEnum,
    count: *mut u32,
    hook: impl FnOnce(&Realm) -> Fallible<Vec<Atom>>,
) -> c_int {
    let status = answer(ctx, |realm| {
        let keys = hook(realm)?;
        // SAFETY: the places are valid.
        unsafe { give_keys(realm, keys, table, count) }?;
        Ok(true)
    });
    // This hook says 0 for success.
    if status < 0 { -1 } else { 0 }
}

/// Gives a table of keys to the engine.
///
/// # Safety
/// The places are valid.
unsafe fn give_keys(
    realm: &Realm,
    keys: Vec<Atom>,
    table: *mut *mut q::JSPropertyEnum,
    count: *mut u32,
) -> Fallible<()> {
    let length = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    // SAFETY: the context is alive; the table is made with the engine's allocator, as the engine frees it, and has
    // room for every entry (one at least, because an allocation of nothing may be null).
    unsafe {
        let bytes = size_of::<q::JSPropertyEnum>() * keys.len().max(1);
        let entries = q::js_malloc(realm.raw(), bytes as _).cast::<q::JSPropertyEnum>();
        if entries.is_null() {
            return Err(Exception::take(realm));
        }
        for (index, atom) in keys.into_iter().enumerate() {
            entries.add(index).write(q::JSPropertyEnum { is_enumerable: false, atom: atom.into_raw() });
        }
        *table = entries;
        *count = length;
    }
    Ok(())
}

/// Fills in a data property: its value and flags.
///
/// # Safety
/// `descriptor` is null or a place to fill.
pub(crate) unsafe fn describe(descriptor: *mut q::JSPropertyDescriptor, (value, flags): (Value, u32)) {
    if descriptor.is_null() {
        return;
    }
    // SAFETY: a place to fill; the engine takes over the reference.
    unsafe {
        *descriptor = q::JSPropertyDescriptor {
            flags: flags as c_int,
            value: value.into_raw(),
            getter: q::JS_UNDEFINED,
            setter: q::JS_UNDEFINED,
        };
    }
}

/// Whether a value is that object.
pub(crate) fn is_same(object: q::JSValue, other: q::JSValue) -> bool {
    // SAFETY: both are compared as pointers only, and only if they are objects.
    Value::view_one(&other).is_object()
        && unsafe { std::ptr::eq(q::JS_VALUE_GET_PTR(object), q::JS_VALUE_GET_PTR(other)) }
}

/// `[[GetOwnProperty]]` of an object.
///
/// # Safety
/// `descriptor` is null or a place to fill, and the atom is alive.
pub(crate) unsafe fn get_own_property(
    realm: &Realm,
    object: &Object,
    atom: q::JSAtom,
    descriptor: *mut q::JSPropertyDescriptor,
) -> Fallible<bool> {
    // SAFETY: context, object and atom are alive; null or a place to fill.
    let status = unsafe { q::JS_GetOwnProperty(realm.raw(), descriptor, object.raw(), atom) };
    check(realm, status)?;
    Ok(status > 0)
}

/// `[[Delete]]` of an object.
///
/// # Safety
/// The atom is alive.
pub(crate) unsafe fn delete_property(realm: &Realm, object: &Object, atom: q::JSAtom) -> Fallible<bool> {
    // SAFETY: context, object and atom are alive.
    let status = unsafe { q::JS_DeleteProperty(realm.raw(), object.raw(), atom, 0) };
    check(realm, status)?;
    Ok(status > 0)
}

/// `[[DefineOwnProperty]]` of an object; the values are value, getter and setter.
///
/// # Safety
/// Object, atom and values are alive.
pub(crate) unsafe fn define_own_property(
    realm: &Realm,
    object: q::JSValue,
    atom: q::JSAtom,
    [value, getter, setter]: [q::JSValue; 3],
    flags: c_int,
) -> Fallible<bool> {
    // SAFETY: context, object, atom and values are alive.
    let status = unsafe { q::JS_DefineProperty(realm.raw(), object, atom, value, getter, setter, flags) };
    check(realm, status)?;
    Ok(status > 0)
}

/// Says false, or throws where the engine's flags, or strict code, ask for that.
pub(crate) fn refuse(realm: &Realm, flags: c_int, why: &str) -> Fallible<bool> {
    let throws = flags & q::JS_PROP_THROW as c_int != 0;
    if throws || (flags & q::JS_PROP_THROW_STRICT as c_int != 0 && is_strict(realm)?) {
        return Err(crate::Exception::type_error(why));
    }
    Ok(false)
}

/// Whether the code that runs is strict. Only the engine knows: it tells by what it does when asked to extend an
/// object that cannot be.
fn is_strict(realm: &Realm) -> Fallible<bool> {
    let frozen = realm.intrinsics().object("frozen")?;
    let atom = Atom::of_str(realm, "0")?;
    let flags = (q::JS_PROP_HAS_VALUE | q::JS_PROP_THROW_STRICT) as c_int;
    let undefined = q::JS_UNDEFINED;
    // SAFETY: context, object and atom are alive.
    let status = unsafe {
        q::JS_DefineProperty(realm.raw(), frozen.raw(), atom.0, undefined, undefined, undefined, flags)
    };
    Ok(check(realm, status).is_err())
}

//! What the engine calls for legacy platform objects.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use rquickjs_sys as q;

use super::target::{Target, describe, refuse};
use crate::glue::key::{Key, atom_value};
use crate::glue::panicked;
use crate::object::{Atom, check};
use crate::{Exception, Fallible, Object, Realm, Value};

/// The hooks.
pub(super) static METHODS: q::JSClassExoticMethods = q::JSClassExoticMethods {
    get_own_property: Some(get_own_property),
    get_own_property_names: Some(get_own_property_names),
    delete_property: Some(delete_property),
    define_own_property: Some(define_own_property),
    has_property: None,
    get_property: None,
    set_property: Some(set_property),
};

/// Runs a hook: -1 and a pending exception for an error, as the engine wants it.
pub(super) fn answer(ctx: *mut q::JSContext, hook: impl FnOnce(&Realm) -> Fallible<bool>) -> c_int {
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

/// [`[[GetOwnProperty]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-getownproperty)
unsafe extern "C" fn get_own_property(
    ctx: *mut q::JSContext,
    descriptor: *mut q::JSPropertyDescriptor,
    object: q::JSValue,
    atom: q::JSAtom,
) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(object) else { return Ok(false) };
        if let Some(property) = target.get(realm, &Key::of_atom(realm, atom)?)? {
            // SAFETY: the engine passes null or a place to fill.
            unsafe { describe(descriptor, property) };
            return Ok(true);
        }
        get_ordinary(realm, &target, descriptor, atom)
    })
}

/// OrdinaryGetOwnProperty, of the expando object.
fn get_ordinary(
    realm: &Realm,
    target: &Target,
    descriptor: *mut q::JSPropertyDescriptor,
    atom: q::JSAtom,
) -> Fallible<bool> {
    let Some(expando) = target.expando() else { return Ok(false) };
    // SAFETY: context, object and atom are alive, and the place is null or valid.
    let status = unsafe { q::JS_GetOwnProperty(realm.raw(), descriptor, expando.raw(), atom) };
    check(realm, status)?;
    Ok(status > 0)
}

/// [`[[OwnPropertyKeys]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-ownpropertykeys)
unsafe extern "C" fn get_own_property_names(
    ctx: *mut q::JSContext,
    table: *mut *mut q::JSPropertyEnum,
    count: *mut u32,
    object: q::JSValue,
) -> c_int {
    let status = answer(ctx, |realm| {
        let keys = Target::new(object).map_or_else(|| Ok(Vec::new()), |target| target.keys(realm))?;
        // SAFETY: the engine passes valid places.
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
pub(super) unsafe fn give_keys(
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

/// [`[[Delete]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-delete)
unsafe extern "C" fn delete_property(ctx: *mut q::JSContext, object: q::JSValue, atom: q::JSAtom) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(object) else { return Ok(true) };
        let key = Key::of_atom(realm, atom)?;
        // Step 1.
        if let Key::Index(index) = key
            && target.legacy.indexed.is_some()
        {
            return Ok(index >= target.length());
        }
        // Step 2.
        if let Some(name) = key.name()
            && target.is_visible(realm, &name)?
        {
            return target.delete_named(realm, name);
        }
        // Steps 3 and 4.
        let Some(expando) = target.expando() else { return Ok(true) };
        // SAFETY: context, object and atom are alive.
        let status = unsafe { q::JS_DeleteProperty(realm.raw(), expando.raw(), atom, 0) };
        check(realm, status)?;
        Ok(status > 0)
    })
}

/// [`[[DefineOwnProperty]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-defineownproperty)
unsafe extern "C" fn define_own_property(
    ctx: *mut q::JSContext,
    object: q::JSValue,
    atom: q::JSAtom,
    value: q::JSValue,
    getter: q::JSValue,
    setter: q::JSValue,
    flags: c_int,
) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(object) else { return Ok(false) };
        let key = Key::of_atom(realm, atom)?;
        let is_data = flags & (q::JS_PROP_HAS_VALUE | q::JS_PROP_HAS_WRITABLE) as c_int != 0;
        // Step 1.
        if let Key::Index(index) = key
            && target.legacy.indexed.is_some()
        {
            if !is_data {
                return refuse(realm, flags, "an indexed property of this object cannot be an accessor");
            }
            if target.set_indexed(realm, index, Value::view_one(&value))? {
                return Ok(true);
            }
            return refuse(realm, flags, "an indexed property of this object cannot be set");
        }
        // Step 2.
        if let Some(name) = key.name().filter(|name| target.legacy.is_named() && !target.is_unforgeable(name))
            && (target.legacy.override_builtins || !target.has_ordinary(realm, &name)?)
        {
            if target.legacy.set_named.is_none() {
                if target.names().contains(&name) {
                    return refuse(realm, flags, "a named property of this object cannot be set");
                }
            } else if !is_data {
                return refuse(realm, flags, "a named property of this object cannot be an accessor");
            } else {
                return target.set_named(realm, name, Value::view_one(&value));
            }
        }
        // Step 3.
        let expando = target.make_expando(realm)?;
        define(realm, expando.raw(), atom, [value, getter, setter], flags)
    })
}

fn define(
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

/// [`[[Set]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-set)
unsafe extern "C" fn set_property(
    ctx: *mut q::JSContext,
    object: q::JSValue,
    atom: q::JSAtom,
    value: q::JSValue,
    receiver: q::JSValue,
    flags: c_int,
) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(object) else { return Ok(false) };
        let key = Key::of_atom(realm, atom)?;
        // SAFETY: both are compared as pointers only, and only if they are objects.
        let same = Value::view_one(&receiver).is_object()
            && unsafe { ptr::eq(q::JS_VALUE_GET_PTR(object), q::JS_VALUE_GET_PTR(receiver)) };
        // Step 1.
        if same {
            if let Key::Index(index) = key
                && target.set_indexed(realm, index, Value::view_one(&value))?
            {
                return Ok(true);
            }
            if let Some(name) = key.name()
                && target.set_named(realm, name, Value::view_one(&value))?
            {
                return Ok(true);
            }
        }
        // Step 2.
        let own = match key {
            Key::Index(index) => target.get_indexed(realm, index)?.map(Own::data),
            Key::Name(_) | Key::Symbol => None,
        };
        let own = match own {
            None => own_ordinary(realm, &target, atom)?,
            own => own,
        };
        // Step 3.
        set_with_own_descriptor(realm, &target.object, own, &Assignment { atom, value, receiver, flags })
    })
}

/// What an own property is, as far as setting it wants to know.
pub(super) enum Own {
    Data { writable: bool },
    Accessor(Value),
}

impl Own {
    pub(super) fn data((_, flags): (Value, u32)) -> Self {
        Self::Data { writable: flags & q::JS_PROP_WRITABLE != 0 }
    }
}

fn own_property(realm: &Realm, object: q::JSValue, atom: q::JSAtom) -> Fallible<Option<Own>> {
    let mut found = q::JSPropertyDescriptor {
        flags: 0,
        value: q::JS_UNDEFINED,
        getter: q::JS_UNDEFINED,
        setter: q::JS_UNDEFINED,
    };
    // SAFETY: context, object and atom are alive, and the place is valid.
    let status = unsafe { q::JS_GetOwnProperty(realm.raw(), &raw mut found, object, atom) };
    check(realm, status)?;
    if status == 0 {
        return Ok(None);
    }
    drop((Value::from_owned(found.value), Value::from_owned(found.getter)));
    let setter = Value::from_owned(found.setter);
    Ok(Some(if found.flags & q::JS_PROP_GETSET as c_int != 0 {
        Own::Accessor(setter)
    } else {
        Own::Data { writable: found.flags & q::JS_PROP_WRITABLE as c_int != 0 }
    }))
}

fn own_ordinary(realm: &Realm, target: &Target, atom: q::JSAtom) -> Fallible<Option<Own>> {
    target.expando().map_or(Ok(None), |expando| own_property(realm, expando.raw(), atom))
}

/// The flags that tell whether a failure throws.
const THROW: c_int = (q::JS_PROP_THROW | q::JS_PROP_THROW_STRICT) as c_int;

/// What is set, and where.
pub(super) struct Assignment {
    pub(super) atom: q::JSAtom,
    pub(super) value: q::JSValue,
    pub(super) receiver: q::JSValue,
    pub(super) flags: c_int,
}

/// [OrdinarySetWithOwnDescriptor](https://tc39.es/ecma262/#sec-ordinarysetwithowndescriptor)
pub(super) fn set_with_own_descriptor(
    realm: &Realm,
    object: &Object,
    own: Option<Own>,
    assignment: &Assignment,
) -> Fallible<bool> {
    let &Assignment { atom, value, receiver, flags } = assignment;
    let own = match own {
        Some(own) => own,
        // Step 1.
        None => match object.prototype(realm)? {
            Some(prototype) => return set_on_prototype(realm, &prototype, assignment),
            None => Own::Data { writable: true },
        },
    };
    match own {
        // Step 2.
        Own::Data { writable: false } => refuse(realm, flags, "this property cannot be set"),
        Own::Data { writable: true } => {
            if !Value::view_one(&receiver).is_object() {
                return refuse(realm, flags, "a property of a primitive cannot be set");
            }
            let mut define_flags = q::JS_PROP_HAS_VALUE as c_int | flags & THROW;
            match own_property(realm, receiver, atom)? {
                Some(Own::Accessor(_) | Own::Data { writable: false }) => {
                    return refuse(realm, flags, "this property cannot be set");
                }
                Some(Own::Data { writable: true }) => {}
                None => {
                    define_flags |= (q::JS_PROP_C_W_E
                        | q::JS_PROP_HAS_WRITABLE
                        | q::JS_PROP_HAS_ENUMERABLE
                        | q::JS_PROP_HAS_CONFIGURABLE) as c_int;
                }
            }
            define(realm, receiver, atom, [value, q::JS_UNDEFINED, q::JS_UNDEFINED], define_flags)
        }
        // Steps 3 to 7.
        Own::Accessor(setter) => match setter.as_object() {
            Some(setter) => {
                let value = Value::view_one(&value).clone();
                setter.call(realm, Value::view_one(&receiver), &[value])?;
                Ok(true)
            }
            None => refuse(realm, flags, "this property has no setter"),
        },
    }
}

/// `[[Set]]` of the prototype, for the same receiver.
fn set_on_prototype(realm: &Realm, prototype: &Object, assignment: &Assignment) -> Fallible<bool> {
    let args = [
        prototype.as_value().clone(),
        atom_value(realm, assignment.atom)?,
        Value::view_one(&assignment.value).clone(),
        Value::view_one(&assignment.receiver).clone(),
    ];
    let set = realm.intrinsics().object("reflectSet")?.call(realm, &Value::UNDEFINED, &args)?;
    if set.to_boolean(realm) {
        return Ok(true);
    }
    refuse(realm, assignment.flags, "this property cannot be set")
}

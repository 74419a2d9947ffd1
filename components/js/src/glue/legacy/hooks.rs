//! What the engine calls for legacy platform objects.

use std::ffi::c_int;

use rquickjs_sys as q;

use super::target::Target;
use crate::exotic::{self, answer, answer_keys, describe, is_same, refuse};
use crate::glue::key::{Key, atom_value};
use crate::object::check;
use crate::{Fallible, Object, Realm, Value};

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
    // SAFETY: the engine passes null or a place to fill, and an atom that is alive.
    unsafe { exotic::get_own_property(realm, &expando, atom, descriptor) }
}

/// [`[[OwnPropertyKeys]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-ownpropertykeys)
unsafe extern "C" fn get_own_property_names(
    ctx: *mut q::JSContext,
    table: *mut *mut q::JSPropertyEnum,
    count: *mut u32,
    object: q::JSValue,
) -> c_int {
    let keys =
        |realm: &Realm| Target::new(object).map_or_else(|| Ok(Vec::new()), |target| target.keys(realm));
    // SAFETY: the engine passes valid places.
    unsafe { answer_keys(ctx, table, count, keys) }
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
        // SAFETY: the engine passes an atom that is alive.
        unsafe { exotic::delete_property(realm, &expando, atom) }
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
        // SAFETY: the engine passes an atom and values that are alive.
        unsafe { exotic::define_own_property(realm, expando.raw(), atom, [value, getter, setter], flags) }
    })
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
        // Step 1.
        if is_same(object, receiver) {
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
            let values = [value, q::JS_UNDEFINED, q::JS_UNDEFINED];
            // SAFETY: the engine passed an atom and values that are alive.
            unsafe { exotic::define_own_property(realm, receiver, atom, values, define_flags) }
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

//! The internal methods of proxies, as the engine calls them. It calls them with the realm of the script that asks.

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rquickjs_sys as q;

use super::{Data, Kind, allows, cross_origin, data_of, host, realm_of};
use crate::exotic::{self, answer, answer_keys, describe, is_same, refuse};
use crate::glue::panicked;
use crate::object::{Atom, check};
use crate::{Fallible, Object, Realm, Value};

pub(super) static METHODS: q::JSClassExoticMethods = q::JSClassExoticMethods {
    get_own_property: Some(get_own_property),
    get_own_property_names: Some(own_property_keys),
    delete_property: Some(delete),
    define_own_property: Some(define_own_property),
    has_property: Some(has_property),
    get_property: Some(get),
    set_property: Some(set),
};

/// The bit that tells an index among the engine's property keys; checked by a test.
const INDEX_BIT: u32 = 1 << 31;

/// The array index that a key is.
const fn index_of(atom: q::JSAtom) -> Option<u32> {
    if atom & INDEX_BIT == 0 { None } else { Some(atom & !INDEX_BIT) }
}

/// A proxy while one of its methods runs.
pub(super) struct Target<'a> {
    pub(super) proxy: Value,
    pub(super) kind: Kind,
    /// The global object, or the `Location` object.
    pub(super) object: Object,
    pub(super) global: Value,
    pub(super) accessor: &'a Realm,
}

impl<'a> Target<'a> {
    /// What a proxy forwards to; `None` before it was told.
    fn new(accessor: &'a Realm, proxy: q::JSValue) -> Option<Self> {
        let data: &Data = data_of(proxy)?;
        let object = data.target.borrow().as_object()?;
        let global = (**data.global.borrow()).clone();
        Some(Self { proxy: Value::from_borrowed(proxy), kind: data.kind, object, global, accessor })
    }

    fn is_within_reach(&self) -> bool {
        allows(self.accessor, &self.global)
    }

    /// The proxy of a frame.
    pub(super) fn child(&self, index: u32) -> Option<Value> {
        if self.kind != Kind::Window {
            return None;
        }
        host()?.child(&realm_of(&self.global)?, index)
    }

    pub(super) fn child_count(&self) -> u32 {
        let count = || Some(host()?.child_count(&realm_of(&self.global)?));
        if self.kind == Kind::Window { count().unwrap_or(0) } else { 0 }
    }

    /// Whether a key is that of a frame by its index, and that frame.
    fn indexed(&self, atom: q::JSAtom) -> Option<Option<Value>> {
        (self.kind == Kind::Window).then(|| index_of(atom).map(|index| self.child(index))).flatten()
    }

    /// As [`get`](Self::get), for an object that inherits from the proxy.
    fn get_for(&self, atom: q::JSAtom, receiver: &Value) -> Fallible<Value> {
        let realm = self.accessor;
        // SAFETY: context and atom are alive.
        let key = realm.own(unsafe { q::JS_AtomToValue(realm.raw(), atom) })?;
        let args = [self.object.as_value().clone(), key, receiver.clone()];
        let get = realm.intrinsics().object("reflectGet")?;
        get.call(realm, &Value::UNDEFINED, &args)
    }

    pub(super) fn get(&self, atom: q::JSAtom) -> Fallible<Value> {
        // SAFETY: context, object and atom are alive.
        self.accessor.own(unsafe { q::JS_GetProperty(self.accessor.raw(), self.object.raw(), atom) })
    }
}

/// [`[[GetOwnProperty]]`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#windowproxy-getownproperty)
unsafe extern "C" fn get_own_property(
    ctx: *mut q::JSContext,
    descriptor: *mut q::JSPropertyDescriptor,
    object: q::JSValue,
    atom: q::JSAtom,
) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(realm, object) else { return Ok(false) };
        if let Some(child) = target.indexed(atom) {
            if let Some(child) = child {
                let flags = q::JS_PROP_CONFIGURABLE | q::JS_PROP_ENUMERABLE;
                // SAFETY: the engine passes null or a place to fill.
                unsafe { describe(descriptor, (child, flags)) };
                return Ok(true);
            }
            return if target.is_within_reach() {
                Ok(false)
            } else {
                Err(cross_origin::refused(realm, atom))
            };
        }
        if !target.is_within_reach() {
            let value = cross_origin::get(&target, atom)?;
            // SAFETY: the engine passes null or a place to fill.
            unsafe { describe(descriptor, (value, q::JS_PROP_CONFIGURABLE)) };
            return Ok(true);
        }
        // SAFETY: the engine passes null or a place to fill, and an atom that is alive.
        unsafe { exotic::get_own_property(realm, &target.object, atom, descriptor) }
    })
}

/// [`[[OwnPropertyKeys]]`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#windowproxy-ownpropertykeys)
unsafe extern "C" fn own_property_keys(
    ctx: *mut q::JSContext,
    table: *mut *mut q::JSPropertyEnum,
    count: *mut u32,
    object: q::JSValue,
) -> c_int {
    let keys = |realm: &Realm| {
        let Some(target) = Target::new(realm, object) else { return Ok(Vec::new()) };
        let mut atoms = Vec::new();
        for index in 0..target.child_count() {
            atoms.push(Atom::of_str(realm, &index.to_string())?);
        }
        if target.is_within_reach() {
            for key in target.object.own_property_keys(realm)? {
                atoms.push(Atom::of_key(realm, &key)?);
            }
        } else {
            cross_origin::keys(&target, &mut atoms)?;
        }
        Ok(atoms)
    };
    // SAFETY: the engine passes valid places.
    unsafe { answer_keys(ctx, table, count, keys) }
}

/// [`[[Delete]]`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#windowproxy-delete)
unsafe extern "C" fn delete(ctx: *mut q::JSContext, object: q::JSValue, atom: q::JSAtom) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(realm, object) else { return Ok(true) };
        if !target.is_within_reach() {
            return Err(cross_origin::refused(realm, atom));
        }
        if let Some(child) = target.indexed(atom) {
            return Ok(child.is_none());
        }
        // SAFETY: the engine passes an atom that is alive.
        unsafe { exotic::delete_property(realm, &target.object, atom) }
    })
}

/// [`[[DefineOwnProperty]]`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#windowproxy-defineownproperty)
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
        let Some(target) = Target::new(realm, object) else { return Ok(false) };
        if !target.is_within_reach() {
            return Err(cross_origin::refused(realm, atom));
        }
        if target.indexed(atom).is_some() {
            return refuse(realm, flags, "a frame of a window cannot be set");
        }
        let values = [value, getter, setter];
        // SAFETY: the engine passes an atom and values that are alive.
        unsafe { exotic::define_own_property(realm, target.object.raw(), atom, values, flags) }
    })
}

unsafe extern "C" fn has_property(ctx: *mut q::JSContext, object: q::JSValue, atom: q::JSAtom) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(realm, object) else { return Ok(false) };
        if !target.is_within_reach() {
            return match target.indexed(atom) {
                Some(Some(_)) => Ok(true),
                _ => cross_origin::get(&target, atom).map(|_| true),
            };
        }
        if let Some(child) = target.indexed(atom) {
            return Ok(child.is_some());
        }
        // SAFETY: context, object and atom are alive.
        let status = unsafe { q::JS_HasProperty(ctx, target.object.raw(), atom) };
        check(realm, status)?;
        Ok(status > 0)
    })
}

/// [`[[Get]]`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#windowproxy-get)
unsafe extern "C" fn get(
    ctx: *mut q::JSContext,
    object: q::JSValue,
    atom: q::JSAtom,
    receiver: q::JSValue,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    let result = catch_unwind(AssertUnwindSafe(|| {
        let Some(target) = Target::new(realm, object) else { return Ok(Value::UNDEFINED) };
        match target.indexed(atom) {
            Some(Some(child)) => Ok(child),
            _ if !target.is_within_reach() => cross_origin::get(&target, atom),
            Some(None) => Ok(Value::UNDEFINED),
            None if is_same(object, receiver) => target.get(atom),
            None => target.get_for(atom, Value::view_one(&receiver)),
        }
    }));
    match result {
        Ok(Ok(value)) => value.into_raw(),
        Ok(Err(exception)) => exception.throw(realm),
        Err(_) => panicked(realm),
    }
}

/// [`[[Set]]`](https://html.spec.whatwg.org/multipage/nav-history-apis.html#windowproxy-set)
unsafe extern "C" fn set(
    ctx: *mut q::JSContext,
    object: q::JSValue,
    atom: q::JSAtom,
    value: q::JSValue,
    receiver: q::JSValue,
    flags: c_int,
) -> c_int {
    answer(ctx, |realm| {
        let Some(target) = Target::new(realm, object) else { return Ok(false) };
        if !target.is_within_reach() && !cross_origin::is_settable(&target, atom)? {
            return Err(cross_origin::refused(realm, atom));
        }
        if target.indexed(atom).is_some() {
            return refuse(realm, flags, "a frame of a window cannot be set");
        }
        // SAFETY: the context and the atom are alive.
        let key = realm.own(unsafe { q::JS_AtomToValue(realm.raw(), atom) })?;
        let reflect = realm.intrinsics().object("reflectSet")?;
        // What inherits from the window is the receiver itself, rather than what stands behind the proxy.
        let receiver = if is_same(object, receiver) { target.object.raw() } else { receiver };
        let mut arguments = [target.object.raw(), key.raw(), value, receiver];
        // SAFETY: context, function and arguments are alive during the call.
        let done =
            unsafe { q::JS_Call(realm.raw(), reflect.raw(), q::JS_UNDEFINED, 4, arguments.as_mut_ptr()) };
        if realm.own(done)?.to_boolean(realm) {
            return Ok(true);
        }
        refuse(realm, flags, "this property of the window cannot be set")
    })
}

//! [Named properties objects](https://webidl.spec.whatwg.org/#named-properties-object): prototypes of global objects, which
//! have the global's named properties. The names are those of the interface's named getter, or, for a window, what the
//! [window host](crate::WindowHost) knows: it need not list all of them to find one.

use std::ffi::c_int;

use rquickjs_sys as q;

use super::hooks::{Assignment, Own, set_with_own_descriptor};
use super::target::Target;
use crate::exotic::{answer, answer_keys, describe, refuse};
use crate::glue::key::{Key, atom_value};
use crate::glue::{Exposure, INTERNAL, Interface};
use crate::object::Atom;
use crate::platform;
use crate::{DomString, Fallible, Object, PropertyKey, Realm, Reflector, Value, state, trace_fields};

const INDEX: u16 = INTERNAL - 3;

/// The interface of named properties objects; no page sees it.
pub(crate) static NAMED_PROPERTIES: Interface =
    Interface::new::<NamedProperties>(c"NamedProperties", INDEX, INDEX, 0);

/// A named properties object.
pub(crate) struct NamedProperties {
    reflector: Reflector,
    /// The realm that it is of; only looked at while the realm is known to be alive.
    realm: *mut q::JSContext,
}

impl NamedProperties {
    const IDL: &'static Interface = &NAMED_PROPERTIES;
}

trace_fields!(NamedProperties {});
crate::platform_object!(NamedProperties);

pub(super) const METHODS: *const q::JSClassExoticMethods = &raw const HOOKS;

static HOOKS: q::JSClassExoticMethods = q::JSClassExoticMethods {
    get_own_property: Some(get_own_property),
    get_own_property_names: Some(own_property_keys),
    delete_property: Some(delete_property),
    define_own_property: Some(define_own_property),
    has_property: None,
    get_property: None,
    set_property: Some(set_property),
};

/// [Creates the named properties object](https://webidl.spec.whatwg.org/#create-a-named-properties-object) of a global's
/// interface.
pub(crate) fn named_properties_object(realm: &Realm, prototype: &Object) -> Fallible<Object> {
    let object = NamedProperties { reflector: Reflector::new(), realm: realm.raw() };
    Ok(realm.wrap_with(object, prototype)?.to_object())
}

/// The realm whose global's names an object has; none if it has ended.
fn realm_of(object: q::JSValue) -> Option<Realm> {
    let header = platform::header_of(object)?;
    // SAFETY: the header lives as long as its object, which the caller of the engine's hook holds.
    let ctx = unsafe { header.as_ref() }.view::<NamedProperties>()?.realm;
    if !state::is_alive(ctx) {
        return None;
    }
    // SAFETY: it was just found to be alive.
    Some(unsafe { Realm::borrow(&ctx) }.clone())
}

/// A named property, if it is [visible](https://webidl.spec.whatwg.org/#dfn-named-property-visibility): its value and flags.
fn named(realm: &Realm, object: q::JSValue, name: &DomString) -> Fallible<Option<(Value, u32)>> {
    let Some(of) = realm_of(object) else { return Ok(None) };
    let global = of.global();
    if let Some(target) = Target::new(global.raw()).filter(|target| target.legacy.is_named()) {
        return Ok(target.get_named(realm, name)?.map(|(value, flags)| (value, flags | q::JS_PROP_WRITABLE)));
    }
    // Steps 2 and 4 to 6 of the visibility algorithm; step 1 comes last, because it is the slow one. What the global
    // object has itself is not looked up here.
    let key = PropertyKey::String(name.clone());
    let mut next = global.prototype(realm)?;
    while let Some(prototype) = next {
        if prototype.address() != address(object) && prototype.has_own(realm, &key)? {
            return Ok(None);
        }
        next = prototype.prototype(realm)?;
    }
    let host = state::shared().window_host.borrow().clone();
    let value = host.and_then(|host| host.named(&of, name));
    Ok(value.map(|value| (value, q::JS_PROP_CONFIGURABLE | q::JS_PROP_WRITABLE)))
}

fn address(object: q::JSValue) -> *mut std::ffi::c_void {
    // SAFETY: an object's value holds a pointer.
    unsafe { q::JS_VALUE_GET_PTR(object) }
}

/// The [class string](https://webidl.spec.whatwg.org/#named-properties-object), which is no ordinary property: nobody can
/// change or delete it.
fn class_string(realm: &Realm, object: q::JSValue) -> Fallible<Value> {
    let options = realm_of(object).map(|of| of.options()).unwrap_or_default();
    if options.exposure.intersects(Exposure::WINDOW) {
        return Value::string(realm, "WindowProperties");
    }
    let global = realm_of(object).and_then(|of| platform::header_of(of.global().raw()));
    // SAFETY: the header lives as long as the global object, which its realm holds.
    let name = global.map(|header| unsafe { header.as_ref() }.interface().name.to_string_lossy());
    Value::string(realm, &format!("{}Properties", name.unwrap_or_default()))
}

/// What an own property is: its value and flags.
fn own(realm: &Realm, object: q::JSValue, atom: q::JSAtom) -> Fallible<Option<(Value, u32)>> {
    let key = Key::of_atom(realm, atom)?;
    if let Some(name) = key.name() {
        return named(realm, object, &name);
    }
    let tag = realm.intrinsics().symbol(realm, "symbolToStringTag")?;
    if atom_value(realm, atom)?.same_value(&tag) {
        return Ok(Some((class_string(realm, object)?, q::JS_PROP_CONFIGURABLE)));
    }
    Ok(None)
}

/// [`[[GetOwnProperty]]`](https://webidl.spec.whatwg.org/#named-properties-object-getownproperty)
unsafe extern "C" fn get_own_property(
    ctx: *mut q::JSContext,
    descriptor: *mut q::JSPropertyDescriptor,
    object: q::JSValue,
    atom: q::JSAtom,
) -> c_int {
    answer(ctx, |realm| {
        let Some(property) = own(realm, object, atom)? else { return Ok(false) };
        // SAFETY: the engine passes null or a place to fill.
        unsafe { describe(descriptor, property) };
        Ok(true)
    })
}

/// `[[OwnPropertyKeys]]`: named properties are no own properties of it.
unsafe extern "C" fn own_property_keys(
    ctx: *mut q::JSContext,
    table: *mut *mut q::JSPropertyEnum,
    count: *mut u32,
    _object: q::JSValue,
) -> c_int {
    let keys = |realm: &Realm| {
        let tag = realm.intrinsics().symbol(realm, "symbolToStringTag")?;
        Ok(vec![Atom::of_value(realm, &tag)?])
    };
    // SAFETY: the engine passes valid places.
    unsafe { answer_keys(ctx, table, count, keys) }
}

/// [`[[DefineOwnProperty]]`](https://webidl.spec.whatwg.org/#named-properties-object-defineownproperty)
unsafe extern "C" fn define_own_property(
    ctx: *mut q::JSContext,
    _object: q::JSValue,
    _atom: q::JSAtom,
    _value: q::JSValue,
    _getter: q::JSValue,
    _setter: q::JSValue,
    flags: c_int,
) -> c_int {
    answer(ctx, |realm| refuse(realm, flags, "this object can have no properties of its own"))
}

/// [`[[Delete]]`](https://webidl.spec.whatwg.org/#named-properties-object-delete)
unsafe extern "C" fn delete_property(_: *mut q::JSContext, _object: q::JSValue, _atom: q::JSAtom) -> c_int {
    0
}

/// `[[Set]]`, as ordinary objects have it: here for the receivers that are another object, and for strict code.
unsafe extern "C" fn set_property(
    ctx: *mut q::JSContext,
    object: q::JSValue,
    atom: q::JSAtom,
    value: q::JSValue,
    receiver: q::JSValue,
    flags: c_int,
) -> c_int {
    answer(ctx, |realm| {
        let own = own(realm, object, atom)?.map(Own::data);
        let this = Object::from_value_unchecked(Value::from_borrowed(object));
        set_with_own_descriptor(realm, &this, own, &Assignment { atom, value, receiver, flags })
    })
}

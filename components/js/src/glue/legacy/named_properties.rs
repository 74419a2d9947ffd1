//! [Named properties objects](https://webidl.spec.whatwg.org/#named-properties-object): prototypes of global objects, which
//! have the global's named properties.

use std::ffi::c_int;

use rquickjs_sys as q;

use super::hooks::answer;
use super::target::{Target, describe, refuse};
use crate::glue::key::Key;
use crate::glue::{INTERNAL, Interface, define_symbol};
use crate::platform;
use crate::{DomString, Fallible, Object, Realm, Reflector, state, trace_fields};

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
    // Named properties are no own properties of it: the engine's own list has what there is.
    get_own_property_names: None,
    delete_property: Some(delete_property),
    define_own_property: Some(define_own_property),
    has_property: None,
    get_property: None,
    set_property: None,
};

/// [Creates the named properties object](https://webidl.spec.whatwg.org/#create-a-named-properties-object) of an interface.
pub(crate) fn named_properties_object(
    realm: &Realm,
    interface: &Interface,
    prototype: &Object,
) -> Fallible<Object> {
    let object = NamedProperties { reflector: Reflector::new(), realm: realm.raw() };
    let object = realm.wrap_with(object, prototype)?.to_object();
    let tag = DomString::from(format!("{}Properties", interface.name.to_string_lossy())).to_value(realm)?;
    let flags = (q::JS_PROP_CONFIGURABLE | q::JS_PROP_NO_EXOTIC) as c_int;
    define_symbol(realm, &object, "symbolToStringTag", &tag, flags)?;
    Ok(object)
}

/// The global object whose names an object has; none if its realm has ended.
fn global(object: q::JSValue) -> Option<Target> {
    let header = platform::header_of(object)?;
    // SAFETY: the header lives as long as its object, which the caller of the engine's hook holds.
    let ctx = unsafe { header.as_ref() }.view::<NamedProperties>()?.realm;
    if !state::shared().realms.borrow().contains_key(&ctx) {
        return None;
    }
    // SAFETY: the table has only contexts that are alive.
    Target::new(unsafe { Realm::borrow(&ctx) }.global().raw())
}

/// [`[[GetOwnProperty]]`](https://webidl.spec.whatwg.org/#named-properties-object-getownproperty)
unsafe extern "C" fn get_own_property(
    ctx: *mut q::JSContext,
    descriptor: *mut q::JSPropertyDescriptor,
    object: q::JSValue,
    atom: q::JSAtom,
) -> c_int {
    answer(ctx, |realm| {
        let name = Key::of_atom(realm, atom)?.name();
        let (Some(name), Some(global)) = (name, global(object)) else { return Ok(false) };
        let Some((value, flags)) = global.get_named(realm, &name)? else { return Ok(false) };
        // SAFETY: the engine passes null or a place to fill.
        unsafe { describe(descriptor, (value, flags | q::JS_PROP_WRITABLE)) };
        Ok(true)
    })
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

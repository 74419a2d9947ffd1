//! [The named properties object](https://webidl.spec.whatwg.org/#named-properties-object) of windows, which stands between
//! `Window.prototype` and that of `EventTarget`.

use std::ffi::c_int;

use rquickjs_sys as q;

use super::hooks::{answer, describe};
use super::{host, realm_of};
use crate::object::check;
use crate::{DomString, Exception, Fallible, Object, Realm, Value, ValueKind, state};

pub(super) static METHODS: q::JSClassExoticMethods = q::JSClassExoticMethods {
    get_own_property: Some(get_own_property),
    get_own_property_names: None,
    delete_property: Some(delete),
    define_own_property: Some(define_own_property),
    has_property: None,
    get_property: None,
    set_property: None,
};

/// Puts the object into the prototype chain of a realm's global object.
pub(crate) fn install(realm: &Realm) -> Fallible<()> {
    let Some(prototype) = realm.global().prototype(realm)? else { return Ok(()) };
    let above = prototype.prototype(realm)?.map_or(Value::NULL, Object::into_value);
    // SAFETY: context and objects are alive; the class was registered with the runtime.
    unsafe {
        let class = state::proxy_classes().named;
        let object = realm.own(q::JS_NewObjectProtoClass(realm.raw(), above.raw(), class))?;
        // The class has no finalizer: the context is only compared with, and read while the realm runs script.
        q::JS_SetOpaque(object.raw(), realm.raw().cast());
        check(realm, q::JS_SetPrototype(realm.raw(), prototype.raw(), object.raw()))
    }
}

/// [`[[GetOwnProperty]]`](https://webidl.spec.whatwg.org/#named-properties-object-getownproperty), by the [named property
/// visibility algorithm](https://webidl.spec.whatwg.org/#dfn-named-property-visibility).
unsafe extern "C" fn get_own_property(
    ctx: *mut q::JSContext,
    descriptor: *mut q::JSPropertyDescriptor,
    object: q::JSValue,
    atom: q::JSAtom,
) -> c_int {
    answer(ctx, |realm| {
        let object = Object::from_value_unchecked(Value::from_borrowed(object));
        if let Some(above) = object.prototype(realm)? {
            // SAFETY: context, object and atom are alive.
            let status = unsafe { q::JS_HasProperty(ctx, above.raw(), atom) };
            check(realm, status)?;
            if status > 0 {
                return Ok(false);
            }
        }
        // SAFETY: context and atom are alive.
        let key = realm.own(unsafe { q::JS_AtomToValue(ctx, atom) })?;
        if key.kind() == ValueKind::Symbol {
            return Ok(false);
        }
        let name = DomString::of(realm, &key)?;
        let Some(value) = target(&object).and_then(|target| host()?.named(&target, &name)) else {
            return Ok(false);
        };
        describe(descriptor, value, q::JS_PROP_CONFIGURABLE | q::JS_PROP_WRITABLE);
        Ok(true)
    })
}

/// The realm of the window that the object belongs to, unless that is gone.
fn target(object: &Object) -> Option<Realm> {
    // SAFETY: reads the opaque of an object of this class, or null.
    let ctx = unsafe { q::JS_GetOpaque(object.raw(), state::proxy_classes().named) };
    let global = state::shared().globals.borrow().iter().find_map(|(address, global)| {
        std::ptr::eq(global.ctx.cast(), ctx).then(|| q::JS_MKPTR(q::JS_TAG_OBJECT, *address))
    })?;
    realm_of(Value::view_one(&global))
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
    #[expect(clippy::cast_possible_wrap, reason = "small flags")]
    let throws = flags & q::JS_PROP_THROW as c_int != 0;
    answer(ctx, |_| {
        if throws {
            Err(Exception::type_error("the named properties object cannot be changed"))
        } else {
            Ok(false)
        }
    })
}

/// [`[[Delete]]`](https://webidl.spec.whatwg.org/#named-properties-object-delete)
unsafe extern "C" fn delete(_: *mut q::JSContext, _: q::JSValue, _: q::JSAtom) -> c_int {
    0
}

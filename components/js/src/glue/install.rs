//! [Interface objects](https://webidl.spec.whatwg.org/#interface-object) and prototypes.

use std::ffi::{CStr, c_int};
use std::rc::Rc;

use rquickjs_sys as q;

use super::async_iterable;
use super::interface::RawConstructor;
use super::iterable::{self, define_symbol};
use super::legacy::named_properties_object;
use super::{Interface, Member, Namespace, NamespaceKind};
use crate::caller;
use crate::object::{ALL, Atom, HIDDEN, check};
use crate::property::{Properties, Property};
use crate::{DomString, Exception, Fallible, Object, PlatformObject, Realm, Root, Value, state};

const CONFIGURABLE: c_int = q::JS_PROP_CONFIGURABLE as c_int;
const ENUMERABLE: c_int = q::JS_PROP_ENUMERABLE as c_int;

impl Realm {
    /// Defines every interface object and namespace that this realm exposes on its global object.
    pub fn install(
        &self,
        interfaces: &[&'static Interface],
        namespaces: &[&'static Namespace],
    ) -> Fallible<()> {
        let global = self.global();
        let window = self.options().exposure.intersects(super::Exposure::WINDOW);
        for interface in interfaces.iter().filter(|interface| interface.is_exposed(self)) {
            if !interface.no_interface_object && interface.legacy_namespace.is_none() {
                let (constructor, _) = interface_objects(self, interface)?;
                let aliases = interface.window_aliases.iter().filter(|_| window);
                for name in std::iter::once(&interface.name).chain(aliases) {
                    global.define(self, name.to_str().unwrap_or_default(), constructor.as_value(), HIDDEN)?;
                }
            }
            for factory in interface.legacy_factories {
                let (_, prototype) = interface_objects(self, interface)?;
                let length = factory.constructor.length;
                let function = make_function(self, factory.name, factory.constructor.call, length, None)?;
                function.define(self, "prototype", prototype.as_value(), 0)?;
                let name = factory.name.to_str().unwrap_or_default();
                global.define(self, name, function.as_value(), HIDDEN)?;
            }
        }
        for namespace in namespaces {
            let options = self.options();
            let visible = namespace.exposure.intersects(options.exposure);
            if visible && (!namespace.secure_context || options.secure_context) {
                let object = namespace_object(self, namespace, interfaces)?;
                let name = namespace.name.to_str().unwrap_or_default();
                global.define(self, name, object.as_value(), HIDDEN)?;
            }
        }
        Ok(())
    }
}

/// Creates a [namespace object](https://webidl.spec.whatwg.org/#namespace-object) or a [legacy callback interface
/// object](https://webidl.spec.whatwg.org/#legacy-callback-interface-object).
fn namespace_object(
    realm: &Realm,
    namespace: &'static Namespace,
    interfaces: &[&'static Interface],
) -> Fallible<Object> {
    if namespace.kind == NamespaceKind::CallbackInterface {
        let object = make_function(realm, namespace.name, illegal_constructor, 0, None)?;
        install_members(realm, &object, namespace.members)?;
        return Ok(object);
    }
    let object = if namespace.own_prototype {
        let prototype = Object::new(realm)?;
        // SAFETY: context and prototype are alive.
        Object::from_value_unchecked(
            realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), prototype.raw()) })?,
        )
    } else {
        Object::new(realm)?
    };
    install_members(realm, &object, namespace.members)?;
    for interface in interfaces.iter().filter(|interface| interface.is_exposed(realm)) {
        if interface.legacy_namespace == Some(namespace.name) {
            let (constructor, _) = interface_objects(realm, interface)?;
            let name = interface.name.to_str().unwrap_or_default();
            object.define(realm, name, constructor.as_value(), HIDDEN)?;
        }
    }
    let tag = DomString::from(namespace.name.to_str().unwrap_or_default()).to_value(realm)?;
    define_symbol(realm, &object, "symbolToStringTag", &tag, CONFIGURABLE)?;
    Ok(object)
}

/// The interface object and [interface prototype object](https://webidl.spec.whatwg.org/#interface-prototype-object)
/// of an interface in a realm, made when first asked for.
pub(crate) fn interface_objects(realm: &Realm, interface: &'static Interface) -> Fallible<(Object, Object)> {
    let known = realm.with_data(|data| data.interfaces.borrow().get(&interface.index).cloned()).flatten();
    if let Some(objects) = known {
        return Ok(objects);
    }
    let parent = interface.parent.map(|parent| interface_objects(realm, parent)).transpose()?;
    let prototype = make_prototype(realm, interface, parent.as_ref().map(|(_, prototype)| prototype))?;
    let constructor =
        make_constructor(realm, interface, parent.as_ref().map(|(constructor, _)| constructor))?;
    constructor.define(realm, "prototype", prototype.as_value(), 0)?;
    install_members(realm, &constructor, interface.constants)?;
    install_members(realm, &constructor, interface.statics)?;
    install_unscopables(realm, &prototype, interface)?;
    if !interface.is_global {
        install_instance_members(realm, &prototype, interface)?;
    }
    install_members(realm, &prototype, interface.constants)?;
    if !interface.no_interface_object {
        prototype.define(realm, "constructor", constructor.as_value(), HIDDEN)?;
    }
    let tag = match interface.legacy_namespace {
        Some(namespace) => {
            format!("{}.{}", namespace.to_string_lossy(), interface.name.to_string_lossy())
        }
        None => interface.name.to_string_lossy().into_owned(),
    };
    let tag = DomString::from(tag).to_value(realm)?;
    define_symbol(realm, &prototype, "symbolToStringTag", &tag, CONFIGURABLE)?;
    let class_id = state::class_base() + u32::from(interface.index);
    if interface.index < super::FIRST_INTERNAL {
        // SAFETY: context and prototype are alive; a reference to the prototype is given away.
        unsafe { q::JS_SetClassProto(realm.raw(), class_id, prototype.clone().into_value().into_raw()) };
    }
    let objects = (constructor, prototype);
    realm.with_data(|data| data.interfaces.borrow_mut().insert(interface.index, objects.clone()));
    Ok(objects)
}

/// Defines what iteration needs.
fn install_iteration(realm: &Realm, target: &Object, interface: &'static Interface) -> Fallible<()> {
    if interface.legacy.as_ref().is_some_and(super::Legacy::is_indexed) {
        let values = realm.intrinsics().object("arrayValues")?;
        define_symbol(realm, target, "symbolIterator", values.as_value(), HIDDEN)?;
    }
    if interface.value_iterable {
        iterable::install_values(realm, target)?;
    }
    if interface.pair_iterable.is_some() {
        iterable::install(realm, target, interface)?;
    }
    if interface.async_iterable.is_some() {
        async_iterable::install(realm, target, interface)?;
    }
    match interface.collection {
        Some(collection) => super::collection::install(realm, target, collection),
        None => Ok(()),
    }
}

fn make_prototype(realm: &Realm, interface: &Interface, parent: Option<&Object>) -> Fallible<Object> {
    if interface.has_named_properties_object() {
        let parent = match parent {
            Some(parent) => parent.clone(),
            None => realm.intrinsics().object("objectPrototype")?,
        };
        let properties = named_properties_object(realm, &parent)?;
        // SAFETY: context and prototype are alive.
        let prototype = realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), properties.raw()) })?;
        return Ok(Object::from_value_unchecked(prototype));
    }
    let value = match parent {
        // SAFETY: context and parent are alive.
        Some(parent) => realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), parent.raw()) })?,
        None if interface.inherits_error => {
            let parent = realm.intrinsics().object("errorPrototype")?;
            // SAFETY: context and parent are alive.
            realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), parent.raw()) })?
        }
        // SAFETY: the context is alive.
        None => realm.own(unsafe { q::JS_NewObject(realm.raw()) })?,
    };
    Ok(Object::from_value_unchecked(value))
}

fn make_constructor(realm: &Realm, interface: &Interface, parent: Option<&Object>) -> Fallible<Object> {
    let (call, length) = match &interface.constructor {
        Some(constructor) => (constructor.call, constructor.length),
        None => (illegal_constructor as _, 0),
    };
    make_function(realm, interface.name, call, length, parent)
}

/// A function that can only be called with `new`.
fn make_function(
    realm: &Realm,
    name: &'static CStr,
    call: RawConstructor,
    length: u8,
    parent: Option<&Object>,
) -> Fallible<Object> {
    let function_prototype = realm.intrinsics().object("functionPrototype")?;
    // SAFETY: the context is alive; the name is static.
    let function = realm.own(unsafe {
        q::JS_NewCFunction3(
            realm.raw(),
            Some(call),
            name.as_ptr(),
            c_int::from(length),
            q::JSCFunctionEnum_JS_CFUNC_constructor,
            0,
            parent.unwrap_or(&function_prototype).raw(),
            2,
        )
    })?;
    Ok(Object::from_value_unchecked(function))
}

unsafe extern "C" fn illegal_constructor(
    ctx: *mut q::JSContext,
    _new_target: q::JSValue,
    _argc: c_int,
    _argv: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context.
    Exception::type_error("illegal constructor").throw(unsafe { Realm::borrow(&ctx) })
}

/// Defines those members that the realm exposes.
pub(super) fn install_members(realm: &Realm, object: &Object, members: &'static [Member]) -> Fallible<()> {
    for member in members.iter().filter(|member| member.is_exposed(realm)) {
        if let Some(value) = member.bigint() {
            let name = member.name().to_str().unwrap_or_default();
            object.define(realm, name, &Value::bigint_i64(realm, value)?, ENUMERABLE)?;
            continue;
        }
        // SAFETY: context and object are alive; the entry is static, as lazily made functions need it.
        let status =
            unsafe { q::JS_SetPropertyFunctionList(realm.raw(), object.raw(), &raw const member.entry, 1) };
        check(realm, status)?;
    }
    Ok(())
}

/// Defines the attributes and operations of an interface and its mixins, and what iteration needs.
fn install_instance_members(realm: &Realm, object: &Object, interface: &'static Interface) -> Fallible<()> {
    install_heeding_callers(realm, object, interface, interface.members)?;
    interface.mixins.iter().try_for_each(|members| install_members(realm, object, members))?;
    install_iteration(realm, object, interface)
}

fn install_unscopables(realm: &Realm, prototype: &Object, interface: &Interface) -> Fallible<()> {
    if interface.unscopables.is_empty() {
        return Ok(());
    }
    // SAFETY: the context is alive.
    let list = realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), q::JS_NULL) })?;
    let list = Object::from_value_unchecked(list);
    for name in interface.unscopables {
        list.define(realm, name.to_str().unwrap_or_default(), &Value::boolean(true), ALL)?;
    }
    define_symbol(realm, prototype, "symbolUnscopables", list.as_value(), CONFIGURABLE)
}

/// Defines `[LegacyUnforgeable]` members of an interface and its ancestors on an object: with the [same
/// functions](https://webidl.spec.whatwg.org/#define-the-unforgeable-regular-operations) on each object of a realm.
pub(crate) fn install_unforgeable(
    realm: &Realm,
    object: &Object,
    interface: &'static Interface,
) -> Fallible<()> {
    let known = realm.with_data(|data| data.unforgeable.borrow().get(&interface.index).cloned()).flatten();
    let properties = match known {
        Some(properties) => properties,
        None => {
            let properties: Properties = unforgeable_properties(realm, interface)?.into();
            let kept = Rc::clone(&properties);
            realm.with_data(|data| data.unforgeable.borrow_mut().insert(interface.index, kept));
            properties
        }
    };
    properties.iter().try_for_each(|(name, property)| property.define(realm, object, name))
}

fn unforgeable_properties(realm: &Realm, interface: &'static Interface) -> Fallible<Vec<(Atom, Property)>> {
    let pattern = Object::new(realm)?;
    let ancestors: Vec<_> = std::iter::successors(Some(interface), |interface| interface.parent).collect();
    for interface in ancestors.into_iter().rev() {
        install_heeding_callers(realm, &pattern, interface, interface.unforgeable)?;
    }
    let mut properties = Vec::new();
    for key in pattern.own_property_keys(realm)? {
        let name = Atom::of_key(realm, &key)?;
        if let Some(property) = Property::own(realm, &pattern, &name)? {
            properties.push((name, property));
        }
    }
    Ok(properties)
}

/// [`install_members`], where some may have to know who called.
fn install_heeding_callers(
    realm: &Realm,
    object: &Object,
    interface: &Interface,
    members: &'static [Member],
) -> Fallible<()> {
    for member in members {
        if !caller::is_noted(interface, member) {
            install_members(realm, object, std::slice::from_ref(member))?;
        } else if member.is_exposed(realm) {
            caller::define(realm, object, member)?;
        }
    }
    Ok(())
}

/// Defines on a global object what its interface puts there rather than on its prototype.
pub(crate) fn install_global(realm: &Realm, interface: &'static Interface) -> Fallible<()> {
    let global = realm.global();
    let mut current = Some(interface);
    while let Some(interface) = current {
        if interface.is_global {
            install_instance_members(realm, &global, interface)?;
        }
        current = interface.parent;
    }
    install_unforgeable(realm, &global, interface)
}

/// The prototype of the object that `new` makes: the first steps to [internally
/// create](https://webidl.spec.whatwg.org/#internally-create-a-new-object-implementing-the-interface) it.
pub fn prototype_for<T: PlatformObject>(realm: &Realm, new_target: &Value) -> Fallible<Object> {
    prototype_of(realm, T::INTERFACE, new_target)
}

/// As [`prototype_for`], for an interface that is not known before.
pub fn prototype_of(realm: &Realm, interface: &'static Interface, new_target: &Value) -> Fallible<Object> {
    let Some(target) = new_target.as_object() else { return realm.prototype_of(interface) };
    if let Some(prototype) = target.get(realm, "prototype")?.as_object() {
        return Ok(prototype);
    }
    // The prototype of the interface in the target's realm.
    let intrinsics = realm.intrinsics();
    let fallback = intrinsics.call_object(realm, "fallbackPrototype", std::slice::from_ref(new_target))?;
    let target_realm = Realm::of_boolean_prototype(&fallback);
    target_realm.as_ref().unwrap_or(realm).prototype_of(interface)
}

/// Puts a [named properties object](https://webidl.spec.whatwg.org/#named-properties-object) above the prototype of a window
/// whose interface has no named getter: the window host knows the names.
pub(crate) fn install_named_properties(realm: &Realm, interface: &'static Interface) -> Fallible<()> {
    if interface.has_named_properties_object() {
        return Ok(());
    }
    let Some(prototype) = realm.global().prototype(realm)? else { return Ok(()) };
    let Some(above) = prototype.prototype(realm)? else { return Ok(()) };
    let object = named_properties_object(realm, &above)?;
    // SAFETY: context and objects are alive.
    check(realm, unsafe { q::JS_SetPrototype(realm.raw(), prototype.raw(), object.raw()) })
}

/// [Internally creates](https://webidl.spec.whatwg.org/#internally-create-a-new-object-implementing-the-interface) the
/// object that a constructor gives, with the prototype of `new.target`.
pub fn construct<T: PlatformObject>(realm: &Realm, prototype: &Object, object: T) -> Fallible<Root<T>> {
    realm.wrap_with(object, prototype)
}

//! What a legacy platform object, or a global object with named properties, has for properties.

use rquickjs_sys as q;

use super::{Legacy, NAMED_PROPERTIES};
use crate::exotic::is_same;
use crate::glue::Interface;
use crate::glue::key::Key;
use crate::object::Atom;
use crate::platform::{self, Header};
use crate::{DomString, Fallible, Object, PropertyKey, Realm, Value};

/// The name of the expando object among what is kept with an object.
const EXPANDO: &str = "[[Expando]]";

/// An object, with what supports its properties.
pub(super) struct Target {
    pub(super) object: Object,
    pub(super) legacy: Legacy,
    interface: &'static Interface,
}

/// A property's value and flags.
pub(super) type Property = (Value, u32);

impl Target {
    pub(super) fn new(raw: q::JSValue) -> Option<Self> {
        let header = platform::header_of(raw)?;
        // SAFETY: the header lives as long as its object, which the caller of the engine's hook holds.
        let interface = unsafe { header.as_ref() }.interface();
        let object = Object::from_value_unchecked(Value::from_borrowed(raw));
        Some(Self { object, legacy: interface.legacy()?, interface })
    }

    /// Calls `with` with the header of the object.
    fn header<R>(&self, with: impl FnOnce(&Header) -> R) -> Option<R> {
        let header = platform::header_of(self.object.raw())?;
        // SAFETY: the header lives as long as its object, which `self` holds.
        Some(with(unsafe { header.as_ref() }))
    }

    /// How many indices are supported.
    pub(super) fn length(&self) -> u32 {
        self.legacy.indexed.and_then(|indexed| self.header(indexed.length)).unwrap_or(0)
    }

    /// The supported property names.
    pub(super) fn names(&self) -> Vec<DomString> {
        self.legacy.named.and_then(|named| self.header(named.names)).unwrap_or_default()
    }

    /// The object that has what a page defined, if it did.
    pub(super) fn expando(&self) -> Option<Object> {
        self.header(|header| header.kept(EXPANDO)).flatten()
    }

    /// The object that is to have what a page defines.
    pub(super) fn make_expando(&self, realm: &Realm) -> Fallible<Object> {
        // SAFETY: the context is alive.
        let make = || realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), q::JS_NULL) });
        let make = || make().map(Object::from_value_unchecked);
        self.header(|header| header.kept_or(EXPANDO, make)).unwrap_or_else(make)
    }

    /// Whether it has an ordinary property of that name.
    pub(super) fn has_ordinary(&self, realm: &Realm, name: &DomString) -> Fallible<bool> {
        if self.is_unforgeable(name) {
            return Ok(true);
        }
        // A global object has all its properties itself.
        let holder = if self.interface.is_global { Some(self.object.clone()) } else { self.expando() };
        holder.map_or(Ok(false), |holder| holder.has_own(realm, &PropertyKey::String(name.clone())))
    }

    /// Whether it is an [unforgeable property name](https://webidl.spec.whatwg.org/#dfn-unforgeable-property-name).
    pub(super) fn is_unforgeable(&self, name: &DomString) -> bool {
        let mut current = Some(self.interface);
        while let Some(interface) = current {
            let has = |member: &crate::glue::Member| member.name().to_str().is_ok_and(|known| *name == known);
            if interface.unforgeable.iter().any(has) {
                return true;
            }
            current = interface.parent;
        }
        false
    }

    /// The [named property visibility algorithm](https://webidl.spec.whatwg.org/#dfn-named-property-visibility).
    pub(super) fn is_visible(&self, realm: &Realm, name: &DomString) -> Fallible<bool> {
        // Most names are those of methods, which hide what there is by steps 4 and 5: nobody sees that they are looked for
        // first, and there may be thousands of supported names.
        if self.is_of_interface(realm, name)? {
            return Ok(false);
        }
        // Step 1.
        if !self.names().contains(name) {
            return Ok(false);
        }
        // Step 2.
        if self.has_ordinary(realm, name)? {
            return Ok(false);
        }
        // Step 3.
        if self.legacy.override_builtins {
            return Ok(true);
        }
        // Steps 4 to 6.
        let key = PropertyKey::String(name.clone());
        let mut next = self.object.prototype(realm)?;
        while let Some(prototype) = next {
            if !is_named_properties_object(&prototype) && prototype.has_own(realm, &key)? {
                return Ok(false);
            }
            next = prototype.prototype(realm)?;
        }
        Ok(true)
    }

    /// Whether it inherits a property of that name from its interface's prototype object, and that is not overridden.
    fn is_of_interface(&self, realm: &Realm, name: &DomString) -> Fallible<bool> {
        if self.legacy.override_builtins || self.interface.is_global {
            return Ok(false);
        }
        let prototype = realm.prototype_of(self.interface)?;
        let inherits = self.object.prototype(realm)?.is_some_and(|of| is_same(of.raw(), prototype.raw()));
        Ok(inherits && prototype.has_own(realm, &PropertyKey::String(name.clone()))?)
    }

    /// The value of a supported index.
    pub(super) fn get_indexed(&self, realm: &Realm, index: u32) -> Fallible<Option<Property>> {
        let Some(indexed) = self.legacy.indexed.filter(|_| index < self.length()) else { return Ok(None) };
        let value = self.header(|header| (indexed.get)(realm, header, index)).transpose()?;
        let writable = if self.legacy.set_indexed.is_some() { q::JS_PROP_WRITABLE } else { 0 };
        Ok(value.map(|value| (value, q::JS_PROP_CONFIGURABLE | q::JS_PROP_ENUMERABLE | writable)))
    }

    /// The value of a visible name.
    pub(super) fn get_named(&self, realm: &Realm, name: &DomString) -> Fallible<Option<Property>> {
        let Some(named) = self.legacy.named else { return Ok(None) };
        if !self.is_visible(realm, name)? {
            return Ok(None);
        }
        let value = self.header(|header| (named.get)(realm, header, name.clone())).transpose()?;
        let writable = if self.legacy.set_named.is_some() { q::JS_PROP_WRITABLE } else { 0 };
        let enumerable = if self.legacy.unenumerable { 0 } else { q::JS_PROP_ENUMERABLE };
        Ok(value.map(|value| (value, q::JS_PROP_CONFIGURABLE | writable | enumerable)))
    }

    /// The value of a supported property; none if the property is an ordinary one, or is not there.
    pub(super) fn get(&self, realm: &Realm, key: &Key) -> Fallible<Option<Property>> {
        if let Key::Index(index) = key
            && let Some(property) = self.get_indexed(realm, *index)?
        {
            return Ok(Some(property));
        }
        // An index that is not supported may be a name.
        match key.name() {
            Some(name) => self.get_named(realm, &name),
            None => Ok(None),
        }
    }

    /// [Invokes the indexed property setter](https://webidl.spec.whatwg.org/#invoke-indexed-setter), if there is one.
    pub(super) fn set_indexed(&self, realm: &Realm, index: u32, value: &Value) -> Fallible<bool> {
        let Some(set) = self.legacy.set_indexed else { return Ok(false) };
        self.header(|header| set(realm, header, index, value)).transpose()?;
        Ok(true)
    }

    /// [Invokes the named property setter](https://webidl.spec.whatwg.org/#invoke-named-setter), if there is one.
    pub(super) fn set_named(&self, realm: &Realm, name: DomString, value: &Value) -> Fallible<bool> {
        let Some(set) = self.legacy.set_named else { return Ok(false) };
        self.header(|header| set(realm, header, name, value)).transpose()?;
        Ok(true)
    }

    /// Deletes a visible name; whether that succeeded.
    pub(super) fn delete_named(&self, realm: &Realm, name: DomString) -> Fallible<bool> {
        let Some(delete) = self.legacy.delete_named else { return Ok(false) };
        Ok(self.header(|header| delete(realm, header, name)).transpose()?.unwrap_or(false))
    }

    /// The keys of its properties, in the order of
    /// [`[[OwnPropertyKeys]]`](https://webidl.spec.whatwg.org/#legacy-platform-object-ownpropertykeys).
    pub(super) fn keys(&self, realm: &Realm) -> Fallible<Vec<Atom>> {
        let mut keys = Vec::new();
        for index in 0..self.length() {
            keys.push(Atom::of_str(realm, &index.to_string())?);
        }
        for name in self.names() {
            if self.is_visible(realm, &name)? {
                keys.push(Atom::of_value(realm, &name.to_value(realm)?)?);
            }
        }
        if let Some(expando) = self.expando() {
            // The engine gives strings before symbols.
            for key in expando.own_property_keys(realm)? {
                keys.push(Atom::of_key(realm, &key)?);
            }
        }
        Ok(keys)
    }
}

fn is_named_properties_object(object: &Object) -> bool {
    platform::header_of(object.raw()).is_some_and(|header| {
        // SAFETY: the header lives as long as its object, which `object` holds.
        unsafe { header.as_ref() }.interface().index == NAMED_PROPERTIES.index
    })
}

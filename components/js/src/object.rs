//! Objects and their properties.

use std::ffi::c_int;
use std::ptr;

use rquickjs_sys as q;

use crate::list::List;
use crate::{Callback, DomString, Exception, Fallible, FromJs, Realm, Value, ValueKind, state};

/// An object: a counted reference.
#[derive(Clone, Debug)]
#[repr(transparent)]
pub struct Object(Value);

/// Property attributes: writable, enumerable, configurable.
pub(crate) const ALL: c_int = q::JS_PROP_C_W_E as c_int;
/// Property attributes: writable and configurable, not enumerable.
pub(crate) const HIDDEN: c_int = (q::JS_PROP_CONFIGURABLE | q::JS_PROP_WRITABLE) as c_int;

const GETSET: c_int = q::JS_PROP_GETSET as c_int;

/// A property's name.
#[derive(Clone, Debug)]
pub enum PropertyKey {
    /// A string.
    String(DomString),
    /// A symbol.
    Symbol(Value),
}

impl Object {
    /// An empty object of the realm.
    pub fn new(realm: &Realm) -> Fallible<Self> {
        // SAFETY: the context is alive.
        realm.own(unsafe { q::JS_NewObject(realm.raw()) }).map(Self)
    }

    /// An empty object without a prototype.
    ///
    /// # Errors
    /// Only without memory.
    pub fn without_prototype(realm: &Realm) -> Fallible<Self> {
        // SAFETY: the context is alive.
        realm.own(unsafe { q::JS_NewObjectProto(realm.raw(), q::JS_NULL) }).map(Self)
    }

    /// An array of the realm.
    pub fn array(realm: &Realm, items: impl IntoIterator<Item = Value>) -> Fallible<Self> {
        // SAFETY: the context is alive.
        let array = realm.own(unsafe { q::JS_NewArray(realm.raw()) })?;
        for (index, item) in (0_u32..).zip(items) {
            // SAFETY: the context and array are alive; the reference to the item is given away.
            let status = unsafe {
                q::JS_DefinePropertyValueUint32(realm.raw(), array.raw(), index, item.into_raw(), ALL)
            };
            check(realm, status)?;
        }
        Ok(Self(array))
    }

    pub(crate) const fn from_value_unchecked(value: Value) -> Self {
        Self(value)
    }

    /// The object as a value.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.0
    }

    /// The object as a value.
    #[must_use]
    pub fn into_value(self) -> Value {
        self.0
    }

    pub(crate) const fn raw(&self) -> q::JSValue {
        self.0.raw()
    }

    /// [Get](https://tc39.es/ecma262/#sec-get-o-p).
    pub fn get(&self, realm: &Realm, name: &str) -> Fallible<Value> {
        let atom = Atom::of_str(realm, name)?;
        // SAFETY: context, object and atom are alive.
        realm.own(unsafe { q::JS_GetProperty(realm.raw(), self.raw(), atom.0) })
    }

    /// [`Object::get`] of a name that is part of the program, which is looked up once.
    #[inline]
    pub fn get_static(&self, realm: &Realm, name: &'static str) -> Fallible<Value> {
        realm.own(self.get_static_raw(realm, name))
    }

    /// As [`Object::get_static`]; the engine's mark of an exception, if there is one.
    pub(crate) fn get_static_raw(&self, realm: &Realm, name: &'static str) -> q::JSValue {
        match crate::atoms::name(realm, name) {
            // SAFETY: context, object and atom are alive.
            Ok(name) => unsafe { q::JS_GetProperty(realm.raw(), self.raw(), name.raw()) },
            Err(exception) => exception.throw(realm),
        }
    }

    #[inline]
    pub(crate) fn get_name(&self, realm: &Realm, name: &crate::atoms::Name) -> Fallible<Value> {
        // SAFETY: context, object and atom are alive.
        realm.own(unsafe { q::JS_GetProperty(realm.raw(), self.raw(), name.raw()) })
    }

    /// [Get](https://tc39.es/ecma262/#sec-get-o-p) of an index.
    pub fn get_index(&self, realm: &Realm, index: u32) -> Fallible<Value> {
        // SAFETY: context and object are alive.
        realm.own(unsafe { q::JS_GetPropertyUint32(realm.raw(), self.raw(), index) })
    }

    /// [Get](https://tc39.es/ecma262/#sec-get-o-p) of a key.
    pub fn get_key(&self, realm: &Realm, key: &PropertyKey) -> Fallible<Value> {
        let atom = Atom::of_key(realm, key)?;
        // SAFETY: context, object and atom are alive.
        realm.own(unsafe { q::JS_GetProperty(realm.raw(), self.raw(), atom.0) })
    }

    /// [Set](https://tc39.es/ecma262/#sec-set-o-p-v-throw), throwing.
    pub fn set(&self, realm: &Realm, name: &str, value: &Value) -> Fallible<()> {
        let atom = Atom::of_str(realm, name)?;
        // SAFETY: context, object and atom are alive; a reference to the value is given away.
        let status = unsafe { q::JS_SetProperty(realm.raw(), self.raw(), atom.0, value.clone().into_raw()) };
        check(realm, status)
    }

    /// [CreateDataProperty](https://tc39.es/ecma262/#sec-createdataproperty) of a string or symbol key.
    pub fn create_data_property(&self, realm: &Realm, key: &PropertyKey, value: &Value) -> Fallible<()> {
        let atom = Atom::of_key(realm, key)?;
        self.define_atom(realm, &atom, value, ALL)
    }

    /// [CreateDataProperty](https://tc39.es/ecma262/#sec-createdataproperty).
    pub fn create(&self, realm: &Realm, name: &str, value: &Value) -> Fallible<()> {
        self.define(realm, name, value, ALL)
    }

    /// [CreateDataPropertyOrThrow](https://tc39.es/ecma262/#sec-createdatapropertyorthrow).
    pub fn create_or_throw(&self, realm: &Realm, name: &str, value: &Value) -> Fallible<()> {
        self.define(realm, name, value, ALL | q::JS_PROP_THROW as c_int)
    }

    /// [Set](https://tc39.es/ecma262/#sec-set-o-p-v-throw), not throwing if it fails.
    pub fn set_quietly(&self, realm: &Realm, name: &str, value: &Value) -> Fallible<()> {
        let this = self.as_value().clone();
        let args = [this.clone(), Value::string(realm, name)?, value.clone(), this];
        realm.intrinsics().object("reflectSet")?.call(realm, &Value::UNDEFINED, &args).map(drop)
    }

    /// Defines a writable and configurable property that is not enumerable.
    pub fn define_hidden(&self, realm: &Realm, name: &str, value: &Value) -> Fallible<()> {
        self.define(realm, name, value, HIDDEN)
    }

    pub(crate) fn define(&self, realm: &Realm, name: &str, value: &Value, flags: c_int) -> Fallible<()> {
        let atom = Atom::of_str(realm, name)?;
        self.define_atom(realm, &atom, value, flags)
    }

    /// [`Object::create`] of a name that is part of the program, which is looked up once.
    pub fn create_static(&self, realm: &Realm, name: &'static str, value: Value) -> Fallible<()> {
        let atom = crate::atoms::name(realm, name)?;
        // SAFETY: context, object and atom are alive; the reference to the value is given away.
        let status =
            unsafe { q::JS_DefinePropertyValue(realm.raw(), self.raw(), atom.raw(), value.into_raw(), ALL) };
        check(realm, status)
    }

    pub(crate) fn define_atom(
        &self,
        realm: &Realm,
        atom: &Atom,
        value: &Value,
        flags: c_int,
    ) -> Fallible<()> {
        // SAFETY: context, object and atom are alive; a reference to the value is given away.
        let status = unsafe {
            q::JS_DefinePropertyValue(realm.raw(), self.raw(), atom.0, value.clone().into_raw(), flags)
        };
        check(realm, status)
    }

    /// [HasProperty](https://tc39.es/ecma262/#sec-hasproperty).
    pub fn has(&self, realm: &Realm, name: &str) -> Fallible<bool> {
        let atom = Atom::of_str(realm, name)?;
        // SAFETY: context, object and atom are alive.
        let status = unsafe { q::JS_HasProperty(realm.raw(), self.raw(), atom.0) };
        check(realm, status)?;
        Ok(status > 0)
    }

    /// Deletes a property; whether it is gone.
    pub fn delete(&self, realm: &Realm, name: &str) -> Fallible<bool> {
        let atom = Atom::of_str(realm, name)?;
        // SAFETY: context, object and atom are alive.
        let status = unsafe { q::JS_DeleteProperty(realm.raw(), self.raw(), atom.0, 0) };
        check(realm, status)?;
        Ok(status > 0)
    }

    /// [EnumerableOwnProperties](https://tc39.es/ecma262/#sec-enumerableownproperties) keys: strings only.
    pub fn own_enumerable_keys(&self, realm: &Realm) -> Fallible<Vec<DomString>> {
        let flags = q::JS_GPN_STRING_MASK | q::JS_GPN_ENUM_ONLY;
        let keys = self.own_keys(realm, flags)?;
        Ok(keys
            .into_iter()
            .filter_map(|key| if let PropertyKey::String(key) = key { Some(key) } else { None })
            .collect())
    }

    /// [OwnPropertyKeys](https://tc39.es/ecma262/#sec-ordinaryownpropertykeys): strings and symbols.
    pub fn own_property_keys(&self, realm: &Realm) -> Fallible<Vec<PropertyKey>> {
        self.own_keys(realm, q::JS_GPN_STRING_MASK | q::JS_GPN_SYMBOL_MASK)
    }

    /// Whether there is an own property of that key and it is enumerable.
    pub fn is_own_enumerable(&self, realm: &Realm, key: &PropertyKey) -> Fallible<bool> {
        let enumerable = |(flags, _): (c_int, Value)| flags & q::JS_PROP_ENUMERABLE as c_int != 0;
        Ok(self.own_property(realm, key)?.is_some_and(enumerable))
    }

    /// Whether there is an own property of that key.
    pub fn has_own(&self, realm: &Realm, key: &PropertyKey) -> Fallible<bool> {
        let atom = Atom::of_key(realm, key)?;
        // SAFETY: context, object and atom are alive; without a place, nothing is filled in.
        let status = unsafe { q::JS_GetOwnProperty(realm.raw(), ptr::null_mut(), self.raw(), atom.0) };
        check(realm, status)?;
        Ok(status > 0)
    }

    fn own_keys(&self, realm: &Realm, flags: u32) -> Fallible<Vec<PropertyKey>> {
        let mut table = ptr::null_mut();
        let mut length = 0_u32;
        #[expect(clippy::cast_possible_wrap, reason = "small flags")]
        // SAFETY: context and object are alive, and the places are valid.
        let status = unsafe {
            q::JS_GetOwnPropertyNames(
                realm.raw(),
                &raw mut table,
                &raw mut length,
                self.raw(),
                flags as c_int,
            )
        };
        check(realm, status)?;
        let mut keys = List::new();
        let result = (0..length as usize).try_for_each(|index| {
            // SAFETY: the table has `length` entries, each with an atom that is alive until the table is freed.
            let value =
                Value::from_owned(unsafe { q::JS_AtomToValue(realm.raw(), (*table.add(index)).atom) });
            let key = match value.kind() {
                ValueKind::Symbol => PropertyKey::Symbol(value),
                _ => PropertyKey::String(DomString::of(realm, &value)?),
            };
            keys.push(realm, key)
        });
        // SAFETY: the table came from JS_GetOwnPropertyNames and is freed once.
        unsafe { q::JS_FreePropertyEnum(realm.raw(), table, length) };
        result.map(|()| keys.into_vec())
    }

    /// Length of an array-like: [LengthOfArrayLike](https://tc39.es/ecma262/#sec-lengthofarraylike).
    pub fn length(&self, realm: &Realm) -> Fallible<u64> {
        let mut length = 0_i64;
        // SAFETY: context and object are alive, and the place is valid.
        let status = unsafe { q::JS_GetLength(realm.raw(), self.raw(), &raw mut length) };
        check(realm, status)?;
        Ok(u64::try_from(length).unwrap_or(0))
    }

    /// Its prototype, if it has one.
    pub fn prototype(&self, realm: &Realm) -> Fallible<Option<Self>> {
        // SAFETY: context and object are alive.
        let prototype = realm.own(unsafe { q::JS_GetPrototype(realm.raw(), self.raw()) })?;
        Ok(prototype.as_object())
    }

    /// Sets its prototype.
    pub fn set_prototype(&self, realm: &Realm, prototype: &Self) -> Fallible<()> {
        // SAFETY: context and both objects are alive.
        let status = unsafe { q::JS_SetPrototype(realm.raw(), self.raw(), prototype.raw()) };
        check(realm, status)
    }

    /// Defines accessors, each by its name and a string of its own: reading calls `get` with the string, writing calls `set`
    /// with it and the value, both with the accessor's `this`.
    pub fn define_accessors<'a>(
        &self,
        realm: &Realm,
        get: &Callback,
        set: &Callback,
        names: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Fallible<()> {
        let mut pairs = Vec::new();
        for (name, given) in names {
            pairs.push(Value::string(realm, name)?);
            pairs.push(Value::string(realm, given)?);
        }
        let pairs = Self::array(realm, pairs)?;
        let (get, set) = (get.as_value().clone(), set.as_value().clone());
        let args = [self.0.clone(), get, set, pairs.into_value()];
        realm.intrinsics().call(realm, "defineAccessors", &args).map(drop)
    }

    /// Calls the object with `this`; a `TypeError` if it is not callable.
    pub fn call(&self, realm: &Realm, this: &Value, args: &[Value]) -> Fallible<Value> {
        let entry = state::Entry::new();
        let mut raw: Vec<q::JSValue> = args.iter().map(Value::raw).collect();
        // SAFETY: context, object and arguments are alive during the call.
        let result = realm.own(unsafe {
            q::JS_Call(realm.raw(), self.raw(), this.raw(), arg_count(&raw), raw.as_mut_ptr())
        });
        drop(entry);
        result
    }

    /// [Construct](https://tc39.es/ecma262/#sec-construct).
    pub fn construct(&self, realm: &Realm, args: &[Value]) -> Fallible<Self> {
        let entry = state::Entry::new();
        let mut raw: Vec<q::JSValue> = args.iter().map(Value::raw).collect();
        // SAFETY: context, object and arguments are alive during the call.
        let result = realm.own(unsafe {
            q::JS_CallConstructor(realm.raw(), self.raw(), arg_count(&raw), raw.as_mut_ptr())
        });
        drop(entry);
        result.map(Self)
    }

    /// [Invoke](https://tc39.es/ecma262/#sec-invoke): calls a method by its name.
    pub fn invoke(&self, realm: &Realm, name: &str, args: &[Value]) -> Fallible<Value> {
        let method = self.get(realm, name)?;
        match method.as_object().filter(|_| method.is_callable()) {
            Some(method) => method.call(realm, &self.0, args),
            None => Err(Exception::type_error(format!("{name} is not a function"))),
        }
    }

    /// Makes it immutable: [SetIntegrityLevel](https://tc39.es/ecma262/#sec-setintegritylevel) "frozen".
    pub fn freeze(&self, realm: &Realm) -> Fallible<()> {
        // SAFETY: context and object are alive.
        let status = unsafe { q::JS_FreezeObject(realm.raw(), self.raw()) };
        check(realm, status)
    }

    /// Whether two handles are of the same object.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.address() == other.address()
    }

    /// A number that no other object has as long as this one is alive.
    #[must_use]
    pub fn identity(&self) -> usize {
        self.address().addr()
    }

    /// The value of an own property, if it is a data property.
    pub fn own_data_property(&self, realm: &Realm, key: &PropertyKey) -> Fallible<Option<Value>> {
        Ok(self.own_property(realm, key)?.and_then(|(flags, value)| (flags & GETSET == 0).then_some(value)))
    }

    /// Whether an own property is a data property with a value; looks at nothing that script could hear of, if the object
    /// is an ordinary one.
    pub(crate) fn has_own_data(&self, realm: &Realm, name: &'static str, value: &Value) -> bool {
        let Ok(name) = crate::atoms::name(realm, name) else { return false };
        let property = self.own_atom_property(realm, name.raw());
        matches!(property, Ok(Some((flags, own))) if flags & GETSET == 0 && own.same_value(value))
    }

    /// Flags and value of an own property.
    fn own_property(&self, realm: &Realm, key: &PropertyKey) -> Fallible<Option<(c_int, Value)>> {
        let atom = Atom::of_key(realm, key)?;
        self.own_atom_property(realm, atom.0)
    }

    fn own_atom_property(&self, realm: &Realm, atom: q::JSAtom) -> Fallible<Option<(c_int, Value)>> {
        let mut descriptor = q::JSPropertyDescriptor {
            flags: 0,
            value: q::JS_UNDEFINED,
            getter: q::JS_UNDEFINED,
            setter: q::JS_UNDEFINED,
        };
        // SAFETY: context, object and atom are alive, and the place is valid.
        let status = unsafe { q::JS_GetOwnProperty(realm.raw(), &raw mut descriptor, self.raw(), atom) };
        check(realm, status)?;
        if status == 0 {
            return Ok(None);
        }
        drop(Value::from_owned(descriptor.getter));
        drop(Value::from_owned(descriptor.setter));
        Ok(Some((descriptor.flags, Value::from_owned(descriptor.value))))
    }

    /// The object's address: its identity as long as it is alive.
    pub(crate) fn address(&self) -> *mut std::ffi::c_void {
        // SAFETY: an object's value holds a pointer.
        unsafe { q::JS_VALUE_GET_PTR(self.raw()) }
    }
}

impl PartialEq for Object {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other)
    }
}

impl Eq for Object {}

impl PropertyKey {
    /// The key as a value.
    pub fn to_value(&self, realm: &Realm) -> Fallible<Value> {
        match self {
            Self::String(text) => text.to_value(realm),
            Self::Symbol(symbol) => Ok(symbol.clone()),
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap, reason = "argument lists are short")]
pub(crate) const fn arg_count(args: &[q::JSValue]) -> c_int {
    args.len() as c_int
}

pub(crate) fn check(realm: &Realm, status: c_int) -> Fallible<()> {
    if status < 0 { Err(Exception::take(realm)) } else { Ok(()) }
}

/// An interned property name, freed when dropped.
pub(crate) struct Atom(pub(crate) q::JSAtom);

impl Atom {
    pub(crate) fn of_str(realm: &Realm, name: &str) -> Fallible<Self> {
        // SAFETY: the pointer and length are those of `name`; the context is alive.
        let atom = unsafe { q::JS_NewAtomLen(realm.raw(), name.as_ptr().cast(), name.len() as _) };
        if atom == 0 { Err(Exception::take(realm)) } else { Ok(Self(atom)) }
    }

    pub(crate) fn of_value(realm: &Realm, value: &Value) -> Fallible<Self> {
        // SAFETY: context and value are alive.
        let atom = unsafe { q::JS_ValueToAtom(realm.raw(), value.raw()) };
        if atom == 0 { Err(Exception::take(realm)) } else { Ok(Self(atom)) }
    }

    pub(crate) fn of_key(realm: &Realm, key: &PropertyKey) -> Fallible<Self> {
        Self::of_value(realm, &key.to_value(realm)?)
    }
}

impl Atom {
    /// Its text; nothing if there is no memory for it.
    pub(crate) fn to_text(&self, realm: &Realm) -> String {
        // SAFETY: context and atom are alive.
        let text = realm.own(unsafe { q::JS_AtomToString(realm.raw(), self.0) });
        let text = text.and_then(|text| DomString::from_js(realm, &text));
        text.map(String::from).unwrap_or_default()
    }

    /// Gives the reference away to the engine.
    pub(crate) fn into_raw(self) -> q::JSAtom {
        let atom = self.0;
        std::mem::forget(self);
        atom
    }
}

impl Drop for Atom {
    fn drop(&mut self) {
        let rt = state::runtime();
        if !rt.is_null() {
            // SAFETY: this owns one reference to the atom.
            unsafe { q::JS_FreeAtomRT(rt, self.0) };
        }
    }
}

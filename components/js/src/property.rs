//! Property descriptors, as the engine has them.

use std::ffi::c_int;
use std::rc::Rc;

use rquickjs_sys as q;

use crate::object::{Atom, check};
use crate::{Fallible, Object, Realm, Value};

/// Properties with their names, to define on many objects.
pub(crate) type Properties = Rc<[(Atom, Property)]>;

/// A property of an object, with its functions or its value.
pub(crate) struct Property {
    flags: c_int,
    pub(crate) value: Value,
    getter: Value,
    pub(crate) setter: Value,
}

impl Property {
    /// An own property of an object, if there is one.
    pub(crate) fn own(realm: &Realm, object: &Object, name: &Atom) -> Fallible<Option<Self>> {
        let mut descriptor = q::JSPropertyDescriptor {
            flags: 0,
            value: q::JS_UNDEFINED,
            getter: q::JS_UNDEFINED,
            setter: q::JS_UNDEFINED,
        };
        // SAFETY: context, object and atom are alive, and the place is valid.
        let status = unsafe { q::JS_GetOwnProperty(realm.raw(), &raw mut descriptor, object.raw(), name.0) };
        check(realm, status)?;
        let [value, getter, setter] =
            [descriptor.value, descriptor.getter, descriptor.setter].map(Value::from_owned);
        Ok((status > 0).then_some(Self { flags: descriptor.flags, value, getter, setter }))
    }

    /// Defines a property like it.
    ///
    /// # Errors
    /// A `TypeError` if the object does not take it.
    pub(crate) fn define(&self, realm: &Realm, object: &Object, name: &Atom) -> Fallible<()> {
        #[expect(clippy::cast_possible_wrap, reason = "small flags")]
        let is_accessor = self.flags & q::JS_PROP_GETSET as c_int != 0;
        let has = if is_accessor {
            q::JS_PROP_HAS_GET | q::JS_PROP_HAS_SET
        } else {
            q::JS_PROP_HAS_VALUE | q::JS_PROP_HAS_WRITABLE
        };
        #[expect(clippy::cast_possible_wrap, reason = "small flags")]
        let flags = self.flags
            | (has | q::JS_PROP_HAS_CONFIGURABLE | q::JS_PROP_HAS_ENUMERABLE | q::JS_PROP_THROW) as c_int;
        // SAFETY: context, object, atom and values are alive.
        let status = unsafe {
            q::JS_DefineProperty(
                realm.raw(),
                object.raw(),
                name.0,
                self.value.raw(),
                self.getter.raw(),
                self.setter.raw(),
                flags,
            )
        };
        check(realm, status)
    }
}

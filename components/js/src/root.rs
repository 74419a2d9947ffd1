//! Handles of platform objects.

use std::ffi::c_void;
use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

use rquickjs_sys as q;

use crate::platform::{DerivedFrom, PlatformObject, header_of};
use crate::{Object, Traced, Value};

/// A counted handle of a platform object.
pub struct Root<T> {
    value: Value,
    place: NonNull<T>,
}

/// A [`Root`] as an edge of the object that holds it.
pub type Member<T> = Traced<Root<T>>;

impl<T: PlatformObject> Root<T> {
    /// The handle of a wrapped struct.
    ///
    /// # Panics
    /// If it was never wrapped, or is being freed.
    #[must_use]
    pub fn from_ref(object: &T) -> Self {
        let address = object.reflector().object.get();
        assert!(!address.is_null(), "{:?} has no wrapper", T::INTERFACE.name);
        let value = Value::from_borrowed(q::JS_MKPTR(q::JS_TAG_OBJECT, address));
        Self { value, place: NonNull::from(object) }
    }

    /// The object behind a value, if it is a `T`.
    #[must_use]
    pub fn from_value(value: &Value) -> Option<Self> {
        let header = header_of(value.raw())?;
        // SAFETY: the header lives as long as its object, which `value` holds.
        let place = NonNull::from(unsafe { header.as_ref() }.view::<T>()?);
        // A window's proxy stands for the window that it forwards to now.
        let value = crate::window_proxy::global_behind(value.raw()).unwrap_or_else(|| value.clone());
        Some(Self { value, place })
    }

    /// The same object as one of the interfaces it inherits from.
    #[must_use]
    pub fn upcast<P: PlatformObject>(&self) -> Root<P>
    where
        T: DerivedFrom<P>,
    {
        self.downcast()
            .unwrap_or_else(|| unreachable!("a {:?} is a {:?}", T::INTERFACE.name, P::INTERFACE.name))
    }

    /// The same object as any other interface, if it implements that.
    #[must_use]
    pub fn downcast<D: PlatformObject>(&self) -> Option<Root<D>> {
        Root::from_value(&self.value)
    }

    /// Whether two handles are of the same object.
    #[must_use]
    pub fn is_same<O>(&self, other: &Root<O>) -> bool {
        self.as_object_address() == other.as_object_address()
    }
}

impl<T> Root<T> {
    /// The handle of the struct at `place`, which the object `value` owns.
    pub(crate) const fn from_parts(value: Value, place: NonNull<T>) -> Self {
        Self { value, place }
    }

    /// The object as a value.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.value
    }

    /// The object.
    #[must_use]
    pub fn to_object(&self) -> Object {
        Object::from_value_unchecked(self.value.clone())
    }

    fn as_object_address(&self) -> *mut c_void {
        // SAFETY: the value of a root is an object.
        unsafe { q::JS_VALUE_GET_PTR(self.value.raw()) }
    }
}

impl<T> Deref for Root<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the handle keeps the wrapper alive, the wrapper owns the struct, and the struct does not move.
        unsafe { self.place.as_ref() }
    }
}

impl<T> Clone for Root<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), place: self.place }
    }
}

impl<T> fmt::Debug for Root<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Root<{}>", std::any::type_name::<T>())
    }
}

impl<T> PartialEq for Root<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_object_address() == other.as_object_address()
    }
}

impl<T> Eq for Root<T> {}

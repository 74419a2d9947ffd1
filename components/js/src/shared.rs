//! Rust values that several platform objects share.

use std::fmt;
use std::ops::Deref;
use std::ptr::NonNull;

use rquickjs_sys as q;

use crate::glue::{INTERNAL_SHARED, Interface};
use crate::platform::Header;

use crate::{Fallible, Handle, Realm, Trace, Value, state};

/// A counted handle of a Rust value that the collector knows: what an `Rc` cannot be for values that hold [`crate::Traced`]
/// handles. As a field it is `Traced<Shared<T>>`.
pub struct Shared<T> {
    value: Value,
    place: NonNull<T>,
}

impl<T> Shared<T> {
    /// The engine's object that holds the value.
    pub(crate) const fn as_value(&self) -> &Value {
        &self.value
    }

    /// The handle of an object that [`Realm::share`] made.
    ///
    /// # Safety
    /// `raw` is alive, and holds a `T`.
    pub(crate) unsafe fn from_raw(raw: q::JSValue) -> Self
    where
        T: Trace + 'static,
    {
        let mut class_id = 0;
        // SAFETY: the caller says that it is such an object; its opaque is the header that `share` set.
        let place = unsafe { Header::shared_place(q::JS_GetAnyOpaque(raw, &raw mut class_id).cast()) };
        Self { value: Value::from_borrowed(raw), place }
    }
}

enum NoObject {}

/// Objects of this interface are never seen by a page, and are no platform object of any type.
pub(crate) static SHARED: Interface =
    Interface::new::<NoObject>(c"Shared", INTERNAL_SHARED, INTERNAL_SHARED, 0);

impl Realm {
    /// Gives a value to the collector: it lives as long as a handle of it does, cycles through its fields aside.
    pub fn share<T: Trace + 'static>(&self, value: T) -> Fallible<Shared<T>> {
        // SAFETY: the context is alive; the class was registered with the runtime.
        let object =
            self.own(unsafe { q::JS_NewObjectProtoClass(self.raw(), q::JS_NULL, state::class_of(&SHARED)) })?;
        let (header, place) = Header::allocate_shared(value, &SHARED);
        // SAFETY: the object was just made, is of a platform class, and owns the allocation from here on.
        unsafe { q::JS_SetOpaque(object.raw(), header.as_ptr().cast()) };
        Ok(Shared { value: object, place })
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        // SAFETY: the handle keeps the object alive, which owns the value, which does not move.
        unsafe { self.place.as_ref() }
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), place: self.place }
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shared<{}>", std::any::type_name::<T>())
    }
}

impl<T> Handle for Shared<T> {
    fn each_value(&self, visit: &mut dyn FnMut(&Value)) {
        visit(&self.value);
    }
}

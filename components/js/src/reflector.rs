//! What a platform object's struct has for the engine: where its wrapper is, and its views as what it inherits from.

use std::any::TypeId;
use std::cell::Cell;
use std::ffi::c_void;
use std::fmt;
use std::ptr;

use rquickjs_sys as q;

use crate::PlatformObject;
use crate::platform::MAX_DEPTH;

/// Remembers which object of the engine wraps a struct, and of which realm that is.
pub struct Reflector {
    pub(crate) object: Cell<*mut c_void>,
    pub(crate) realm: Cell<*mut q::JSContext>,
}

impl Reflector {
    /// Of a struct that is not wrapped yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { object: Cell::new(ptr::null_mut()), realm: Cell::new(ptr::null_mut()) }
    }
}

impl Default for Reflector {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Reflector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reflector")
    }
}

/// The places of an object's ancestors within it, filled in once when it is wrapped.
pub struct Views {
    pub(crate) places: [*const (); MAX_DEPTH],
    pub(crate) depth: usize,
    pub(crate) range: (usize, usize),
}

impl Views {
    /// Adds the view as `T`.
    pub fn push<T: PlatformObject>(&mut self, view: &T) {
        let place = ptr::from_ref(view);
        // A view into anything but the wrapped struct itself could dangle later.
        assert!(
            place.addr() >= self.range.0 && place.addr() + size_of::<T>() <= self.range.1,
            "the parent of a platform object is a field of it"
        );
        assert!(
            self.depth < MAX_DEPTH && usize::from(T::INTERFACE.depth) == self.depth,
            "views follow inheritance"
        );
        assert!(T::INTERFACE.type_id == TypeId::of::<T>(), "one Rust type implements an interface");
        self.places[self.depth] = place.cast();
        self.depth += 1;
    }
}

/// Says where a struct keeps its [`Reflector`], or which field is the struct it inherits from.
///
/// `platform_object!(Headers);` wants a field `reflector: Reflector`;
/// `platform_object!(Window: EventTarget via event_target);` wants a field `event_target: EventTarget`, and makes
/// `Window` dereference to it. Generated code says which interface it is: the macro looks for a constant
/// `Self::IDL` that it adds to the struct.
#[macro_export]
macro_rules! platform_object {
    ($name:ident) => {
        impl $crate::PlatformObject for $name {
            const INTERFACE: &'static $crate::glue::Interface = $name::IDL;
            fn reflector(&self) -> &$crate::Reflector {
                &self.reflector
            }
            fn views(&self, views: &mut $crate::Views) {
                views.push(self);
            }
        }
    };
    ($name:ident : $parent:ident via $field:ident) => {
        impl $crate::PlatformObject for $name {
            const INTERFACE: &'static $crate::glue::Interface = $name::IDL;
            fn reflector(&self) -> &$crate::Reflector {
                $crate::PlatformObject::reflector(&self.$field)
            }
            fn views(&self, views: &mut $crate::Views) {
                $crate::PlatformObject::views(&self.$field, views);
                views.push(self);
            }
        }
        impl ::std::ops::Deref for $name {
            type Target = $parent;
            fn deref(&self) -> &$parent {
                &self.$field
            }
        }
    };
}

//! Letting the collector see the handles that platform objects hold.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Deref;

use rquickjs_sys as q;

use crate::{ArrayBuffer, ArrayBufferView, Callback, Object, Promise, Root, TypedArray, Value};

/// Visits handles during a collection.
pub struct Tracer {
    rt: *mut q::JSRuntime,
    mark: q::JS_MarkFunc,
}

impl Tracer {
    pub(crate) const fn new(rt: *mut q::JSRuntime, mark: q::JS_MarkFunc) -> Self {
        Self { rt, mark }
    }

    pub(crate) fn edge(&self, value: &Value) {
        // SAFETY: called during a collection with what the engine passed in; the traced handle owns a reference.
        unsafe { q::JS_MarkValue(self.rt, value.raw(), self.mark) };
    }
}

/// Something that holds traced handles.
///
/// Implement it with [`trace_fields!`](crate::trace_fields), listing each field that has a [`Traced`] in it. The
/// rule that makes tracing sound: what is traced is owned by the platform object alone. For this reason there is
/// no implementation for `Rc` and the like.
pub trait Trace {
    /// Visits each traced handle once.
    fn trace(&self, tracer: &mut Tracer);
}

/// A handle that is an edge of the platform object that owns it, not a root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[repr(transparent)]
pub struct Traced<H>(H);

impl<H> Traced<H> {
    /// Makes an edge of a handle.
    pub const fn new(handle: H) -> Self {
        Self(handle)
    }

    /// Makes a root of it again.
    pub fn into_inner(self) -> H {
        self.0
    }
}

impl<H> From<H> for Traced<H> {
    fn from(handle: H) -> Self {
        Self(handle)
    }
}

impl<H> Deref for Traced<H> {
    type Target = H;
    fn deref(&self) -> &H {
        &self.0
    }
}

/// A handle of one or more JavaScript values, or a struct around one: what [`Traced`] can hold.
pub trait Handle {
    /// Calls `visit` with every value that the handle owns a reference to.
    fn each_value(&self, visit: &mut dyn FnMut(&Value));
}

impl<H: Handle> Trace for Traced<H> {
    fn trace(&self, tracer: &mut Tracer) {
        self.0.each_value(&mut |value| tracer.edge(value));
    }
}

macro_rules! handles {
    ($([$($t:ident)?] $handle:ty => |$h:ident| $value:expr),+ $(,)?) => {$(
        impl$(<$t>)? Handle for $handle {
            fn each_value(&self, visit: &mut dyn FnMut(&Value)) {
                let $h = self;
                $value.iter().for_each(|value| visit(value));
            }
        }
    )+};
}

handles!(
    [] Value => |v| [v],
    [] Object => |o| [o.as_value()],
    [] Callback => |c| [c.as_value()],
    [] ArrayBuffer => |b| [b.as_value()],
    [] ArrayBufferView => |v| [v.as_object().as_value()],
    [] TypedArray => |a| [a.as_object().as_value()],
    [T] Root<T> => |r| [r.as_value()],
    [T] Promise<T> => |p| p.values(),
);

impl Trace for () {
    fn trace(&self, _: &mut Tracer) {}
}

impl<T: Trace> Trace for Option<T> {
    fn trace(&self, tracer: &mut Tracer) {
        self.iter().for_each(|item| item.trace(tracer));
    }
}

impl<T: Trace> Trace for Vec<T> {
    fn trace(&self, tracer: &mut Tracer) {
        self.iter().for_each(|item| item.trace(tracer));
    }
}

impl<T: Trace> Trace for VecDeque<T> {
    fn trace(&self, tracer: &mut Tracer) {
        self.iter().for_each(|item| item.trace(tracer));
    }
}

impl<K, T: Trace, S> Trace for HashMap<K, T, S> {
    fn trace(&self, tracer: &mut Tracer) {
        self.values().for_each(|item| item.trace(tracer));
    }
}

impl<K, T: Trace> Trace for BTreeMap<K, T> {
    fn trace(&self, tracer: &mut Tracer) {
        self.values().for_each(|item| item.trace(tracer));
    }
}

impl<A: Trace, B: Trace> Trace for (A, B) {
    fn trace(&self, tracer: &mut Tracer) {
        self.0.trace(tracer);
        self.1.trace(tracer);
    }
}

impl<A: Trace, B: Trace, C: Trace> Trace for (A, B, C) {
    fn trace(&self, tracer: &mut Tracer) {
        self.0.trace(tracer);
        self.1.trace(tracer);
        self.2.trace(tracer);
    }
}

impl<T: Trace> Trace for OnceCell<T> {
    fn trace(&self, tracer: &mut Tracer) {
        self.get().iter().for_each(|item| item.trace(tracer));
    }
}

impl<T: Trace + ?Sized> Trace for Box<T> {
    fn trace(&self, tracer: &mut Tracer) {
        (**self).trace(tracer);
    }
}

impl<T: Trace> Trace for RefCell<T> {
    fn trace(&self, tracer: &mut Tracer) {
        // Borrowed mutably means that Rust code is in the middle of changing it: its handles then count as held
        // from outside for this collection, in all of its phases alike.
        if let Ok(item) = self.try_borrow() {
            item.trace(tracer);
        }
    }
}

/// A `Cell` cannot show what it holds without moving it: keep traced handles in a `RefCell`.
impl<T: Copy> Trace for Cell<T> {
    fn trace(&self, _: &mut Tracer) {}
}

/// Implements [`Trace`] for a struct by listing its fields that hold traced handles (and the embedded parent).
///
/// `trace_fields!(Request { headers, signal });` or `trace_fields!(TextEncoder {});`
#[macro_export]
macro_rules! trace_fields {
    ($name:ident $(<$($param:ident),+>)? { $($field:ident),* $(,)? }) => {
        impl $(<$($param: $crate::Trace),+>)? $crate::Trace for $name $(<$($param),+>)? {
            fn trace(&self, tracer: &mut $crate::Tracer) {
                let _ = &tracer;
                $($crate::Trace::trace(&self.$field, tracer);)*
            }
        }
    };
}

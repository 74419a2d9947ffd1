//! Rust closures as functions of a realm.

use std::cell::RefCell;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use rquickjs_sys as q;

use crate::glue::Args;
use crate::{Callback, Exception, Fallible, Object, Realm, Value, state};

type Closure = dyn Fn(&Realm, &Value, &Args<'_>) -> Fallible<Value>;

/// The closures that functions of this runtime point to, by index, so that all of them can be dropped (and the
/// cycles through them broken) when the runtime ends.
#[derive(Default)]
pub(crate) struct ClosureTable(RefCell<Vec<Slot>>);

enum Slot {
    Used(Rc<Closure>),
    Free(usize),
}

const NO_FREE_SLOT: usize = usize::MAX;

thread_local! {
    static FREE: std::cell::Cell<usize> = const { std::cell::Cell::new(NO_FREE_SLOT) };
}

impl ClosureTable {
    fn insert(&self, closure: Rc<Closure>) -> usize {
        let mut slots = self.0.borrow_mut();
        let free = FREE.get();
        if let Some(slot @ Slot::Free(_)) = slots.get_mut(free) {
            if let Slot::Free(next) = slot {
                FREE.set(*next);
            }
            *slot = Slot::Used(closure);
            return free;
        }
        slots.push(Slot::Used(closure));
        slots.len() - 1
    }

    fn get(&self, index: usize) -> Option<Rc<Closure>> {
        match self.0.borrow().get(index) {
            Some(Slot::Used(closure)) => Some(Rc::clone(closure)),
            _ => None,
        }
    }

    fn remove(&self, index: usize) {
        let removed = match self.0.borrow_mut().get_mut(index) {
            Some(slot @ Slot::Used(_)) => std::mem::replace(slot, Slot::Free(FREE.replace(index))),
            _ => return,
        };
        drop(removed);
    }

    /// Drops every closure; functions that still point to one throw from now on.
    pub(crate) fn clear(&self) {
        let slots = std::mem::take(&mut *self.0.borrow_mut());
        FREE.set(NO_FREE_SLOT);
        drop(slots);
    }
}

impl Realm {
    /// A function of this realm that calls `closure` with `this` and the arguments.
    ///
    /// What the closure captures counts as a root until the function is collected.
    pub fn function(
        &self,
        name: &str,
        length: u8,
        closure: impl Fn(&Self, &Value, &Args<'_>) -> Fallible<Value> + 'static,
    ) -> Fallible<Callback> {
        let realm = self.clone();
        let closure: Rc<Closure> = Rc::new(move |caller: &Self, this: &Value, args: &Args<'_>| {
            // The engine enters such functions with the caller's realm; ours is the one they were made in.
            let _ = caller;
            closure(&realm, this, args)
        });
        let shared = state::shared();
        let index = shared.closures.insert(closure);
        // SAFETY: the opaque pointer is only ever used as the table's index; the finalizer gets the same.
        let function = self.own(unsafe {
            q::JS_NewCClosure(
                self.raw(),
                Some(call),
                std::ptr::null(),
                Some(finalize),
                c_int::from(length),
                0,
                std::ptr::without_provenance_mut(index),
            )
        });
        let function = function.inspect_err(|_| shared.closures.remove(index))?;
        let object = Object::from_value_unchecked(function);
        if !name.is_empty() {
            object.define(self, "name", &Value::string(self, name)?, q::JS_PROP_CONFIGURABLE as c_int)?;
        }
        Callback::new(object.as_value())
    }
}

unsafe extern "C" fn call(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
    _magic: c_int,
    opaque: *mut c_void,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context and `argc` arguments.
    let (realm, args) = unsafe { (Realm::borrow(&ctx), Args::new(argc, argv)) };
    let Some(closure) = state::shared().closures.get(opaque.addr()) else {
        return Exception::type_error("this function's realm is gone").throw(realm);
    };
    match catch_unwind(AssertUnwindSafe(|| closure(realm, Value::view_one(&this), &args))) {
        Ok(Ok(value)) => value.into_raw(),
        Ok(Err(exception)) => exception.throw(realm),
        Err(_) => crate::glue::panicked(realm),
    }
}

unsafe extern "C" fn finalize(opaque: *mut c_void) {
    state::shared().closures.remove(opaque.addr());
}

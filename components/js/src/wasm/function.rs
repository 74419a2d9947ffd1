//! [Exported Functions](https://webassembly.github.io/spec/js-api/#exported-function-exotic-objects): functions of
//! WebAssembly as functions of script.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use rquickjs_sys as q;
use wasmtime::{Func, RefType};

use super::call::{self, Signature};
use super::store::{Agent, with};
use crate::{Fallible, Object, Realm, Value};

/// A function of WebAssembly.
#[derive(Clone, Copy, Debug)]
pub struct Function(Func);

impl Function {
    /// The function that an Exported Function stands for.
    #[must_use]
    pub fn of_value(value: &Value) -> Option<Self> {
        let object = value.as_object()?;
        let agent = Agent::existing()?;
        agent.of_objects.borrow().get(&object.address()).map(|function| Self(*function))
    }

    pub(super) const fn of_raw(function: Func) -> Self {
        Self(function)
    }

    pub(super) const fn raw(self) -> Func {
        self.0
    }

    pub(super) fn matches(self, ty: &RefType) -> Fallible<bool> {
        with(|context| wasmtime::Ref::Func(Some(self.0)).matches_ty(&context, ty).unwrap_or(false))
    }

    /// [Creates a new Exported Function](https://webassembly.github.io/spec/js-api/#a-new-exported-function), or gives the one
    /// that there is. `index` is the function's in its module, which is its name.
    ///
    /// # Errors
    /// Only without memory.
    pub fn object(self, realm: &Realm, index: u32) -> Fallible<Object> {
        object_of(realm, self.0, Some(index))
    }
}

/// The entry of an object in the agent's tables, until the object is collected.
struct Entry {
    key: usize,
    address: Cell<*mut c_void>,
}

impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(agent) = Agent::existing() {
            let mut functions = agent.functions.borrow_mut();
            if functions.get(&self.key) == Some(&self.address.get()) {
                functions.remove(&self.key);
            }
            agent.of_objects.borrow_mut().remove(&self.address.get());
        }
    }
}

pub(super) fn object_of(realm: &Realm, function: Func, index: Option<u32>) -> Fallible<Object> {
    let agent = Agent::current()?;
    let (key, ty) = with(|mut context| (function.to_raw(&mut context).addr(), function.ty(&context)))?;
    let known = agent.functions.borrow().get(&key).copied();
    if let Some(address) = known {
        // An object that is in the table is alive: its closure, which takes it out, goes with it.
        let value = Value::from_borrowed(q::JS_MKPTR(q::JS_TAG_OBJECT, address));
        if let Some(object) = value.as_object() {
            return Ok(object);
        }
    }
    let signature = Signature::of(&ty);
    let length = u8::try_from(signature.params.len()).unwrap_or(u8::MAX);
    let entry = std::rc::Rc::new(Entry { key, address: Cell::new(ptr::null_mut()) });
    let held = std::rc::Rc::clone(&entry);
    let name = index.map(|index| index.to_string()).unwrap_or_default();
    let callback = realm.function(&name, length, move |realm, _, args| {
        let _ = &held;
        call::into_wasm(realm, function, &signature, |index| args.get(index).clone())
    })?;
    let object = callback.as_object().clone();
    entry.address.set(object.address());
    agent.functions.borrow_mut().insert(key, object.address());
    agent.of_objects.borrow_mut().insert(object.address(), function);
    Ok(object)
}

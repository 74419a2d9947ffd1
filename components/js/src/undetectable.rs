//! Objects that [emulate undefined](https://tc39.es/ecma262/#sec-IsHTMLDDA-internal-slot): `document.all`.
//!
//! The HTML Standard gives [`HTMLAllCollection`](https://html.spec.whatwg.org/multipage/common-dom-interfaces.html#the-htmlallcollection-interface),
//! and no other interface, an `[[IsHTMLDDA]]` slot and a `[[Call]]` of its own, which does what its operation `item` does.

use std::ffi::{CStr, c_int};

use rquickjs_sys as q;

use crate::glue::{Interface, Member};
use crate::{Object, Realm, Value, state};

const INTERFACE: &CStr = c"HTMLAllCollection";
const OPERATION: &CStr = c"item";

/// What the objects of an interface do when they are called.
pub(crate) fn call_of(interface: &Interface) -> q::JSClassCall {
    if interface.name == INTERFACE { Some(call) } else { None }
}

impl Object {
    /// From now on, it is what `undefined` is where that is asked for: by `typeof`, `==` and `Boolean()`.
    pub fn emulate_undefined(&self, realm: &Realm) {
        // SAFETY: context and object are alive.
        unsafe { q::JS_SetIsHTMLDDA(realm.raw(), self.as_value().raw()) };
    }
}

/// The function behind the operation that a call stands for.
fn operation()
-> Option<unsafe extern "C" fn(*mut q::JSContext, q::JSValue, c_int, *mut q::JSValue) -> q::JSValue> {
    let interfaces = &state::shared().interfaces;
    let interfaces = interfaces.borrow();
    let interface = interfaces.iter().find(|interface| interface.name == INTERFACE)?;
    let member: &Member = interface.members.iter().find(|member| member.name() == OPERATION)?;
    // SAFETY: the entry of an operation is a function of the generic kind.
    unsafe { member.entry.u.func.cfunc.generic }
}

unsafe extern "C" fn call(
    ctx: *mut q::JSContext,
    object: q::JSValue,
    _this: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
    _flags: c_int,
) -> q::JSValue {
    match operation() {
        // SAFETY: the engine calls with a live context, an object of the interface, and `argc` arguments.
        Some(operation) => unsafe { operation(ctx, object, argc, argv) },
        None => Value::UNDEFINED.raw(),
    }
}

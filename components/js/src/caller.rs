//! Whose script calls a native: what the HTML Standard's
//! [incumbent settings object](https://html.spec.whatwg.org/multipage/webappapis.html#concept-incumbent-everything) is for.
//!
//! A native is entered with its own realm. For members that have to know who called, a function in front of the native
//! is entered with the caller's realm, and notes it for as long as the native runs.

use std::cell::Cell;
use std::ffi::{CStr, c_int};
use std::ptr;

use rquickjs_sys as q;

use crate::glue::{Interface, Member};
use crate::object::{Atom, check};
use crate::property::Property;
use crate::{Fallible, Object, Realm, Runtime, Value, state};

thread_local! {
    static CALLER: Cell<*mut q::JSContext> = const { Cell::new(ptr::null_mut()) };
}

/// The members of an interface that have to know who called.
#[derive(Clone, Copy, Debug)]
pub struct CallerMembers {
    /// The interface.
    pub interface: &'static CStr,
    /// Its members: operations, and attributes that can be set.
    pub members: &'static [&'static CStr],
}

impl Runtime {
    /// Says which members have to know who called. Realms made from here on heed it.
    pub fn set_caller_members(&self, members: &'static [CallerMembers]) {
        state::shared().caller_members.set(members);
    }
}

impl Realm {
    /// The realm whose script called the native that runs now, if that is one of
    /// [these members](Runtime::set_caller_members).
    #[must_use]
    pub fn caller() -> Option<Self> {
        let caller = CALLER.get();
        // SAFETY: the context is that of a function on the engine's stack, which keeps it alive.
        (!caller.is_null()).then(|| unsafe { Self::borrow(&caller) }.clone())
    }
}

/// Notes that script of a realm calls, while `f` runs.
pub(crate) fn noting<R>(caller: *mut q::JSContext, f: impl FnOnce() -> R) -> R {
    let before = CALLER.replace(caller);
    let result = f();
    CALLER.set(before);
    result
}

/// Whether a member has to know who called.
pub(crate) fn is_noted(interface: &Interface, member: &Member) -> bool {
    let noted = state::shared().caller_members.get();
    // SAFETY: the entry's name is a static string.
    let name = unsafe { CStr::from_ptr(member.entry.name) };
    noted.iter().any(|known| known.interface == interface.name && known.members.contains(&name))
}

/// Defines a member on an object, with functions in front that note the caller.
pub(crate) fn define(realm: &Realm, object: &Object, member: &'static Member) -> Fallible<()> {
    let scratch = Object::new(realm)?;
    // SAFETY: context and object are alive; the entry is static.
    let name = unsafe {
        let status = q::JS_SetPropertyFunctionList(realm.raw(), scratch.raw(), &raw const member.entry, 1);
        check(realm, status)?;
        CStr::from_ptr(member.entry.name)
    };
    let name = Atom::of_str(realm, name.to_str().unwrap_or_default())?;
    let Some(mut property) = Property::own(realm, &scratch, &name)? else { return Ok(()) };
    property.value = in_front(realm, property.value)?;
    property.setter = in_front(realm, property.setter)?;
    property.define(realm, object, &name)
}

/// A function of the same name and length that notes the caller and calls `function`; anything else as it is.
fn in_front(realm: &Realm, function: Value) -> Fallible<Value> {
    let Some(object) = function.as_object().filter(|_| function.is_callable()) else { return Ok(function) };
    let length = object.length(realm).ok().and_then(|length| c_int::try_from(length).ok()).unwrap_or(0);
    let mut data = [function.raw()];
    // SAFETY: context and data are alive; the engine takes references of its own.
    let made = realm
        .own(unsafe { q::JS_NewCFunctionData(realm.raw(), Some(call), length, 0, 1, data.as_mut_ptr()) })?;
    let name = object.get(realm, "name")?;
    if let Some(made) = made.as_object() {
        #[expect(clippy::cast_possible_wrap, reason = "small flags")]
        made.define(realm, "name", &name, q::JS_PROP_CONFIGURABLE as c_int)?;
    }
    Ok(made)
}

unsafe extern "C" fn call(
    ctx: *mut q::JSContext,
    this: q::JSValue,
    argc: c_int,
    argv: *mut q::JSValue,
    _magic: c_int,
    data: *mut q::JSValue,
) -> q::JSValue {
    // A member that forwards to another, as `window.location = url` does to `href`, does so for its own caller.
    let caller = CALLER.get();
    let caller = if caller.is_null() { ctx } else { caller };
    // SAFETY: the engine calls with a live context (the caller's), `argc` arguments, and the data given above.
    noting(caller, || unsafe { q::JS_Call(ctx, *data, this, argc, argv) })
}

//! What [custom elements](https://html.spec.whatwg.org/multipage/custom-elements.html) want of generated code: `[CEReactions]` and
//! `[HTMLConstructor]`.

use std::ffi::c_int;

use rquickjs_sys as q;

use super::interface::{Constructor, guard};
use super::{Interface, interface_objects};
use crate::{Exception, Fallible, PlatformObject, Realm, Value, state};

/// What a runtime does for custom elements.
#[derive(Clone, Copy, Debug)]
pub struct CustomElementHooks {
    /// Pushes a new [element queue](https://html.spec.whatwg.org/multipage/custom-elements.html#element-queue).
    pub push: fn(),
    /// Pops it, and invokes the reactions in it.
    pub pop: fn(),
    /// The [HTML constructor](https://html.spec.whatwg.org/multipage/dom.html#html-element-constructors) of an interface, with
    /// `new.target`.
    pub construct: fn(&Realm, &'static Interface, &Value) -> Fallible<Value>,
}

/// Runs the steps of a [`[CEReactions]`](https://html.spec.whatwg.org/multipage/custom-elements.html#cereactions) member.
#[inline]
pub fn with_reactions<R>(steps: impl FnOnce() -> R) -> R {
    struct Queue(CustomElementHooks);
    impl Drop for Queue {
        fn drop(&mut self) {
            (self.0.pop)();
        }
    }
    let queue = state::shared().custom_elements.get().map(|hooks| {
        (hooks.push)();
        Queue(hooks)
    });
    let result = steps();
    drop(queue);
    result
}

impl Constructor {
    /// The constructor of an interface with `[HTMLConstructor]`.
    #[must_use]
    pub const fn html<T: PlatformObject>() -> Self {
        Self { call: html_constructor_entry::<T>, length: 0 }
    }
}

/// Whether a value is the interface object itself: nobody extended it.
fn is_interface_object(realm: &Realm, interface: &'static Interface, value: &Value) -> bool {
    interface_objects(realm, interface).is_ok_and(|(object, _)| object.as_value().same_value(value))
}

unsafe extern "C" fn html_constructor_entry<T: PlatformObject>(
    ctx: *mut q::JSContext,
    new_target: q::JSValue,
    _argc: c_int,
    _argv: *mut q::JSValue,
) -> q::JSValue {
    // SAFETY: the engine calls with a live context.
    let realm = unsafe { Realm::borrow(&ctx) };
    guard(realm, |realm| {
        let new_target = Value::view_one(&new_target);
        let hooks = state::shared().custom_elements.get();
        match hooks.filter(|_| !is_interface_object(realm, T::INTERFACE, new_target)) {
            Some(hooks) => (hooks.construct)(realm, T::INTERFACE, new_target),
            None => Err(Exception::type_error("illegal constructor")),
        }
    })
}

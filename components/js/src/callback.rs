//! Callback functions.

use rquickjs_sys as q;

use crate::{Exception, Fallible, Object, Realm, Value};

/// A callable object that the platform keeps to call later.
#[derive(Clone, Debug)]
pub struct Callback {
    function: Object,
}

impl Callback {
    /// The callback that `value` is.
    ///
    /// # Errors
    /// A `TypeError` if it is not callable.
    pub fn new(value: &Value) -> Fallible<Self> {
        match value.as_object().filter(|_| value.is_callable()) {
            Some(function) => Ok(Self { function }),
            None => Err(Exception::type_error("the value is not a function")),
        }
    }

    /// The callback that `value` is, of a type with
    /// [`[LegacyTreatNonObjectAsNull]`](https://webidl.spec.whatwg.org/#LegacyTreatNonObjectAsNull): any object.
    ///
    /// # Errors
    /// A `TypeError` if it is no object.
    pub fn of_any_object(value: &Value) -> Fallible<Self> {
        let function = value.as_object();
        let function = function.ok_or_else(|| Exception::type_error("the value is not an object"))?;
        Ok(Self { function })
    }

    /// [Invokes](https://webidl.spec.whatwg.org/#invoke-a-callback-function) it. What is not callable gives
    /// `undefined`: only [`of_any_object`](Self::of_any_object) makes such callbacks. When this was the outermost
    /// script on the stack, a microtask checkpoint follows.
    ///
    /// # Errors
    /// What it threw; reporting that is up to the caller.
    pub fn call(&self, realm: &Realm, this: &Value, args: &[Value]) -> Fallible<Value> {
        // SAFETY: context and function are alive.
        if !unsafe { q::JS_IsFunction(realm.raw(), self.raw()) } {
            return Ok(Value::UNDEFINED);
        }
        self.function.call(realm, this, args)
    }

    /// The function.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        self.function.as_value()
    }

    /// The function.
    #[must_use]
    pub const fn as_object(&self) -> &Object {
        &self.function
    }

    pub(crate) const fn raw(&self) -> q::JSValue {
        self.function.as_value().raw()
    }
}

impl PartialEq for Callback {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function
    }
}

impl Eq for Callback {}

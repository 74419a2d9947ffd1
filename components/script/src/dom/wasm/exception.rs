//! [`Exception`](https://webassembly.github.io/spec/js-api/#exceptions).

use bgfetch_js::{DomString, Fallible, Realm, Reflector, Root, Value, platform_object, trace_fields, wasm};

use super::Tag;
use crate::bindings::{DomStringOrUndefined, ExceptionMethods, ExceptionOptions};

/// `Exception`.
pub(crate) struct Exception {
    reflector: Reflector,
    raw: wasm::Exception,
    /// Where it was made, if that was asked for.
    stack: Option<DomString>,
}

trace_fields!(Exception {});
platform_object!(Exception);

/// How exceptions become objects, and objects exceptions.
pub(crate) const HOOKS: wasm::ExceptionHooks = wasm::ExceptionHooks {
    wrap: |realm, raw| {
        let exception = realm.wrap(Exception { reflector: Reflector::new(), raw, stack: None })?;
        exception.raw.set_object(realm, &exception.to_object())?;
        Ok(exception.as_value().clone())
    },
    unwrap: |value| Root::<Exception>::from_value(value).map(|exception| exception.raw.clone()),
};

impl ExceptionMethods for Exception {
    /// [`new Exception()`](https://webassembly.github.io/spec/js-api/#dom-exception-exception)
    fn constructor(
        realm: &Realm,
        exception_tag: Root<Tag>,
        payload: Vec<Value>,
        options: ExceptionOptions,
    ) -> Fallible<Self> {
        if exception_tag.raw.is_same(&wasm::Tag::js()?)? {
            return Err(bgfetch_js::Exception::type_error("JSTag is the tag of what script throws"));
        }
        let raw = wasm::Exception::new(realm, &exception_tag.raw, &payload)?;
        let stack = if options.trace_stack { realm.error_stack(&realm.new_error("Error")?)? } else { None };
        Ok(Self { reflector: Reflector::new(), raw, stack })
    }

    fn constructed(this: &Root<Self>, realm: &Realm) -> Fallible<()> {
        this.raw.set_object(realm, &this.to_object())
    }

    /// [`stack`](https://webassembly.github.io/spec/js-api/#dom-exception-stack)
    fn stack(&self, _: &Realm) -> Fallible<DomStringOrUndefined> {
        Ok(match &self.stack {
            Some(stack) => DomStringOrUndefined::DomString(stack.clone()),
            None => DomStringOrUndefined::Undefined(()),
        })
    }

    /// [`getArg()`](https://webassembly.github.io/spec/js-api/#dom-exception-getarg)
    fn get_arg(&self, realm: &Realm, exception_tag: Root<Tag>, index: u32) -> Fallible<Value> {
        if !self.raw.tag().is_same(&exception_tag.raw)? {
            return Err(bgfetch_js::Exception::type_error("the exception has another tag"));
        }
        let value = self.raw.payload(realm, index as usize)?;
        value.ok_or_else(|| bgfetch_js::Exception::range_error("the exception does not carry as many values"))
    }

    /// [`is()`](https://webassembly.github.io/spec/js-api/#dom-exception-is)
    fn is(&self, _: &Realm, exception_tag: Root<Tag>) -> Fallible<bool> {
        self.raw.tag().is_same(&exception_tag.raw)
    }
}
